//! A question that replies: answers to choose from, or events to put in order.
//!
//! It works without JavaScript, and on paper: the answers are printed at the end of the
//! page. What is right must be seen in a snapshot or a recording.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use mdbook_markdown::pulldown_cmark::html::push_html;
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

use crate::html::escape;
use crate::labels::label;
use crate::pages::Page;
use crate::recording;

/// Returns the text of a snapshot or recording.
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
    /// Of an event, which one it was.
    place: usize,
    reply: String,
}

const LETTERS: [&str; 5] = ["a", "b", "c", "d", "e"];

impl<'a> Question<'a> {
    /// Reads the text of a fence, and looks for what proves the right answer.
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
        ensure!(!self.in_order.is_empty(), "no reply (`> …`) to the right order");
        let lines: Vec<_> = run.lines().collect();
        let mut places = BTreeSet::new();
        for Answer { text, place, .. } in &mut self.answers {
            let found = lines.iter().position(|line| line.contains(text.as_str()));
            *place = found.with_context(|| format!("{path} lacks `{text}`"))?;
            *text = event(lines[*place])?;
            ensure!(places.insert(*place), "an event is there twice: {text}");
        }
        ensure!((3..=5).contains(&places.len()), "three to five events have an order");
        let is_sorted = self.answers.is_sorted_by_key(|answer| answer.place);
        ensure!(!is_sorted, "the events are in order already");
        for Answer { place, .. } in &mut self.answers {
            *place = places.range(..=*place).count();
        }
        Ok(())
    }

    /// The question, in HTML. `id` is unlike that of anything else in the book.
    pub fn html(&self, id: &str) -> String {
        let class = |is_right| if is_right { "correct" } else { "other" };
        let is_run = self.run.is_some();
        let options = self.answers.iter().zip(LETTERS).map(|(answer, letter)| {
            let text = inline(&answer.text);
            let label = format!("<b>{letter}</b> <span>{text}</span>");
            let choice = if is_run {
                let places = (1..=self.answers.len()).map(|place| {
                    let class = class(place == answer.place);
                    format!("<option class=\"{class}\">{place}</option>")
                });
                format!(
                    "<div class=\"option event\">\n<label>{label} <select>\
                     <option value=\"\">–</option>{}</select></label>",
                    places.collect::<String>()
                )
            } else {
                format!(
                    "<div class=\"option {}\">\n<input type=\"radio\" name=\"{id}\" \
                     id=\"{id}-{letter}\" value=\"{letter}\">\
                     <label for=\"{id}-{letter}\">{label}</label>",
                    class(answer.is_right)
                )
            };
            let reply = inline(&answer.reply);
            format!("{choice}\n<div class=\"reply\"><p>{reply}</p></div>\n</div>\n")
        });
        let todo = if is_run { "Give each its place" } else { "Choose one" };
        format!(
            "<fieldset class=\"predict\" id=\"{id}\" aria-live=\"polite\">\n\
             <legend>{}</legend>\n{}{}<p class=\"in-order\">{}</p>\n\
             <p class=\"hint\">{todo}. Nothing is sent anywhere.</p>\n</fieldset>\n",
            inline(&self.asked),
            self.message,
            options.collect::<String>(),
            inline(&self.in_order)
        )
    }

    /// The question with its answer, for paper.
    fn answered(&self) -> String {
        let mut right: Vec<_> = self.answers.iter().zip(LETTERS).collect();
        right.retain(|(answer, _)| answer.is_right || self.run.is_some());
        right.sort_by_key(|(answer, _)| answer.place);
        let letters: Vec<_> = right.iter().map(|(_, letter)| *letter).collect();
        let (text, reply) = match self.run {
            Some(_) => (String::new(), &self.in_order),
            None => (format!(" {}", inline(&right[0].0.text)), &right[0].0.reply),
        };
        // A number is enough.
        let number = self.asked.find(".** ").map(|at| &self.asked[..at + 3]);
        let asked = inline(number.unwrap_or(&self.asked));
        let letters = letters.join(", ");
        format!("<li>{asked} <b>({letters}){text}</b> {}</li>\n", inline(reply))
    }
}

/// What a page ends with, on paper, when it has these questions.
pub fn answers(page: &Page, evidence: Evidence) -> String {
    let read = |(_, source)| Some(Question::read(source, evidence).ok()?.answered());
    let list: String = page.fences("choose").filter_map(read).collect();
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
    let read = |(line, source)| {
        let question = Question::read(source, evidence).ok()?;
        Some(question.html(&format!("again-{}", id(page, line))))
    };
    let asked: String = page.fences("choose").filter_map(read).collect();
    if asked.is_empty() {
        return asked;
    }
    // Links begin in the folder of the page.
    let folder = &page.path[..page.path.rfind('/').map_or(0, |at| at + 1)];
    let asked = asked.replace("href=\"", &format!("href=\"{folder}"));
    let (label, path) = (page.label(), &page.path);
    // mdBook's sidebar can't show a link in a heading.
    format!("## {label}\n\nFrom [{}]({path}).\n\n{asked}\n", page.title)
}

/// What no other question is called: its page, and which of the page's questions it is.
pub fn id(page: &Page, line: usize) -> String {
    let number = page.fences("choose").filter(|(at, _)| *at <= line).count();
    format!("{}-{number}", page.path.trim_end_matches(".md").replace('/', "-"))
}

/// An event of a recording, in Markdown: in as few words as in a figure.
fn event(line: &str) -> Result<String> {
    let (who, what) = line.split_once(": ").context("it isn't an event")?;
    let what = label(&recording::event(who, what)?, true);
    let who = who.replace(" --> ", " returns to ").replace(" -> kernel", " calls");
    Ok(format!("{}: `` {what} ``", who.replace(" ~> ", " sends to ")))
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
