//! The wire view: one HTTP message, byte for byte, with its parts named.
//!
//! It is made from what a test has seen. Each part is labeled where it first comes, and
//! says where its bytes are, and what they are in hexadecimal.

use anyhow::{Context, Result};

use crate::html::escape;

/// The `<figure>` for the first message in the body of a snapshot, where bytes stand as
/// `tests::escape` writes them. `pin` is the mark that a test has seen it, if one has.
///
/// # Errors
/// When no line is the first line of a request or a response.
pub fn view(snapshot_body: &str, pin: &str) -> Result<String> {
    let message = Message::find(snapshot_body)
        .context("no line is a request line or a status line with its `\\r\\n`")?;
    Ok(View::of(&message).figure(&message, pin))
}

/// One message, line by line; each line still has its end.
struct Message<'a> {
    is_request: bool,
    start: &'a str,
    /// Up to the empty line, if there is one.
    fields: Vec<&'a str>,
    body: Vec<&'a str>,
    end: Option<&'static (&'static str, &'static str, &'static str)>,
}

/// What a snapshot says about the end of the connection, as `tests::Received` puts it,
/// and what that means.
static ENDS: [(&str, &str, &str); 3] = [
    ("(closed: FIN)", "FIN", "the server’s kernel says that no more bytes will follow"),
    ("(thrown away: RST)", "RST", "the server’s kernel threw the connection away"),
    ("(open, and silent)", "silence", "the connection stays open, and nothing comes"),
];

impl<'a> Message<'a> {
    fn find(snapshot_body: &'a str) -> Option<Self> {
        let mut lines = snapshot_body.lines().skip_while(|line| !is_start(line));
        let start = lines.next()?;
        let is_request = !start.starts_with("HTTP/");
        let (fields, body) = (Vec::new(), Vec::new());
        let mut message = Self { is_request, start, fields, body, end: None };
        for line in lines {
            message.end = ENDS.iter().find(|end| end.0 == line);
            let in_head = message.fields.last().is_none_or(|line| !is_empty(line));
            if message.end.is_some() {
                break;
            } else if in_head {
                message.fields.push(line);
            } else if message.is_whole() || is_start(line) {
                break; // Here the next message begins.
            } else {
                message.body.push(line);
            }
        }
        Some(message)
    }

    /// Whether a request has all of its body. A response ends where the connection
    /// does, or where another message starts.
    fn is_whole(&self) -> bool {
        let length = self.field("content-length").and_then(|value| value.parse().ok());
        self.is_request
            && self.field("transfer-encoding").is_none()
            && self.body_bytes() >= length.unwrap_or(0)
    }

    fn field(&self, name: &str) -> Option<&'a str> {
        let mut fields = self.fields.iter().filter_map(|line| line.split_once(':'));
        let (_, value) = fields.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(split_end(value).0.trim())
    }

    fn body_bytes(&self) -> usize {
        self.body.iter().map(|line| bytes(line).len()).sum()
    }
}

fn is_start(line: &str) -> bool {
    // Without an end it may be anything, such as a line of a program's log.
    let (text, end) = split_end(line);
    let words: Vec<_> = text.splitn(3, ' ').collect();
    !end.is_empty()
        && match words[..] {
            [version, code, ..] if is_version(version) => is_number(code),
            [method, target, version] => {
                is_version(version) && !method.is_empty() && !target.is_empty()
            }
            _ => false,
        }
}

fn is_version(word: &str) -> bool {
    let number = word.strip_prefix("HTTP/").and_then(|number| number.split_once('.'));
    number.is_some_and(|(a, b)| a.len() + b.len() == 2 && is_number(a) && is_number(b))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_empty(line: &str) -> bool {
    split_end(line).0.is_empty()
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
    rows: Vec<String>,
    /// The same in words.
    words: Vec<String>,
    /// How many bytes there were.
    at: usize,
    /// The parts that there were.
    known: Vec<&'static Part>,
}

impl View {
    fn of(message: &Message) -> Self {
        let mut view = Self::default();
        let (parts, start, body) = match message.is_request {
            true => (&REQUEST, "the request line", &BROUGHT),
            false => (&RESPONSE, "the status line", &SHOWN),
        };
        let words = split_end(message.start).0.splitn(3, ' ');
        let pieces = parts.iter().zip(words);
        let pieces = pieces.flat_map(|(part, word)| [(None, " "), (Some(part), word)]);
        view.row("start", start, pieces.skip(1).collect(), message.start);
        for line in &message.fields {
            let text = split_end(line).0;
            if text.is_empty() {
                view.row("empty", "the empty line", vec![], line);
            } else if let Some((name, rest)) = text.split_once(':') {
                let value = rest.trim_matches(' ');
                let from = text.len() - rest.trim_start_matches(' ').len();
                let (colon, after) =
                    (&text[name.len()..from], &text[from + value.len()..]);
                let pieces = vec![
                    (Some(&NAME), name),
                    (None, colon),
                    (Some(&VALUE), value),
                    (None, after),
                ];
                view.row("field", "a field", pieces, line);
            } else {
                view.row("field", "half a field", vec![(None, text)], line);
            }
        }
        for line in &message.body {
            view.row("content", "", vec![(Some(body), split_end(line).0)], line);
        }
        view
    }

    /// A line, as HTML and, if it's no part of the body, in words.
    fn row(&mut self, class: &str, what: &str, pieces: Pieces<'_>, line: &str) {
        let (start, mut html, mut words) = (self.at, String::new(), String::new());
        for (part, text) in pieces {
            if let Some(part) = part {
                html += &self.segment(part, text, &breakable(text));
                let text = if text.is_empty() { "(empty)" } else { text };
                words += &format!("{} {text}, ", part.1);
            } else {
                self.at += bytes(text).len();
                html += &format!("<i class=\"sp\">{}</i>", escape(text));
            }
        }
        let end = split_end(line).1;
        let (shown, said) = match end {
            r"\r\n" => ("<i>CR</i><i>LF</i>", "CR LF"),
            r"\n" => ("<i>LF</i>", "LF alone"),
            _ => ("", "no end"),
        };
        if !end.is_empty() {
            html += &self.segment(&LINE_END, end, shown);
        }
        if class == "empty" {
            let has_fields = self.known.contains(&&NAME);
            let why =
                if has_fields { "the fields end here" } else { "there are no fields" };
            html += &format!("<small>empty line: {why}</small>");
        }
        if !what.is_empty() {
            let number = self.rows.len() + 1;
            self.words.push(format!("Line {number}, {what}: {words}then {said}."));
        }
        self.rows.push(format!(
            "<li class=\"{class}\"><span class=\"at\">{start}</span><span \
             class=\"row\">{html}</span></li>\n"
        ));
    }

    /// A part, with its label when it's the first of its kind. Tab stops only there.
    fn segment(&mut self, part: &'static Part, text: &str, shown: &str) -> String {
        let (class, name, meaning) = part;
        let (bytes, first) = (bytes(text), self.at);
        self.at += bytes.len();
        let last = self.at.saturating_sub(1);
        let hex: Vec<_> =
            bytes.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
        let more = if bytes.len() > hex.len() { " …" } else { "" };
        let is_new = !self.known.contains(&part);
        self.known.extend(is_new.then_some(part));
        let label = is_new.then(|| format!("<small>{name}</small>"));
        let label = label.filter(|_| *class != "eol").unwrap_or_default();
        let stop = if is_new { 0 } else { -1 };
        format!(
            "<span class=\"seg {class}\" tabindex=\"{stop}\" data-tip=\"{name}: {meaning} · \
             bytes {first}–{last} · {}{more}\"><samp>{shown}</samp>{label}</span>",
            hex.join(" ")
        )
    }

    fn figure(mut self, message: &Message, pin: &str) -> String {
        let (kind, who, whom) = match message.is_request {
            true => ("request", "client", "server"),
            false => ("response", "server", "client"),
        };
        let (all, lines) = (self.rows.len(), message.body.len());
        let folded = if lines < ALWAYS + 3 { 0 } else { lines - ALWAYS };
        let mut rest = self.rows.split_off(all - folded).concat();
        if folded > 0 {
            rest = format!(
                "<details class=\"rest\">\n<summary>{folded} more lines of the body\
                 </summary>\n<ol class=\"lines\">\n{rest}</ol>\n</details>\n"
            );
        }
        if lines > 0 {
            self.words
                .push(format!("After that the body: {} bytes.", message.body_bytes()));
        }
        let end = message.end.map_or(String::new(), |(_, name, meaning)| {
            self.words.push(format!("How it ended: {meaning}."));
            format!("<p class=\"end\"><b>{name}</b> {meaning}</p>\n")
        });
        let parts = self.known.iter().map(|(class, name, meaning)| {
            let name = if *class == "eol" { "<i>CR</i><i>LF</i>" } else { name };
            format!("<li class=\"{class}\"><b>{name}</b> {meaning}</li>\n")
        });
        let words =
            self.words.iter().map(|words| format!("<li>{}</li>\n", escape(words)));
        format!(
            "<figure class=\"wire {who}\">\n<figcaption><b>A {kind}, byte for byte</b> \
             <span>{who} <span class=\"to\">to</span> {whom} · {} bytes</span> {pin}\
             </figcaption>\n<ol class=\"lines\">\n{}</ol>\n{rest}{end}\
             <ul class=\"parts\">\n{}</ul>\n<details class=\"words\">\n\
             <summary>In words</summary>\n<ul>\n{}</ul>\n</details>\n</figure>\n",
            self.at,
            self.rows.concat(),
            parts.collect::<String>(),
            words.collect::<String>()
        )
    }
}

type Pieces<'a> = Vec<(Option<&'static Part>, &'a str)>;

/// Long text may break behind these signs.
fn breakable(text: &str) -> String {
    let html = escape(text);
    if text.len() < 40 {
        return html;
    }
    html.split_inclusive([',', ';', '/', '?', '=']).collect::<Vec<_>>().join("<wbr>")
}

#[cfg(test)]
mod tests {
    use super::view;

    const RESPONSE: &str = "HTTP/1.1 404 Not Found\\r\\n\nContent-Length:  3\\r\\n\n\
                            \\r\\n\n\
                            <\\\\n\n(closed: FIN)\n";

    fn shown(snapshot: &str) -> String {
        view(snapshot, "PIN").unwrap()
    }

    /// What stands between these two, each time.
    fn all<'a>(html: &'a str, start: &str, end: &str) -> Vec<&'a str> {
        let parts = html.split(start).skip(1);
        parts.map(|part| part.split(end).next().unwrap()).collect()
    }

    #[test]
    fn parts_say_where_they_are_and_what() {
        let html = shown(RESPONSE);
        assert_eq!(
            all(&html, "data-tip=\"", "\""),
            [
                "version: which HTTP the server speaks · bytes 0–7 · 48 54 54 50 2f 31 2e 31",
                "status code: the outcome, for programs · bytes 9–11 · 34 30 34",
                "reason: the same in words, for people · bytes 13–21 · 4e 6f 74 20 46 6f 75 6e \
                 64",
                "end: the line ends here · bytes 22–23 · 0d 0a",
                "field name: what the line is about · bytes 24–37 · 43 6f 6e 74 65 6e 74 2d 4c \
                 65 6e 67 74 68",
                "field value: what it says · bytes 41–41 · 33",
                "end: the line ends here · bytes 42–43 · 0d 0a",
                "end: the line ends here · bytes 44–45 · 0d 0a",
                "body: what the client gets to see · bytes 46–48 · 3c 5c 6e",
            ]
        );
        assert_eq!(all(&html, "<samp>", "</samp>")[8], r"&lt;\\n");
        assert_eq!(html.matches("tabindex=\"0\"").count(), 7);
        assert!(
            html.starts_with("<figure class=\"wire server\">") && html.contains("PIN")
        );
        assert!(html.contains("<p class=\"end\"><b>FIN</b> the server’s kernel says"));
        assert!(!html.contains("\n\n"), "Markdown would end the HTML here");
    }

    #[test]
    fn says_it_in_words() {
        let words = |snapshot: &str| {
            let html = shown(snapshot);
            let (_, words) = html.split_once("In words").unwrap();
            all(words, "<li>", "</li>").join("\n")
        };
        assert_eq!(
            words(RESPONSE),
            "Line 1, the status line: version HTTP/1.1, status code 404, reason Not Found, \
             then CR LF.\n\
             Line 2, a field: field name Content-Length, field value 3, then CR LF.\n\
             Line 3, the empty line: then CR LF.\n\
             After that the body: 3 bytes.\n\
             How it ended: the server’s kernel says that no more bytes will follow."
        );
        assert_eq!(
            words("HTTP/1.0 200 \\r\\n\nHos\n"),
            "Line 1, the status line: version HTTP/1.0, status code 200, reason (empty), then CR \
             LF.\nLine 2, half a field: then no end."
        );
    }

    #[test]
    fn takes_the_first_message_only() {
        let request = "GET / HTTP/1.1\\r\\n\nHost: a\\r\\n\n\\r\\n\n";
        let log =
            format!("accepting at http://127.0.0.1:4545/ until\n{request}{request}");
        assert_eq!(shown(&log), shown(request));
        let head = "POST /a HTTP/1.1\\r\\n\nContent-length: 6\\r\\n\n\\r\\n\n";
        let posted = shown(&format!("{head}one\\n\nt\\x0a\nGET / HTTP/1.1\\r\\n\n"));
        assert!(posted.contains("After that the body: 6 bytes."));
        let head = "POST /a HTTP/1.1\\r\\n\nTransfer-Encoding: chunked\\r\\n\n\\r\\n\n";
        let chunked = format!("{head}1\\r\\n\na\\r\\n\n0\\r\\n\n\\r\\n\n{head}");
        assert!(shown(&chunked).contains("After that the body: 11 bytes."));
        let interim =
            "HTTP/1.1 100 Continue\\r\\n\n\\r\\n\nHTTP/1.1 200 OK\\r\\n\n\\r\\n\n";
        let interim = shown(interim);
        assert!(interim.contains("there are no fields") && !interim.contains("200"));
    }

    #[test]
    fn folds_long_bodies() {
        let body = |lines| {
            shown(&format!("HTTP/1.1 200 OK\\r\\n\n\\r\\n\n{}", "a\\n\n".repeat(lines)))
        };
        assert!(!body(6).contains("of the body"));
        let folded = body(7);
        let (shown, rest) = folded.split_once("3 more lines of the body").unwrap();
        let lines = |html: &str| html.matches("<li class=\"content").count();
        assert_eq!((lines(shown), lines(rest)), (4, 3));
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
            assert!(view(text, "").is_err(), "{text}");
        }
    }
}
