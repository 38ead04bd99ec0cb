//! Ask step05: what it makes of a request that a reader types. step05 itself reads the
//! request, in memory; here its verdict becomes a part of a page.

use std::ops::Range;

use anyhow::{Error, Result, ensure};
use step05::{Body, Request};

use crate::asking::{self, Refusals, Verdict, Visit, rfc};
use crate::html::escape;
use crate::memory::End;
use crate::{ledger, transcript, wire};

/// What the server replaces by its answer: the form, and what's below it.
pub const ASKED: (&str, &str) =
    ("<section class=\"asked\" id=\"asked\">", "</section>");

/// The requests that it knows, and where the answers to some are pinned.
pub const LEDGER: &str = "tests/05-parse/ledger.txt";
pub const PINNED: &str = "tests/book/snapshots/asked.snap";

const FIRST: &str = "GET  / HTTP/1.1\r\nHost: a\r\n\r\n";

/// The form where the book is files, and nobody can answer.
pub fn unanswered() -> String {
    form(FIRST, include_str!("unanswered.html"))
}

/// The form, with the answer to what the query asks, if it asks anything.
pub fn answered(request: &Request) -> String {
    let field = |name: &[u8]| {
        let pairs = request.query.unwrap_or_default().split(|byte| *byte == b'&');
        pairs.filter_map(|pair| pair.strip_prefix(name)).map(asking::typed).next()
    };
    let own = |_| {
        let head = wire::head(request).replace('\n', "");
        asking::as_typed(&head.replace('{', "\\x7b"))
    };
    let Some(text) = field(b"own=").map(own).or_else(|| field(b"request=")) else {
        return form(FIRST, "");
    };
    let answer = ledger::bytes(&text).map(|bytes| Asked::new(&bytes).html(""));
    let answer = answer.unwrap_or_else(|why| {
        let why = escape(&why);
        format!("<p class=\"notice\" role=\"note\">Nothing was asked: {why}.</p>\n")
    });
    form(&text, &answer)
}

/// The form and what's below it. No line is empty: Markdown would end the HTML.
fn form(text: &str, below: &str) -> String {
    let (begin, end) = ASKED;
    let text = escape(text).replace('\r', "").replace('\n', "&#10;");
    let form = include_str!("ask.html").replace("{text}", &text);
    format!("{begin}\n{form}{below}{end}\n")
}

/// A request of the ledger, with the answer that a test has pinned.
pub fn ready(name: &str, text: &str, ledger: &str) -> Result<String> {
    let rules = ledger::rules(ledger).map_err(Error::msg)?;
    let mut rows = rules.iter().flat_map(|rule| &rule.requests);
    ensure!(rows.any(|row| row.text == text), "the ledger has no request {text}");
    let bytes = ledger::bytes(text).map_err(Error::msg)?;
    let asked = Asked::new(&bytes);
    Ok(format!(
        "<div class=\"ready\">\n<a href=\"{}\">{}</a>\n<details>\n\
         <summary><code>{}</code></summary>\n{}</details>\n</div>\n",
        asking::asked(text),
        escape(name),
        escape(text),
        asked.html(PINNED)
    ))
}

/// A transcript whose reasons to refuse lead to where they can be tried: with what was
/// typed for them, or else with a request of the ledger.
pub fn linked(transcript: &str, body: &str, refusals: &Refusals, to: &str) -> String {
    let (mut html, mut rest) = (String::new(), transcript);
    let (mut before, mut typed) = ("", None);
    for line in body.lines() {
        let command = line.strip_prefix("$ printf '");
        typed = command.and_then(|rest| rest.split('\'').next()).or(typed);
        let reason = line.trim_start().trim_start_matches("^ ").trim_end_matches("\\n");
        let caret = format!("{before}\n{line}");
        before = line;
        let fits = |text: &&str| {
            let visit = ledger::bytes(text).map(|bytes| Visit::new(&bytes, End::Fin));
            visit.is_ok_and(|visit| visit.caret().ends_with(reason))
        };
        if reason.contains(" (RFC ")
            && let Some(text) =
                typed.filter(fits).or_else(|| refusals.request(&caret, reason))
            && let Some((said, after)) = rest.split_once(&escape(reason))
        {
            let (url, shown) = (asking::asked(text), escape(reason));
            html += &format!("{said}<a href=\"{to}{url}\">{shown}</a>");
            rest = after;
        }
    }
    html + rest
}

/// What a reader asked, and what step05 said.
struct Asked<'a> {
    bytes: &'a [u8],
    visit: Visit,
    strip: Vec<(usize, Verdict)>,
}

impl<'a> Asked<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let (visit, strip) = (Visit::new(bytes, End::Fin), asking::strip(bytes));
        Self { bytes, visit, strip }
    }

    /// All that there is to see of it. What is pinned has its mark, and the day on
    /// which all tests get their answers.
    fn html(&self, pin: &str) -> String {
        let mut answer = wire::lines(&self.visit.answer);
        if let (false, Some(start)) = (pin.is_empty(), answer.find("Date: ")) {
            let day = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
            answer.replace_range(start..start + day.len(), day);
        }
        let log = match &*self.visit.log {
            "" => String::new(),
            log => transcript::transcript(log, pin),
        };
        let answer = wire::view(&answer, &transcript::pin(pin)).unwrap_or_default();
        let understood = self.understood().unwrap_or_default();
        format!("{}{log}{}{understood}{answer}", self.verdict(), self.strip())
    }

    /// Status, reason and section, as links.
    fn verdict(&self) -> String {
        let line = self.visit.answer.split(|byte| *byte == b'\r').next();
        let line = String::from_utf8_lossy(line.unwrap_or_default());
        let Some((code, words)) =
            line.split_once(' ').and_then(|line| line.1.split_once(' '))
        else {
            return "<p class=\"verdict\">Nothing came, so nothing was answered.</p>\n"
                .into();
        };
        let number: u16 = code.parse().unwrap_or_default();
        let section = match number {
            431 => "RFC 6585, 5".into(),
            // The sections of RFC 9110 are in the order of the codes.
            _ => format!("RFC 9110, 15.{}.{}", number / 100 + 1, number % 100 + 1),
        };
        let refusal = self.visit.refusal().map(|(reason, section)| {
            format!(
                ": <a href=\"rules.html#{}\">{}</a> (<a href=\"{}\">{section}</a>)",
                asking::slug(reason),
                escape(reason),
                rfc(section)
            )
        });
        format!(
            "<p class=\"verdict\"><a href=\"{}\">{code} {words}</a>{}</p>\n",
            rfc(&section),
            refusal.unwrap_or_default()
        )
    }

    /// The bytes in the color of the verdict on all up to there, and the verdicts.
    fn strip(&self) -> String {
        let (mut shown, mut list) = (String::new(), String::new());
        let (strip, length) = (&self.strip, self.bytes.len());
        let wrong = step05::parse(self.bytes).err().map(|error| error.offset);
        let ends = strip.iter().skip(1).map(|(from, _)| from - 1).chain([length]);
        for ((from, verdict), end) in strip.iter().zip(ends) {
            let (class, said) = match verdict {
                Verdict::NotYet => ("not-yet", "not yet".into()),
                Verdict::Refused(None) => ("refused", "refused in the body".into()),
                Verdict::Refused(Some(at)) => {
                    ("refused", format!("refused at byte {at}"))
                }
                Verdict::Complete => ("complete", "complete".into()),
            };
            let bytes = marked(self.bytes, from.saturating_sub(1)..end, wrong);
            shown += &format!("<samp class=\"{class}\">{bytes}</samp>");
            let lengths = if *from == end { "" } else { &format!("{from} to ") };
            list += &format!(
                "<li class=\"{class}\">{lengths}{end} bytes: <b>{said}</b></li>\n"
            );
        }
        format!(
            "<figure class=\"strip\">\n<figcaption>The verdict after each byte\
             </figcaption>\n<p>{shown}</p>\n<ol>\n{list}</ol>\n</figure>\n"
        )
    }

    /// What a request means whose head is good.
    fn understood(&self) -> Option<String> {
        let (request, head) = step05::parse(self.bytes).ok()??;
        let version = format!("HTTP/1.{}", request.minor_version);
        let (body, end) = match (request.body, self.strip.last()) {
            (Body::Length(0), _) => ("none".into(), Some(head)),
            (Body::Length(length), _) => {
                (format!("{length} bytes"), Some(head + length))
            }
            (Body::Chunked, Some((end, Verdict::Complete)))
                if !request.expects_continue =>
            {
                ("in chunks".into(), Some(*end))
            }
            (Body::Chunked, _) => ("in chunks".into(), None),
        };
        let end = end.map(|end| format!("; the request ends after {end} bytes"));
        let body = body + &end.unwrap_or_default();
        let parts = [
            ("method", Some(request.method)),
            ("path", Some(&*request.path)),
            ("query", request.query),
            ("authority", request.authority),
            ("version", Some(version.as_bytes())),
            ("body", Some(body.as_bytes())),
        ];
        let parts =
            parts.iter().filter_map(|(name, value)| Some((name.as_bytes(), (*value)?)));
        let rows = parts.chain(request.fields()).map(|(name, value)| {
            let (name, value) = (cut(name), cut(value));
            format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>\n")
        });
        Some(format!(
            "<table class=\"understood\">\n<caption>What it understood</caption>\n\
             <tbody>\n{}</tbody>\n</table>\n",
            rows.collect::<String>()
        ))
    }
}

/// Some of the bytes, with the wrong one marked if it's among them.
fn marked(bytes: &[u8], range: Range<usize>, wrong: Option<usize>) -> String {
    match wrong.filter(|at| range.contains(at)) {
        None => cut(&bytes[range]),
        Some(at) => {
            let [before, mark, after] =
                [range.start..at, at..at + 1, at + 1..range.end]
                    .map(|range| cut(&bytes[range]));
            format!("{before}<mark>{mark}</mark>{after}")
        }
    }
}

/// Bytes as the log shows them; of many, those at both ends.
fn cut(bytes: &[u8]) -> String {
    let shown = |bytes| escape(&wire::escaped(bytes));
    match bytes.len() {
        0..200 => shown(bytes),
        length => {
            let (start, end) = (shown(&bytes[..100]), shown(&bytes[length - 60..]));
            format!("{start} <i>… {} bytes …</i> {end}", length - 160)
        }
    }
}
