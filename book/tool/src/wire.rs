//! The wire view: one HTTP message, line by line, with its parts named beside it.
//!
//! It is made from what a test has seen. Names are those of RFC 9112; what they mean stands
//! next to them in plain words, and below the same is told in sentences.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::text::escape;

/// The `<figure>` for the first message in the body of a snapshot, whose lines are bytes as
/// `tests::escape` writes them.
///
/// # Errors
/// When no line is the first line of a request or a response.
pub fn view(snapshot_body: &str) -> Result<String> {
    let message = Message::find(snapshot_body).context(
        "no line is a request line or a status line, with `\\r\\n` at its end",
    )?;
    Ok(message.figure())
}

/// One message, in the order of its lines.
struct Message<'a> {
    kind: &'static Kind,
    start: Line<'a>,
    fields: Vec<Line<'a>>,
    empty: Option<Line<'a>>,
    body: Vec<Line<'a>>,
    /// What the snapshot says about the end of the connection.
    end: Option<&'a str>,
}

/// A line, cut up.
struct Line<'a> {
    /// Each with the index of its part, if it is one.
    pieces: Vec<(&'a str, Option<usize>)>,
    /// `\r\n`, `\n` or nothing.
    eol: &'a str,
}

/// What makes requests and responses different.
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

const REQUEST: Kind = Kind {
    name: "request",
    start: "request-line",
    parts: [
        Part { name: "method", meaning: "what to do" },
        Part { name: "request-target", meaning: "with what" },
        Part { name: "HTTP-version", meaning: "in which language" },
    ],
    content: "what the client brings along",
};

const RESPONSE: Kind = Kind {
    name: "response",
    start: "status-line",
    parts: [
        Part { name: "HTTP-version", meaning: "in which language" },
        Part { name: "status-code", meaning: "what came of it, for programs" },
        Part { name: "reason-phrase", meaning: "the same, for people" },
    ],
    content: "what the client gets to see",
};

const FIELD: [Part; 2] = [
    Part { name: "field-name", meaning: "what it is about" },
    Part { name: "field-value", meaning: "what is said about it" },
];

/// How one part is told from another in the bytes: not by colour alone, the CSS draws a
/// different line below each.
const MARKS: [&str; 3] = ["one", "two", "three"];

// Reading.

impl<'a> Message<'a> {
    fn find(snapshot_body: &'a str) -> Option<Self> {
        let mut lines = snapshot_body.lines();
        let (kind, start) = lines.by_ref().find_map(start_line)?;
        let mut message =
            Self { kind, start, fields: vec![], empty: None, body: vec![], end: None };
        let mut lines = lines.peekable();
        while let Some(text) = lines.next_if(|_| message.empty.is_none()) {
            if is_end(text) {
                message.end = Some(text);
                return Some(message);
            }
            let line = field_line(text);
            if line.pieces.is_empty() {
                message.empty = Some(line);
            } else {
                message.fields.push(line);
            }
        }
        for text in lines {
            if is_end(text) {
                message.end = Some(text);
                break;
            }
            if message.is_whole() || start_line(text).is_some() {
                break; // the next message begins
            }
            let (content, eol) = split_eol(text);
            message.body.push(Line { pieces: vec![(content, None)], eol });
        }
        Some(message)
    }

    /// Whether a request has all of its body. Only the end of the connection, or another
    /// start line, is taken for the end of a response.
    fn is_whole(&self) -> bool {
        if self.kind.name == RESPONSE.name || self.field("transfer-encoding").is_some()
        {
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

    fn body_bytes(&self) -> usize {
        self.body.iter().map(Line::bytes).sum()
    }
}

impl Line<'_> {
    /// How many bytes were on the wire.
    fn bytes(&self) -> usize {
        let pieces = self.pieces.iter().map(|(text, _)| atoms(text).len());
        pieces.sum::<usize>() + atoms(self.eol).len()
    }
}

fn start_line(text: &str) -> Option<(&'static Kind, Line<'_>)> {
    let (content, eol) = split_eol(text);
    let words: Vec<&str> = content.splitn(3, ' ').collect();
    let (kind, words) = match words[..] {
        [version, code] if is_version(version) => (&RESPONSE, [version, code, ""]),
        [version, code, phrase] if is_version(version) => {
            (&RESPONSE, [version, code, phrase])
        }
        [method, target, version] if is_version(version) => {
            (&REQUEST, [method, target, version])
        }
        _ => return None,
    };
    if eol.is_empty() || words[..2].iter().any(|word| word.is_empty()) {
        return None;
    }
    let mut pieces = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        if index > 0 {
            pieces.push((" ", None));
        }
        pieces.push((word, Some(index)));
    }
    Some((kind, Line { pieces, eol }))
}

fn is_version(word: &str) -> bool {
    matches!(word.as_bytes(), [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// A field, or what has come of it; or no pieces, when the line is empty.
fn field_line(text: &str) -> Line<'_> {
    let (content, eol) = split_eol(text);
    let pieces = match content.split_once(':') {
        Some((name, rest)) => {
            let value = rest.trim_matches(' ');
            let blanks =
                content.len() - name.len() - rest.trim_start_matches(' ').len();
            let colon = &content[name.len()..name.len() + blanks];
            vec![(name, Some(0)), (colon, None), (value, Some(1))]
        }
        None if content.is_empty() => vec![],
        None => vec![(content, None)],
    };
    Line { pieces, eol }
}

/// `(closed: FIN)` and the like, which no message contains.
fn is_end(text: &str) -> bool {
    end_in_words(text).is_some()
}

/// What `tests::Received` says about the end.
fn end_in_words(text: &str) -> Option<&'static str> {
    match text {
        "(closed: FIN)" => Some("the server said that it will send no more, by FIN"),
        "(thrown away: RST)" => {
            Some("the server's system threw the connection away, by RST")
        }
        "(open, and silent)" => Some("the connection stayed open, and nothing came"),
        _ => None,
    }
}

/// A line's content, and what ends it.
fn split_eol(text: &str) -> (&str, &str) {
    let eol = match atoms(text)[..] {
        [.., "\\r", "\\n"] => 4,
        [.., "\\n"] => 2,
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
            [b'\\', b'x', ..] => 4.min(rest.len()),
            [b'\\', _, ..] => 2,
            _ => first.len_utf8(),
        };
        let (atom, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        atoms.push(atom);
        rest = behind;
    }
    atoms
}

// Showing.

/// More lines of a body than these are folded.
const SHOWN: usize = 4;
/// Fewer lines than these are not worth folding.
const FOLDED: usize = 3;

impl Message<'_> {
    fn figure(&self) -> String {
        let mut html = format!(
            "<figure class=\"wire\">\n<figcaption>A {}, byte for byte</figcaption>\n",
            self.kind.name
        );
        section(
            &mut html,
            &self.start.html(),
            self.kind.start,
            &parts(&self.kind.parts),
        );
        if !self.fields.is_empty() {
            let lines: String = self.fields.iter().map(Line::html).collect();
            let name = count(self.fields.len(), "field-line");
            section(&mut html, &lines, &name, &parts(&FIELD));
        }
        if let Some(empty) = &self.empty {
            section(
                &mut html,
                &empty.html(),
                "empty line",
                "<p>the fields end here</p>\n",
            );
        }
        if !self.body.is_empty() {
            let name = format!("message body, {}", count(self.body_bytes(), "byte"));
            let meaning = format!("<p>{}</p>\n", self.kind.content);
            section(&mut html, &self.body_html(), &name, &meaning);
        }
        if let Some(end) = self.end {
            let lines = format!("<div class=\"end\">{}</div>\n", escape(end));
            let meaning = end_in_words(end).unwrap_or_default();
            section(&mut html, &lines, "not a byte", &format!("<p>{meaning}</p>\n"));
        }
        html.push_str(&self.in_words());
        html.push_str("</figure>\n");
        html
    }

    fn body_html(&self) -> String {
        let lines: Vec<String> = self.body.iter().map(Line::html).collect();
        if lines.len() < SHOWN + FOLDED {
            return lines.concat();
        }
        let (shown, folded) = lines.split_at(SHOWN);
        format!(
            "{}<details><summary>… {} of body</summary>\n{}</details>\n",
            shown.concat(),
            count(folded.len(), "more line"),
            folded.concat()
        )
    }

    /// The same in sentences, for those who cannot see what stands below and beside what.
    fn in_words(&self) -> String {
        let mut items = Vec::new();
        items.push(format!(
            "Line 1, the {}: {}.",
            self.kind.start,
            self.start.in_words(&self.kind.parts)
        ));
        let mut number = 1;
        for line in &self.fields {
            number += 1;
            items.push(format!(
                "Line {number}, a field-line: {}.",
                line.in_words(&FIELD)
            ));
        }
        if self.empty.is_some() {
            number += 1;
            items.push(format!("Line {number}, the empty line: the fields end here."));
        }
        if !self.body.is_empty() {
            let lines = self.body.len();
            let which = match lines {
                1 => format!("Line {}", number + 1),
                _ => format!("Lines {} to {}", number + 1, number + lines),
            };
            let bytes = count(self.body_bytes(), "byte");
            items.push(format!(
                "{which}, the message body: {bytes}, {}.",
                self.kind.content
            ));
        }
        if let Some(end) = self.end.and_then(end_in_words) {
            items.push(format!("Then {end}."));
        }
        let items: String =
            items.iter().map(|item| format!("<li>{}</li>\n", escape(item))).collect();
        format!(
            "<details class=\"words\"><summary>In words</summary>\n<ul>\n{items}</ul>\n</details>\n"
        )
    }
}

impl Line<'_> {
    fn html(&self) -> String {
        let mut html = String::from("<samp>");
        for (text, part) in &self.pieces {
            let text = escape(text);
            // Writing to a String cannot fail.
            let _ = match part {
                Some(index) => {
                    write!(html, "<span class=\"{}\">{text}</span>", MARKS[*index])
                }
                None => write!(html, "{text}"),
            };
        }
        if !self.eol.is_empty() {
            let _ = write!(html, "<span class=\"eol\">{}</span>", self.eol);
        }
        html + "</samp>\n"
    }

    /// `method GET, request-target /, HTTP-version HTTP/1.1`
    fn in_words(&self, parts: &[Part]) -> String {
        let mut words = Vec::new();
        for (text, part) in &self.pieces {
            if let Some(index) = part {
                words.push(format!("{} {text}", parts[*index].name));
            }
        }
        words.join(", ")
    }
}

/// Some lines, and beside them what they are.
fn section(html: &mut String, lines: &str, name: &str, meaning: &str) {
    let _ = write!(
        html,
        "<div class=\"part\">\n<div class=\"bytes\">\n{lines}</div>\n\
         <div class=\"names\">\n<p><b>{name}</b></p>\n{meaning}</div>\n</div>\n"
    );
}

fn parts(parts: &[Part]) -> String {
    let mut html = String::from("<dl>\n");
    for (part, mark) in parts.iter().zip(MARKS) {
        let _ = writeln!(
            html,
            "<div><dt><span class=\"{mark}\">{}</span></dt><dd>{}</dd></div>",
            part.name, part.meaning
        );
    }
    html + "</dl>\n"
}

fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}
