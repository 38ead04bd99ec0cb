//! What is explained where, whether all that a listing uses is, and the glossary.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use anyhow::Result;

use crate::html::linked;
use crate::pages::Page;
use crate::{Sources, names};

/// Where a term is explained: `<dfn title="A definition.">term</dfn>` in the text. Code
/// needs no definition.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The page's index in the book.
    pub page: usize,
    pub line: usize,
    /// The term as it stands there, with its backticks.
    pub term: String,
    pub definition: String,
}

/// All explanations, each by what a link to it ends with.
#[derive(Debug, Default)]
pub struct Terms {
    pub places: BTreeMap<String, Place>,
    /// Those that are given twice, and those without a definition.
    pub problems: Vec<String>,
}

impl Terms {
    /// Finds them.
    pub fn find(pages: &[Page]) -> Self {
        let mut terms = Self::default();
        for (page, source) in pages.iter().enumerate() {
            for (line, text) in source.prose() {
                for part in text.split("<dfn").skip(1) {
                    let (definition, rest) = definition(part);
                    let term = rest.split("</dfn>").next().unwrap_or_default().into();
                    let definition = definition.into();
                    terms.add(pages, Place { page, line, term, definition });
                }
            }
        }
        terms
    }

    fn add(&mut self, pages: &[Page], place: Place) {
        let Place { page, line, term, definition } = &place;
        let at = format!("book/src/{}:{line}", pages[*page].path);
        if definition.is_empty() && !term.starts_with('`') {
            self.problems.push(format!("{at}: {term:?} has no definition, as a title"));
        }
        if let Some(Place { page, line, .. }) = self.places.get(&id(term)) {
            let there = format!("{}:{line}", pages[*page].path);
            self.problems
                .push(format!("{at}: {term:?} is explained in {there} already"));
        }
        self.places.insert(id(term), place);
    }

    /// Where a term is explained. Code is not explained by a word: `Range`, range.
    fn get(&self, term: &str) -> Option<&Place> {
        let place = self.places.get(&id(term));
        place.filter(|place| place.term.starts_with('`') == term.starts_with('`'))
    }

    /// What `{{#names}}` becomes: links to where the names are explained, and what is
    /// wrong with those that aren't by then.
    pub fn list(
        &self,
        pages: &[Page],
        page: usize,
        names: &[String],
    ) -> (String, Vec<String>) {
        let (mut links, mut problems) = (Vec::new(), Vec::new());
        for name in names {
            match self.get(name) {
                Some(place)
                    if place.page <= page || pages[place.page].path == APPENDIX =>
                {
                    let to = pages[page].link_to(&pages[place.page].path);
                    links.push(format!("[{name}]({to}#{})", id(name)));
                }
                Some(Place { page, line, .. }) => problems.push(format!(
                    "{name} is explained only later, in {}:{line}",
                    pages[*page].path
                )),
                None => {
                    problems.push(format!(
                        "{name} is nowhere explained: <dfn>{name}</dfn>"
                    ));
                }
            }
        }
        let list = match links[..] {
            [] => String::new(),
            _ => format!(
                "<details class=\"names\">\n<summary>New in this chapter</summary>\n\n\
             {}\n\n</details>\n",
                links.join(" · ")
            ),
        };
        (list, problems)
    }

    /// A program in HTML. Where it has one of the names for the first time, it links to
    /// the appendix, if it is explained there.
    pub fn in_appendix(
        &self,
        pages: &[Page],
        page: usize,
        names: &[String],
        code: &str,
    ) -> String {
        let mut used = names::names(code, "").unwrap_or_default();
        used.sort_by_key(|(_, place)| place.start);
        let link = |(name, place): (String, Range<usize>)| {
            let term = self.get(&name)?;
            let is_there = names.contains(&name) && pages[term.page].path == APPENDIX;
            // A comment, or a text, is too long for a link.
            let is_word = !code[place.clone()].contains(['"', '/']);
            let url = format!("{}#{}", pages[page].link_to(APPENDIX), id(&name));
            (is_there && is_word).then_some((place, url))
        };
        linked(code, &used.into_iter().filter_map(link).collect::<Vec<_>>())
    }

    /// The technical terms in the order of the alphabet, each with what it is, and then
    /// the names of the language.
    pub fn glossary(&self, pages: &[Page], on: usize) -> String {
        let mut places: Vec<_> = self.places.iter().collect();
        places.sort_by_key(|(_, place)| place.term.trim_matches('`').to_lowercase());
        let (names, words): (Vec<_>, Vec<_>) =
            places.into_iter().partition(|(_, place)| place.term.starts_with('`'));
        let link = |(id, place): (&String, &Place)| {
            let path = &pages[place.page].path;
            format!("[{}]({}#{id})", place.term, pages[on].link_to(path))
        };
        let with_definition = |(id, place): (&String, &Place)| {
            format!("- **{}** · {}\n", link((id, place)), place.definition)
        };
        let words: String = words.into_iter().map(with_definition).collect();
        let names: Vec<_> = names.into_iter().map(link).collect();
        format!(
            "## The terms\n\n<div class=\"glossary\">\n\n{words}\n</div>\n\n\
         ## The names of Rust\n\n{}\n",
            names.join(" · ")
        )
    }
}

/// What follows `<dfn`: the definition, if there is one, and the rest from the term on.
fn definition(part: &str) -> (&str, &str) {
    let titled = part.strip_prefix(" title=\"").and_then(|part| part.split_once("\">"));
    titled.unwrap_or(("", part.strip_prefix('>').unwrap_or(part)))
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
    let mut parts = text.split("<dfn");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (_, rest) = definition(part);
        let term = rest.split("</dfn>").next().unwrap_or_default();
        out += &format!("<dfn id=\"{}\">{rest}", id(term));
    }
    out
}

/// What `{{#names STEP FILE…}}` on each page lists, in the order of the book: names
/// that no page before has listed.
pub fn new_names(
    sources: &Sources,
    pages: &[Page],
) -> BTreeMap<usize, Result<Vec<String>>> {
    let mut seen = HashSet::new();
    let mut new = BTreeMap::new();
    for (page, source) in pages.iter().enumerate() {
        for (_, words) in source.directives() {
            if let [directive, step, files @ ..] = words
                && directive == "names"
            {
                let paths = files.iter().map(|file| format!("steps/{step}/{file}"));
                let used = paths.map(|path| names::names(&sources.read(&path)?, &path));
                let first = used.collect::<Result<Vec<_>>>().map(|used| {
                    let used = used.into_iter().flatten().map(|(name, _)| name);
                    used.filter(|name| seen.insert(name.clone())).collect()
                });
                new.insert(page, first);
            }
        }
    }
    new
}

/// What explains the language itself, to every page.
const APPENDIX: &str = "rust.md";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages;

    fn page(path: &str, text: &str) -> Page {
        Page {
            path: path.into(),
            ..pages::read(&format!("---\ndoing: 1\n---\n{text}"))
        }
    }

    #[test]
    fn explanations_get_places_to_link_to() {
        assert_eq!(
            with_ids(
                "a <dfn>`Socket::new`</dfn> b <dfn title=\"`a` -> d.\">c d</dfn> e"
            ),
            "a <dfn id=\"dfn-socket-new-\">`Socket::new`</dfn> b \
             <dfn id=\"dfn-c-d\">c d</dfn> e"
        );
        assert_eq!(id("`?`"), "dfn-x3f");
        assert_ne!(id("`Result`"), id("`result`"));
    }

    #[test]
    fn the_appendix_explains_to_every_page() {
        let pages = [
            page("a/b.md", "<dfn>`use`</dfn>"),
            page("c.md", "<dfn>`fn`</dfn>"),
            page("rust.md", "<dfn>`let`</dfn> <dfn>closure</dfn> <dfn>`mut`</dfn>"),
        ];
        let terms = Terms::find(&pages);
        let names = ["`use`", "closure", "`fn`", "`a`"].map(String::from);
        let (list, problems) = terms.list(&pages, 0, &names);
        assert!(list.contains(
            "\n\n[`use`](../a/b.md#dfn-use) · [closure](../rust.md#dfn-closure)\n\n"
        ));
        assert_eq!(problems[0], "`fn` is explained only later, in c.md:4");
        let names = ["`let`", "`use`", "closure"].map(String::from);
        let code = "use a;\n// let\nlet mut a = || b < c;\nlet d;";
        assert_eq!(
            terms.in_appendix(&pages, 0, &names, code),
            "use a;\n// let\n<a href=\"../rust.md#dfn-let\">let</a> mut a = \
             <a href=\"../rust.md#dfn-closure\">||</a> b &lt; c;\nlet d;"
        );
    }

    #[test]
    fn a_word_does_not_explain_code() {
        let explained = "<dfn>range</dfn> <dfn>`read`</dfn> <dfn>Bitwise AND</dfn>";
        let terms = Terms::find(&[page("a.md", explained)]);
        for term in ["range", "`read`", "bitwise AND"] {
            assert!(terms.get(term).is_some(), "{term}");
        }
        for term in ["`range`", "`Read`", "read"] {
            assert!(terms.get(term).is_none(), "{term}");
        }
    }
}
