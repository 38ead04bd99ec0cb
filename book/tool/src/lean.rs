//! What is taken away from what mdBook has written: what no reader needs.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// Takes comments and indentation out of style sheets and scripts, and out of the page
/// that is printed what isn't for paper.
pub fn lean(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default();
        if path.is_dir() {
            lean(&path)?;
        } else if extension == "css" {
            fs::write(&path, style_sheet(&fs::read_to_string(&path)?))?;
        } else if extension == "js" {
            fs::write(&path, script(&fs::read_to_string(&path)?))?;
        } else if path.ends_with("print.html") {
            fs::write(&path, for_paper(fs::read_to_string(&path)?))?;
        }
    }
    Ok(())
}

/// A style sheet without comments, and without blanks where lines begin and end. What is
/// in quotes stays in its line, so it is as it was.
fn style_sheet(css: &str) -> String {
    let mut bare = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        bare += before;
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    bare += rest;
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut out = String::new();
    for line in lines {
        out += line;
        if !line.ends_with(['{', '}', ';', ',']) {
            out.push(' ');
        }
    }
    out
}

/// A script without indentation, and without lines that are comments.
fn script(js: &str) -> String {
    let lines = js.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// All pages in one, without links to neighbors, teaching notes, and the messages of
/// wrong programs.
fn for_paper(mut page: String) -> String {
    for (tag, class) in [("nav", "turn"), ("details", "teacher"), ("div", "gallery")] {
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
    let (mut depth, mut at) = (0, 0);
    while let Some(next) = text[at..].find(&closes) {
        depth += text[at..at + next].matches(&opens).count();
        at += next + closes.len();
        depth -= 1;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_says_the_same() {
        let css = "/* a\n b */\n.c {\n    d: e(f,\n      g)\n      h;\n}\n\n.i  /* j */ k { }\n";
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
        assert_eq!(for_paper(page.into()), "ae<details>h</details>");
    }
}
