//! Step 5 beside httparse, the parser under hyper. What step 5 takes, httparse takes
//! too, with the same parts; the other way round it is not so, and a few fixed heads
//! show why.

use std::fmt::Write;

use httparse::{EMPTY_HEADER, Error};
use proptest::prelude::Strategy;
use step05::MAX_FIELDS;

use crate::checks::shown;
use crate::ledger;
use crate::requests::{Bytes, anything, check_property, good};

/// What both parsers make of a head.
#[derive(Debug, PartialEq, Eq)]
struct Head<'a> {
    length: usize,
    method: &'a [u8],
    target: &'a [u8],
    minor_version: u8,
    fields: Vec<(&'a [u8], &'a [u8])>,
}

fn ours(bytes: &[u8]) -> Option<Head<'_>> {
    let (request, length) = step05::parse(bytes).ok()??;
    Some(Head {
        length,
        method: request.method,
        target: request.target,
        minor_version: request.minor_version,
        fields: request.fields().collect(),
    })
}

/// `None` when more bytes are needed.
fn theirs(bytes: &[u8]) -> Result<Option<Head<'_>>, Error> {
    let mut fields = [EMPTY_HEADER; 2 * MAX_FIELDS];
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

/// HTTP/1.2 and later, which only step 5 understands, as RFC 9110, 6.2 recommends,
/// become 1.1.
fn as_1_1(bytes: &[u8], head: &mut Head<'_>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if head.minor_version > 1 {
        let version = format!(" HTTP/1.{}\r\n", head.minor_version);
        let found =
            bytes.windows(version.len()).position(|part| part == version.as_bytes());
        bytes[found.unwrap() + version.len() - 3] = b'1';
        head.minor_version = 1;
    }
    bytes
}

fn check(bytes: &[u8]) {
    if let Some(mut head) = ours(bytes) {
        let bytes = as_1_1(bytes, &mut head);
        assert_eq!(theirs(&bytes), Ok(Some(head)), "{}", shown(&bytes));
    }
}

#[test]
fn httparse_takes_what_step05_takes() {
    check_property(2000, &good().prop_map(Bytes), |bytes| check(&bytes.0));
    check_property(3000, &anything().prop_map(Bytes), |bytes| check(&bytes.0));
    // A head with each byte in each place.
    let head =
        b"\r\nGET /a?b HTTP/1.1\r\nHost: a\r\nX: 0123456789abcdef 01234567 0\r\n\r\n";
    for place in 0..head.len() {
        for byte in 0..=u8::MAX {
            let mut head = head.to_vec();
            head[place] = byte;
            check(&head);
        }
    }
}

/// Heads on which they differ, written as in `ledger.txt`, with the section that says
/// why. Most of it is a matter of meaning, which httparse leaves to the program that
/// uses it.
const DIFFERENCES: [(&str, &str); 14] = [
    (r"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "RFC 9110, 6.2"),
    (r"GET / HTTP/1.1\r\nHo st", "RFC 9112, 2.2"),
    (r"GET / HTTP/1.1\nHost: a\n\n", "RFC 9112, 2.2"),
    (r"GET / HTTP/1.1\r\n\r\n", "RFC 9112, 3.2"),
    (r"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "RFC 9112, 3.2"),
    (r"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "RFC 9112, 3.2"),
    (r#"GET /?"a" HTTP/1.1\r\nHost: a\r\n\r\n"#, "RFC 9112, 3.2"),
    (r"GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", "RFC 9112, 3.2"),
    (r"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "RFC 9110, 17.3"),
    (r"GET /{a*8000} HTTP/1.1\r\nHost: a\r\n\r\n", "RFC 9112, 3"),
    (r"GET / HTTP/1.1\r\nHost: a\r\n{X: y\r\n*100}\r\n", "RFC 6585, 5"),
    (r"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", "RFC 9110, 8.6"),
    (
        r"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "RFC 9112, 6.1",
    ),
    (r"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "RFC 9112, 6.3"),
];

#[test]
fn httparse_differs() {
    let mut table =
        String::from("| sent | step05 | httparse | section |\n|---|---|---|---|\n");
    for (text, section) in DIFFERENCES {
        let bytes = ledger::bytes(text).unwrap();
        let step05 = match step05::parse(&bytes) {
            Ok(Some(_)) => "taken".into(),
            Ok(None) => "waits for more".into(),
            Err(error) => error.status.0.to_string(),
        };
        let httparse = match theirs(&bytes) {
            Ok(Some(_)) => "taken".into(),
            Ok(None) => "waits for more".into(),
            Err(error) => format!("refused: {error}"),
        };
        assert_ne!(step05, httparse, "no difference: {text}");
        let _ = writeln!(table, "| `` {text} `` | {step05} | {httparse} | {section} |");
    }
    tests::pin!("httparse", table);
}
