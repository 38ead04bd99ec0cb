//! A question with answers to choose from, and a reply to each.
//!
//! It works without JavaScript, and on paper: the answers are printed at the end of the
//! page. What is right must be seen in a snapshot.

use anyhow::{Context, Result, bail, ensure};
use mdbook_markdown::pulldown_cmark::html::push_html;
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

/// What a `choose` fence says, in Markdown.
#[derive(Debug, Default)]
pub struct Question<'a> {
    asked: String,
    answers: Vec<Answer<'a>>,
    /// Snapshots, each with what must be in it.
    proofs: Vec<(&'a str, &'a str)>,
}

#[derive(Debug)]
struct Answer<'a> {
    text: &'a str,
    is_right: bool,
    reply: String,
}

const LETTERS: [&str; 4] = ["a", "b", "c", "d"];

impl<'a> Question<'a> {
    /// Reads the text of a fence.
    ///
    /// # Errors
    /// When it isn't a question with two to four answers, of which one is right, a
    /// reply to each, and a proof.
    pub fn parse(source: &'a str) -> Result<Self> {
        let mut question = Self::default();
        for (index, line) in source.lines().enumerate() {
            let (number, line) = (index + 1, line.trim());
            let blame = || format!("line {number} of the question, `{line}`");
            question.add(line).with_context(blame)?;
        }
        let Self { asked, answers, proofs } = &question;
        ensure!(!asked.is_empty(), "nothing is asked");
        ensure!((2..=4).contains(&answers.len()), "a question has two to four answers");
        let right = answers.iter().filter(|answer| answer.is_right).count();
        ensure!(right == 1, "one answer is `(right)`, not {right}");
        if let Some(answer) = answers.iter().find(|answer| answer.reply.is_empty()) {
            bail!("no reply (`> …`) to the answer `{}`", answer.text);
        }
        ensure!(!proofs.is_empty(), "no line `proof: SNAPSHOT: TEXT`");
        Ok(question)
    }

    fn add(&mut self, line: &'a str) -> Result<()> {
        if let Some(text) = line.strip_prefix("- ") {
            let right = text.strip_prefix("(right) ");
            let (text, is_right) = (right.unwrap_or(text), right.is_some());
            self.answers.push(Answer { text, is_right, reply: String::new() });
        } else if let Some(text) = line.strip_prefix("> ") {
            let answer = self.answers.last_mut().context("it replies to no answer")?;
            append(&mut answer.reply, text);
        } else if let Some(proof) = line.strip_prefix("proof: ") {
            let proof = proof.split_once(": ").context("expected `SNAPSHOT: TEXT`")?;
            self.proofs.push(proof);
        } else if self.answers.is_empty() {
            append(&mut self.asked, line);
        } else {
            ensure!(line.is_empty(), "expected `- `, `> ` or `proof: `");
        }
        Ok(())
    }

    /// Looks for what proves the right answer.
    pub fn check(&self, snapshots: &dyn Fn(&str) -> Result<String>) -> Result<()> {
        for (path, text) in &self.proofs {
            ensure!(snapshots(path)?.contains(text), "no proof: {path} lacks `{text}`");
        }
        Ok(())
    }

    /// The question, in HTML. `id` is unlike that of anything else in the book.
    pub fn html(&self, id: &str) -> String {
        let answers = self.answers.iter().zip(LETTERS).map(|(answer, letter)| {
            let is_right = if answer.is_right { "correct" } else { "other" };
            format!(
                "<div class=\"option {is_right} {letter}\">\n\
                 <input type=\"radio\" name=\"{id}\" id=\"{id}-{letter}\">\
                 <label for=\"{id}-{letter}\"><b>{letter}</b> <span>{}</span></label>\n\
                 <div class=\"reply\"><p>{}</p></div>\n</div>\n",
                inline(answer.text),
                inline(&answer.reply)
            )
        });
        format!(
            "<fieldset class=\"predict\" id=\"{id}\">\n<legend>{}</legend>\n{}\
             <p class=\"hint\">Choose one. Nothing is sent anywhere.</p>\n\
             </fieldset>\n",
            inline(&self.asked),
            answers.collect::<String>()
        )
    }

    /// The question with its answer, for paper.
    fn answered(&self) -> String {
        let lettered = self.answers.iter().zip(LETTERS);
        let right = lettered.filter(|(answer, _)| answer.is_right);
        let said = right.map(|(Answer { text, reply, .. }, letter)| {
            let (text, reply) = (inline(text), inline(reply));
            format!("<b>({letter}) {text}</b><br>{reply}")
        });
        format!("<li>{} {}</li>\n", inline(&self.asked), said.collect::<String>())
    }
}

/// What a page ends with, on paper, when it has these questions.
pub fn answers<'a>(fences: impl Iterator<Item = &'a str>) -> String {
    let questions = fences.filter_map(|source| Question::parse(source).ok());
    let list: String = questions.map(|question| question.answered()).collect();
    if list.is_empty() {
        return list;
    }
    format!(
        "\n<section class=\"answers\" aria-label=\"Answers\">\n\
         <p><b>Answers to the questions above</b></p>\n<ul>\n{list}</ul>\n</section>\n"
    )
}

/// Appends a line of a paragraph.
fn append(text: &mut String, line: &str) {
    if !text.is_empty() && !line.is_empty() {
        text.push(' ');
    }
    text.push_str(line);
}

/// Markdown in a line into HTML, as mdBook would do it.
pub fn inline(markdown: &str) -> String {
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
