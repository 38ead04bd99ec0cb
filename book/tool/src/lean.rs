//! What is taken away from what mdBook has written: what no reader needs.

use std::path::Path;
use std::{fs, mem};

use anyhow::Result;

use crate::Sources;

/// Takes comments and indentation out of style sheets and scripts.
pub fn lean(folder: &Path) -> Result<()> {
    let built = Sources::new(folder);
    for path in built.below(".", "") {
        let change = match &path {
            _ if path.ends_with(".css") => style_sheet,
            _ if path.ends_with(".js") => script,
            _ => continue,
        };
        fs::write(built.path(&path), change(&built.read(&path)?))?;
    }
    Ok(())
}

/// A style sheet without comments, and without blanks where lines begin and end. What
/// is in quotes stays in its line, so it is as it was.
fn style_sheet(css: &str) -> String {
    let (mut bare, mut rest) = (String::new(), css);
    while let Some((before, after)) = rest.split_once("/*") {
        bare += before;
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    bare += rest;
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    let blank =
        |line: &str| if line.ends_with(['{', '}', ';', ',']) { "" } else { " " };
    lines.flat_map(|line| [line, blank(line)]).collect()
}

/// A script without indentation, and without lines that are comments.
fn script(js: &str) -> String {
    let lines = js.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Links to neighbors, what paper hides or figures tell step by step, and a form with
/// what is asked there.
const NOT_FOR_PAPER: [(&str, &str); 10] = [
    ("nav", "turn"),
    ("code", "raw"),
    ("span", "pin"),
    ("p", "hint"),
    ("div", "reply"),
    ("details", "words"),
    ("ul", "parts"),
    ("details", "names"),
    ("section", "asked"),
    ("div", "ready"),
];

/// Teaching notes, and the messages of wrong programs.
const FOR_TEACHERS: [(&str, &str); 2] = [("details", "teacher"), ("div", "gallery")];

/// Returns all pages in one as a teacher sees them, with the notes.
pub fn for_teachers(page: &str) -> String {
    let page = page.replacen(" class=\"", " class=\"teaching ", 1);
    let page = page.replacen("<html ", "<html data-for=\"teachers\" ", 1);
    without(page, &NOT_FOR_PAPER)
}

/// Returns all pages in one, without what isn't for paper, and with all answers where a
/// chapter ends. A style sheet hides the pages for teachers: links to them lead
/// somewhere.
pub fn for_readers(page: &str) -> String {
    let page = page.replacen("<html ", "<html data-for=\"readers\" ", 1);
    answers_last(&without(without(page, &NOT_FOR_PAPER), &FOR_TEACHERS))
}

fn without(mut page: String, kinds: &[(&str, &str)]) -> String {
    for (tag, class) in kinds {
        let begin = format!("<{tag} class=\"{class}\"");
        while let Some(start) = page.find(&begin) {
            let end = end(&page[start..], tag);
            page.replace_range(start..start + end, "");
        }
    }
    page
}

/// Moves the folded answers of a chapter into the list of answers at its end, if it has
/// one.
fn answers_last(page: &str) -> String {
    let list = "<p><b>Answers to the questions above</b></p>";
    let (mut moved, mut answers) = (String::new(), String::new());
    for piece in page.split_inclusive(list) {
        let end = if answers.is_empty() { None } else { piece.find("</ul>") };
        let (listed, text) = piece.split_at(end.unwrap_or(0));
        moved += listed;
        moved += &mem::take(&mut answers);
        let chapter = if text.ends_with(list) { text.rfind("<h1") } else { None };
        let (before, mut rest) = text.split_at(chapter.unwrap_or(text.len()));
        moved += before;
        while let Some((asked, after)) =
            rest.split_once("<details><summary>Answer</summary>")
            && let Some((answer, after)) = after.split_once("</details>")
        {
            let number = asked.rsplit_once("<p><strong>").map_or("", |it| it.1);
            let number = number.split_once("</strong>").map_or("", |it| it.0);
            let answer = answer.replacen("<p>", "", 1).replacen("</p>", "<br>", 1);
            answers += &format!("<li><strong>{number}</strong> {answer}</li>\n");
            moved += asked;
            rest = after;
        }
        moved += rest;
    }
    moved
}

/// Where an element ends that begins the text, and may hold others of its kind.
fn end(text: &str, tag: &str) -> usize {
    let (opens, closes) = (format!("<{tag}"), format!("</{tag}>"));
    let mut ends = text.match_indices(&closes).map(|(at, _)| at + closes.len());
    let count = |end: usize, what: &str| text[..end].matches(what).count();
    let is_it = |&end: &usize| count(end, &opens) == count(end, &closes);
    ends.find(is_it).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_says_the_same() {
        let css = "/* a\n b */\n.c {\n    d: e(f,\n      g)\n      h;\n}\n\n\
                   .i  /* j */ k { }\n";
        assert_eq!(style_sheet(css), ".c {d: e(f,g) h;}.i   k { }");
    }

    #[test]
    fn a_script_says_the_same() {
        assert_eq!(script("// a\n\n    b('// c'); // d\n"), "b('// c'); // d\n");
    }

    #[test]
    fn what_is_not_for_paper_is_gone() {
        let page = "a<details class=\"teacher\">b<details>c</details>d</details>e\
                    <nav class=\"turn\" aria-label=\"f\">g</nav><details>h</details>";
        assert_eq!(for_readers(page), "ae<details>h</details>");
    }

    #[test]
    fn answers_come_where_a_chapter_ends() {
        let answer = "<details><summary>Answer</summary>\n<p>a</p>\n</details>";
        let list = "<p><b>Answers to the questions above</b></p>\n<ul>b";
        let page = format!(
            "<h1>no list{answer}<h1>c<p><strong>1.</strong> d</p>{answer}e{list}</ul>f"
        );
        let moved = format!(
            "<h1>no list{answer}<h1>c<p><strong>1.</strong> d</p>e{list}\
             <li><strong>1.</strong> \na<br>\n</li>\n</ul>f"
        );
        assert_eq!(answers_last(&page), moved);
    }
}
