//! What the program of a chapter uses, so that the book can be asked whether it
//! explains it: names of libraries, and syntax.
//!
//! Only tokens are looked at. What the file itself defines needs no explanation, and a
//! word in lower case that nothing marks as a call or a path is a variable.

use std::collections::HashSet;
use std::ops::Range;

use anyhow::Result;
use proc_macro2::{LexError, Span, TokenStream, TokenTree};

use crate::sources::no_rust;

const KEYWORDS: [&str; 32] = [
    "_", "Self", "as", "async", "await", "break", "const", "continue", "dyn", "else",
    "enum", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move",
    "mut", "pub", "ref", "return", "static", "struct", "trait", "type", "use", "where",
    "while",
];

/// Words in these places name something of the file's own.
const DEFINING: [&str; 8] =
    ["const", "enum", "fn", "mod", "static", "struct", "trait", "type"];

/// Returns what the Rust source uses, each once and with the bytes of a word of it, in
/// the order of first use: code between backticks (`` `if let` ``, ``
/// `TcpListener::bind` ``), or a word for it (`closure`).
///
/// # Errors
/// When it is not made of Rust's tokens.
pub fn names(source: &str, path: &str) -> Result<Vec<(String, Range<usize>)>> {
    let words = words(source).map_err(|error| no_rust(path, error.span()))?;
    let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
    let defining = texts.windows(2).filter(|pair| DEFINING.contains(&pair[0]));
    let own = defining.map(|pair| pair[1]).collect();
    let mut finder =
        Finder { words: &texts, own, imported: HashSet::new(), found: vec![] };
    finder.find();
    let found = finder.found.into_iter();
    Ok(found.map(|(name, index)| (name, words[index].place.clone())).collect())
}

/// An identifier, a literal, a bracket, or a sign, and the bytes where it is.
pub struct Word {
    pub text: String,
    pub place: Range<usize>,
}

/// The source in words; operators are one as far as they are looked at.
///
/// # Errors
/// When it is not made of Rust's tokens.
pub fn words(source: &str) -> Result<Vec<Word>, LexError> {
    let mut words = Vec::new();
    flatten(source.parse()?, &mut words);
    Ok(words)
}

fn flatten(tokens: TokenStream, words: &mut Vec<Word>) {
    for token in tokens {
        let place = token.span().byte_range();
        match token {
            TokenTree::Group(group) => {
                let whole = group.to_string();
                let bracket = |text: &str, span: Span| Word {
                    text: text.into(),
                    place: span.byte_range(),
                };
                words.push(bracket(&whole[..1], group.span_open()));
                flatten(group.stream(), words);
                words.push(bracket(&whole[whole.len() - 1..], group.span_close()));
            }
            TokenTree::Punct(sign) => match (words.last_mut(), sign.as_char()) {
                (Some(last), second @ (':' | '>' | '.' | '=' | '&' | '|'))
                    if OPERATORS.contains(&&*format!("{}{second}", last.text)) =>
                {
                    last.text.push(second);
                    last.place.end = place.end;
                }
                (_, sign) => words.push(Word { text: sign.into(), place }),
            },
            token => words.push(Word { text: token.to_string(), place }),
        }
    }
}

const OPERATORS: [&str; 13] =
    ["::", "->", "=>", "..", "..=", "&&", "||", "==", "!=", "<=", ">=", "+=", "-="];

struct Finder<'a> {
    words: &'a [&'a str],
    /// What the file defines.
    own: HashSet<&'a str>,
    imported: HashSet<&'a str>,
    /// Each with the index of its word.
    found: Vec<(String, usize)>,
}

impl<'a> Finder<'a> {
    fn at(&self, index: usize) -> &'a str {
        self.words.get(index).copied().unwrap_or_default()
    }

    /// Where the next `last` is.
    fn end(&self, start: usize, last: &str) -> usize {
        (start..self.words.len()).find(|&at| self.words[at] == last).unwrap_or(start)
    }

    fn find(&mut self) {
        let mut index = 0;
        while index < self.words.len() {
            let before = index.checked_sub(1).map_or("", |before| self.at(before));
            index = match self.at(index) {
                "use" => self.import(index + 1),
                "#" => self.attribute(index),
                word if is_identifier(word) && !KEYWORDS.contains(&word) => {
                    self.path(before, index)
                }
                word => {
                    self.syntax(index, before, word);
                    index + 1
                }
            };
        }
    }

    fn add(&mut self, index: usize, key: &str) {
        if !self.found.iter().any(|(found, _)| found == key) {
            self.found.push((key.into(), index));
        }
    }

    fn code(&mut self, index: usize, key: &str) {
        self.add(index, &format!("`{key}`"));
    }

    /// `use a::{B, c::D};`: types and traits; modules are named where they are used.
    fn import(&mut self, start: usize) -> usize {
        self.code(start - 1, "use");
        let end = self.end(start, ";");
        let mut module = "";
        for index in start..end {
            match self.at(index) {
                word if is_type(word) => {
                    self.imported.insert(word);
                    self.code(index, &item(module, word));
                }
                word if self.at(index + 1) == "::" => module = word,
                _ => {}
            }
        }
        end
    }

    /// `#[cfg(unix)]`, `#[derive(Clone)]`; a comment for readers is one too.
    fn attribute(&mut self, start: usize) -> usize {
        let open = start + if self.at(start + 1) == "!" { 2 } else { 1 };
        match self.at(open + 1) {
            "doc" => self.add(open, "doc comment"),
            name => self.code(open + 1, &format!("#[{name}]")),
        }
        self.end(open, "]")
    }

    /// A path, a call of a function, a method or a macro, or nothing but a variable.
    fn path(&mut self, before: &str, start: usize) -> usize {
        let mut end = start + 1;
        while self.at(end) == "::" && is_identifier(self.at(end + 1)) {
            end += 2;
        }
        let path: Vec<_> = self.words[start..end].iter().step_by(2).copied().collect();
        let after = self.at(end);
        match path[..] {
            [name] if after == "!" => self.code(start, &format!("{name}!")),
            [name] if self.own.contains(name) || self.imported.contains(name) => {}
            [method] if before == "." && matches!(after, "(" | "::") => {
                self.code(start, method);
            }
            [name] if is_type(name) || (before != "." && after == "(") => {
                self.code(start, name);
            }
            [.., of, last] if !self.own.contains(of) && of != "crate" => {
                if is_type(of) {
                    self.code(end - 3, of);
                    self.code(end - 1, &format!("{of}::{last}"));
                } else {
                    self.code(end - 1, &item(of, last));
                }
            }
            _ => {}
        }
        if after == "<" {
            self.add(end, "generics");
        }
        end
    }

    /// A word between two others, if it is more than punctuation.
    fn syntax(&mut self, index: usize, before: &str, word: &str) {
        let after = self.at(index + 1);
        let is_prefix = KEYWORDS.contains(&before)
            || !is_identifier(before) && !matches!(before, ")" | "]" | "?");
        match word {
            "mut" if before == "&" => self.code(index, "&mut"),
            "if" | "while" if after == "let" => {
                self.code(index, &format!("{word} let"));
            }
            "let" if matches!(before, "if" | "while") => {}
            "else" if before != "}" => self.code(index, "let else"),
            "else" | "in" => {}
            "&" if is_prefix && after != "mut" => self.add(index, "reference"),
            "*" if is_prefix => self.add(index, "dereference"),
            "|" | "||" if is_prefix && before != "}" => self.add(index, "closure"),
            ".." | "..=" => self.add(index, "range"),
            "(" if is_prefix && after == ")" && before != "|" => {
                self.add(index, "unit");
            }
            "'" => self.add(index, "lifetime"),
            "?" => self.code(index, word),
            _ if KEYWORDS.contains(&word) => self.code(index, word),
            _ if word.starts_with("b\"") => self.add(index, "byte string"),
            _ if word.starts_with("b'") => self.add(index, "byte literal"),
            _ if word.starts_with('"') => self.placeholders(index, word),
            _ => {}
        }
    }

    /// `{}`, `{:?}` in what `format!` and its relatives print; `{name}` is a `{}`.
    fn placeholders(&mut self, index: usize, text: &str) {
        for part in text.replace("{{", "").split('{').skip(1) {
            let inside = part.split('}').next().unwrap_or_default();
            let format = inside.find(':').map_or("", |at| &inside[at..]);
            self.code(index, &format!("{{{format}}}"));
        }
    }
}

/// Several modules have one of these, and which is meant must be said: `io::Write`.
fn item(module: &str, name: &str) -> String {
    let is_unique = is_type(name) && !["Error", "Result", "Write"].contains(&name);
    if is_unique { name.into() } else { format!("{module}::{name}") }
}

fn is_identifier(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && !word.ends_with(['"', '\''])
}

fn is_type(word: &str) -> bool {
    const PRIMITIVE: [&str; 7] = ["bool", "char", "i32", "str", "u8", "u16", "usize"];
    word.starts_with(char::is_uppercase) || PRIMITIVE.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::names;

    fn keys(source: &str) -> String {
        let names = names(source, "").unwrap();
        let names: Vec<_> = names.into_iter().map(|(name, _)| name).collect();
        names.join(", ").replace('`', "")
    }

    #[test]
    fn names_of_libraries() {
        for (source, expected) in [
            ("use a::{SocketAddr, Read};", "use, SocketAddr, Read"),
            ("use std::{env, io::{self, Write}};", "use, io::Write"),
            ("env::args().nth(1)", "env::args, nth"),
            ("a.b(c(), d, E, f.g)", "b, c, E"),
            ("fn c() {} const E: i32 = c();", "fn, const, i32"),
            ("TcpListener::bind(a)", "TcpListener, TcpListener::bind"),
            ("Ok(a) != A::B", "Ok, A, A::B"),
            ("anyhow::Result<u8>", "anyhow::Result, generics, u8"),
            ("println!(\"{a} {{}} {b:?}\")", "println!, {}, {:?}"),
            ("#[cfg(unix)] //! A", "#[cfg], doc comment"),
        ] {
            assert_eq!(keys(source), expected, "{source}");
        }
    }

    #[test]
    fn syntax() {
        for (source, expected) in [
            ("let mut a = &mut b;", "let, mut, &mut"),
            ("if let Some(_) = a { loop {} }", "if let, Some, _, loop"),
            ("let Some(a) = b else { return };", "let, Some, let else, return"),
            ("a(|_| *b & c, || d || e)", "a, closure, _, dereference"),
            ("a?; &b[..c]; [0; 3] | d", "?, reference, range"),
            ("Ok(()); f: fn()", "Ok, unit, fn"),
            ("b'a'; b\"b\"; &'a c", "byte literal, byte string, reference, lifetime"),
        ] {
            assert_eq!(keys(source), expected, "{source}");
        }
        let places = names("env::args(|| &mut Vec::new())", "").unwrap();
        let places = places.into_iter().map(|(_, place)| (place.start, place.end));
        let expected = [(5, 9), (10, 12), (14, 17), (18, 21), (23, 26)];
        assert_eq!(places.collect::<Vec<_>>(), expected);
        assert!(names("a\n(", "b.rs").unwrap_err().to_string().starts_with("b.rs:2: "));
    }
}
