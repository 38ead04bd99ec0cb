//! A page's file: its minutes, its title, and its text cut into pieces.

use anyhow::{Context, Result, ensure};

/// How long a page takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minutes {
    /// Computed, by [`Page::reading`].
    pub reading: usize,
    pub doing: usize,
}

impl Minutes {
    pub fn sum(self) -> usize {
        self.reading + self.doing
    }
}

impl std::iter::Sum for Minutes {
    fn sum<I: Iterator<Item = Self>>(pages: I) -> Self {
        pages.fold(Self::default(), |all, page| Self {
            reading: all.reading + page.reading,
            doing: all.doing + page.doing,
        })
    }
}

/// A page of the book.
#[derive(Clone, Debug)]
pub struct Page {
    /// Below `book/src`, such as `05-parse/wire.md`.
    pub path: String,
    /// As in `SUMMARY.md`, with its number if it has one.
    pub name: String,
    /// The part of the book that it stands in.
    pub part: String,
    pub minutes: Minutes,
    pub pieces: Vec<Piece>,
}

/// A piece of a page, and the line of the file it begins in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub line: usize,
    pub what: What,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A line of Markdown.
    Text(String),
    /// `{{#…}}` alone in its line: its words.
    Directive(Vec<String>),
    /// What stands behind the opening of a code fence, and its lines.
    Fence(String, String),
}

/// Takes a file apart.
///
/// # Errors
/// When the minutes are missing, or something has no end.
pub fn read(text: &str) -> Result<(Minutes, Vec<Piece>)> {
    let text = text.replace("\r\n", "\n");
    let header = text.strip_prefix("---\n").and_then(|text| text.split_once("---\n"));
    let (header, body) =
        header.context("it does not begin with its minutes (see book/README.md)")?;
    let first = header.lines().count() + 3;
    Ok((minutes(header)?, pieces(body, first)?))
}

fn minutes(header: &str) -> Result<Minutes> {
    let number = header.strip_prefix("doing: ");
    let doing = number.and_then(|number| number.trim().parse().ok());
    let doing = doing.with_context(|| format!("{header:?} is not `doing: 7`"))?;
    Ok(Minutes { reading: 0, doing })
}

fn pieces(body: &str, first: usize) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut lines = (first..).zip(body.lines());
    while let Some((line, text)) = lines.next() {
        let trimmed = text.trim();
        let what = if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            let (mark, info) = trimmed.split_at(3);
            let mut inside = Vec::new();
            loop {
                let (_, text) = lines
                    .next()
                    .with_context(|| format!("{line}: this code fence has no end"))?;
                if text.trim() == mark {
                    break;
                }
                inside.push(text);
            }
            What::Fence(info.trim().into(), inside.join("\n"))
        } else if let Some(directive) = trimmed.strip_prefix("{{#") {
            let directive = directive
                .strip_suffix("}}")
                .with_context(|| format!("{line}: a directive fills its line"))?;
            What::Directive(words(directive))
        } else {
            ensure!(
                !text.contains("{{#"),
                "{line}: a directive stands alone in its line"
            );
            What::Text(text.into())
        };
        pieces.push(Piece { line, what });
    }
    Ok(pieces)
}

/// The words of a directive; what stands in double quotes is one.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in text.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.into());
        } else {
            words.extend(part.split_whitespace().map(String::from));
        }
    }
    words
}

impl Page {
    /// The Markdown, line by line, with numbers; neither directives nor fences.
    pub fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        self.pieces.iter().filter_map(|piece| match &piece.what {
            What::Text(text) => Some((piece.line, text.as_str())),
            _ => None,
        })
    }

    /// The words of all directives, with line numbers.
    pub fn directives(&self) -> impl Iterator<Item = (usize, &[String])> {
        self.pieces.iter().filter_map(|piece| match &piece.what {
            What::Directive(words) => Some((piece.line, words.as_slice())),
            _ => None,
        })
    }

    /// The path from this page to another one, for a link.
    pub fn link_to(&self, path: &str) -> String {
        "../".repeat(self.path.matches('/').count()) + path
    }

    /// How many minutes reading takes: one for 180 words of text, which is slow, or for 20
    /// lines of code and transcripts; one at least.
    pub fn reading(&self, lines: usize) -> usize {
        let words: usize = self.prose().map(|(_, text)| count_words(text)).sum();
        ((words + lines * 9 + 90) / 180).max(1)
    }
}

/// Words that begin with a letter or a digit once marks of Markdown and HTML are gone.
fn count_words(text: &str) -> usize {
    let is_word = |word: &&str| word.contains(|c: char| c.is_alphanumeric());
    let is_markup = |word: &&str| word.starts_with('<') && word.ends_with('>');
    text.split_whitespace().filter(is_word).filter(|word| !is_markup(word)).count()
}

/// The code in the running text, between backticks.
pub fn inline_code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> Vec<(usize, What)> {
        let (_, pieces) = read(text).unwrap();
        pieces.into_iter().map(|piece| (piece.line, piece.what)).collect()
    }

    #[test]
    fn a_page_is_taken_apart() {
        let words = ["item", "a", "impl B for C"].map(String::from).to_vec();
        assert_eq!(
            what(
                "---\ndoing: 7\n---\n# T\n{{#item a \"impl B for C\"}}\n```seq\na\n\nb\n```\nc\n"
            ),
            [
                (4, What::Text("# T".into())),
                (5, What::Directive(words)),
                (6, What::Fence("seq".into(), "a\n\nb".into())),
                (11, What::Text("c".into())),
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, expected) in [
            ("# T\n", "does not begin with its minutes"),
            ("---\ndoing: x\n---\n", "\"doing: x\\n\" is not"),
            ("---\ndoing: 3\n---\n```seq\n", "4: this code fence has no end"),
            ("---\ndoing: 3\n---\n{{#stage\n", "4: a directive fills its line"),
            ("---\ndoing: 3\n---\nsee {{#stage}}\n", "4: a directive stands alone"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn words_are_counted_without_marks() {
        assert_eq!(count_words("**Three** `words` here - <br> </details>"), 3);
        assert_eq!(inline_code("a `b` and ``c``").collect::<Vec<_>>(), ["b", "", ""]);
    }

    #[test]
    fn reading_takes_a_minute_for_so_many_words_or_lines() {
        let page = |words: usize| {
            let (minutes, pieces) =
                read(&format!("---\ndoing: 0\n---\n{}", "word ".repeat(words)))
                    .unwrap();
            let (path, name, part) = Default::default();
            Page { path, name, part, minutes, pieces }
        };
        assert_eq!(page(0).reading(0), 1);
        assert_eq!(page(900).reading(0), 5);
        assert_eq!(page(900).reading(40), 7);
    }
}
