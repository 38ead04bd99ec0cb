//! The glossary: each term with its definition, and the names of the language.

use crate::pages::Page;
use crate::terms::{Place, Terms};

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
