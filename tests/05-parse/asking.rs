//! Asks step05 about bytes, without a network, for the book's page "Ask step05".

use step05::Deadlines;

use crate::ledger;
use crate::memory::{End, Event, Memory};

/// Returns what somebody typed, from a form's field. Each line break is CR LF.
pub fn typed(field: &[u8]) -> String {
    let (mut bytes, mut rest) = (Vec::new(), field);
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let (byte, length) = match (first, digits.and_then(ledger::hexadecimal)) {
            (b'%', Some(byte)) => (byte, 3),
            (b'+', _) => (b' ', 1),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    text.replace('\r', "\n").replace('\n', "\r\n")
}

/// Returns where this request is filled in, from the folder of chapter 5's pages.
pub fn asked(text: &str) -> String {
    let mut url = String::from("ask.html?request=");
    for byte in as_typed(text).bytes() {
        match byte {
            b' ' => url.push('+'),
            _ if byte.is_ascii_alphanumeric() || b"-._*".contains(&byte) => {
                url.push(byte.into());
            }
            _ => url += &format!("%{byte:02X}"),
        }
    }
    url + "#asked"
}

/// Returns the name of a reason to refuse, for links to it.
pub fn slug(reason: &str) -> String {
    let words = reason.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

/// Returns where a section such as `RFC 9112, 2.2 and 5.2` is, or the first of several.
pub fn rfc(section: &str) -> String {
    let mut words = section.split([' ', ',']).filter(|word| !word.is_empty()).skip(1);
    let (number, section) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    format!("https://www.rfc-editor.org/rfc/rfc{number}.html#section-{section}")
}

/// Breaks the lines of a request where they end. (`\\\\r\\n` is no line end.)
pub fn as_typed(text: &str) -> String {
    let text = text.replace(r"\\", "\0").replace(r"\r\n", "\r\n");
    text.replace('\0', r"\\")
}

/// A client that sends some bytes and then closes its side.
#[derive(Debug)]
pub struct Visit {
    /// What step05 logs.
    pub log: String,
    /// What it answers.
    pub answer: Vec<u8>,
}

impl Visit {
    pub fn new(bytes: &[u8], end: End) -> Self {
        let mut wire = Memory::new(&[Event::Bytes(bytes)], end);
        let (peer, deadlines) = ("127.0.0.1:PORT", Deadlines::default());
        let log = step05::serve_connection(&mut wire, peer, deadlines, step05::page);
        Self { log, answer: wire.written }
    }

    /// Returns the reason to refuse it, and the section, as the log has them.
    pub fn refusal(&self) -> Option<(&str, &str)> {
        let what = self.log.lines().last()?.trim_start().strip_prefix("^ ")?;
        what.strip_suffix(')')?.rsplit_once(" (")
    }

    /// Returns the log's last two lines: of a refusal, the line with its caret.
    pub fn caret(&self) -> String {
        let lines: Vec<_> = self.log.lines().collect();
        lines[lines.len().saturating_sub(2)..].join("\n")
    }
}

/// What step05 makes of the first bytes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    NotYet,
    /// At this byte, if it's in the head.
    Refused(Option<usize>),
    Complete,
}

/// Judges bytes after which more may come.
pub fn verdict(bytes: &[u8]) -> Verdict {
    let visit = Visit::new(bytes, End::Break);
    match visit.refusal() {
        _ if visit.answer.is_empty() => Verdict::NotYet,
        None => Verdict::Complete,
        Some(_) => {
            Verdict::Refused(step05::parse(bytes).err().map(|error| error.offset))
        }
    }
}

/// Returns each verdict on the prefixes of a request, and the shortest that has it. Of
/// one with more than 500 bytes only some are tried, the fewer the longer they are, and
/// where the verdict changes, as many as it takes to see where.
pub fn strip(bytes: &[u8]) -> Vec<(usize, Verdict)> {
    let mut strip = vec![(0, Verdict::NotYet)];
    let tried = 2_000_000 / (bytes.len() + 1);
    let (mut before, step) = (0, 1 + bytes.len() / tried.clamp(16, 500));
    for length in (0..bytes.len()).step_by(step).chain([bytes.len()]) {
        let found = verdict(&bytes[..length]);
        if strip.last().is_none_or(|last| last.1 != found) {
            let mut first = length;
            while first - before > 1 {
                let middle = before.midpoint(first);
                let is_found = verdict(&bytes[..middle]) == found;
                *(if is_found { &mut first } else { &mut before }) = middle;
            }
            strip.push((first, found));
        }
        before = length;
    }
    strip
}

/// The requests of the ledger that are refused, each with its caret.
#[derive(Debug, Default)]
pub struct Refusals(Vec<(String, String)>);

impl Refusals {
    pub fn find(ledger: &str) -> Result<Self, String> {
        let rules = ledger::rules(ledger)?;
        let rows = rules.iter().flat_map(|rule| &rule.requests);
        let refused = rows.filter(|row| row.status >= 400).map(|row| {
            let visit = Visit::new(&ledger::bytes(row.text)?, End::Fin);
            Ok((row.text.to_owned(), visit.caret()))
        });
        refused.collect::<Result<_, _>>().map(Self)
    }

    /// Returns the request that gets this caret, or one that is refused for the same
    /// reason.
    pub fn request(&self, caret: &str, reason: &str) -> Option<&str> {
        let mut exact = self.0.iter().filter(|(_, other)| other == caret);
        let mut like = self.0.iter().filter(|(_, other)| other.ends_with(reason));
        exact.next().or_else(|| like.next()).map(|(text, _)| text.as_str())
    }
}
