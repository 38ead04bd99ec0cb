//! The wire view: one HTTP message, line by line, with its parts named beside it.
//!
//! It is made from what a test has seen. The names are those of RFC 9112, each with its
//! meaning in plain words; below, the same is said in sentences.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::html::escape;
use crate::text::sentence;

/// The `<figure>` for the first message in the body of a snapshot, where bytes stand as
/// `tests::escape` writes them.
///
/// # Errors
/// When no line is the first line of a request or a response.
pub fn view(snapshot_body: &str) -> Result<String> {
    let message = Message::find(snapshot_body)
        .context("no line is a request line or a status line with its `\\r\\n`")?;
    Ok(message.figure())
}

/// One message, in the order of its lines.
struct Message<'a> {
    kind: &'static Kind,
    start: Line<'a>,
    fields: Vec<Line<'a>>,
    empty: Option<Line<'a>>,
    body: Vec<Line<'a>>,
    end: Option<End<'a>>,
}

/// A line, cut up.
struct Line<'a> {
    /// Each with its place among the parts of such a line, if it is one of them.
    pieces: Vec<(&'a str, Option<usize>)>,
    /// `\r\n`, `\n` or nothing.
    eol: &'a str,
}

/// What a snapshot says about the end of the connection, and what that means.
struct End<'a> {
    text: &'a str,
    meaning: &'static str,
}

/// What is different between requests and responses.
struct Kind {
    name: &'static str,
    start: &'static str,
    parts: [Part; 3],
    content: &'static str,
}

struct Part {
    name: &'static str,
    meaning: &'static str,
}

static REQUEST: Kind = Kind {
    name: "request",
    start: "request-line",
    parts: [
        Part { name: "method", meaning: "what to do" },
        Part { name: "request-target", meaning: "with what" },
        Part { name: "HTTP-version", meaning: "which HTTP this is" },
    ],
    content: "what the client brings along",
};

static RESPONSE: Kind = Kind {
    name: "response",
    start: "status-line",
    parts: [
        Part { name: "HTTP-version", meaning: "which HTTP this is" },
        Part { name: "status-code", meaning: "the outcome, for programs" },
        Part { name: "reason-phrase", meaning: "the same, for people" },
    ],
    content: "what the client gets to see",
};

static FIELD: [Part; 2] = [
    Part { name: "field-name", meaning: "what it is about" },
    Part { name: "field-value", meaning: "what it says" },
];

// Reading.

impl<'a> Message<'a> {
    fn find(snapshot_body: &'a str) -> Option<Self> {
        let mut lines = snapshot_body.lines();
        let (kind, start) = lines.by_ref().find_map(start_line)?;
        let mut message =
            Self { kind, start, fields: vec![], empty: None, body: vec![], end: None };
        for text in lines {
            if let Some(end) = End::of(text) {
                message.end = Some(end);
                break;
            }
            if message.empty.is_none() {
                message.add_to_head(text);
            } else if message.is_whole() || start_line(text).is_some() {
                break; // Here the next message begins.
            } else {
                message.body.push(Line::plain(text));
            }
        }
        Some(message)
    }

    fn add_to_head(&mut self, text: &'a str) {
        let line = field_line(text);
        if line.pieces.is_empty() {
            self.empty = Some(line);
        } else {
            self.fields.push(line);
        }
    }

    /// Whether a request has all of its body. A response ends where the connection
    /// does, or where another message starts.
    fn is_whole(&self) -> bool {
        let ends_by_itself = std::ptr::eq(self.kind, &REQUEST);
        if !ends_by_itself || self.field("transfer-encoding").is_some() {
            return false;
        }
        let length = self.field("content-length").and_then(|value| value.parse().ok());
        self.body_bytes() >= length.unwrap_or(0)
    }

    fn field(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find_map(|line| match line.pieces[..] {
            [(found, _), _, (value, _)] if found.eq_ignore_ascii_case(name) => {
                Some(value)
            }
            _ => None,
        })
    }

    /// How long the body was on the wire.
    fn body_bytes(&self) -> usize {
        let pieces =
            self.body.iter().flat_map(|line| &line.pieces).map(|(text, _)| *text);
        let eols = self.body.iter().map(|line| line.eol);
        pieces.chain(eols).map(|text| atoms(text).len()).sum()
    }
}

fn start_line(text: &str) -> Option<(&'static Kind, Line<'_>)> {
    let (content, eol) = split_eol(text);
    let words: Vec<&str> = content.splitn(3, ' ').collect();
    let kind = match words[..] {
        [version, code, ..] if is_version(version) && is_number(code) => &RESPONSE,
        [method, target, version]
            if is_version(version) && !method.is_empty() && !target.is_empty() =>
        {
            &REQUEST
        }
        _ => return None,
    };
    let mut pieces = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        if index > 0 {
            pieces.push((" ", None));
        }
        pieces.push((word, Some(index)));
    }
    // Without an end it may be anything, such as a line of a program's log.
    (!eol.is_empty()).then_some((kind, Line { pieces, eol }))
}

fn is_version(word: &str) -> bool {
    word.strip_prefix("HTTP/").is_some_and(|number| {
        number.len() == 3
            && number.split('.').all(|digit| digit.len() == 1 && is_number(digit))
    })
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A field, or what there is of it; without pieces when the line is empty.
fn field_line(text: &str) -> Line<'_> {
    let mut line = Line::plain(text);
    let Some((content, _)) = line.pieces.first().copied() else { return line };
    if let Some((name, rest)) = content.split_once(':') {
        let value = rest.trim_matches(' ');
        let before_value = content.len() - rest.trim_start_matches(' ').len();
        let colon = &content[name.len()..before_value];
        line.pieces = vec![(name, Some(0)), (colon, None), (value, Some(1))];
    }
    line
}

impl<'a> Line<'a> {
    fn plain(text: &'a str) -> Self {
        let (content, eol) = split_eol(text);
        let piece = (!content.is_empty()).then_some((content, None));
        Self { pieces: piece.into_iter().collect(), eol }
    }
}

/// A line's content, and what ends it.
fn split_eol(text: &str) -> (&str, &str) {
    let eol = match atoms(text)[..] {
        [.., r"\r", r"\n"] => 4,
        [.., r"\n"] => 2,
        _ => 0,
    };
    text.split_at(text.len() - eol)
}

/// Escaped text in pieces that stand for a byte each: `a`, `\n`, `\\`, `\x1b`.
fn atoms(text: &str) -> Vec<&str> {
    let mut atoms = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match rest.as_bytes() {
            [b'\\', b'x', ..] => 4,
            [b'\\', ..] => 2,
            _ => first.len_utf8(),
        };
        let (atom, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        atoms.push(atom);
        rest = behind;
    }
    atoms
}

impl<'a> End<'a> {
    /// As `tests::Received` puts it.
    fn of(text: &'a str) -> Option<Self> {
        let meaning = match text {
            "(closed: FIN)" => "the server said that it sends no more (FIN)",
            "(thrown away: RST)" => {
                "the server's system threw the connection away (RST)"
            }
            "(open, and silent)" => {
                "it did not: nothing more came, for as long as we waited"
            }
            _ => return None,
        };
        Some(Self { text, meaning })
    }
}

// Showing.

/// How one part is told from another, in the bytes and in the names: CSS draws a
/// different line below each.
const MARKS: [&str; 3] = ["one", "two", "three"];
/// So many lines of a long body are always shown.
const SHOWN: usize = 4;
/// Fewer lines than these are not worth folding.
const FOLDED: usize = 3;

/// Some lines, and beside them what they are.
struct Section {
    lines: String,
    name: String,
    meaning: String,
}

impl Message<'_> {
    fn figure(&self) -> String {
        let mut html = format!(
            "<figure class=\"wire\">\n<figcaption>A {}, byte for byte</figcaption>\n",
            self.kind.name
        );
        for Section { lines, name, meaning } in self.sections() {
            // Writing to a String cannot fail.
            let _ = write!(
                html,
                "<div class=\"part\">\n<div class=\"bytes\">\n{lines}</div>\n\
                 <div class=\"names\">\n<p><b>{name}</b></p>\n{meaning}</div>\n</div>\n"
            );
        }
        html + "<details class=\"words\">\n<summary>In words</summary>\n<ul>\n"
            + &self.in_words().iter().map(|item| tagged("li", item)).collect::<String>()
            + "</ul>\n</details>\n</figure>\n"
    }

    fn sections(&self) -> Vec<Section> {
        let mut sections = vec![Section {
            lines: self.start.html(),
            name: self.kind.start.into(),
            meaning: legend(&self.kind.parts, self.start.eol),
        }];
        if !self.fields.is_empty() {
            sections.push(Section {
                lines: self.fields.iter().map(Line::html).collect(),
                name: count(self.fields.len(), "field-line"),
                meaning: legend(&FIELD, ""),
            });
        }
        if let Some(empty) = &self.empty {
            sections.push(Section {
                lines: empty.html(),
                name: "empty line".into(),
                meaning: tagged("p", self.empty_means()),
            });
        }
        if !self.body.is_empty() {
            sections.push(Section {
                lines: folded(&self.body),
                name: format!("message body, {}", count(self.body_bytes(), "byte")),
                meaning: tagged("p", self.kind.content),
            });
        }
        if let Some(end) = &self.end {
            sections.push(Section {
                lines: format!("<samp class=\"end\">{}</samp>\n", end.text),
                name: "how it ended".into(),
                meaning: tagged("p", end.meaning),
            });
        }
        sections
    }

    fn empty_means(&self) -> &'static str {
        if self.fields.is_empty() {
            "there are no fields"
        } else {
            "the fields end here"
        }
    }

    /// The same in sentences, for those who do not see what stands beside what.
    fn in_words(&self) -> Vec<String> {
        let (kind, mut line) = (self.kind, 1);
        let start = self.start.in_words(&kind.parts);
        let mut items = vec![format!("Line 1, the {}: {start}.", kind.start)];
        for field in &self.fields {
            line += 1;
            items.push(format!(
                "Line {line}, a field-line: {}.",
                field.in_words(&FIELD)
            ));
        }
        if let Some(empty) = &self.empty {
            line += 1;
            let end = empty.in_words(&[]);
            items.push(format!(
                "Line {line}, the empty line, {end}: the fields end here."
            ));
        }
        if !self.body.is_empty() {
            let (first, last) = (line + 1, line + self.body.len());
            let lines = if first == last {
                format!("Line {first}")
            } else {
                format!("Lines {first} to {last}")
            };
            let bytes = count(self.body_bytes(), "byte");
            items
                .push(format!("{lines}, the message body: {bytes}, {}.", kind.content));
        }
        if let Some(end) = &self.end {
            items.push(sentence(&format!("How it ended: {}", end.meaning)));
        }
        items
    }
}

impl Line<'_> {
    fn html(&self) -> String {
        let mut html = String::from("<samp>");
        for (text, part) in &self.pieces {
            html += &match part {
                Some(index) => marked(MARKS[*index], text),
                None => escape(text),
            };
        }
        if !self.eol.is_empty() {
            html += &marked("eol", self.eol);
        }
        html + "</samp>\n"
    }

    /// `method GET, request-target /, HTTP-version HTTP/1.1, then CR LF`
    fn in_words(&self, parts: &[Part]) -> String {
        let mut words = Vec::new();
        for (text, part) in &self.pieces {
            match part {
                Some(index) if text.is_empty() => {
                    words.push(format!("an empty {}", parts[*index].name));
                }
                Some(index) => words.push(format!("{} {text}", parts[*index].name)),
                None if self.pieces.len() == 1 => words.push((*text).into()),
                None => {}
            }
        }
        words.push(format!("then {}", eol_in_words(self.eol)));
        words.join(", ")
    }
}

fn eol_in_words(eol: &str) -> &'static str {
    match eol {
        r"\r\n" => "CR LF",
        r"\n" => "LF alone",
        _ => "no end",
    }
}

fn legend(parts: &[Part], eol: &str) -> String {
    let row = |mark, name, meaning| {
        format!("<li>{} <span>{meaning}</span></li>\n", marked(mark, name))
    };
    // Not a <dl>: mdBook would make every name in it the target of a link.
    let mut html = String::from("<ul>\n");
    for (part, mark) in parts.iter().zip(MARKS) {
        html += &row(mark, part.name, part.meaning);
    }
    if !eol.is_empty() {
        let meaning = format!("{}: the line ends", eol_in_words(eol));
        html += &row("eol", eol, &meaning);
    }
    html + "</ul>\n"
}

/// All lines; behind the first few of many, the rest can be unfolded.
fn folded(body: &[Line]) -> String {
    let lines: Vec<String> = body.iter().map(Line::html).collect();
    if lines.len() < SHOWN + FOLDED {
        return lines.concat();
    }
    let (shown, folded) = lines.split_at(SHOWN);
    format!(
        "{}<details>\n<summary>… {} of body</summary>\n{}</details>\n",
        shown.concat(),
        count(folded.len(), "more line"),
        folded.concat()
    )
}

fn marked(class: &str, text: &str) -> String {
    format!("<span class=\"{class}\">{}</span>", escape(text))
}

fn tagged(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>\n", escape(text))
}

fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::view;

    const RESPONSE: &str = "HTTP/1.1 404 Not Found\\r\\n\nContent-Length:  3\\r\\n\n\
                            \\r\\n\n\
                            <\\\\n\n(closed: FIN)\n";

    /// The bytes of each section, and what stands beside them, without tags.
    fn sections(html: &str) -> Vec<(String, String)> {
        let parts = html.split("<div class=\"bytes\">").skip(1);
        let parts = parts.map(|part| part.split_once("<div class=\"names\">").unwrap());
        parts
            .map(|(bytes, names)| {
                (plain(bytes), plain(names.split("<details").next().unwrap()))
            })
            .collect()
    }

    fn plain(html: &str) -> String {
        let pieces =
            html.split('<').map(|piece| piece.split_once('>').map_or(piece, |p| p.1));
        pieces
            .collect::<String>()
            .split('\n')
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("|")
    }

    /// The sentences.
    fn words(html: &str) -> Vec<String> {
        let (_, words) = html.split_once("In words</summary>").unwrap();
        plain(words).split('|').map(str::to_owned).collect()
    }

    #[test]
    fn names_the_parts_of_a_response() {
        let html = view(RESPONSE).unwrap();
        let sections = sections(&html);
        let expected = [
            (
                r"HTTP/1.1 404 Not Found\r\n",
                r"status-line|HTTP-version which HTTP this is|status-code the outcome, for programs|reason-phrase the same, for people|\r\n CR LF: the line ends",
            ),
            (
                r"Content-Length:  3\r\n",
                "1 field-line|field-name what it is about|field-value what it says",
            ),
            (r"\r\n", "empty line|the fields end here"),
            (r"&lt;\\n", "message body, 3 bytes|what the client gets to see"),
            (
                "(closed: FIN)",
                "how it ended|the server said that it sends no more (FIN)",
            ),
        ];
        assert_eq!(
            sections,
            expected.map(|(bytes, names)| (bytes.into(), names.into()))
        );
        assert!(html.contains(
            "<samp><span class=\"one\">HTTP/1.1</span> <span class=\"two\">404</span> \
             <span class=\"three\">Not Found</span><span \
             class=\"eol\">\\r\\n</span></samp>"
        ));
        assert!(!html.contains("\n\n"), "Markdown would end the HTML here");
    }

    #[test]
    fn says_it_in_words() {
        assert_eq!(
            words(&view(RESPONSE).unwrap()),
            [
                "Line 1, the status-line: HTTP-version HTTP/1.1, status-code 404, \
                 reason-phrase Not Found, then CR LF.",
                "Line 2, a field-line: field-name Content-Length, field-value 3, then \
                 CR LF.",
                "Line 3, the empty line, then CR LF: the fields end here.",
                "Line 4, the message body: 3 bytes, what the client gets to see.",
                "How it ended: the server said that it sends no more (FIN).",
            ]
        );
        let odd = words(&view("HTTP/1.0 200 \\r\\n\nHos\n").unwrap());
        assert_eq!(
            odd,
            [
                "Line 1, the status-line: HTTP-version HTTP/1.0, status-code 200, an \
                 empty reason-phrase, then CR LF.",
                "Line 2, a field-line: Hos, then no end.",
            ]
        );
    }

    #[test]
    fn takes_the_first_message_only() {
        let request = "GET / HTTP/1.1\\r\\n\nHost: a\\r\\n\n\\r\\n\n";
        let log =
            format!("accepting at http://127.0.0.1:4545/ until\n{request}{request}");
        assert_eq!(view(&log).unwrap(), view(request).unwrap());
        assert_eq!(sections(&view(request).unwrap()).len(), 3);

        let head = "POST /a HTTP/1.1\\r\\n\nContent-length: 6\\r\\n\n\\r\\n\n";
        let posted = format!("{head}one\\n\nt\\x0a\nGET / HTTP/1.1\\r\\n\n");
        assert_eq!(sections(&view(&posted).unwrap())[3].0, "one\\n|t\\x0a");

        let head = "POST /a HTTP/1.1\\r\\n\nTransfer-Encoding: chunked\\r\\n\n\\r\\n\n";
        let chunked = format!("{head}1\\r\\n\na\\r\\n\n0\\r\\n\n\\r\\n\n{head}");
        assert!(view(&chunked).unwrap().contains("message body, 11 bytes"));

        let interim =
            "HTTP/1.1 100 Continue\\r\\n\n\\r\\n\nHTTP/1.1 200 OK\\r\\n\n\\r\\n\n";
        let sections = sections(&view(interim).unwrap());
        assert_eq!(sections.len(), 2);
        assert_eq!(sections[1].1, "empty line|there are no fields");
    }

    #[test]
    fn folds_long_bodies() {
        let body = |lines: usize| {
            view(&format!("HTTP/1.1 200 OK\\r\\n\n\\r\\n\n{}", "a\\n\n".repeat(lines)))
                .unwrap()
        };
        assert!(!body(6).contains("of body"));
        let folded = body(7);
        let (shown, rest) =
            folded.split_once("<summary>… 3 more lines of body</summary>").unwrap();
        assert_eq!(
            (shown.matches(">\\n<").count(), rest.matches(">\\n<").count()),
            (4, 3)
        );
        assert!(folded.contains("Lines 3 to 9, the message body: 14 bytes"));
    }

    #[test]
    fn finds_no_message_where_there_is_none() {
        for text in [
            "",
            "(closed: FIN)\n",
            "GET / HTTP/1.1\n",
            "GET  / HTTP/1.1\\r\\n\n",
            "GET / HTTP/1.10\\r\\n\n",
            "HTTP/1.1 OK\\r\\n\n",
        ] {
            assert!(view(text).is_err(), "{text}");
        }
    }
}
