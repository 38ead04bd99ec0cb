//! Links from a listing to the documentation of the standard library.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use syn::{Item, UseTree};

use crate::html::linked;
use crate::names::{Word, words};

const DOCUMENTATION: &str = "https://doc.rust-lang.org/stable/";

/// What is neither a struct, as most are, nor a function or constant, as its case says.
const KINDS: [(&str, &str); 14] = [
    ("result::Result", "enum"),
    ("BufRead", "trait"),
    ("Cow", "enum"),
    ("Display", "trait"),
    ("ErrorKind", "enum"),
    ("FromStr", "trait"),
    ("Infallible", "enum"),
    ("IpAddr", "enum"),
    ("Read", "trait"),
    ("Result", "type"),
    ("Shutdown", "enum"),
    ("SocketAddr", "enum"),
    ("Write", "trait"),
    ("error::Error", "trait"),
];

/// Names, each with the path in the standard library that the file imports it from.
#[derive(Debug, Default)]
pub struct Imports(HashMap<String, Vec<String>>);

impl Imports {
    /// Reads the `use` lines of a Rust file.
    pub fn of(file: &syn::File) -> Self {
        let mut imports = Self::default();
        for item in &file.items {
            if let Item::Use(item) = item {
                imports.add(&item.tree, &mut Vec::new());
            }
        }
        imports
    }

    fn add(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        let length = path.len();
        match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.add(&tree.tree, path);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.add(tree, path));
            }
            UseTree::Name(tree) if tree.ident == "self" => self.insert(path),
            UseTree::Name(tree) => {
                path.push(tree.ident.to_string());
                self.insert(path);
            }
            UseTree::Rename(_) | UseTree::Glob(_) => {}
        }
        path.truncate(length);
    }

    fn insert(&mut self, path: &[String]) {
        if let [library, .., last] = path
            && library == "std"
        {
            self.0.insert(last.clone(), path.to_vec());
        }
    }

    /// The code in HTML, with links from what it uses of the standard library.
    ///
    /// # Errors
    /// When it is not made of Rust's tokens.
    pub fn link(&self, code: &str) -> Result<String> {
        let words = words(code).map_err(|error| anyhow!("{error}"))?;
        let (mut links, mut index) = (Vec::new(), 0);
        while index < words.len() {
            let path = path(&words[index..]);
            let names: Vec<_> = path.iter().map(|word| word.text.as_str()).collect();
            let is_member = index > 0 && words[index - 1].text == ".";
            index += 2 * path.len() - 1;
            let is_call = words.get(index).is_some_and(|word| word.text == "(");
            if !is_member && let Some((url, length)) = self.url(&names, is_call) {
                let place = path[0].place.start..path[length - 1].place.end;
                links.push((place, format!("{DOCUMENTATION}{url}")));
            }
        }
        Ok(linked(code, &links))
    }

    /// Where the item is documented that a path leads to or through, and how many of
    /// the path's names lead to it.
    fn url(&self, names: &[&str], is_call: bool) -> Option<(String, usize)> {
        let (first, rest) = names.split_first()?;
        let mut path = match (*first, self.0.get(*first)) {
            ("std", _) => vec!["std"],
            (_, Some(path)) => path.iter().map(String::as_str).collect(),
            _ => return None,
        };
        let from = path.len();
        path.extend(rest);
        let is_type = |name: &&str| name.starts_with(char::is_uppercase);
        // `io::Error::other` is explained on the page of `io::Error`.
        let end = path.iter().position(is_type).unwrap_or(path.len() - 1);
        let (modules, name) = (&path[..end], path[end]);
        let kind = if !is_type(&name) {
            // A module, or a variable that is named like one.
            if !is_call || names.len() == 1 {
                return None;
            }
            "fn"
        } else if name == name.to_uppercase() {
            "constant"
        } else {
            kind(modules, name)
        };
        let url = format!("{}/{kind}.{name}.html", modules.join("/"));
        Some((url, (end + 2).saturating_sub(from).max(1)))
    }
}

fn kind(modules: &[&str], name: &str) -> &'static str {
    let whole = format!("{}::{name}", modules.last().unwrap_or(&""));
    let known = KINDS.iter().find(|(known, _)| *known == name || *known == whole);
    known.map_or("struct", |(_, kind)| kind)
}

/// The names of the path that the words begin with: one, or more with `::` between
/// them.
fn path(words: &[Word]) -> Vec<&Word> {
    let is_name = |word: &Word| word.text.starts_with(char::is_alphabetic);
    let more = words[1..].chunks_exact(2);
    let more = more.take_while(|pair| pair[0].text == "::" && is_name(&pair[1]));
    words[..1].iter().chain(more.map(|pair| &pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(imports: &str, code: &str) -> String {
        let imports = Imports::of(&syn::parse_file(imports).unwrap());
        let html = imports.link(code).unwrap();
        html.replace("https://doc.rust-lang.org/stable/std/", "").replace("</a>", "|")
    }

    #[test]
    fn names_of_the_standard_library_lead_to_their_pages() {
        let imports = "use std::{fmt, io::{self, Write}, thread, time::{Duration, \
                       UNIX_EPOCH}}; use a::B;";
        for (code, expected) in [
            ("a: impl Write", "a: impl <a href=\"io/trait.Write.html\">Write|"),
            (
                "B::c(Vec::new(), Write)",
                "B::c(Vec::new(), <a href=\"io/trait.Write.html\">Write|)",
            ),
            (
                "io::Error::other(\"<\")",
                "<a href=\"io/struct.Error.html\">io::Error|::other(&quot;&lt;&quot;)",
            ),
            ("Duration::ZERO", "<a href=\"time/struct.Duration.html\">Duration|::ZERO"),
            ("UNIX_EPOCH", "<a href=\"time/constant.UNIX_EPOCH.html\">UNIX_EPOCH|"),
            ("thread::sleep(a)", "<a href=\"thread/fn.sleep.html\">thread::sleep|(a)"),
            ("thread + a.io(b); fmt()", "thread + a.io(b); fmt()"),
            (
                "impl std::error::Error for A {}",
                "impl <a href=\"error/trait.Error.html\">std::error::Error| for A {}",
            ),
            (
                "// ü < Write\nio::Result<()>",
                "// ü &lt; Write\n\
                 <a href=\"io/type.Result.html\">io::Result|&lt;()&gt;",
            ),
        ] {
            assert_eq!(links(imports, code), expected);
        }
    }
}
