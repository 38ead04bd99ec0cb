//! Questions, and what is refused as one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use book::{Sources, build};
use tempfile::TempDir;

use crate::drift::copy_repository;

const CHOOSE: &str = r"What *will* you see?
- A page
  > No. See [below](rules.md).
  > Really.
- (right) An `error`
  > Yes.

proof: tests/01-bind/snapshots/client.snap: refused
";

const PROOF: &str = "proof: tests/01-bind/snapshots/client.snap: refused\n";

const ORDER: &str = r"In which order?
order: tests/recordings/refused.rec
> Yes.
- kernel ~> client: RST
  > No.
- program -> kernel: bind(
  > No.
- client ~> kernel: SYN
  > No.
";

const SHUFFLED: &str = "- kernel ~> client: RST\n";
const IN_ORDER: &str = "- program -> kernel: socket(\n";

const GAP: &str = r"How long?
gap: tests/04-respond/snapshots/half_a_page_told.snap: Content-Length: [20]
- 12
  > No.
- (right)
  > Yes.
";

/// What is changed in one of them, and what is said about that.
const MISTAKES: [(&str, &str, &str, &str); 18] = [
    (CHOOSE, "What *will* you see?\n", "", "nothing is asked"),
    (CHOOSE, "(right) ", "", "one answer is `(right)`, not 0"),
    (CHOOSE, "- A page", "- (right) A page", "one answer is `(right)`, not 2"),
    (CHOOSE, "  > Yes.\n", "", "no reply (`> …`) to the answer `An `error``"),
    (CHOOSE, "- (right) An `error`\n", "", "a question has two to four answers"),
    (CHOOSE, PROOF, "", "no line `proof: SNAPSHOT: TEXT`"),
    (
        CHOOSE,
        "refused",
        "accepted",
        "no proof: tests/01-bind/snapshots/client.snap lacks",
    ),
    (CHOOSE, "client", "clients", "cannot read tests/01-bind/snapshots/clients.snap"),
    (CHOOSE, ": refused", "", "line 8 of the question, `proof: tests/01-bind"),
    (CHOOSE, "> Yes.", "Yes.", "line 6 of the question, `Yes.`: expected `- `, `> `"),
    (CHOOSE, "- A page\n", "", "line 2 of the question, `> No. See [below]"),
    (ORDER, "> Yes.\n", "", "no reply (`> …`) to the right order"),
    (ORDER, "bind(", "accept(", "refused.rec lacks `program -> kernel: accept(`"),
    (
        ORDER,
        "client ~> kernel: SYN",
        "kernel ~> client: RST+",
        "an event is there twice",
    ),
    (ORDER, "- client ~> kernel: SYN\n", "", "three to five events have an order"),
    (ORDER, SHUFFLED, IN_ORDER, "the events are in order already"),
    (GAP, "[20]", "20", "no `[HIDDEN]`"),
    (GAP, "[20]", "[21]", "half_a_page_told.snap lacks `Content-Length: 21`"),
];

#[test]
fn what_is_no_question_is_refused() -> Result<()> {
    let mut page = String::new();
    for (question, old, new, _) in MISTAKES {
        ensure!(question.matches(old).count() == 1, "{old} in {question}");
        writeln!(page, "\n```choose\n{}```", question.replace(old, new))?;
    }
    let folder = TempDir::new()?;
    copy_repository(folder.path())?;
    append(&page, &folder.path().join("book/src/trouble.md"))?;
    let sources = Sources::new(folder.path());
    let checked = build::check(&sources, &folder.path().join("target/book"));
    let complaint = format!("{:#}", checked.err().context("nothing is wrong")?);
    for (.., said) in MISTAKES {
        ensure!(complaint.contains(said), "`{said}` isn't said in:\n{complaint}");
    }
    let number = complaint.matches("book/src/trouble.md:").count();
    ensure!(number == MISTAKES.len(), "{number} complaints:\n{complaint}");
    Ok(())
}

/// An answer and its reply belong together. Of an event, the right place is known, and
/// what is hidden is the right answer.
#[test]
fn questions_are_forms_and_answered_on_paper() -> Result<()> {
    let folder = TempDir::new()?;
    copy_repository(folder.path())?;
    let page: String =
        [CHOOSE, ORDER, GAP].map(|it| format!("\n```choose\n{it}```\n")).concat();
    append(&page, &folder.path().join("book/src/05-parse/log.md"))?;
    let built = folder.path().join("target/book");
    build::strict(&Sources::new(folder.path()), &built)?;
    // mdBook breaks the lines as it likes.
    let log = fs::read_to_string(built.join("05-parse/log.html"))?.replace('\n', "");
    for expected in [
        "<legend>What <em>will</em> you see?</legend>",
        "<div class=\"option correct\"><input type=\"radio\" \
         name=\"choose-05-parse-log-4\" id=\"choose-05-parse-log-4-b\" value=\"b\">\
         <label for=\"choose-05-parse-log-4-b\"><b>b</b> <span>An <code>error</code>\
         </span></label><div class=\"reply\"><p>Yes.</p></div>",
        "<p>No. See <a href=\"rules.html\">below</a>. Really.</p>",
        "<b>a</b> <span>kernel sends to client: <code>RST+ACK</code></span> \
         <select><option value=\"\">–</option><option class=\"other\">1</option>\
         <option class=\"other\">2</option><option class=\"correct\">3</option>",
        "<p class=\"in-order\">Yes.</p>",
        "&lt; Content-Length: <mark data-is=\"20\"></mark>",
        "<b>b</b> <span><code>20</code></span>",
        // On paper.
        "<li>What <em>will</em> you see? <b>(b) An <code>error</code></b> Yes.</li>",
        "<li>In which order? <b>(b, c, a)</b> Yes.</li>",
        "<li>How long? <b>(b) <code>20</code></b> Yes.</li>",
    ] {
        ensure!(log.contains(expected), "{expected} isn't in the page");
    }
    let all = fs::read_to_string(built.join("answered.html"))?;
    for expected in
        ["id=\"again-05-parse-log-4-b\"", "<a href=\"05-parse/rules.html\">"]
    {
        ensure!(
            all.contains(expected),
            "{expected} isn't in the page of all questions"
        );
    }
    let paper = fs::read_to_string(built.join("print.html"))?;
    ensure!(!paper.contains("again-"), "all questions are on paper twice");
    Ok(())
}

fn append(text: &str, path: &Path) -> Result<()> {
    let before = fs::read_to_string(path)?;
    Ok(fs::write(path, before + text)?)
}
