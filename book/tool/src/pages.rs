//! A page's file: its minutes, its title, and its text cut into pieces.

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
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Below `book/src`, such as `05-parse/wire.md`.
    pub path: String,
    /// Its heading.
    pub title: String,
    /// Such as `5.3`; nothing for what isn't a chapter.
    pub number: String,
    /// The part of the book that it is in.
    pub part: String,
    pub minutes: Minutes,
    pub pieces: Vec<Piece>,
    /// What is wrong with the file, with line numbers.
    pub problems: Vec<(usize, String)>,
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

/// A page's file, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    pub doing: usize,
    pub pieces: Vec<Piece>,
    /// What is wrong with it, with line numbers.
    pub problems: Vec<(usize, String)>,
}

/// Takes a file apart, whatever is wrong with it.
pub fn read(text: &str) -> File {
    let text = text.replace("\r\n", "\n");
    let mut file = File::default();
    let header = text.strip_prefix("---\n").and_then(|text| text.split_once("---\n"));
    let (header, body) = header.unwrap_or(("", &text));
    let doing = header.lines().find_map(|line| line.strip_prefix("doing: "));
    let doing = doing.map(|number| number.trim().parse());
    if let Some(Ok(doing)) = doing {
        file.doing = doing;
    } else {
        file.problem(1, "it does not begin with `doing: 7` between two lines of `---`");
    }
    let first = if header.is_empty() { 1 } else { header.lines().count() + 3 };
    file.add(body, first);
    file
}

impl File {
    /// The heading, without marks of Markdown.
    pub fn title(&self) -> Option<String> {
        self.pieces.iter().find_map(|piece| match &piece.what {
            What::Text(text) => Some(text.strip_prefix("# ")?.replace('`', "")),
            _ => None,
        })
    }

    fn problem(&mut self, line: usize, what: &str) {
        self.problems.push((line, what.into()));
    }

    fn add(&mut self, body: &str, first: usize) {
        let mut lines = (first..).zip(body.lines());
        while let Some((line, text)) = lines.next() {
            let trimmed = text.trim();
            let mark = trimmed.get(..3).filter(|mark| ["```", "~~~"].contains(mark));
            let inside = mark.and_then(|mark| fence(lines.clone(), mark));
            let directive =
                trimmed.strip_prefix("{{#").and_then(|rest| rest.strip_suffix("}}"));
            let what = if let Some(inside) = inside {
                lines.nth(inside.len());
                What::Fence(trimmed[3..].trim().into(), inside.join("\n"))
            } else if let Some(directive) = directive {
                What::Directive(words(directive))
            } else {
                if mark.is_some() {
                    self.problem(line, "this code fence has no end");
                } else if text.contains("{{#") {
                    self.problem(
                        line,
                        "a directive is alone in its line, from {{# to }}",
                    );
                }
                // mdBook has directives of its own, which look like ours.
                What::Text(text.replace("{{#", "{&#123;#"))
            };
            self.pieces.push(Piece { line, what });
        }
    }
}

/// The lines up to the end of a fence, if it has one.
fn fence<'a>(
    lines: impl Iterator<Item = (usize, &'a str)> + Clone,
    mark: &str,
) -> Option<Vec<&'a str>> {
    let is_inside = |(_, text): &(usize, &str)| text.trim() != mark;
    let inside: Vec<_> = lines.clone().take_while(is_inside).collect();
    lines.into_iter().nth(inside.len())?;
    Some(inside.into_iter().map(|(_, text)| text).collect())
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

    /// The texts of all fences of that kind, with line numbers.
    pub fn fences(&self, kind: &str) -> impl Iterator<Item = (usize, &str)> {
        self.pieces.iter().filter_map(move |piece| match &piece.what {
            What::Fence(info, text) if info == kind => {
                Some((piece.line, text.as_str()))
            }
            _ => None,
        })
    }

    /// What its directives and diagrams are made from.
    pub fn sources(&self) -> impl Iterator<Item = String> {
        self.pieces.iter().filter_map(|piece| match &piece.what {
            What::Directive(words) => Some(words.join(" ")),
            What::Fence(_, source) => Some(source.clone()),
            What::Text(_) => None,
        })
    }

    /// Number and title.
    pub fn label(&self) -> String {
        format!("{} {}", self.number, self.title).trim().into()
    }

    /// The path from this page to another one, for a link.
    pub fn link_to(&self, path: &str) -> String {
        "../".repeat(self.path.matches('/').count()) + path
    }

    /// How many minutes reading takes: one for 180 words of text, which is slow, or for
    /// 20 lines of code and transcripts; one at least.
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
        let file = read(text);
        assert_eq!(file.problems, []);
        file.pieces.into_iter().map(|piece| (piece.line, piece.what)).collect()
    }

    #[test]
    fn a_page_is_taken_apart() {
        let words = ["item", "a", "impl B for C"].map(String::from).to_vec();
        assert_eq!(
            what(
                "---\ndoing: 7\n---\n# T\n{{#item a \"impl B for C\"}}\n```seq\na\n\n\
                 b\n```\nc\n"
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
    fn what_is_wrong_is_said_and_the_rest_is_there() {
        for (text, line, expected) in [
            ("# T\nend\n", 1, "it does not begin with `doing: 7`"),
            ("---\ndoing: x\n---\nend\n", 1, "it does not begin with `doing: 7`"),
            ("---\ndoing: 3\n---\n```seq\nend\n", 4, "this code fence has no end"),
            ("---\ndoing: 3\n---\n{{#stage\nend\n", 4, "a directive is alone"),
            ("---\ndoing: 3\n---\nsee {{#stage}}\nend\n", 4, "a directive is alone"),
        ] {
            let file = read(text);
            let [(at, what)] = &*file.problems else { panic!("{file:?}") };
            assert!(*at == line && what.starts_with(expected), "{at}: {what}");
            assert_eq!(file.pieces.last().unwrap().what, What::Text("end".into()));
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
            let text = format!("---\ndoing: 0\n---\n{}", "word ".repeat(words));
            Page { pieces: read(&text).pieces, ..Page::default() }
        };
        assert_eq!(page(0).reading(0), 1);
        assert_eq!(page(900).reading(0), 5);
        assert_eq!(page(900).reading(40), 7);
    }
}
