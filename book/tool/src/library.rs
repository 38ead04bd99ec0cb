//! Links from a listing to the documentation of the standard library.

use std::collections::HashMap;

use anyhow::Result;

use crate::html::linked;
use crate::names::{self, words};

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
    pub fn of(source: &str, path: &str) -> Result<Self> {
        let words = words(source, path)?;
        let words: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
        let mut imports = Self::default();
        for index in (1..words.len()).filter(|index| words[index - 1] == "use") {
            for names in names::imports(&words[index..]) {
                let names =
                    names.into_iter().map(|name| words[index + name].to_string());
                let names: Vec<_> = names.collect();
                if let [library, .., last] = &names[..]
                    && library == "std"
                {
                    imports.0.insert(last.clone(), names);
                }
            }
        }
        Ok(imports)
    }

    /// The code in HTML, with links from what it uses of the standard library.
    pub fn link(&self, code: &str) -> Result<String> {
        let words = words(code, "")?;
        let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
        let (mut links, mut index) = (Vec::new(), 0);
        while index < words.len() {
            let end = names::path_end(&texts, index);
            let path: Vec<_> = texts[index..end].iter().step_by(2).copied().collect();
            let is_member = index > 0 && texts[index - 1] == ".";
            let is_call = texts.get(end) == Some(&"(");
            if !is_member && let Some((url, length)) = self.url(&path, is_call) {
                let last = &words[index + 2 * (length - 1)];
                let place = words[index].place.start..last.place.end;
                links.push((place, format!("{DOCUMENTATION}{url}")));
            }
            index = end;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a link, `[URL]text]`.
    fn links(imports: &str, code: &str) -> String {
        let html = Imports::of(imports, "").unwrap().link(code).unwrap();
        let html = html.replace("<a href=\"https://doc.rust-lang.org/stable/std/", "[");
        html.replace(".html\">", "]").replace("</a>", "]")
    }

    #[test]
    fn names_of_the_standard_library_lead_to_their_pages() {
        let imports = "use std::{fmt, io::{self, Write}, thread, time::{Duration, \
                       UNIX_EPOCH}}; use a::B;";
        for (code, expected) in [
            ("a: impl Write", "a: impl [io/trait.Write]Write]"),
            ("B::c(Vec::new(), Write)", "B::c(Vec::new(), [io/trait.Write]Write])"),
            (
                "io::Error::other(\"<\")",
                "[io/struct.Error]io::Error]::other(&quot;&lt;&quot;)",
            ),
            ("Duration::ZERO", "[time/struct.Duration]Duration]::ZERO"),
            ("UNIX_EPOCH", "[time/constant.UNIX_EPOCH]UNIX_EPOCH]"),
            ("thread::sleep(a)", "[thread/fn.sleep]thread::sleep](a)"),
            ("thread + a.io(b); fmt()", "thread + a.io(b); fmt()"),
            ("std::error::Error for", "[error/trait.Error]std::error::Error] for"),
            (
                "// ü < Write\nio::Result",
                "// ü &lt; Write\n[io/type.Result]io::Result]",
            ),
        ] {
            assert_eq!(links(imports, code), expected);
        }
    }
}
