//! What is explained where, and whether all that a listing uses has been explained.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, Result};

use crate::Sources;
use crate::glossary;
use crate::names::{Kind, Name, Own, names};
use crate::pages::{Page, inline_code};

/// Where a term is explained: `<dfn>term</dfn>` in the text.
#[derive(Clone, Debug)]
pub struct Place {
    /// The page's index in the book.
    pub page: usize,
    pub line: usize,
    /// What a link to it ends with.
    pub id: String,
    /// The term as it stands there.
    pub term: String,
}

/// All explanations, by term.
#[derive(Debug, Default)]
pub struct Terms {
    places: BTreeMap<String, Place>,
}

impl Terms {
    /// Finds them; each must stand in one place only. Terms are the same whatever the case of
    /// their first letter is.
    pub fn find(pages: &[Page], problems: &mut Vec<String>) -> Self {
        let mut terms = Self::default();
        for (page, source) in pages.iter().enumerate() {
            for (line, text) in source.prose() {
                for term in explained(text) {
                    // Chapter 5 still explains names that the first steps use by now.
                    if source.path.starts_with("05-parse/") && terms.get(term).is_some()
                    {
                        continue;
                    }
                    let place = Place { page, line, id: id(term), term: term.into() };
                    if let Some(other) = terms.places.insert(key(term), place) {
                        let other_page = &pages[other.page].path;
                        problems.push(format!(
                            "{}:{line}: {term:?} is explained in {other_page}:{} already",
                            source.path, other.line
                        ));
                    }
                }
            }
        }
        terms
    }

    /// Where it is explained.
    pub fn get(&self, term: &str) -> Option<&Place> {
        self.places.get(&key(term))
    }

    /// Where a name is explained. `Range` is code and not explained by what a range is.
    fn of_name(&self, name: &Name) -> Option<&Place> {
        let code = self.get(&format!("`{}`", name.key));
        if name.is_code() { code } else { code.or_else(|| self.get(&name.key)) }
    }
}

/// The technical terms in the order of the alphabet, each with the sentence that explains it,
/// and then the names of the language.
pub fn glossary(pages: &[Page], terms: &Terms, on: usize) -> String {
    let mut places: Vec<_> = terms.places.values().collect();
    places.sort_by_key(|place| place.term.trim_matches('`').to_lowercase());
    let (names, words): (Vec<&Place>, Vec<_>) =
        places.into_iter().partition(|place| place.term.starts_with('`'));
    let link = |place: &Place| {
        let path = &pages[place.page].path;
        format!("[{}]({}#{})", place.term, pages[on].link_to(path), place.id)
    };
    let with_sentence = |place: &Place| {
        let sentence = glossary::sentence(&pages[place.page], place.line, &place.term);
        format!("- **{}** · {sentence}\n", link(place))
    };
    let words: String = words.into_iter().map(with_sentence).collect();
    let names: Vec<_> = names.into_iter().map(link).collect();
    format!("## The terms\n\n{words}\n## The names of Rust\n\n{}\n", names.join(" · "))
}

fn key(term: &str) -> String {
    let bare = term.trim_matches('`');
    if bare.len() == term.len() { bare.to_lowercase() } else { bare.into() }
}

/// The terms that a line of Markdown explains, with their backticks.
fn explained(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("<dfn>").skip(1);
    parts.filter_map(|part| part.split("</dfn>").next())
}

/// `dfn-socket-new` for `Socket::new`; other signs than letters and digits by their number.
fn id(term: &str) -> String {
    let term = key(term);
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

/// The line with a place to link to at each explanation.
pub fn with_ids(text: &str) -> String {
    let mut parts = text.split("<dfn>");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let term = part.split("</dfn>").next().unwrap_or_default();
        out += &format!("<dfn id=\"{}\">{part}", id(term));
    }
    out
}

/// What `{{#names STEP FILE…}}` on each page stands for, in the order of the book: names that
/// no earlier directive had.
pub fn new_names(
    sources: &Sources,
    pages: &[Page],
) -> Result<BTreeMap<(usize, usize), Vec<Name>>> {
    let mut seen = HashSet::new();
    let mut new = BTreeMap::new();
    let mut steps = BTreeMap::new();
    for (page, source) in pages.iter().enumerate() {
        for (line, words) in source.directives() {
            if let [directive, step, files @ ..] = words
                && directive == "names"
            {
                let place = || format!("{}:{line}", source.path);
                let own = match steps.entry(step) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        new.insert(own(sources, step).with_context(place)?)
                    }
                };
                let used = used(sources, step, files, own).with_context(place)?;
                let first = used.into_iter().filter(|name| seen.insert(name.clone()));
                new.insert((page, line), first.collect());
            }
        }
    }
    Ok(new)
}

fn own(sources: &Sources, step: &str) -> Result<Own> {
    let paths = sources.below(&format!("steps/{step}/src"), ".rs");
    let texts =
        paths.iter().map(|path| sources.read(path)).collect::<Result<Vec<_>>>()?;
    Own::of(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn used(
    sources: &Sources,
    step: &str,
    files: &[String],
    own: &Own,
) -> Result<Vec<Name>> {
    let mut all = Vec::new();
    for file in files {
        let path = format!("steps/{step}/{file}");
        all.extend(names(&sources.read(&path)?, own).context(path)?);
    }
    Ok(all)
}

/// The list of new names, each with a link to where it is explained. What is not, by then, is
/// a problem.
pub fn list(
    pages: &[Page],
    terms: &Terms,
    page: usize,
    names: &[Name],
    problems: &mut Vec<String>,
) -> String {
    let mut lists = String::new();
    for (kind, title) in [(Kind::Library, "From the library"), (Kind::Syntax, "Syntax")]
    {
        let links: Vec<_> = names
            .iter()
            .filter(|name| name.kind == kind)
            .map(|name| link(pages, terms, page, name, problems))
            .collect();
        if !links.is_empty() {
            lists += &format!("**{title}:** {}\n\n", links.join(" · "));
        }
    }
    lists
}

fn link(
    pages: &[Page],
    terms: &Terms,
    page: usize,
    name: &Name,
    problems: &mut Vec<String>,
) -> String {
    let key = &name.key;
    let shown = if name.is_code() { format!("`{key}`") } else { key.clone() };
    match terms.of_name(name) {
        Some(place) if place.page <= page => {
            let to = pages[page].link_to(&pages[place.page].path);
            format!("[{shown}]({to}#{})", place.id)
        }
        Some(place) => {
            problems.push(format!(
                "{key} is explained only later, in {}:{}",
                pages[place.page].path, place.line
            ));
            shown
        }
        None => {
            problems.push(format!("{key} is nowhere explained: <dfn>{shown}</dfn>"));
            shown
        }
    }
}

/// Commands in the running text: what they begin with.
const PROGRAMS: [&str; 12] = [
    "cargo ", "curl ", "git ", "lsof ", "mdbook ", "nc ", "printf ", "python3 ",
    "rustup ", "ss ", "strace ", "kill ",
];

/// The commands that a page tells its reader to type, with line numbers.
pub fn commands(page: &Page) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, text) in page.prose() {
        let code = inline_code(text);
        let commands = code
            .filter(|code| PROGRAMS.iter().any(|program| code.starts_with(program)));
        found.extend(commands.map(|command| (line, command)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explanations_get_places_to_link_to() {
        assert_eq!(
            with_ids("a <dfn>`Socket::new`</dfn> b <dfn>backlog</dfn>"),
            "a <dfn id=\"dfn-socket-new-\">`Socket::new`</dfn> b <dfn id=\"dfn-backlog\">backlog</dfn>"
        );
        assert_eq!(id("`?`"), "dfn-x3f");
        assert_ne!(id("`Result`"), id("`result`"));
        assert_eq!(
            explained("<dfn>`a`</dfn>, <dfn>b c</dfn>").collect::<Vec<_>>(),
            ["`a`", "b c"]
        );
    }

    #[test]
    fn a_word_does_not_explain_code() {
        let mut terms = Terms::default();
        for term in ["range", "`read`", "`impl Trait`", "Bitwise AND"] {
            let place = Place { page: 0, line: 1, id: id(term), term: term.into() };
            terms.places.insert(key(term), place);
        }
        for (key, kind, is_explained) in [
            ("range", Kind::Syntax, true),
            ("Range", Kind::Library, false),
            ("read", Kind::Library, true),
            ("Read", Kind::Library, false),
            ("impl Trait", Kind::Syntax, true),
            ("bitwise AND", Kind::Syntax, true),
        ] {
            let name = Name { key: key.into(), kind };
            assert_eq!(terms.of_name(&name).is_some(), is_explained, "{key}");
        }
    }
}
