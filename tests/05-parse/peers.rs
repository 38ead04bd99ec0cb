//! Step 5 beside httparse, the parser under hyper. Both read the same generated heads. Where
//! their verdicts differ, the difference must be of a class that is named and explained here;
//! each class looks at the bytes itself, so that it cannot excuse what it does not mean.

use std::cell::RefCell;
use std::fmt::Write;
use std::net::Ipv6Addr;

use httparse::{EMPTY_HEADER, Error};
use proptest::prelude::Strategy;
use step05::{MAX_BODY, MAX_FIELDS, MAX_HEAD, MAX_METHOD, MAX_TARGET, ParseError};

use crate::checks::shown;
use crate::requests::{Bytes, anything, check_property};

/// What both parsers make of a head.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head<'a> {
    length: usize,
    method: &'a [u8],
    target: &'a [u8],
    minor_version: u8,
    fields: Vec<(&'a [u8], &'a [u8])>,
}

/// `None` when more bytes are needed.
type Verdict<'a, E> = Result<Option<Head<'a>>, E>;

fn ours(bytes: &[u8]) -> Verdict<'_, ParseError> {
    Ok(step05::parse(bytes)?.map(|(request, length)| Head {
        length,
        method: request.method,
        target: request.target,
        minor_version: request.minor_version,
        fields: request.fields().collect(),
    }))
}

fn theirs(bytes: &[u8]) -> Verdict<'_, Error> {
    let mut fields = [EMPTY_HEADER; 4 * MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(length) = request.parse(bytes)? else {
        return Ok(None);
    };
    let fields = request.headers.iter();
    Ok(Some(Head {
        length,
        method: request.method.unwrap_or_default().as_bytes(),
        target: request.path.unwrap_or_default().as_bytes(),
        minor_version: request.version.unwrap_or_default(),
        fields: fields.map(|field| (field.name.as_bytes(), field.value)).collect(),
    }))
}

/// A head that we refuse and httparse does not.
struct Refusal<'a> {
    bytes: &'a [u8],
    error: ParseError,
    /// What httparse sees up to the end of the offending line, if anything.
    seen: Head<'a>,
    /// Whether the blank line has come.
    is_whole: bool,
}

/// A way in which verdicts differ.
struct Class {
    name: &'static str,
    step05: &'static str,
    httparse: &'static str,
    section: &'static str,
    /// Whether a refusal of ours, and no other verdict, is of this class.
    explains: fn(&Refusal<'_>) -> bool,
}

const fn class(
    name: &'static str,
    step05: &'static str,
    httparse: &'static str,
    section: &'static str,
    explains: fn(&Refusal<'_>) -> bool,
) -> Class {
    Class { name, step05, httparse, section, explains }
}

/// We need the end of a line to judge it.
const OPEN_LINE: Class = class(
    "a mistake in an open line",
    "waits for the line's end: a verdict names the line and never changes",
    "refuses at the byte",
    "RFC 9112, 2.2",
    |_| false,
);
const LATER_MINOR: Class = class(
    "HTTP/1.2 to HTTP/1.9",
    "understood as HTTP/1.1, as the RFC recommends",
    "refused",
    "RFC 9110, 6.2",
    |_| false,
);

/// What we refuse and httparse lets through. Most of it is a matter of meaning, which it
/// leaves to the program that uses it.
const REFUSED: &[Class] = &[
    class("bare LF", "400", "a line's end", "RFC 9112, 2.2", |refusal| {
        refusal.bytes[refusal.offset()] == b'\n' && !refusal.before().ends_with(b"\r")
    }),
    class(
        "`\"`, `#`, `<`, `>` or not ASCII in the target",
        "400",
        "allowed",
        "RFC 9112, 3.2",
        |refusal| {
            let byte = refusal.bytes[refusal.offset()];
            refusal.in_target().is_some()
                && matches!(byte, b'"' | b'#' | b'<' | b'>' | 0x80..)
        },
    ),
    class(
        "a target of no known form",
        "400",
        "any bytes",
        "RFC 9112, 3.2",
        |refusal| {
            let is_asterisk =
                refusal.seen.target == b"*" && refusal.is_method("OPTIONS");
            let is_known = refusal.seen.target.starts_with(b"/") || is_asterisk;
            refusal.in_target() == Some(0)
                && !is_known
                && !refusal.is_method("CONNECT")
                && !refusal.seen.target.to_ascii_lowercase().starts_with(b"http://")
        },
    ),
    class(
        "a bad `%`, or a control character behind it, in the path",
        "400",
        "not decoded",
        "RFC 3986, 2.1; RFC 9110, 17.3",
        |refusal| {
            let Some(at) = refusal.in_target() else { return false };
            let (before, after) = refusal.seen.target.split_at(at);
            let digits = after.get(1..3).and_then(|digits| str::from_utf8(digits).ok());
            let is_hexadecimal =
                |text: &&str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let byte = digits
                .filter(is_hexadecimal)
                .and_then(|digits| u8::from_str_radix(digits, 16).ok());
            after.first() == Some(&b'%')
                && !before.contains(&b'?')
                && byte.is_none_or(|byte| byte.is_ascii_control())
        },
    ),
    class(
        "no host, or no port, in the target",
        "400",
        "any bytes",
        "RFC 9112, 3.2; RFC 9110, 4.2.1",
        |refusal| {
            let target = refusal.seen.target;
            let authority = if refusal.is_method("CONNECT") {
                target
            } else if target.to_ascii_lowercase().starts_with(b"http://") {
                target[7..]
                    .split(|byte| b"/?".contains(byte))
                    .next()
                    .unwrap_or_default()
            } else {
                return false;
            };
            refusal.in_target().is_some() && !is_authority(authority)
        },
    ),
    class(
        "no host, or no port, in Host",
        "400",
        "any bytes",
        "RFC 9112, 3.2",
        |refusal| refusal.last("host").is_some_and(|value| !is_authority(value)),
    ),
    class("no Host in HTTP/1.1", "400", "allowed", "RFC 9112, 3.2", |refusal| {
        refusal.is_whole
            && refusal.seen.minor_version > 0
            && refusal.all("host").is_empty()
            && refusal.before().ends_with(b"\r\n")
    }),
    class("two Hosts", "400", "allowed", "RFC 9112, 3.2", |refusal| {
        refusal.last("host").is_some() && refusal.all("host").len() == 2
    }),
    class(
        "Content-Length is no number",
        "400",
        "any bytes",
        "RFC 9110, 8.6",
        |refusal| {
            refusal.last("content-length").is_some_and(|value| number(value).is_none())
        },
    ),
    class("Content-Lengths differ", "400", "allowed", "RFC 9112, 6.3", |refusal| {
        let last = refusal.last("content-length").and_then(number);
        let all = refusal.all("content-length");
        last.is_some() && all.iter().any(|value| number(value) != last)
    }),
    class(
        "a body of more than 1 MiB",
        "413",
        "allowed",
        "RFC 9110, 15.5.14",
        |refusal| {
            let length = refusal.last("content-length").and_then(number);
            refusal.error.status.0 == 413
                && length.is_some_and(|length| length > MAX_BODY as u64)
        },
    ),
    class(
        "Transfer-Encoding in HTTP/1.0",
        "400",
        "allowed",
        "RFC 9112, 6.1",
        |refusal| {
            refusal.is_whole
                && refusal.seen.minor_version == 0
                && refusal.last("transfer-encoding").is_some()
        },
    ),
    class(
        "Transfer-Encoding and Content-Length",
        "400",
        "allowed",
        "RFC 9112, 6.1",
        |refusal| {
            let whole = theirs(refusal.bytes);
            refusal.last("transfer-encoding").is_some()
                && whole.is_ok_and(|head| {
                    head.is_some_and(|head| !all(&head, "content-length").is_empty())
                })
        },
    ),
    class(
        "`chunked` is not the last coding",
        "400",
        "any bytes",
        "RFC 9112, 6.1",
        |refusal| {
            let codings = refusal.codings();
            refusal.last("transfer-encoding").is_some()
                && codings.iter().position(|coding| coding == b"chunked")
                    != Some(codings.len() - 1)
        },
    ),
    class("an unknown coding", "501", "any bytes", "RFC 9112, 6.1", |refusal| {
        let codings = refusal.codings();
        refusal.error.status.0 == 501
            && refusal.last("transfer-encoding").is_some()
            && codings.len() > 1
            && codings.iter().position(|coding| coding == b"chunked")
                == Some(codings.len() - 1)
    }),
    class(
        "an unknown expectation",
        "417",
        "any bytes",
        "RFC 9110, 10.1.1",
        |refusal| {
            let value = refusal.last("expect");
            refusal.error.status.0 == 417
                && refusal.seen.minor_version > 0
                && value
                    .is_some_and(|value| !value.eq_ignore_ascii_case(b"100-continue"))
        },
    ),
    class(
        "a method of more than 32 bytes",
        "501",
        "allowed",
        "RFC 9112, 3",
        |refusal| {
            refusal.error.status.0 == 501 && refusal.seen.method.len() > MAX_METHOD
        },
    ),
    class(
        "a target of more than 8000 bytes",
        "414",
        "allowed",
        "RFC 9112, 3",
        |refusal| {
            refusal.error.status.0 == 414 && refusal.seen.target.len() > MAX_TARGET
        },
    ),
    class(
        "more than 100 fields",
        "431",
        "as many as asked for",
        "RFC 6585, 5",
        |refusal| {
            refusal.error.status.0 == 431 && refusal.seen.fields.len() == MAX_FIELDS + 1
        },
    ),
    class(
        "a head of more than 64 KiB",
        "431",
        "any length",
        "RFC 6585, 5",
        |refusal| refusal.error.status.0 == 431 && refusal.offset() == MAX_HEAD,
    ),
];

impl<'a> Refusal<'a> {
    fn offset(&self) -> usize {
        self.error.offset
    }

    fn before(&self) -> &'a [u8] {
        &self.bytes[..self.offset()]
    }

    fn is_method(&self, method: &str) -> bool {
        self.seen.method == method.as_bytes()
    }

    /// Where in the target, or right behind it, the mistake is, if it is there.
    fn in_target(&self) -> Option<usize> {
        let empty_lines = self.bytes.len() - self.bytes.trim_ascii_start().len();
        let start = empty_lines + self.seen.method.len() + 1;
        self.offset().checked_sub(start).filter(|&at| at <= self.seen.target.len())
    }

    /// The value of the offending line, if that is the field's name.
    fn last(&self, name: &str) -> Option<&'a [u8]> {
        let (last, value) = self.seen.fields.last()?;
        last.eq_ignore_ascii_case(name.as_bytes()).then_some(*value)
    }

    fn all(&self, name: &str) -> Vec<&'a [u8]> {
        all(&self.seen, name)
    }

    /// The transfer codings in lower case.
    fn codings(&self) -> Vec<Vec<u8>> {
        let values = self.all("transfer-encoding").join(&b',');
        let codings = values.split(|&byte| byte == b',');
        codings.map(|coding| coding.trim_ascii().to_ascii_lowercase()).collect()
    }
}

/// The values of all fields of that name.
fn all<'a>(head: &Head<'a>, name: &str) -> Vec<&'a [u8]> {
    let fields = head.fields.iter();
    fields
        .filter(|field| field.0.eq_ignore_ascii_case(name.as_bytes()))
        .map(|field| field.1)
        .collect()
}

fn number(value: &[u8]) -> Option<u64> {
    let text = str::from_utf8(value).ok().filter(|text| !text.starts_with('+'))?;
    text.parse().ok()
}

/// `uri-host [ ":" port ]` once more, written differently.
fn is_authority(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else { return false };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (text, ""),
    };
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    let is_name =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(is_name),
    };
    is_host && is_number && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// The class of the difference between the verdicts, `None` when they agree.
///
/// # Errors
/// When no class explains it.
fn difference(bytes: &[u8]) -> Result<Option<&'static Class>, String> {
    let (ours, theirs) = (ours(bytes), theirs(bytes));
    let found = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => return Ok(None),
        (Err(_), Err(_)) => return Ok(None),
        (Err(error), Ok(_)) => refused(bytes, *error),
        (Ok(_), Err(Error::Version)) if is_later_minor(bytes) => Some(&LATER_MINOR),
        (Ok(None), Err(_)) if is_open_line(bytes) => Some(&OPEN_LINE),
        _ => None,
    };
    found.map(Some).ok_or_else(|| {
        format!("step05: {ours:?}\nhttparse: {theirs:?}\nfor {}", shown(bytes))
    })
}

fn refused(bytes: &[u8], error: ParseError) -> Option<&'static Class> {
    let line = bytes.get(error.offset..)?.iter().position(|&byte| byte == b'\n');
    let mut text = bytes[..error.offset + line.map_or(0, |end| end + 1)].to_vec();
    text.extend_from_slice(b"\r\n");
    let seen = theirs(&text).ok().flatten().unwrap_or_default();
    let is_whole = theirs(bytes).is_ok_and(|head| head.is_some());
    let refusal = Refusal { bytes, error, seen, is_whole };
    REFUSED.iter().find(|class| (class.explains)(&refusal))
}

/// Whether the version is all that differs: as HTTP/1.1, the verdicts are explained.
fn is_later_minor(bytes: &[u8]) -> bool {
    let version = b" HTTP/1.";
    let Some(at) = bytes.windows(version.len()).position(|part| part == version) else {
        return false;
    };
    let minor = at + version.len();
    let mut text = bytes.to_vec();
    let is_later = matches!(text.get(minor), Some(b'2'..=b'9'));
    is_later && {
        text[minor] = b'1';
        difference(&text).is_ok()
    }
}

/// Whether the complete lines are no difference.
fn is_open_line(bytes: &[u8]) -> bool {
    let complete =
        bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    complete < bytes.len() && difference(&bytes[..complete]).is_ok()
}

/// Heads that break the limits, and one that is rare: generated ones do so too seldom.
fn rare() -> Vec<Vec<u8>> {
    let head = |line: &str, fields: &str| format!("{line}\r\nHost: a\r\n{fields}\r\n");
    let long = "a".repeat(MAX_TARGET);
    let heads = [
        head(&format!("{} / HTTP/1.1", "A".repeat(MAX_METHOD + 1)), ""),
        head(&format!("GET /{long} HTTP/1.1"), ""),
        head("GET / HTTP/1.1", &"X: y\r\n".repeat(MAX_FIELDS)),
        head("GET / HTTP/1.1", &format!("X: {long}\r\n").repeat(9)),
        format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(MAX_HEAD)),
        head("GET / HTTP/1.0", "Transfer-Encoding: chunked\r\n"),
    ];
    heads.map(String::into_bytes).into()
}

/// A head with each byte in each place.
fn bytes_in_places() -> impl Iterator<Item = Vec<u8>> {
    let head =
        b"\r\nGET /a?b HTTP/1.1\r\nHost: a\r\nX: 0123456789abcdef 01234567 0\r\n\r\n";
    (0..head.len()).flat_map(move |place| {
        (0..=u8::MAX).map(move |byte| {
            let mut head = head.to_vec();
            head[place] = byte;
            head
        })
    })
}

#[test]
fn every_difference_from_httparse_is_explained() {
    let classes = || REFUSED.iter().chain([&OPEN_LINE, &LATER_MINOR]);
    let counts = RefCell::new(vec![0; classes().count()]);
    let count = |bytes: &[u8]| match difference(bytes) {
        Ok(None) => {}
        Ok(Some(found)) => {
            let index = classes().position(|class| class.name == found.name);
            counts.borrow_mut()[index.unwrap_or_default()] += 1;
        }
        Err(difference) => panic!("{difference}"),
    };
    bytes_in_places().chain(rare()).for_each(|bytes| count(&bytes));
    check_property(5000, &anything().prop_map(Bytes), |bytes| count(&bytes.0));

    let mut table =
        String::from("| what | step05 | httparse | section |\n|---|---|---|---|\n");
    for (class, count) in classes().zip(counts.into_inner()) {
        let Class { name, step05, httparse, section, .. } = class;
        println!("{count:6} {name}");
        assert!(count > 0, "no head shows {name:?}: the class explains nothing");
        let _ = writeln!(table, "| {name} | {step05} | {httparse} | {section} |");
    }
    tests::pin!("httparse", table);
}
