//! The glossary: each term with its definition, or else the sentence that explains it.

use crate::pages::{Page, What};
use crate::terms::{Place, Terms, without_definitions};

/// The technical terms in the order of the alphabet, each with what it is, and then the
/// names of the language.
pub fn list(pages: &[Page], terms: &Terms, on: usize) -> String {
    let mut places: Vec<_> = terms.places.iter().collect();
    places.sort_by_key(|(_, place)| place.term.trim_matches('`').to_lowercase());
    let (names, words): (Vec<_>, Vec<_>) =
        places.into_iter().partition(|(_, place)| place.term.starts_with('`'));
    let link = |(id, place): (&String, &Place)| {
        let path = &pages[place.page].path;
        format!("[{}]({}#{id})", place.term, pages[on].link_to(path))
    };
    let with_definition = |(id, place): (&String, &Place)| {
        let sentence = || sentence(&pages[place.page], place.line, &place.term);
        let definition = place.definition.clone().unwrap_or_else(sentence);
        format!("- **{}** · {definition}\n", link((id, place)))
    };
    let words: String = words.into_iter().map(with_definition).collect();
    let names: Vec<_> = names.into_iter().map(link).collect();
    format!(
        "## The terms\n\n<div class=\"glossary\">\n\n{words}\n</div>\n\n## The names of Rust\n\n{}\n",
        names.join(" · ")
    )
}

/// The sentence around `<dfn>term</dfn>` in a page's line, in Markdown without links.
pub fn sentence(page: &Page, line: usize, term: &str) -> String {
    let paragraph = paragraph(page, line);
    let mark = format!("<dfn>{term}</dfn>");
    let (before, after) = paragraph.split_once(&mark).unwrap_or(("", &paragraph));
    let start = SENTENCE_ENDS.iter().filter_map(|end| before.rfind(end)).max();
    let before = start.map_or(before, |start| &before[start + 2..]);
    let end = SENTENCE_ENDS.iter().filter_map(|end| after.find(end)).min();
    let after = end.map_or(after, |end| &after[..=end]);
    let sentence = format!("{before}{term}{after}");
    let sentence = sentence.replace("<dfn>", "").replace("</dfn>", "");
    // Half of an emphasis that began or ended elsewhere.
    let sentence = if sentence.matches("**").count() % 2 == 1 {
        sentence.replace("**", "")
    } else {
        sentence
    };
    without_links(sentence.trim())
}

const SENTENCE_ENDS: [&str; 3] = [". ", "? ", ": <dfn>"];

/// The lines around `line` up to the next that are empty or begin something new, in
/// one.
fn paragraph(page: &Page, line: usize) -> String {
    let mut paragraph = Vec::new();
    for piece in &page.pieces {
        let What::Text(text) = &piece.what else {
            continue;
        };
        let begins = text.starts_with(['-', '|', '#']) || text.trim().is_empty();
        if begins && piece.line > line {
            break;
        }
        if begins {
            paragraph.clear();
        }
        // Only in a table is this the end of a cell.
        let text = match text.strip_prefix('|') {
            Some(row) => row.trim_end_matches(['|', ' ']).replace(" | ", ": "),
            None => text.trim_start_matches(['-', ' ']).trim_end().into(),
        };
        paragraph.push(without_definitions(&text));
    }
    paragraph.join(" ").trim().into()
}

/// `[text](link)` becomes `text`: a link is relative to its page.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, label, after)) = first_link(rest) {
        out += before;
        out += label;
        rest = after;
    }
    out + rest
}

fn first_link(text: &str) -> Option<(&str, &str, &str)> {
    let (start, _) = text.split_once("](")?;
    let open = start.rfind('[')?;
    let (_, after) = text[start.len()..].split_once(')')?;
    Some((&start[..open], &start[open + 1..], after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages;

    fn page(text: &str) -> Page {
        let pieces = pages::read(&format!("---\ndoing: 1\n---\n{text}")).pieces;
        Page { pieces, ..Page::default() }
    }

    #[test]
    fn a_sentence_is_found_in_its_paragraph() {
        let page = page(
            "# T\n\nBefore it. The **queue**, the\n\
             <dfn>backlog</dfn>, is [short](a.md), v1.2. After.\n\n\
             - <dfn>`a`</dfn> does b\n- <dfn>c</dfn>: d\n\n| <dfn>e</dfn> | f |\n\n\
             An <dfn>or pattern</dfn>: `1 | 2`, not a <dfn title=\"G.\">g</dfn>.\n",
        );
        assert_eq!(
            sentence(&page, 7, "backlog"),
            "The **queue**, the backlog, is short, v1.2."
        );
        assert_eq!(sentence(&page, 9, "`a`"), "`a` does b");
        assert_eq!(sentence(&page, 10, "c"), "c: d");
        assert_eq!(sentence(&page, 12, "e"), "e: f");
        assert_eq!(
            sentence(&page, 14, "or pattern"),
            "An or pattern: `1 | 2`, not a g."
        );
    }
}
