//! What is taken away from what mdBook has written: what no reader needs.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::Sources;

/// Takes comments and indentation out of style sheets and scripts, and out of the page
/// that is printed what isn't for paper.
pub fn lean(folder: &Path) -> Result<()> {
    let built = Sources::new(folder);
    for path in built.below(".", "") {
        let change = match &path {
            _ if path.ends_with(".css") => style_sheet,
            _ if path.ends_with(".js") => script,
            _ if path.ends_with("print.html") => for_paper,
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

/// Links to neighbors, teaching notes, the messages of wrong programs, and a form with
/// what is asked there.
const NOT_FOR_PAPER: [(&str, &str); 5] = [
    ("nav", "turn"),
    ("details", "teacher"),
    ("div", "gallery"),
    ("section", "asked"),
    ("div", "ready"),
];

/// All pages in one, without what isn't for paper.
fn for_paper(page: &str) -> String {
    let mut page = page.to_owned();
    for (tag, class) in NOT_FOR_PAPER {
        let begin = format!("<{tag} class=\"{class}\"");
        while let Some(start) = page.find(&begin) {
            let end = end(&page[start..], tag);
            page.replace_range(start..start + end, "");
        }
    }
    page
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
        assert_eq!(for_paper(page), "ae<details>h</details>");
    }
}
