//! Requests for the properties and for the comparisons with other parsers: good ones,
//! mutated ones, and bytes that were never meant to be one.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::checks::shown;

/// Bytes that a failing test shows as Rust writes them.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

/// Runs a check on so many values; a failure shows the smallest value that fails.
pub fn check_property<S: Strategy>(number: u32, values: &S, check: impl Fn(S::Value)) {
    let mut runner = TestRunner::new(cases(number));
    let outcome = runner.run(values, |value| {
        check(value);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// So many cases, the same ones in each run: a red test stays red until its cause is
/// gone. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and for others.
fn cases(number: u32) -> Config {
    let default = Config::default();
    let cases = std::env::var("PROPTEST_CASES").map_or(number, |_| default.cases);
    let rng_seed = match default.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    Config { cases, rng_seed, failure_persistence: None, ..default }
}

const METHODS: &[&str] =
    &["GET", "GET", "HEAD", "OPTIONS", "POST", "DELETE", "M-SEARCH"];
const TARGETS: &[&str] = &[
    "/",
    "/",
    "/inspect?a=1&b=%zz|^{}",
    "/%69nspect",
    "/a/../%C3%A4?",
    "http://a",
    "HTTP://[::1]:80/?b",
    "http://a%2d:/inspect",
];
const VERSIONS: &[&str] = &["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.2"];
const HOSTS: &[&str] = &[
    "Host: a",
    "host:127.0.0.1:4545 ",
    "HOST:\t[::1]:",
    "Host: a%20%C3%a4_~!$&'()*+,;=:00080",
    "Host: [1:2::3:255.0.10.99]:65535",
];
const FIELDS: &[&str] = &[
    "Accept: */*",
    "User-Agent: curl/8.5.0 (<i>'\"&)",
    "X:",
    "x-blanks: \t a  b \t",
    "Cookie: a=1; b=\"2\"",
    "Connection: keep-alive, Upgrade",
    "Expect: 100-continue",
    "expect: , 100-Continue\t,",
    "Expect: ,",
    "If-Match: *",
    "If-None-Match: \"x\", W/\"*\"",
    "If-Modified-Since: Thu, 26 Nov 2026 15:00:00 GMT",
];
/// Fields that a page takes badly and a refusal not at all.
const PRECONDITIONS: &[&str] =
    &["If-None-Match: *", "if-none-match:\t* ", "If-Match: \"x\"", "If-Match:"];
/// What ends a head and follows it: no body, one with its length, one in chunks.
const BODIES: &[&str] = &[
    "\r\n",
    "\r\n",
    "Content-Length: 0\r\n\r\n",
    "Content-Length: 3\r\ncontent-length:03\r\n\r\nabc",
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "transfer-encoding:Chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n00\r\n\
     X: y\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2\t; a ;b = \"c;\\\"d\" ; e=f\r\n\r\n\r\n0\r\n\
     X:\r\nHost: b\r\n\r\n",
    "Transfer-Encoding: \tchunked \r\n\r\n000;a=\"\\\\\"\r\nContent-Length: x\r\n\r\n",
];

/// Whole lines that make a good head bad, or odd.
const ODD_LINES: &[&str] = &[
    "Host: b",
    "Host:",
    "Host: user@b:99999",
    "Host: %",
    "Host: a%2:",
    "Host: [v1.x]",
    "Host: [1::2::3]",
    "Host: [::1.2.3]:65536",
    "Content-Length: 4",
    "Content-Length: -1",
    "Content-Length: 3, 3",
    "Content-Length: 99999999999999999999",
    "Content-Length: 1048577",
    "Content-Length: 1048576",
    "Content-Length: 000000000000000000000000000003",
    "Content-Length: 18446744073709551616",
    "Transfer-Encoding: gzip",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: ,chunked",
    "Transfer-Encoding: chunked, ",
    "Transfer-Encoding: chunked;a=b",
    "Transfer-Encoding: gzip ; a = \"b\", br",
    "Transfer-Encoding: gz(ip, chunked",
    "Expect: 200-ok",
    "Expect: 100-continue, coffee",
    "Expect: \"100-continue\"",
    "GET / HTTP/1.0",
    "OPTIONS * HTTP/1.1",
    "CONNECT a:443 HTTP/1.1",
    "GET http:/// HTTP/2.0",
    " folded",
    "X : y",
    "",
    "5;0123456789",
    "5 ",
    "3;",
    "3;a=",
    "3;a=\"b",
    "3;a b",
    "3;a=\"\\",
    "g",
    "00",
    "FFFFFFFFFFFFFFFF",
    "fffffffffffffffffffff",
];
const ODD_BYTES: &[u8] = b"\0\t\n\r \"#%*,/0159:;<?@H\\aefg\x1b\x7f\x80\xe4\xff";

/// A request that must be taken.
pub fn good() -> impl Strategy<Value = Vec<u8>> {
    let line = (select(METHODS), select(TARGETS), select(VERSIONS))
        .prop_map(|(method, target, version)| format!("{method} {target} {version}"));
    let field = || prop_oneof![20 => select(FIELDS), 1 => select(PRECONDITIONS)];
    let fields = (vec(field(), 0..4), select(HOSTS), vec(field(), 0..4));
    (select(&["", "", "\r\n"][..]), line, fields, select(BODIES)).prop_map(
        |(empty, line, (before, host, after), body)| {
            let fields = [before, vec![host], after].concat().join("\r\n");
            format!("{empty}{line}\r\n{fields}\r\n{body}").into_bytes()
        },
    )
}

/// Good requests, one after the other, with some mistakes.
pub fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let requests = prop_oneof![9 => vec(good(), 1), 1 => vec(good(), 2..4)];
    (requests, vec(mistake(), 0..4)).prop_map(|(requests, mistakes)| {
        let mut bytes = requests.concat();
        for mistake in mistakes {
            mistake.make(&mut bytes);
        }
        bytes
    })
}

/// Anything that a client may send.
pub fn anything() -> impl Strategy<Value = Vec<u8>> {
    let words = [METHODS, TARGETS, VERSIONS, HOSTS, FIELDS, BODIES, ODD_LINES].concat();
    let word = prop_oneof![
        select(words).prop_map(|word| word.as_bytes().to_vec()),
        select(&["\r\n", " ", ": "][..]).prop_map(|word| word.as_bytes().to_vec()),
        vec(select(ODD_BYTES), 1),
    ];
    prop_oneof![
        6 => mutated(),
        1 => good(),
        1 => vec(word, 0..12).prop_map(|words| words.concat()),
        1 => vec(any::<u8>(), 0..60),
    ]
}

/// Something that goes wrong between two programs, and where.
#[derive(Clone, Debug)]
enum Mistake {
    Delete(Index),
    Insert(Index, u8),
    Replace(Index, u8),
    Swap(Index),
    Truncate(Index),
    DeleteLine(Index),
    RepeatLine(Index),
    InsertLine(Index, &'static str),
    /// Up to the second index, so many times.
    Repeat(Index, Index, usize),
}

fn mistake() -> impl Strategy<Value = Mistake> {
    let at = any::<Index>;
    let byte = || prop_oneof![3 => select(ODD_BYTES), 1 => any::<u8>()];
    prop_oneof![
        2 => at().prop_map(Mistake::Delete),
        3 => (at(), byte()).prop_map(|(at, byte)| Mistake::Insert(at, byte)),
        3 => (at(), byte()).prop_map(|(at, byte)| Mistake::Replace(at, byte)),
        1 => at().prop_map(Mistake::Swap),
        1 => at().prop_map(Mistake::Truncate),
        1 => at().prop_map(Mistake::DeleteLine),
        1 => at().prop_map(Mistake::RepeatLine),
        6 => (at(), select(ODD_LINES))
            .prop_map(|(at, line)| Mistake::InsertLine(at, line)),
        1 => (at(), at(), prop_oneof![Just(2), Just(40), Just(400)])
            .prop_map(|(from, to, times)| Mistake::Repeat(from, to, times)),
    ]
}

impl Mistake {
    fn make(self, bytes: &mut Vec<u8>) {
        if bytes.len() < 2 {
            return;
        }
        let length = bytes.len();
        match self {
            Self::Delete(at) => drop(bytes.remove(at.index(length))),
            Self::Insert(at, byte) => bytes.insert(at.index(length), byte),
            Self::Replace(at, byte) => bytes[at.index(length)] = byte,
            Self::Swap(at) => {
                bytes.swap(at.index(length - 1), at.index(length - 1) + 1);
            }
            Self::Truncate(at) => bytes.truncate(at.index(length)),
            Self::DeleteLine(at) => drop(bytes.drain(line(bytes, at))),
            Self::RepeatLine(at) => {
                let range = line(bytes, at);
                let again = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, again);
            }
            Self::InsertLine(at, text) => {
                let start = line(bytes, at).start;
                bytes.splice(start..start, [text.as_bytes(), b"\r\n"].concat());
            }
            Self::Repeat(from, to, times) => {
                let (from, to) = (from.index(length), to.index(length));
                let again = bytes[from.min(to)..from.max(to)].repeat(times);
                bytes.splice(from.min(to)..from.max(to), again);
            }
        }
    }
}

/// The line at that place, with its end.
fn line(bytes: &[u8], at: Index) -> std::ops::Range<usize> {
    let at = at.index(bytes.len());
    let is_end = |&byte: &u8| byte == b'\n';
    let start = bytes[..at].iter().rposition(is_end).map_or(0, |end| end + 1);
    let end =
        bytes[at..].iter().position(is_end).map_or(bytes.len(), |end| at + end + 1);
    start..end
}
