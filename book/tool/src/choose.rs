//! A question that replies: answers to choose from, or events to put in order.
//!
//! It works without JavaScript, and on paper: the answers are printed at the end of the
//! page. What is right must be seen in a snapshot or a recording.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use mdbook_markdown::pulldown_cmark::html::push_html;
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

use crate::html::escape;
use crate::pages::Page;

/// Returns the text of a snapshot or a recording.
pub type Evidence<'e> = &'e dyn Fn(&str) -> Result<String>;

/// What a `choose` fence says, in Markdown; evidence in HTML.
#[derive(Debug, Default)]
pub struct Question<'a> {
    asked: String,
    /// What is in a message, of which this is hidden.
    message: String,
    hidden: &'a str,
    answers: Vec<Answer>,
    /// Snapshots, each with what must be in it.
    proofs: Vec<(&'a str, &'a str)>,
    /// The recording whose events the answers are, and the reply to the right order.
    run: Option<&'a str>,
    in_order: String,
}

#[derive(Debug, Default)]
struct Answer {
    text: String,
    is_right: bool,
    /// Of an event, its line in the recording.
    at: usize,
    reply: String,
}

const LETTERS: [&str; 5] = ["a", "b", "c", "d", "e"];

impl<'a> Question<'a> {
    /// Reads the text of a fence, and looks for what proves the right answer.
    ///
    /// # Errors
    /// When it isn't a question with two to four answers, of which one is right, or with
    /// three to five events; when a reply or a proof is missing.
    pub fn read(source: &'a str, evidence: Evidence) -> Result<Self> {
        let mut question = Self::default();
        for (index, line) in source.lines().enumerate() {
            let (number, line) = (index + 1, line.trim());
            let blame = || format!("line {number} of the question, `{line}`");
            question.add(line, evidence).with_context(blame)?;
        }
        question.check(evidence)?;
        Ok(question)
    }

    fn add(&mut self, line: &'a str, evidence: Evidence) -> Result<()> {
        let pair = |text: &'a str| text.split_once(": ").context("no `SNAPSHOT: TEXT`");
        if let Some(text) = line.strip_prefix("- ") {
            let right = text.strip_prefix("(right)");
            let (text, is_right) = (right.unwrap_or(text).trim(), right.is_some());
            let hidden = || format!("`` {} ``", self.hidden);
            let text = if text.is_empty() { hidden() } else { text.to_owned() };
            self.answers.push(Answer { text, is_right, ..Answer::default() });
        } else if let Some(text) = line.strip_prefix("> ") {
            let of_all = self.run.map(|_| &mut self.in_order);
            let reply = self.answers.last_mut().map(|answer| &mut answer.reply);
            append(reply.or(of_all).context("it replies to no answer")?, text);
        } else if let Some(proof) = line.strip_prefix("proof: ") {
            self.proofs.push(pair(proof)?);
        } else if let Some(path) = line.strip_prefix("order: ") {
            self.run = Some(path);
        } else if let Some(gap) = line.strip_prefix("gap: ") {
            let (path, text) = pair(gap)?;
            self.hide(path, &evidence(path)?, text)?;
        } else if self.answers.is_empty() {
            append(&mut self.asked, line);
        } else {
            ensure!(line.is_empty(), "expected `- `, `> ` or `proof: `");
        }
        Ok(())
    }

    /// Takes a snapshot, or a line of a recording, and hides a part of it.
    fn hide(&mut self, path: &str, evidence: &str, text: &'a str) -> Result<()> {
        let (before, rest) = text.split_once('[').context("no `[HIDDEN]`")?;
        let (hidden, after) = rest.split_once(']').context("no `[HIDDEN]`")?;
        let whole = format!("{before}{hidden}{after}");
        let line = evidence.lines().find(|line| line.contains(&whole));
        let line = line.with_context(|| format!("{path} lacks `{whole}`"))?;
        let shown = if path.ends_with(".rec") { line } else { evidence.trim_end() };
        let [before, is, after] = [before, hidden, after].map(escape);
        let gap = format!("{before}<mark data-is=\"{is}\"></mark>{after}");
        let shown = escape(shown).replace(&escape(&whole), &gap).replace('\n', "&#10;");
        (self.message, self.hidden) = (format!("<pre>{shown}</pre>\n"), hidden);
        Ok(())
    }

    fn check(&mut self, evidence: Evidence) -> Result<()> {
        let Self { asked, answers, proofs, .. } = &self;
        ensure!(!asked.is_empty(), "nothing is asked");
        if let Some(answer) = answers.iter().find(|answer| answer.reply.is_empty()) {
            bail!("no reply (`> …`) to the answer `{}`", answer.text);
        }
        if let Some(run) = self.run {
            return self.find_events(run, &evidence(run)?);
        }
        ensure!((2..=4).contains(&answers.len()), "a question has two to four answers");
        let right = answers.iter().filter(|answer| answer.is_right).count();
        ensure!(right == 1, "one answer is `(right)`, not {right}");
        let is_proven = !proofs.is_empty() || !self.hidden.is_empty();
        ensure!(is_proven, "no line `proof: SNAPSHOT: TEXT`");
        for (path, text) in proofs {
            ensure!(evidence(path)?.contains(text), "no proof: {path} lacks `{text}`");
        }
        Ok(())
    }

    /// Takes the events from a recording: of each, the first line that has its text.
    fn find_events(&mut self, path: &str, run: &str) -> Result<()> {
        for answer in &mut self.answers {
            let is_it = |(_, line): &(usize, &str)| line.contains(&answer.text);
            let found = run.lines().enumerate().find(is_it);
            let (at, line) =
                found.with_context(|| format!("{path} lacks `{}`", answer.text))?;
            (answer.at, answer.text) = (at, event(line));
        }
        let places: Vec<_> = self.answers.iter().map(|answer| answer.at).collect();
        let number = places.iter().collect::<BTreeSet<_>>().len();
        ensure!((3..=5).contains(&number), "three to five events have an order");
        ensure!(number == places.len(), "an event is there twice");
        ensure!(!places.is_sorted(), "the events are in order already");
        ensure!(!self.in_order.is_empty(), "no reply (`> …`) to the right order");
        Ok(())
    }

    /// Which of the events it is, in the order of the run.
    fn place(&self, event: &Answer) -> usize {
        self.answers.iter().filter(|other| other.at <= event.at).count()
    }

    /// The question, in HTML. `id` is unlike that of anything else in the book.
    pub fn html(&self, id: &str) -> String {
        let lettered = self.answers.iter().zip(LETTERS);
        let options = lettered.map(|(answer, letter)| {
            let text = inline(&answer.text);
            let text = format!("<b>{letter}</b> <span>{text}</span>");
            let option = if self.run.is_some() {
                self.event_option(answer, &text)
            } else {
                let is_right = if answer.is_right { "correct" } else { "other" };
                format!(
                    "<div class=\"option {is_right}\">\n<input type=\"radio\" \
                     name=\"{id}\" id=\"{id}-{letter}\" value=\"{letter}\">\
                     <label for=\"{id}-{letter}\">{text}</label>"
                )
            };
            let reply = inline(&answer.reply);
            format!("{option}\n<div class=\"reply\"><p>{reply}</p></div>\n</div>\n")
        });
        let (todo, in_order) = match self.run {
            Some(_) => ("Give each its place.", inline(&self.in_order)),
            None => ("Choose one.", String::new()),
        };
        format!(
            "<fieldset class=\"predict\" id=\"{id}\" aria-live=\"polite\">\n\
             <legend>{}</legend>\n{}{}<p class=\"in-order\">{in_order}</p>\n\
             <p class=\"hint\">{todo} Nothing is sent anywhere.</p>\n</fieldset>\n",
            inline(&self.asked),
            self.message,
            options.collect::<String>()
        )
    }

    /// An event, with all places that it can be given.
    fn event_option(&self, event: &Answer, text: &str) -> String {
        let choices = (1..=self.answers.len()).map(|place| {
            let is_right = if place == self.place(event) { "correct" } else { "other" };
            format!("<option class=\"{is_right}\">{place}</option>")
        });
        format!(
            "<div class=\"option event\">\n<label>{text} <select>\
             <option value=\"\">–</option>{}</select></label>",
            choices.collect::<String>()
        )
    }

    /// The question with its answer, for paper.
    fn answered(&self) -> String {
        let mut lettered: Vec<_> = self.answers.iter().zip(LETTERS).collect();
        lettered.sort_by_key(|(answer, _)| answer.at);
        let said = if self.run.is_some() {
            let letters: Vec<_> = lettered.iter().map(|(_, letter)| *letter).collect();
            format!("<b>({})</b><br>{}", letters.join(", "), inline(&self.in_order))
        } else {
            let right = lettered.iter().filter(|(answer, _)| answer.is_right);
            let said = right.map(|(Answer { text, reply, .. }, letter)| {
                let (text, reply) = (inline(text), inline(reply));
                format!("<b>({letter}) {text}</b><br>{reply}")
            });
            said.collect()
        };
        format!("<li>{} {said}</li>\n", inline(&self.asked))
    }
}

/// What a page ends with, on paper, when it has these questions.
pub fn answers(page: &Page, evidence: Evidence) -> String {
    let list: String = questions(page, evidence).map(|it| it.1.answered()).collect();
    if list.is_empty() {
        return list;
    }
    format!(
        "\n<section class=\"answers\" aria-label=\"Answers\">\n\
         <p><b>Answers to the questions above</b></p>\n<ul>\n{list}</ul>\n</section>\n"
    )
}

/// The questions of a page, to be asked again on a page in the book's folder.
pub fn again(page: &Page, evidence: Evidence) -> String {
    let asked = questions(page, evidence);
    let asked: String =
        asked.map(|(id, question)| question.html(&format!("again-{id}"))).collect();
    if asked.is_empty() {
        return asked;
    }
    // Links begin in the folder of the page.
    let folder =
        page.path.rsplit_once('/').map_or(String::new(), |(it, _)| it.to_owned() + "/");
    let asked = asked.replace("href=\"", &format!("href=\"{folder}"));
    let (label, path) = (page.label(), &page.path);
    // mdBook's sidebar can't show a link in a heading.
    format!("## {label}\n\nFrom [{}]({path}).\n\n{asked}\n", page.title)
}

/// The questions that a page asks, each with its id.
fn questions<'a>(
    page: &'a Page,
    evidence: Evidence<'a>,
) -> impl Iterator<Item = (String, Question<'a>)> {
    let read =
        |(line, source)| Some((id(page, line), Question::read(source, evidence).ok()?));
    page.fences("choose").filter_map(read)
}

/// What no other question of the book is called: the page, and which of its questions
/// it is.
pub fn id(page: &Page, line: usize) -> String {
    let number = page.fences("choose").filter(|(at, _)| *at <= line).count();
    format!("{}-{number}", page.path.trim_end_matches(".md").replace('/', "-"))
}

/// An event of a recording, in Markdown, without the place in the source.
fn event(line: &str) -> String {
    let line = line.split("  @ ").next().unwrap_or_default();
    let (who, what) = line.split_once(": ").unwrap_or_default();
    let who = who.replace(" --> ", " returns to ").replace(" -> kernel", " calls");
    format!("{}: `` {what} ``", who.replace(" ~> ", " sends to "))
}

/// Appends a line of a paragraph.
fn append(text: &mut String, line: &str) {
    if !text.is_empty() && !line.is_empty() {
        text.push(' ');
    }
    text.push_str(line);
}

/// Markdown in a line into HTML, as mdBook would do it.
fn inline(markdown: &str) -> String {
    let mut html = String::new();
    push_html(&mut html, new_cmark_parser(markdown, &MarkdownOptions::default()));
    let html = html.trim();
    let inside = html.strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>"));
    // mdBook would take it for one of its own directives.
    inside.unwrap_or(html).replace("{{#", "{&#123;#")
}

#[cfg(test)]
mod tests {
    use anyhow::{Result, bail};

    use super::{Question, answers};

    const GOOD: &str = "What *will* you see?\n\
                        - A page\n  > No. See [below](a.md).\n  > Really.\n\
                        - (right) An `error`\n  > Yes.\n\n\
                        proof: a.snap: refused: no";

    fn snapshot(path: &str) -> Result<String> {
        match path {
            "a.snap" => Ok("it was refused: no, it said\n".into()),
            _ => bail!("there is no {path}"),
        }
    }

    fn refused(source: &str) -> String {
        let made = Question::parse(source).and_then(|it| it.check(&snapshot));
        format!("{:#}", made.unwrap_err())
    }

    #[test]
    fn an_answer_and_its_reply_belong_together() -> Result<()> {
        let question = Question::parse(GOOD)?;
        question.check(&snapshot)?;
        let html = question.html("choose-x-1");
        assert!(html.contains(
            "<div class=\"option correct b\">\n<input type=\"radio\" \
             name=\"choose-x-1\" id=\"choose-x-1-b\"><label for=\"choose-x-1-b\">\
             <b>b</b> <span>An <code>error</code></span></label>\n\
             <div class=\"reply\"><p>Yes.</p>"
        ));
        assert!(html.contains("<legend>What <em>will</em> you see?</legend>"));
        assert!(html.contains("<p>No. See <a href=\"a.md\">below</a>. Really.</p>"));
        assert_eq!(html.matches("option other").count(), 1);
        assert!(!html.contains("\n\n"), "Markdown would end the HTML here");
        assert!(answers([GOOD, "no question"].into_iter()).contains(
            "<ul>\n<li>What <em>will</em> you see? <b>(b) An \
             <code>error</code></b><br>Yes.</li>\n</ul>"
        ));
        Ok(())
    }

    #[test]
    fn a_question_that_is_none_is_refused() {
        let first = "- A page\n  > No. See [below](a.md).\n  > Really.\n";
        for (old, new, expected) in [
            ("What *will* you see?\n", "", "nothing is asked"),
            ("(right) ", "", "one answer is `(right)`, not 0"),
            ("- A page", "- (right) A page", "one answer is `(right)`, not 2"),
            ("  > Yes.\n", "", "no reply (`> …`) to the answer `An `error``"),
            (first, "", "a question has two to four answers"),
            ("proof: a.snap: refused: no", "", "no line `proof: SNAPSHOT: TEXT`"),
            ("refused: no", "accepted", "no proof: a.snap lacks `accepted`"),
            ("a.snap", "b.snap", "there is no b.snap"),
            (": refused: no", "", "line 8 of the question, `proof: a.snap`: expected"),
            (
                "> Yes.",
                "Yes.",
                "line 6 of the question, `Yes.`: expected `- `, `> ` or",
            ),
            (
                "- A page\n",
                "",
                "line 2 of the question, `> No. See [below](a.md).`: it ",
            ),
        ] {
            let refused = refused(&GOOD.replace(old, new));
            assert!(refused.starts_with(expected), "{refused}");
        }
    }
}
