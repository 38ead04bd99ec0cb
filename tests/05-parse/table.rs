//! What the RFCs ask and what step05 does: one table. Each request in it is sent, each
//! answer is pinned in full, and the page of the book is written from it.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tests::{Client, PATIENCE, Program, date, escape, pin};

use State::{Implemented, LeftOut, Simplified};

/// One thing that an RFC asks, or practice does.
struct Rule {
    /// RFC 9112 unless it says otherwise.
    section: &'static str,
    /// The RFC's own word for how much it asks.
    level: &'static str,
    asked: &'static str,
    state: State,
    requests: Vec<Sent>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Implemented,
    /// As much as this server needs, and it says what is missing.
    Simplified(&'static str),
    LeftOut(&'static str),
}

/// What a client sends, and the status of the answer, 0 for none.
struct Sent {
    bytes: Vec<u8>,
    status: u16,
}

fn rule<const N: usize>(
    section: &'static str,
    level: &'static str,
    asked: &'static str,
    state: State,
    requests: [(Vec<u8>, u16); N],
) -> Rule {
    let requests = requests.into_iter().map(|(bytes, status)| Sent { bytes, status });
    Rule { section, level, asked, state, requests: requests.collect() }
}

/// Bytes as they are.
fn raw(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    bytes.as_ref().to_vec()
}

/// A request with this first line and a Host.
fn line(request_line: impl AsRef<[u8]>) -> Vec<u8> {
    [request_line.as_ref(), b"\r\nHost: a\r\n\r\n"].concat()
}

/// A GET for `/` with a Host and these fields.
fn with(fields: impl AsRef<[u8]>) -> Vec<u8> {
    [b"GET / HTTP/1.1\r\nHost: a\r\n", fields.as_ref(), b"\r\n\r\n"].concat()
}

/// A GET for `/` with this Host only.
fn host(value: &str) -> Vec<u8> {
    raw(format!("GET / HTTP/1.1\r\nHost: {value}\r\n\r\n"))
}

/// A POST with these fields and this body.
fn post(fields: &str, body: &str) -> Vec<u8> {
    raw(format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{body}"))
}

/// A POST with a chunked body.
fn chunked(body: &str) -> Vec<u8> {
    post("Transfer-Encoding: chunked", body)
}

fn rules() -> Vec<Rule> {
    [lines(), request_line(), fields(), bodies(), answers(), safety()]
        .into_iter()
        .flatten()
        .collect()
}

fn lines() -> Vec<Rule> {
    vec![
        rule(
            "2.2",
            "MUST",
            "parse octets, never Unicode",
            Implemented,
            [
                (with("X: \u{e9}"), 200),
                (with(b"X: \xff\xfe\x80"), 200),
                (line(b"GET /\xff HTTP/1.1"), 400),
                (line("GET /\u{e9} HTTP/1.1"), 400),
                (line(b"G\xc9T / HTTP/1.1"), 400),
                (with(b"X\xe9: 1"), 400),
            ],
        ),
        rule(
            "2.2",
            "SHOULD",
            "ignore empty lines before the request line",
            Implemented,
            [
                (raw("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200),
                (raw("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200),
                (raw("\r\n"), 400),
                (raw(" \r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400),
            ],
        ),
        rule(
            "2.2",
            "MAY",
            "take a single LF as the end of a line",
            LeftOut(
                "refused, because two servers that disagree about where a line ends can be played off against each other",
            ),
            [
                (raw("GET / HTTP/1.1\nHost: a\n\n"), 400),
                (raw("GET / HTTP/1.1\nHost: a\r\n\r\n"), 400),
                (raw("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400),
                (raw("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400),
                (raw("GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n"), 400),
                (raw("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400),
            ],
        ),
        rule(
            "2.2",
            "MUST",
            "refuse a CR without LF",
            Implemented,
            [
                (raw("GET / HTTP/1.1\rHost: a\r\n\r\n"), 400),
                (raw("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"), 400),
                (with("X: a\rb"), 400),
                (with("X: a\r\r"), 400),
                (with("X\r: a"), 400),
            ],
        ),
        rule(
            "2.2",
            "MUST",
            "refuse blanks before the first field",
            Implemented,
            [
                (raw("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400),
                (raw("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"), 400),
                (raw("GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n"), 400),
            ],
        ),
        rule(
            "5.2",
            "MUST",
            "refuse a field that goes on in the next line, or unfold it",
            Implemented,
            [
                (with("X: a\r\n b"), 400),
                (with("X: a\r\n\tb"), 400),
                (with("X: a\r\n "), 400),
            ],
        ),
    ]
}

fn request_line() -> Vec<Rule> {
    vec![
        rule(
            "3",
            "grammar",
            "one space between method, target and version",
            Implemented,
            [
                (line("GET  / HTTP/1.1"), 400),
                (line("GET /  HTTP/1.1"), 400),
                (line("GET\t/ HTTP/1.1"), 400),
                (line("GET / HTTP/1.1 "), 400),
                (line(" GET / HTTP/1.1"), 400),
                (line("GET /a b HTTP/1.1"), 400),
                (line("GET /"), 400),
                (line("GET"), 400),
                (line("GET "), 400),
            ],
        ),
        rule(
            "2.2",
            "practice",
            "a complete wrong line is refused at once, not when the rest has come",
            Implemented,
            [
                (raw("GET / \r\n"), 400),
                (raw("GET /\r\n"), 400),
                (raw("hello\r\n"), 400),
            ],
        ),
        rule(
            "3.1; 9110 9.1",
            "SHOULD",
            "501 for a method the server does not know; case matters",
            Implemented,
            [
                (line("BREW / HTTP/1.1"), 501),
                (line("get / HTTP/1.1"), 501),
                (line("Get / HTTP/1.1"), 501),
                (line("PROPFIND / HTTP/1.1"), 501),
                (line("M-SEARCH / HTTP/1.1"), 501),
                (line("!#$%&'*+-.^_`|~ / HTTP/1.1"), 501),
            ],
        ),
        rule(
            "9110 9.1",
            "SHOULD",
            "405 for a method the server knows and does not allow",
            Implemented,
            [
                (line("POST / HTTP/1.1"), 405),
                (line("PUT /inspect HTTP/1.1"), 405),
                (line("DELETE / HTTP/1.1"), 405),
                (line("PATCH / HTTP/1.1"), 405),
                (line("TRACE / HTTP/1.1"), 405),
            ],
        ),
        rule(
            "3.1",
            "grammar",
            "a method is a token",
            Implemented,
            [
                (line("G@T / HTTP/1.1"), 400),
                (line("GET: / HTTP/1.1"), 400),
                (line("(GET) / HTTP/1.1"), 400),
                (line(b"G\0T / HTTP/1.1"), 400),
                (line("/ HTTP/1.1"), 400),
            ],
        ),
        rule(
            "3",
            "SHOULD",
            "501 for a method that is too long",
            Implemented,
            [
                (line(format!("{} / HTTP/1.1", "M".repeat(32))), 501),
                (line(format!("{} / HTTP/1.1", "M".repeat(33))), 501),
            ],
        ),
        rule(
            "3",
            "MUST",
            "414 for a target that is too long",
            Implemented,
            [
                (line(format!("GET /?{} HTTP/1.1", "a".repeat(7998))), 200),
                (line(format!("GET /?{} HTTP/1.1", "a".repeat(7999))), 414),
                (line(format!("GET /?{} HTTP/1.1", "a".repeat(60_000))), 414),
            ],
        ),
        rule(
            "3",
            "RECOMMENDED",
            "request lines of 8000 octets pass",
            Implemented,
            [(line(format!("GET /?{} HTTP/1.1", "a".repeat(7984))), 200)],
        ),
        rule(
            "3.2",
            "SHOULD",
            "refuse characters that a URI does not have",
            Simplified("what browsers send in a query passes"),
            [
                (line("GET /inspect?a|b^c{d}e`f[g]h\\i HTTP/1.1"), 200),
                (line("GET /inspect?%zz%4 HTTP/1.1"), 200),
                (line("GET /?a\"b HTTP/1.1"), 400),
                (line("GET /?a#b HTTP/1.1"), 400),
                (line("GET /?a<b HTTP/1.1"), 400),
                (line("GET /?a>b HTTP/1.1"), 400),
                (line(b"GET /?a\0b HTTP/1.1"), 400),
                (line(b"GET /?a\x7fb HTTP/1.1"), 400),
            ],
        ),
        rule(
            "3986 2.1",
            "grammar",
            "two hexadecimal digits follow a % in a path",
            Implemented,
            [
                (line("GET /%69nspect HTTP/1.1"), 200),
                (line("GET /%49nspect HTTP/1.1"), 404),
                (line("GET /% HTTP/1.1"), 400),
                (line("GET /%4 HTTP/1.1"), 400),
                (line("GET /%zz HTTP/1.1"), 400),
                (line("GET /%+1 HTTP/1.1"), 400),
                (line("GET /%4?a HTTP/1.1"), 400),
            ],
        ),
        rule(
            "3.2.1",
            "MUST",
            "origin-form: a path, perhaps a query",
            Implemented,
            [
                (line("GET / HTTP/1.1"), 200),
                (line("GET /? HTTP/1.1"), 200),
                (line("GET /inspect?a=1&b=2 HTTP/1.1"), 200),
                (line("GET index.html HTTP/1.1"), 400),
                (line("GET ?a HTTP/1.1"), 400),
            ],
        ),
        rule(
            "3.2.2",
            "MUST",
            "absolute-form: its host beats Host",
            Implemented,
            [
                (line("GET http://localhost/ HTTP/1.1"), 200),
                (line("GET HTTP://localhost:80/inspect?a HTTP/1.1"), 200),
                (line("GET http://localhost HTTP/1.1"), 200),
                (line("GET http://localhost?a HTTP/1.1"), 200),
                (line("GET http://[::1]:4545/ HTTP/1.1"), 200),
                (raw("GET http://localhost/ HTTP/1.1\r\n\r\n"), 400),
                (line("GET https://localhost/ HTTP/1.1"), 400),
                (line("GET ftp://localhost/ HTTP/1.1"), 400),
            ],
        ),
        rule(
            "9110 4.2.1",
            "MUST",
            "refuse a URI with an empty host",
            Implemented,
            [
                (line("GET http:/// HTTP/1.1"), 400),
                (line("GET http://:80/ HTTP/1.1"), 400),
                (line("GET http:// HTTP/1.1"), 400),
            ],
        ),
        rule(
            "9110 4.2.4",
            "SHOULD",
            "treat user information in a URI as an error",
            Implemented,
            [
                (line("GET http://user@localhost/ HTTP/1.1"), 400),
                (line("GET http://user:secret@localhost/ HTTP/1.1"), 400),
            ],
        ),
        rule(
            "3.2.4",
            "MUST",
            "* is for OPTIONS only",
            Implemented,
            [
                (line("OPTIONS * HTTP/1.1"), 204),
                (line("GET * HTTP/1.1"), 400),
                (line("OPTIONS ** HTTP/1.1"), 400),
            ],
        ),
        rule(
            "3.2.3",
            "MUST",
            "authority-form is for CONNECT only, which nobody here can do",
            Implemented,
            [
                (line("CONNECT localhost:443 HTTP/1.1"), 501),
                (line("GET localhost:443 HTTP/1.1"), 400),
                (line("CONNECT / HTTP/1.1"), 400),
            ],
        ),
        rule(
            "2.3",
            "grammar",
            "the name is HTTP in capitals, one digit on each side of the dot",
            Implemented,
            [
                (line("GET / http/1.1"), 400),
                (line("GET / Http/1.1"), 400),
                (line("GET / HTTP/1.10"), 400),
                (line("GET / HTTP/11"), 400),
                (line("GET / HTTP/1."), 400),
                (line("GET / HTTP/1,1"), 400),
                (line("GET / HTTPS/1.1"), 400),
                (line("GET / ICY"), 400),
            ],
        ),
        rule(
            "9110 6.2",
            "SHOULD",
            "a higher minor version is treated as the highest known",
            Implemented,
            [
                (line("GET / HTTP/1.2"), 200),
                (line("GET / HTTP/1.9"), 200),
                (raw("GET / HTTP/1.9\r\n\r\n"), 400),
            ],
        ),
        rule(
            "9110 15.6.6",
            "can",
            "505 for another major version",
            Implemented,
            [
                (line("GET / HTTP/2.0"), 505),
                (line("GET / HTTP/0.9"), 505),
                (line("GET / HTTP/3.0"), 505),
                (raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505),
            ],
        ),
        rule(
            "3.2",
            "practice",
            "HTTP/1.0 needs no Host",
            Implemented,
            [
                (raw("GET / HTTP/1.0\r\n\r\n"), 200),
                (raw("GET /inspect HTTP/1.0\r\nHost: a\r\n\r\n"), 200),
            ],
        ),
    ]
}

fn fields() -> Vec<Rule> {
    vec![
        rule(
            "3.2",
            "MUST",
            "400 for HTTP/1.1 without Host, or with two",
            Implemented,
            [
                (raw("GET / HTTP/1.1\r\n\r\n"), 400),
                (raw("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400),
                (raw("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"), 400),
                (raw("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400),
            ],
        ),
        rule(
            "3.2",
            "MUST",
            "400 for a Host that is none",
            Implemented,
            [
                (host("localhost:4545"), 200),
                (host("127.0.0.1"), 200),
                (host("[::1]:4545"), 200),
                (host("a:"), 200),
                (host("xn--bcher-kva.example"), 200),
                (host(""), 400),
                (host("user@a"), 400),
                (host("a/b"), 400),
                (host("a b"), 400),
                (host("a,b"), 200),
                (host("a:b"), 400),
                (host("a:65536"), 400),
                (host("a:+80"), 400),
                (host("a:80:80"), 400),
                (host(":80"), 400),
                (host("[::1"), 400),
                (host("[::1]a"), 400),
                (host("[1.2.3]"), 400),
                (host("http://a"), 400),
            ],
        ),
        rule(
            "5.1",
            "MUST",
            "no blank before the colon",
            Implemented,
            [
                (with("X : 1"), 400),
                (with("X\t: 1"), 400),
                (raw("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), 400),
            ],
        ),
        rule(
            "9110 5.6.2",
            "grammar",
            "a field name is a token",
            Implemented,
            [
                (with(": 1"), 400),
                (with("X"), 400),
                (with("X Y: 1"), 400),
                (with("X(1): 1"), 400),
                (with("\"X\": 1"), 400),
                (with(b"X\0: 1"), 400),
                (with("!#$%&'*+-.^_`|~0aZ: 1"), 200),
            ],
        ),
        rule(
            "9110 5.1",
            "MUST",
            "a field name is the same in upper and lower case",
            Implemented,
            [
                (raw("GET / HTTP/1.1\r\nhOsT: a\r\n\r\n"), 200),
                (raw("GET / HTTP/1.1\r\nHOST: \r\n\r\n"), 400),
            ],
        ),
        rule(
            "9110 5.5",
            "MUST",
            "blanks around a value are no part of it",
            Implemented,
            [
                (raw("GET / HTTP/1.1\r\nHost:a\r\n\r\n"), 200),
                (raw("GET / HTTP/1.1\r\nHost: \t a \t \r\n\r\n"), 200),
                (
                    raw(
                        "GET /inspect HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t \r\nZ: \t b c \t\r\n\r\n",
                    ),
                    200,
                ),
            ],
        ),
        rule(
            "9110 5.5",
            "MUST",
            "refuse NUL, CR and LF in a value; other controls are invalid too",
            Implemented,
            [
                (with(b"X: a\0b"), 400),
                (with(b"X: a\x01b"), 400),
                (with(b"X: a\x1b[31mb"), 400),
                (with(b"X: a\x7fb"), 400),
                (with(b"X: a\x0bb"), 400),
                (with("X: a\tb"), 200),
            ],
        ),
        rule(
            "9110 5.4; 6585 5",
            "MUST",
            "refuse fields that are too many or too large",
            Implemented,
            [
                (with("X: 1\r\n".repeat(99).trim_end()), 200),
                (with("X: 1\r\n".repeat(100).trim_end()), 431),
                (with(format!("X: {}", "a".repeat(60_000))), 200),
                (with(format!("X: {}", "a".repeat(70_000))), 431),
            ],
        ),
        rule(
            "9110 5.3",
            "MUST",
            "act only on a whole head",
            Implemented,
            [
                (raw("GET / HTTP/1.1\r\nHost: a\r\n"), 400),
                (raw("GET / HTTP/1.1\r\nHost: a\r\n\r"), 400),
                (raw("GET / HT"), 400),
                (raw("G"), 400),
                (raw(""), 0),
            ],
        ),
    ]
}

fn bodies() -> Vec<Rule> {
    let length = |value: &str| post(&format!("Content-Length: {value}"), "12345");
    let coding =
        |value: &str| post(&format!("Transfer-Encoding: {value}"), "0\r\n\r\n");
    vec![
        rule(
            "6.1",
            "MUST",
            "Transfer-Encoding with Content-Length: close, or refuse",
            Implemented,
            [
                (
                    post(
                        "Transfer-Encoding: chunked\r\nContent-Length: 5",
                        "0\r\n\r\n",
                    ),
                    400,
                ),
                (
                    post(
                        "Content-Length: 5\r\nTransfer-Encoding: chunked",
                        "0\r\n\r\n",
                    ),
                    400,
                ),
            ],
        ),
        rule(
            "6.1",
            "MUST",
            "Transfer-Encoding in HTTP/1.0 is faulty framing",
            Implemented,
            [(
                raw("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                400,
            )],
        ),
        rule(
            "6.1",
            "SHOULD",
            "501 for a transfer coding the server does not know",
            Implemented,
            [
                (coding("gzip, chunked"), 501),
                (coding("identity, chunked"), 501),
                (
                    post(
                        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
                        "0\r\n\r\n",
                    ),
                    501,
                ),
            ],
        ),
        rule(
            "6.3",
            "MUST",
            "400 when chunked is not the last coding",
            Implemented,
            [
                (coding("chunked, gzip"), 400),
                (coding("gzip"), 400),
                (coding("identity"), 400),
                (coding(""), 400),
                (coding("xchunked"), 400),
                (coding("\"chunked\""), 400),
                (coding("chunked;q=1"), 400),
            ],
        ),
        rule(
            "6.1",
            "MUST",
            "chunked only once",
            Implemented,
            [
                (coding("chunked, chunked"), 400),
                (
                    post(
                        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                        "0\r\n\r\n",
                    ),
                    400,
                ),
                (coding("CHUNKED"), 405),
            ],
        ),
        rule(
            "9110 8.6",
            "MUST",
            "Content-Length is digits",
            Implemented,
            [
                (length("5"), 405),
                (length("05"), 405),
                (length("+5"), 400),
                (length("-5"), 400),
                (length("5 5"), 400),
                (length("0x5"), 400),
                (length("5.0"), 400),
                (length(""), 400),
                (length("\u{665}"), 400),
            ],
        ),
        rule(
            "9110 8.6",
            "MUST",
            "no overflow while Content-Length is read",
            Implemented,
            [
                (length("18446744073709551616"), 400),
                (length("99999999999999999999999999"), 400),
                (length("18446744073709551615"), 413),
            ],
        ),
        rule(
            "6.3",
            "MUST",
            "Content-Length that differs is refused",
            Implemented,
            [
                (length("5\r\nContent-Length: 6"), 400),
                (length("5\r\nContent-Length: 5"), 405),
            ],
        ),
        rule(
            "6.3",
            "MAY",
            "a list of equal lengths in one field",
            LeftOut("refused"),
            [(length("5, 5"), 400)],
        ),
        rule(
            "7.1",
            "MUST",
            "read chunks, with sizes in hexadecimal of either case",
            Implemented,
            [
                (chunked("5\r\nhello\r\n0\r\n\r\n"), 405),
                (chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), 405),
                (chunked("00000005\r\nhello\r\n000\r\n\r\n"), 405),
                (chunked("5\r\nhello\r\n"), 400),
                (chunked("5\r\nhello0\r\n\r\n"), 400),
                (chunked("g\r\nhello\r\n0\r\n\r\n"), 400),
                (chunked("\r\nhello\r\n0\r\n\r\n"), 400),
                (chunked("-5\r\nhello\r\n0\r\n\r\n"), 400),
                (chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400),
                (chunked("5\nhello\r\n0\r\n\r\n"), 400),
                (chunked("10000000000000000\r\n0\r\n\r\n"), 400),
                (chunked("ffffffffffffffff\r\n0\r\n\r\n"), 413),
                (chunked("100001\r\n"), 413),
            ],
        ),
        rule(
            "7.1.1",
            "MUST",
            "ignore chunk extensions",
            Implemented,
            [
                (chunked("5;a=b\r\nhello\r\n0;c\r\n\r\n"), 405),
                (chunked("5 ; a=\"b\"\r\nhello\r\n0\r\n\r\n"), 405),
                (
                    chunked(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(20_000))),
                    413,
                ),
            ],
        ),
        rule(
            "7.1.2",
            "MAY",
            "discard trailer fields",
            Implemented,
            [
                (chunked("0\r\nX: 1\r\nHost: b\r\n\r\n"), 405),
                (chunked("0\r\nX: 1\r\n"), 400),
            ],
        ),
        rule(
            "9.3",
            "MUST",
            "read the whole body of a request, or close",
            Implemented,
            [
                (
                    raw("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
                    200,
                ),
                (length("6"), 400),
            ],
        ),
        rule(
            "9110 15.5.14",
            "can",
            "413 for a body that is too large",
            Implemented,
            [(post("Content-Length: 1048577", ""), 413)],
        ),
        rule(
            "9110 10.1.1",
            "MUST",
            "Expect: 100-continue is answered at once",
            Implemented,
            [
                (post("Content-Length: 5\r\nExpect: 100-continue", ""), 405),
                (post("Content-Length: 5\r\nexpect: 100-Continue", ""), 405),
            ],
        ),
        rule(
            "9110 10.1.1",
            "MAY",
            "417 for another expectation",
            Implemented,
            [
                (with("Expect: coffee"), 417),
                (with("Expect: 100-continue, coffee"), 417),
            ],
        ),
        rule(
            "9110 10.1.1",
            "MUST",
            "HTTP/1.0 expects nothing",
            Implemented,
            [(
                raw(
                    "POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n12345",
                ),
                405,
            )],
        ),
    ]
}

fn answers() -> Vec<Rule> {
    vec![
        rule(
            "9110 9.1",
            "MUST",
            "GET and HEAD",
            Implemented,
            [
                (line("GET /inspect HTTP/1.1"), 200),
                (line("HEAD / HTTP/1.1"), 200),
                (line("HEAD /inspect HTTP/1.1"), 200),
                (line("HEAD /none HTTP/1.1"), 404),
            ],
        ),
        rule(
            "9110 9.3.2",
            "MUST NOT",
            "no answer to HEAD has a body, nor has a refusal",
            Implemented,
            [
                (raw("HEAD / HTTP/1.1\r\n\r\n"), 400),
                (line("HEAD / HTTP/2.0"), 505),
                (raw("\r\nHEAD  / HTTP/1.1\r\n\r\n"), 400),
            ],
        ),
        rule(
            "9110 9.3.7",
            "SHOULD",
            "OPTIONS says what is allowed",
            Implemented,
            [(line("OPTIONS / HTTP/1.1"), 204)],
        ),
        rule(
            "9110 8.6",
            "MUST NOT",
            "no Content-Length in 204",
            Implemented,
            [(line("OPTIONS /inspect HTTP/1.1"), 204)],
        ),
        rule(
            "9110 15.5.6",
            "MUST",
            "405 comes with Allow",
            Implemented,
            [(line("POST /none HTTP/1.1"), 405)],
        ),
        rule(
            "9110 6.6.1, 8.3, 8.6",
            "MUST, SHOULD",
            "Date, Content-Type with its charset, Content-Length",
            Implemented,
            [(line("GET /none HTTP/1.1"), 404)],
        ),
        rule(
            "9.3, 9.6",
            "MUST",
            "Connection: close on every final answer of a server that closes",
            Implemented,
            [(with("Connection: keep-alive"), 200), (with("Connection: close"), 200)],
        ),
        rule(
            "9.5; 9110 15.5.9",
            "SHOULD",
            "408 when a request does not come in time, silence when nothing came (tests/05-parse/limits.rs)",
            Implemented,
            [],
        ),
        rule(
            "9.6",
            "prose",
            "close so that the last answer is not lost (tests/05-parse/limits.rs)",
            Implemented,
            [],
        ),
        rule(
            "9.3",
            "SHOULD",
            "keep the connection open for the next request",
            LeftOut("closed after each answer, and says so; exercise 06c"),
            [
                (
                    raw([line("GET /none HTTP/1.1"), line("GET / HTTP/1.1")].concat()),
                    404,
                ),
                (
                    post("Content-Length: 5", "helloGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                    405,
                ),
            ],
        ),
    ]
}

fn safety() -> Vec<Rule> {
    vec![
        rule(
            "9110 17.3",
            "security",
            "no path leaves the site",
            Implemented,
            [
                (line("GET /.. HTTP/1.1"), 404),
                (line("GET /../../etc/passwd HTTP/1.1"), 404),
                (line("GET /%2e%2e/etc/passwd HTTP/1.1"), 404),
                (line("GET /%2finspect HTTP/1.1"), 404),
                (line("GET /inspect/../inspect HTTP/1.1"), 404),
                (line("GET //inspect HTTP/1.1"), 404),
                (line("GET /%252e%252e HTTP/1.1"), 404),
                (line("GET /inspect%00 HTTP/1.1"), 400),
                (line("GET /%0d%0aX:1 HTTP/1.1"), 400),
                (line("GET /%7f HTTP/1.1"), 400),
                (line("GET /\\..\\ HTTP/1.1"), 404),
            ],
        ),
        rule(
            "11.1",
            "security",
            "nothing of a request can write fields of the answer",
            Implemented,
            [(line("GET /inspect?%0d%0aX:1 HTTP/1.1"), 200)],
        ),
        rule(
            "9110 17",
            "security",
            "nothing of a request can write into the page",
            Implemented,
            [
                (line("GET /inspect?'&amp; HTTP/1.1"), 200),
                (
                    raw(
                        "GET /inspect HTTP/1.1\r\nHost: a\r\nX: <script>alert(\"1\")</script>\r\n\r\n",
                    ),
                    200,
                ),
                (line("GET /inspect?{{rows}} HTTP/1.1"), 200),
            ],
        ),
    ]
}

/// Sends a request as a client that then closes its side: what is missing will not come.
fn answer(program: &Program, request: &[u8]) -> Result<String> {
    let mut client = Client::connect(program.address())?;
    // A refusal may come while the rest is still being sent.
    let _ = client.send(request);
    client.half_close()?;
    Ok(date(&client.read_to_end(PATIENCE).to_string()))
}

/// The three digits of an escaped answer, 0 when there is none.
fn status(answer: &str) -> u16 {
    let code = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[test]
fn every_rule_is_kept() -> Result<()> {
    let program = Program::start(super::rust())?;
    let mut pinned = String::new();
    let mut answers: Vec<String> = Vec::new();
    let mut wrong = String::new();
    for rule in rules() {
        writeln!(pinned, "== {} {}: {}", rule.section, rule.level, rule.asked)?;
        for sent in &rule.requests {
            let answer = answer(&program, &sent.bytes)?;
            let number = answers.len() + 1;
            let request = shown(&sent.bytes);
            if status(&answer) != sent.status {
                writeln!(
                    wrong,
                    "{number}. {request}: {} expected, {answer}",
                    sent.status
                )?;
            }
            let shown = match answers.iter().position(|earlier| *earlier == answer) {
                Some(earlier) => format!("(as {})", earlier + 1),
                None => answer.clone(),
            };
            writeln!(pinned, "{number}. {request}\n{shown}")?;
            answers.push(answer);
        }
    }
    program.stop()?;
    ensure!(wrong.is_empty(), "{wrong}");
    ensure!(answers.len() >= 150, "only {} requests", answers.len());
    pin!("table", pinned);
    Ok(())
}

/// A request in one line, the middle of a long one left out.
fn shown(request: &[u8]) -> String {
    let text = escape(request).replace('\n', "");
    if text.len() <= 120 {
        return text;
    }
    let end = text.len() - 30;
    format!("{} ... {} ({} bytes)", &text[..60], &text[end..], request.len())
}

/// Every status that the server has, it sends: here, or in the test that waits for 408.
#[test]
fn every_status_appears() -> Result<()> {
    let source = include_str!("../../steps/05-parse/src/response.rs");
    let codes =
        source.split("Self(").skip(1).filter_map(|rest| rest.get(..3)?.parse().ok());
    let codes: Vec<u16> = codes.collect();
    ensure!(codes.len() >= 12, "only {codes:?} in response.rs");
    for code in codes {
        let sent = |rule: &Rule| rule.requests.iter().any(|sent| sent.status == code);
        ensure!(
            code == 408 || rules().iter().any(sent),
            "nothing is answered with {code}"
        );
    }
    Ok(())
}

/// Every reason that the source has for refusing a request is some answer's text.
#[test]
fn every_reason_appears() -> Result<()> {
    let source = include_str!("../../steps/05-parse/src/rules.rs");
    let (_, rest) = source.split_once("// Lines.").context("no list of rules")?;
    let (rules, _) = rest.split_once("const fn bad").context("no end of the list")?;
    let reasons =
        rules.split('"').skip(1).step_by(2).filter(|text| !text.starts_with("RFC "));
    let pinned = concat!(
        include_str!("snapshots/table.snap"),
        include_str!("snapshots/trickler.snap")
    );
    let mut count = 0;
    for reason in reasons {
        ensure!(pinned.contains(reason), "no request is refused because {reason:?}");
        count += 1;
    }
    ensure!(count > 30, "only {count} reasons found");
    Ok(())
}

/// The page of the book. HTML, because a cell of a table in Markdown cannot be as wide as
/// the table.
fn page() -> Result<String> {
    let mut page = String::from(HEADER);
    for Rule { section, level, asked, state, requests } in rules() {
        let state = match state {
            Implemented => "implemented".to_string(),
            Simplified(how) => format!("simplified: {how}"),
            LeftOut(how) => format!("left out: {how}"),
        };
        writeln!(
            page,
            "<tbody>\n<tr><th colspan=\"2\" scope=\"rowgroup\">{section} {level}: {}<br>\
             <em>{}</em></th></tr>",
            html(asked),
            html(&state)
        )?;
        for Sent { bytes, status } in requests {
            let answer =
                if status == 0 { "nothing".into() } else { status.to_string() };
            let request = html(&shown(&bytes));
            writeln!(
                page,
                "<tr><td><code>{request}</code></td><td>{answer}</td></tr>"
            )?;
        }
        page += "</tbody>\n";
    }
    Ok(page + "</table>\n")
}

const HEADER: &str = "\
<!-- Written by the test from tests/05-parse/table.rs: INSTA_UPDATE=always cargo test -p step05 -->

Sections are those of RFC 9112, unless another number stands before them.

<table class=\"rules\">
<thead>
<tr><th>What a client sends</th><th>The answer</th></tr>
</thead>
";

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn the_page_of_the_book_is_written_from_the_table() -> Result<()> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/05-parse/rfcs.md");
    tests::pin_file(&path, &page()?)
}
