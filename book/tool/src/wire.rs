//! The wire view: one HTTP message, byte for byte, with its parts named.
//!
//! It is made from what a test has seen. Each part is labeled where it first comes, and
//! says where its bytes are, and what they are in hexadecimal.

use anyhow::{Context, Result};
use step05::Request;

use crate::html::escape;

/// The `<figure>` for the first message in the body of a snapshot, where bytes stand as
/// `tests::escape` writes them. `pin` is the mark that a test has seen it, if one has.
///
/// # Errors
/// When no line begins a message.
pub fn view(snapshot_body: &str, pin: &str) -> Result<String> {
    let mut lines = snapshot_body.lines().skip_while(|line| !is_start(line));
    let start = lines
        .next()
        .context("no line is a request line or a status line with its `\\r\\n`")?;
    let mut view = View::default();
    view.start(start);
    let (mut in_head, mut end) = (true, None);
    for line in lines {
        end = ENDS.iter().find(|end| end.0 == line);
        if end.is_some() {
            break;
        } else if in_head {
            view.field(line);
            in_head = !split_end(line).0.is_empty();
        } else if view.left == Some(0) || is_start(line) {
            break; // Here the next message begins.
        } else {
            view.body(line);
        }
    }
    Ok(view.figure(end, pin))
}

/// What a snapshot says about the end of the connection, as `tests::Received` puts it,
/// how that is called, and what it means.
static ENDS: [(&str, &str, &str); 3] = [
    ("(closed: FIN)", "FIN", "the server’s kernel says that no more bytes will follow"),
    ("(thrown away: RST)", "RST", "the server’s kernel threw the connection away"),
    ("(open, and silent)", "silence", "the connection stays open, and nothing comes"),
];

fn is_start(line: &str) -> bool {
    // Without an end it may be anything, such as a line of a program's log.
    let (text, end) = split_end(line);
    let words: Vec<_> = text.splitn(3, ' ').collect();
    let is_version = |word: &str| word.starts_with("HTTP/") && word.len() == 8;
    !end.is_empty()
        && match words[..] {
            [version, code, ..] if is_version(version) => code.parse::<u16>().is_ok(),
            [method, target, version] => {
                is_version(version) && !method.is_empty() && !target.is_empty()
            }
            _ => false,
        }
}

/// A line's text, and `\r\n`, `\n` or nothing. In `\\n`, it's no end.
fn split_end(line: &str) -> (&str, &str) {
    let is_end = |end: &&str| {
        let text = line.strip_suffix(end)?;
        let slashes = text.len() - text.trim_end_matches('\\').len();
        (slashes % 2 == 0).then_some(end.len())
    };
    let end = [r"\r\n", r"\n"].iter().find_map(is_end).unwrap_or(0);
    line.split_at(line.len() - end)
}

/// Bytes as a snapshot has them, a line each.
pub fn lines(bytes: &[u8]) -> String {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    lines.map(|line| escaped(line) + "\n").collect()
}

/// Bytes as Rust writes them, but for the quotes, which stay what they are.
pub fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

/// The head of a request, as a test would write it down.
pub fn head(request: &Request) -> String {
    let version = format!("HTTP/1.{}", request.minor_version);
    let mut head = [request.method, request.target, version.as_bytes()].join(&b' ');
    for (name, value) in request.fields() {
        head.extend([b"\r\n", name, b": ", value].concat());
    }
    head.extend(b"\r\n\r\n");
    lines(&head)
}

/// What escaped text stands for.
fn bytes(text: &str) -> Vec<u8> {
    let (mut bytes, mut signs) = (Vec::new(), text.chars());
    while let Some(sign) = signs.next() {
        let escaped = if sign == '\\' { signs.next() } else { None };
        match escaped {
            Some('x') => {
                let digits: String = signs.by_ref().take(2).collect();
                bytes.extend(u8::from_str_radix(&digits, 16));
            }
            Some('r') => bytes.push(b'\r'),
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            other => bytes.extend(other.unwrap_or(sign).to_string().bytes()),
        }
    }
    bytes
}

/// A part of a line: its class, its name, and what it is for.
type Part = (&'static str, &'static str, &'static str);

static REQUEST: [Part; 3] = [
    ("p1", "method", "what to do"),
    ("p2", "target", "with what"),
    ("p3", "version", "which HTTP the client speaks"),
];
static RESPONSE: [Part; 3] = [
    ("p1", "version", "which HTTP the server speaks"),
    ("p2", "status code", "the outcome, for programs"),
    ("p3", "reason", "the same in words, for people"),
];
static NAME: Part = ("name", "field name", "what the line is about");
static VALUE: Part = ("value", "field value", "what it says");
static BROUGHT: Part = ("body", "body", "what the client brings along");
static SHOWN: Part = ("body", "body", "what the client gets to see");
static LINE_END: Part = ("eol", "end", "the line ends here");

/// So many lines of a long body are always shown; fewer than three more are, too.
const ALWAYS: usize = 4;

/// Grows line by line.
#[derive(Default)]
struct View {
    is_request: bool,
    /// The lines up to the empty line, and those behind it.
    head: Vec<String>,
    body: Vec<String>,
    /// The head in words.
    words: Vec<String>,
    /// How many bytes there were, and how many of them in the head.
    at: usize,
    head_ends: usize,
    /// How many bytes of the body are to come, if a length says so. A response ends
    /// where the connection does, or where another message starts.
    left: Option<usize>,
    /// The parts that there were.
    known: Vec<&'static Part>,
}

impl View {
    fn start(&mut self, line: &str) {
        self.is_request = !line.starts_with("HTTP/");
        self.left = self.is_request.then_some(0);
        let (parts, what) = match self.is_request {
            true => (&REQUEST, "the request line"),
            false => (&RESPONSE, "the status line"),
        };
        let words = parts.iter().zip(split_end(line).0.splitn(3, ' '));
        let pieces = words.flat_map(|(part, word)| [(None, " "), (Some(part), word)]);
        self.head("start", what, pieces.skip(1).collect(), line);
    }

    fn field(&mut self, line: &str) {
        let text = split_end(line).0;
        let Some((name, rest)) = text.split_once(':') else {
            return match text {
                "" => self.head("empty", "the empty line", vec![], line),
                _ => self.head("field", "half a field", vec![(None, text)], line),
            };
        };
        let value = rest.trim_matches(' ');
        match &*name.to_ascii_lowercase() {
            "content-length" => self.left = self.left.and(value.parse().ok()),
            "transfer-encoding" => self.left = None,
            _ => {}
        }
        let from = text.len() - rest.trim_start_matches(' ').len();
        let (colon, after) = (&text[name.len()..from], &text[from + value.len()..]);
        let (name, value) = ((Some(&NAME), name), (Some(&VALUE), value));
        let pieces = vec![name, (None, colon), value, (None, after)];
        self.head("field", "a field", pieces, line);
    }

    /// A line of the head, as HTML and in words.
    fn head(&mut self, class: &str, what: &str, pieces: Pieces<'_>, line: &str) {
        let named = pieces.iter().filter_map(|(part, text)| Some(((*part)?.1, *text)));
        let in_words = named.map(|(name, text)| match text {
            "" => format!("{name} (empty), "),
            text => format!("{name} {text}, "),
        });
        let (number, in_words) = (self.head.len() + 1, in_words.collect::<String>());
        let end = match split_end(line).1 {
            r"\r\n" => "CR LF",
            r"\n" => "LF alone",
            _ => "no end",
        };
        self.words.push(format!("Line {number}, {what}: {in_words}then {end}."));
        let row = self.row(class, pieces, line);
        self.head.push(row);
        self.head_ends = self.at;
    }

    fn body(&mut self, line: &str) {
        let (part, start) = (if self.is_request { &BROUGHT } else { &SHOWN }, self.at);
        let row = self.row("content", vec![(Some(part), split_end(line).0)], line);
        self.body.push(row);
        self.left = self.left.map(|left| left.saturating_sub(self.at - start));
    }

    fn row(&mut self, class: &str, pieces: Pieces<'_>, line: &str) -> String {
        let (start, mut html) = (self.at, String::new());
        let end = split_end(line).1;
        let end = (!end.is_empty()).then_some((Some(&LINE_END), end));
        for (part, text) in pieces.into_iter().chain(end) {
            let bytes = bytes(text);
            html += &match part {
                Some(part) => self.segment(part, &bytes, &shown(text)),
                None => format!("<i class=\"sp\">{}</i>", escape(text)),
            };
            self.at += bytes.len();
        }
        if class == "empty" {
            let has_fields = self.known.contains(&&NAME);
            let why =
                if has_fields { "the fields end here" } else { "there are no fields" };
            html += &format!("<small>empty line: {why}</small>");
        }
        format!(
            "<li class=\"{class}\"><span class=\"at\">{start}</span><span \
             class=\"row\">{html}</span></li>\n"
        )
    }

    /// A part, with its label when it's the first of its kind. Tab stops only there.
    fn segment(&mut self, part: &'static Part, bytes: &[u8], shown: &str) -> String {
        let (class, name, meaning) = part;
        let (first, last) = (self.at, (self.at + bytes.len()).saturating_sub(1));
        let hex = bytes.iter().take(24).map(|byte| format!("{byte:02x}"));
        let hex = hex.collect::<Vec<_>>().join(" ");
        let more = if bytes.len() > 24 { " …" } else { "" };
        let is_new = !self.known.contains(&part);
        self.known.extend(is_new.then_some(part));
        let label = is_new.then(|| format!("<small>{name}</small>"));
        let label = label.filter(|_| *class != "eol").unwrap_or_default();
        let stop = if is_new { 0 } else { -1 };
        format!(
            "<span class=\"seg {class}\" tabindex=\"{stop}\" \
             data-tip=\"{name}: {meaning} · bytes {first}–{last} · {hex}{more}\">\
             <samp>{shown}</samp>{label}</span>"
        )
    }

    fn figure(mut self, end: Option<&(&str, &str, &str)>, pin: &str) -> String {
        let (kind, who, whom) = match self.is_request {
            true => ("request", "client", "server"),
            false => ("response", "server", "client"),
        };
        if !self.body.is_empty() {
            let bytes = self.at - self.head_ends;
            self.words.push(format!("After that the body: {bytes} bytes."));
        }
        let mut rest = String::new();
        if self.body.len() >= ALWAYS + 3 {
            let folded = self.body.split_off(ALWAYS);
            rest = format!(
                "<details class=\"rest\">\n<summary>{} more lines of the body\
                 </summary>\n<ol class=\"lines\">\n{}</ol>\n</details>\n",
                folded.len(),
                folded.concat()
            );
        }
        if let Some((_, name, meaning)) = end {
            self.words.push(format!("How it ended: {meaning}."));
            rest += &format!("<p class=\"end\"><b>{name}</b> {meaning}</p>\n");
        }
        let parts = self.known.iter().map(|(class, name, meaning)| {
            let name = if *class == "eol" { "<i>CR</i><i>LF</i>" } else { name };
            format!("<li class=\"{class}\"><b>{name}</b> {meaning}</li>\n")
        });
        let words =
            self.words.iter().map(|words| format!("<li>{}</li>\n", escape(words)));
        format!(
            "<figure class=\"wire {who}\">\n<figcaption><b>A {kind}, byte for byte</b> \
             <span>{who} <span class=\"to\">to</span> {whom} · {} bytes</span> {pin}\
             </figcaption>\n<ol class=\"lines\">\n{}{}</ol>\n{rest}\
             <ul class=\"parts\">\n{}</ul>\n<details class=\"words\">\n\
             <summary>In words</summary>\n<ul>\n{}</ul>\n</details>\n</figure>\n",
            self.at,
            self.head.concat(),
            self.body.concat(),
            parts.collect::<String>(),
            words.collect::<String>()
        )
    }
}

type Pieces<'a> = Vec<(Option<&'static Part>, &'a str)>;

/// Text in HTML; when long, it may break behind these signs.
fn shown(text: &str) -> String {
    match text {
        r"\r\n" => "<i>CR</i><i>LF</i>".into(),
        r"\n" => "<i>LF</i>".into(),
        _ if text.len() < 40 => escape(text),
        _ => {
            let html = escape(text);
            let parts = html.split_inclusive([',', ';', '/', '?', '=']);
            parts.collect::<Vec<_>>().join("<wbr>")
        }
    }
}
