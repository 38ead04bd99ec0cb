//! What is explained where, and whether all that a listing uses has been explained.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use anyhow::Result;

use crate::html::linked;
use crate::pages::Page;
use crate::{Sources, names};

/// Where a term is explained: `<dfn>term</dfn>` in the text, or, where the sentence
/// around it is no definition, `<dfn title="A definition.">term</dfn>`.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The page's index in the book.
    pub page: usize,
    pub line: usize,
    /// The term as it stands there.
    pub term: String,
    /// Its own definition.
    pub definition: Option<String>,
}

/// All explanations, each by what a link to it ends with.
#[derive(Debug, Default)]
pub struct Terms {
    pub places: BTreeMap<String, Place>,
    /// Those that are given twice.
    pub twice: Vec<String>,
}

impl Terms {
    /// Finds them.
    pub fn find(pages: &[Page]) -> Self {
        let mut terms = Self::default();
        for (page, source) in pages.iter().enumerate() {
            for (line, text) in source.prose() {
                for (definition, term) in explained(text) {
                    let definition = definition.map(String::from);
                    let place = Place { page, line, term: term.into(), definition };
                    if let Some(other) = terms.places.insert(id(term), place) {
                        terms.twice.push(format!(
                            "book/src/{}:{line}: {term:?} is explained in {}:{} \
                             already",
                            source.path, pages[other.page].path, other.line
                        ));
                    }
                }
            }
        }
        terms
    }

    /// Where a term is explained. Code is not explained by a word: `Range`, range.
    fn get(&self, term: &str) -> Option<&Place> {
        let place = self.places.get(&id(term));
        place.filter(|place| place.term.starts_with('`') == term.starts_with('`'))
    }
}

/// The terms that a line of Markdown explains, with their backticks, and each behind its
/// own definition if it has one.
fn explained(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    text.split("<dfn").skip(1).filter_map(|part| {
        let (definition, rest) = definition(part);
        Some((definition, rest.split_once("</dfn>")?.0))
    })
}

/// What follows `<dfn`: the definition, and the rest from the term on.
fn definition(part: &str) -> (Option<&str>, &str) {
    let titled = part.strip_prefix(" title=\"").and_then(|part| part.split_once("\">"));
    match titled {
        Some((definition, rest)) => (Some(definition), rest),
        None => (None, part.strip_prefix('>').unwrap_or(part)),
    }
}

/// `dfn-socket-new` for `Socket::new`; other signs than letters and digits by their
/// number.
fn id(term: &str) -> String {
    let bare = term.trim_matches('`');
    let term = if bare == term { bare.to_lowercase() } else { bare.into() };
    let mut id = String::from("dfn");
    for word in term.split([':', ' ', '-']).filter(|word| !word.is_empty()) {
        id.push('-');
        for sign in word.chars() {
            if sign.is_alphanumeric() || sign == '_' {
                id.extend(sign.to_lowercase());
            } else {
                id += &format!("x{:x}", u32::from(sign));
            }
        }
    }
    // `Result` and `result` are two; ids are compared without case by some.
    if term.chars().next().is_some_and(char::is_uppercase) {
        id += "-";
    }
    id
}

/// The line with a place to link to at each explanation. Definitions are for the
/// glossary: in HTML, the title of a `<dfn>` is the term itself.
pub fn with_ids(text: &str) -> String {
    with_dfns(text, |term| format!("<dfn id=\"{}\">", id(term)))
}

/// The line without the definitions that are for the glossary.
pub fn without_definitions(text: &str) -> String {
    with_dfns(text, |_| "<dfn>".into())
}

fn with_dfns(text: &str, dfn: impl Fn(&str) -> String) -> String {
    let mut parts = text.split("<dfn");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (_, rest) = definition(part);
        out += &dfn(rest.split("</dfn>").next().unwrap_or_default());
        out += rest;
    }
    out
}

/// What `{{#names STEP FILE…}}` on each page stands for, in the order of the book:
/// names that no earlier directive had.
pub fn new_names(
    sources: &Sources,
    pages: &[Page],
) -> BTreeMap<(usize, usize), Result<Vec<String>>> {
    let mut seen = HashSet::new();
    let mut new = BTreeMap::new();
    for (page, source) in pages.iter().enumerate() {
        for (line, words) in source.directives() {
            if let [directive, step, files @ ..] = words
                && directive == "names"
            {
                let paths = files.iter().map(|file| format!("steps/{step}/{file}"));
                let used = paths.map(|path| names::names(&sources.read(&path)?, &path));
                let first = used.collect::<Result<Vec<_>>>().map(|used| {
                    let used = used.into_iter().flatten().map(|(name, _)| name);
                    used.filter(|name| seen.insert(name.clone())).collect()
                });
                new.insert((page, line), first);
            }
        }
    }
    new
}

/// What explains the language itself, to every page.
const APPENDIX: &str = "rust.md";

/// What `{{#names}}` becomes: links to where the names are explained, and what is wrong
/// with those that aren't by then.
pub fn list(
    pages: &[Page],
    terms: &Terms,
    page: usize,
    names: &[String],
) -> (String, Vec<String>) {
    let (mut links, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        match terms.get(name) {
            Some(place) if place.page <= page || pages[place.page].path == APPENDIX => {
                let to = pages[page].link_to(&pages[place.page].path);
                links.push(format!("[{name}]({to}#{})", id(name)));
            }
            Some(Place { page, line, .. }) => problems.push(format!(
                "{name} is explained only later, in {}:{line}",
                pages[*page].path
            )),
            None => {
                problems
                    .push(format!("{name} is nowhere explained: <dfn>{name}</dfn>"));
            }
        }
    }
    let list = match links[..] {
        [] => String::new(),
        _ => format!(
            "<details class=\"names\">\n<summary>New in this chapter</summary>\n\n{}\n\n\
             </details>\n",
            links.join(" · ")
        ),
    };
    (list, problems)
}

/// A program in HTML. Where it has one of the names for the first time, it links to the
/// appendix, if it is explained there.
pub fn in_appendix(
    pages: &[Page],
    terms: &Terms,
    page: usize,
    names: &[&String],
    code: &str,
) -> String {
    let mut used = names::names(code, "").unwrap_or_default();
    used.sort_by_key(|(_, place)| place.start);
    let link = |(name, place): (String, Range<usize>)| {
        let term = terms.get(&name)?;
        let is_there = names.contains(&&name) && pages[term.page].path == APPENDIX;
        // A comment, or a text, is too long for a link.
        let is_word = !code[place.clone()].contains(['"', '/']);
        let url = format!("{}#{}", pages[page].link_to(APPENDIX), id(&name));
        (is_there && is_word).then_some((place, url))
    };
    linked(code, &used.into_iter().filter_map(link).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages;

    #[test]
    fn explanations_get_places_to_link_to() {
        assert_eq!(
            with_ids("a <dfn>`Socket::new`</dfn> b <dfn>backlog</dfn>"),
            "a <dfn id=\"dfn-socket-new-\">`Socket::new`</dfn> b <dfn \
             id=\"dfn-backlog\">backlog</dfn>"
        );
        assert_eq!(id("`?`"), "dfn-x3f");
        assert_ne!(id("`Result`"), id("`result`"));
        let text = "<dfn>`a`</dfn>, <dfn title=\"`a` -> d.\">b c</dfn> e";
        assert_eq!(
            explained(text).collect::<Vec<_>>(),
            [(None, "`a`"), (Some("`a` -> d."), "b c")]
        );
        assert_eq!(without_definitions(text), "<dfn>`a`</dfn>, <dfn>b c</dfn> e");
        assert!(with_ids(text).ends_with("<dfn id=\"dfn-b-c\">b c</dfn> e"));
    }

    #[test]
    fn the_appendix_explains_to_every_page() {
        let page = |path: &str, text: &str| Page {
            path: path.into(),
            pieces: pages::read(&format!("---\ndoing: 1\n---\n{text}")).pieces,
            ..Page::default()
        };
        let pages = [
            page("a/b.md", "<dfn>`use`</dfn>"),
            page("c.md", "<dfn>`fn`</dfn>"),
            page("rust.md", "<dfn>`let`</dfn> <dfn>closure</dfn> <dfn>`mut`</dfn>"),
        ];
        let terms = Terms::find(&pages);
        let names = ["`use`", "closure", "`fn`", "`a`"].map(String::from);
        let (list, problems) = list(&pages, &terms, 0, &names);
        assert!(list.contains(
            "\n\n[`use`](../a/b.md#dfn-use) · [closure](../rust.md#dfn-closure)\n\n"
        ));
        assert_eq!(problems[0], "`fn` is explained only later, in c.md:4");
        assert!(problems[1].starts_with("`a` is nowhere explained"));
        let names = ["`let`", "`use`", "closure"].map(String::from);
        let code = "use a;\n// let\nlet mut a = || b < c;\nlet d;";
        assert_eq!(
            in_appendix(&pages, &terms, 0, &names.iter().collect::<Vec<_>>(), code),
            "use a;\n// let\n<a href=\"../rust.md#dfn-let\">let</a> mut a = \
             <a href=\"../rust.md#dfn-closure\">||</a> b &lt; c;\nlet d;"
        );
    }

    #[test]
    fn a_word_does_not_explain_code() {
        let mut terms = Terms::default();
        for term in ["range", "`read`", "Bitwise AND"] {
            let place = Place { line: 1, term: term.into(), ..Place::default() };
            terms.places.insert(id(term), place);
        }
        for (term, is_explained) in [
            ("range", true),
            ("`range`", false),
            ("`read`", true),
            ("`Read`", false),
            ("read", false),
            ("bitwise AND", true),
        ] {
            assert_eq!(terms.get(term).is_some(), is_explained, "{term}");
        }
    }
}
