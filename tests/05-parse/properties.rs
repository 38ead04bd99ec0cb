//! Properties: what holds for every input, tried on thousands of generated ones. The
//! inputs are the same in each run; `PROPTEST_RNG_SEED=1 PROPTEST_CASES=100000 cargo
//! test -p step05 properties` tries others.

use std::fs;

use anyhow::{Result, ensure};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{select, subsequence};
use step05::{
    Deadlines, MAX_BODY, MAX_FIELDS, MAX_HEAD, MAX_TARGET, Request, Response, Status,
    parse,
};
use tests::{Client, PATIENCE, Received};

use crate::checks::{
    End, Event, assert_prefix_property, fuzz_chunked, fuzz_connection, fuzz_parse,
    shown, visit, visit_page,
};
use crate::requests::{Bytes, anything, check_property, good};
use crate::{grammar, limits};

/// Or the properties would be tried on nothing but refusals.
#[test]
fn good_requests_are_taken() {
    check_property(200, &good().prop_map(Bytes), |bytes| {
        let head = parse(&bytes.0).unwrap().unwrap().1;
        assert!(bytes.0[..head].ends_with(b"\r\n\r\n"));
        let answer = visit(&[Event::Bytes(&bytes.0)], End::Fin);
        let status = str::from_utf8(&answer[9..12]).unwrap();
        assert!(
            ["200", "204", "304", "404", "405", "412", "501"].contains(&status),
            "{status}"
        );
    });
}

#[test]
fn a_verdict_on_a_prefix_stands() {
    check_property(1000, &anything().prop_map(Bytes), |bytes| {
        // All of an input of usual length, some of a very long one.
        let step = 1 + bytes.0.len() / 500;
        assert_prefix_property(&bytes.0, (0..=bytes.0.len()).step_by(step));
    });
}

/// How a client cuts what it sends.
#[derive(Clone, Debug)]
struct Cut {
    /// The lengths of the pieces, again and again.
    lengths: Vec<usize>,
    /// What comes between them, likewise.
    pauses: Vec<bool>,
    end: End,
}

fn cut(end: End) -> impl Strategy<Value = Cut> {
    let lengths =
        prop_oneof![Just(vec![1]), vec(1..20_usize, 1..9), vec(1..200_usize, 1..9)];
    let pauses = vec(any::<bool>(), 1..9);
    (lengths, pauses).prop_map(move |(lengths, pauses)| Cut { lengths, pauses, end })
}

impl Cut {
    fn pieces<'a>(&self, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
        // A very long input in single bytes would take long, and show nothing more.
        let scale = 1 + bytes.len() / 1000;
        let mut pieces = Vec::new();
        for &length in self.lengths.iter().cycle() {
            if bytes.is_empty() {
                break;
            }
            let (piece, rest) = bytes.split_at((length * scale).min(bytes.len()));
            pieces.push(piece);
            bytes = rest;
        }
        pieces
    }

    fn events<'a>(&self, bytes: &'a [u8]) -> Vec<Event<'a>> {
        let pieces = self.pieces(bytes).into_iter().zip(self.pauses.iter().cycle());
        let pause =
            |is_pause| if is_pause { Event::Pause } else { Event::Interruption };
        pieces
            .flat_map(|(piece, &is_pause)| [pause(is_pause), Event::Bytes(piece)])
            .collect()
    }

    /// What the server sends to a client that cuts `bytes` like this.
    fn visit(&self, bytes: &[u8]) -> Vec<u8> {
        visit(&self.events(bytes), self.end)
    }
}

fn assert_cut_property(bytes: &[u8], cut: &Cut) {
    let whole = visit(&[Event::Bytes(bytes)], cut.end);
    let pieces = cut.visit(bytes);
    assert!(
        whole == pieces,
        "at once: {}\nin pieces: {}",
        shown(&whole),
        shown(&pieces)
    );
}

#[test]
fn any_cut_gets_the_same_answer() {
    let values = (anything().prop_map(Bytes), cut(End::Fin));
    check_property(600, &values, |(bytes, cut)| assert_cut_property(&bytes.0, &cut));
}

/// As above, but the client waits for the answer without closing its side.
#[test]
fn any_cut_before_a_silence_gets_the_same_answer() {
    let values = (anything().prop_map(Bytes), cut(End::Silence));
    check_property(60, &values, |(bytes, cut)| assert_cut_property(&bytes.0, &cut));
}

/// Inputs that once got two answers, one when they came at once and another in pieces.
#[test]
fn what_broke_the_cut_property_does_so_no_more() {
    let late =
        [b"\r\n".repeat(MAX_HEAD / 2), b"HEAD / HTTP/1.1\r\n\r\n".to_vec()].concat();
    for bytes in
        [b" \r\nHEAD / HTTP/1.1\r\n\r\n", b"\r\r\nHEAD / HTTP/1.1\r\n\r\n", &*late]
    {
        let lengths = vec![bytes.len().min(MAX_HEAD), 1];
        assert_cut_property(bytes, &Cut { lengths, pauses: vec![true], end: End::Fin });
        let lengths = vec![1 + bytes.len() / 100];
        assert_cut_property(bytes, &Cut { lengths, pauses: vec![true], end: End::Fin });
    }
}

/// What a fuzzer once reached is reached again, without a fuzzer.
#[test]
fn the_fuzz_corpus_has_the_properties() {
    for target in ["parse", "connection", "chunked"] {
        let folder =
            format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let files: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
        assert!(!files.is_empty(), "no corpus for {target}");
        for file in files {
            let input = fs::read(file.path()).unwrap();
            fuzz_parse(&input);
            fuzz_connection(&input);
            fuzz_chunked(&input);
        }
    }
}

/// The limits are exact, and no cut moves them.
#[test]
fn limits_do_not_depend_on_the_cut() {
    const START: &str = "GET / HTTP/1.1\r\nHost: a\r\n";
    let fill = |length: usize| "a".repeat(length);
    let head = |length: usize| {
        format!(
            "{START}X: {}\r\n\r\n",
            fill(length - START.len() - "X: \r\n\r\n".len())
        )
    };
    let target = |length: usize| {
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", fill(length - 1))
    };
    let fields =
        |number: usize| format!("{START}{}\r\n", "X: y\r\n".repeat(number - 1));
    let chunk = |line: usize| {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        format!("{head}0;{}\r\n\r\n", fill(line - 2))
    };
    let too_large = Status::REQUEST_HEADER_FIELDS_TOO_LARGE;
    for (text, status) in [
        (head(MAX_HEAD), Status::OK),
        (head(MAX_HEAD + 1), too_large),
        (head(2 * MAX_HEAD), too_large),
        (target(MAX_TARGET), Status::NOT_FOUND),
        (target(MAX_TARGET + 1), Status::URI_TOO_LONG),
        (fields(MAX_FIELDS), Status::OK),
        (fields(MAX_FIELDS + 1), too_large),
        (chunk(4 * 1024), Status::METHOD_NOT_ALLOWED),
        (chunk(4 * 1024 + 1), Status::CONTENT_TOO_LARGE),
        (chunk(9 * 1024), Status::CONTENT_TOO_LARGE),
    ] {
        let bytes = text.as_bytes();
        let expected = format!("HTTP/1.1 {} ", status.0);
        let all = bytes.len();
        for lengths in [vec![1], vec![all - 3, 1], vec![all - 1], vec![all]] {
            let cut = Cut { lengths, pauses: vec![true], end: End::Fin };
            let answer = cut.visit(bytes);
            assert!(
                answer.starts_with(expected.as_bytes()),
                "{:?}... with {cut:?}: {}",
                &text[..60],
                shown(&answer)
            );
        }
        let near_the_end = bytes.len().min(MAX_HEAD + 3).saturating_sub(8);
        assert_prefix_property(
            bytes,
            near_the_end..=bytes.len().min(near_the_end + 16),
        );
    }
}

/// The answer to HEAD is the head of that to GET, whatever makes the pages: also one
/// that would say what the method was.
#[test]
fn the_answer_to_head_is_the_head_of_that_to_get() {
    let method_shown = |request: &Request<'_>| Response::html(request.method.to_vec());
    check_property(500, &anything().prop_map(Bytes), |bytes| {
        let empty_lines = bytes.0.chunks(2).take_while(|pair| pair == b"\r\n").count();
        let (before, request) = bytes.0.split_at(2 * empty_lines);
        let after = request.strip_prefix(b"GET ").or(request.strip_prefix(b"HEAD "));
        let Some(after) = after else { return };
        let [get, head] = [b"GET ".as_slice(), b"HEAD "].map(|method| {
            let request = [before, method, after].concat();
            let events = [Event::Bytes(&request)];
            [visit(&events, End::Fin), visit_page(&events, End::Fin, method_shown).0]
        });
        for (get, head) in get.iter().zip(&head) {
            let end = get.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            assert!(*head == get[..end], "GET: {}\nHEAD: {}", shown(get), shown(head));
        }
    });
}

/// Parts of a head that each have another name, or none. What is malformed and what is
/// not taken are both here, since it is between them that an order might decide.
const PARTS: &[&str] = &[
    "Host: a",
    "Host: a\r\nHost: a",
    "Host: a b",
    "Content-Length: 5",
    "Content-Length: 2000000",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 99999999999999999999999",
    "Content-Length: +5",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: gzip",
    "Transfer-Encoding: , chunked",
    "Expect: 100-continue",
    "Expect: coffee",
    "If-Match: \"x\"",
    "If-None-Match: *",
    "X: y",
    "X : y",
    "X",
    "X: a\0b",
];

/// How many more fields there are, all of different names.
const MORE_FIELDS: &[usize] = &[0, 0, 3, MAX_FIELDS - 2, MAX_FIELDS - 1, MAX_FIELDS];

#[test]
fn the_order_of_fields_decides_nothing() {
    let line = select(&["GET / HTTP/1.1", "POST / HTTP/1.1", "GET / HTTP/1.0"][..]);
    let more =
        |number| (0..number).map(|index| format!("X-{index}: y")).collect::<Vec<_>>();
    let parts = (subsequence(PARTS, 0..5), select(MORE_FIELDS)).prop_map(
        move |(parts, number)| {
            let parts = parts.into_iter().map(String::from);
            let mut names: Vec<_> = parts.chain(more(number)).collect();
            names.dedup_by_key(|part| part.split([':', ' ']).next().map(String::from));
            names
        },
    );
    let orders =
        parts.prop_flat_map(|parts| (Just(parts.clone()), Just(parts).prop_shuffle()));
    check_property(500, &(line, orders), |(line, (one, other))| {
        let [one, other] = [one, other].map(|parts| {
            let fields =
                parts.iter().map(|part| format!("{part}\r\n")).collect::<String>();
            let request = format!("{line}\r\n{fields}\r\n5\r\nhello\r\n0\r\n\r\n");
            (grammar::answered(request.as_bytes()), fields)
        });
        assert!(one.0 == other.0, "{one:?}, but {other:?}");
    });
}

/// Whatever of a request grows without end, its status changes only as it says here,
/// and never back. 0: the server waits for more.
#[test]
fn what_grows_keeps_its_status() {
    const HEAD: &str = "GET / HTTP/1.1\r\nHost: a\r\n";
    const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\n";
    const CHUNKED: &str =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let rows: [(&str, &str, &str, &str, &[u16]); _] = [
        // What comes first, what grows, what ends it, and the statuses.
        ("", "", "A", "", &[0, 501]),
        ("", "", "A", " / HTTP/1.1\r\nHost: a\r\n\r\n", &[501]),
        ("", "GET", " ", "", &[0, 400]),
        ("", "GET /", "a", "", &[0, 414]),
        ("", "GET /", "a", " HTTP/1.1\r\nHost: a\r\n\r\n", &[404, 414]),
        ("", "GET /?", "%", " HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 414]),
        ("", "GET http://", "a", " HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 414]),
        ("", "GET / HTTP/1.", "1", "", &[0, 400]),
        ("", "GET / HTTP/1.1", " ", "", &[0, 400]),
        ("", "", "\0", "", &[0, 400]),
        ("", "", " ", "", &[0, 400]),
        ("", "", "\r", "", &[0, 400]),
        ("", "", "\r\n", "", &[0, 400]),
        ("", "", "\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 400]),
        ("", "GET / HTTP/1.1\r\nHost: ", "a", "\r\n\r\n", &[200, 431]),
        ("", "GET / HTTP/1.1\r\nHost: a:", "0", "\r\n\r\n", &[200, 431]),
        (HEAD, "", "X", "", &[0, 431]),
        (HEAD, "", "X", ": y\r\n\r\n", &[200, 431]),
        (HEAD, "X", " ", "", &[0, 400]),
        (HEAD, "X@", "y", "", &[0, 400]),
        (HEAD, "X: \0", "y", "", &[0, 400]),
        (HEAD, "", " ", "", &[0, 400]),
        (HEAD, "X:", " ", "", &[0, 431]),
        (HEAD, "X:", " ", "\r\n\r\n", &[200, 431]),
        (HEAD, "X: ", "y", "", &[0, 431]),
        (HEAD, "X: ", "y", "\r\n\r\n", &[200, 431]),
        (HEAD, "", "X: y\r\n", "", &[0, 431]),
        (HEAD, "", "X: y\r\n", "\r\n", &[200, 431]),
        (HEAD, "", "X: y\r\n", "X : y\r\n\r\n", &[400, 431]),
        (HEAD, "Expect: ", "100-continue, ", "\r\n\r\n", &[200, 431]),
        (HEAD, "Expect: ", "x, ", "\r\n\r\n", &[417, 431]),
        (HEAD, "If-None-Match: ", "\"x\", ", "\r\n\r\n", &[200, 431]),
        (HEAD, "If-Match: ", "\"x\", ", "\r\n\r\n", &[412, 431]),
        (HEAD, "\r\n", "GET / HTTP/1.1\r\n\r\n", "", &[200]),
        (POST, "Content-Length: ", "0", "3\r\n\r\nabc", &[405, 431]),
        (POST, "Content-Length: ", "9", "\r\n\r\n", &[0, 413, 431]),
        (POST, "Content-Length: 9\r\nContent-Length: 9", "9", "\r\n\r\n", &[400, 431]),
        (POST, "Content-Length: 1048576\r\n\r\n", "a", "", &[0, 405]),
        (POST, "Transfer-Encoding: ", "a, ", "chunked\r\n\r\n", &[501, 431]),
        (POST, "Transfer-Encoding: ", ", ", "chunked\r\n\r\n", &[400, 431]),
        (CHUNKED, "", "0", "", &[0, 413]),
        (CHUNKED, "", "0", "\r\n\r\n", &[405, 413]),
        (CHUNKED, "", "f", "", &[0, 413]),
        (CHUNKED, "", "f", "\r\n", &[0, 413]),
        (CHUNKED, "0", ";a", "", &[0, 413]),
        (CHUNKED, "0", ";a", "\r\n\r\n", &[405, 413]),
        (CHUNKED, "0;a=\"", "\\\"", "\"\r\n\r\n", &[405, 413]),
        (CHUNKED, "", "g", "", &[0, 400]),
        (CHUNKED, "0;", ";", "", &[0, 400]),
        (CHUNKED, "0;a=\"", "b", "", &[0, 413]),
        (CHUNKED, "0\r\nX@", "y", "", &[0, 400]),
        (CHUNKED, "4\r\nabcd", "e", "", &[0, 400]),
        (CHUNKED, "4\r\nabcd", "e", "\r\n0\r\n\r\n", &[400]),
        (CHUNKED, "", "4\r\nabcd\r\n", "", &[0, 413]),
        (CHUNKED, "", "4\r\nabcd\r\n", "0\r\n\r\n", &[405, 413]),
        (CHUNKED, "0\r\n", "X", "", &[0, 413]),
        (CHUNKED, "0\r\nX: ", "y", "\r\n\r\n", &[405, 413]),
        (CHUNKED, "0\r\n", "X: y\r\n", "", &[0, 413]),
        (CHUNKED, "0\r\n", "X: y\r\n", "\r\n", &[405, 413]),
    ];
    let mut wrong = Vec::new();
    for (first, start, growing, end, expected) in rows {
        // Beyond the limit of a head or of a line; of a body, where that is what grows.
        let is_body = start.starts_with("Content-Length: 1048576")
            || (first == CHUNKED && growing.ends_with('\n'));
        let most = if is_body { 5 * MAX_BODY / 4 } else { 2 * MAX_HEAD };
        let mut statuses = Vec::new();
        let mut length = 1;
        while length * growing.len() < most {
            let bytes = [first, start, &growing.repeat(length), end].concat();
            statuses.push(grammar::answered(bytes.as_bytes()).unwrap_or(0));
            length += 1 + length / 2;
        }
        statuses.dedup();
        if statuses != expected {
            let row = format!("{first:?} {start:?} {growing:?} {end:?}");
            wrong.push(format!("{row}: {expected:?} expected, {statuses:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever has come is answered before anything more is read, as soon as it has a
/// verdict, however it was cut. When that is, the second opinion says.
#[test]
fn no_verdict_waits_for_more_bytes() {
    let values = (anything().prop_map(Bytes), cut(End::Fin));
    check_property(1000, &values, |(bytes, cut)| {
        // The second opinion reads them, step05 does not.
        if grammar::PARAMETERS.is_match(&bytes.0) {
            return;
        }
        let ends: Vec<_> = cut
            .pieces(&bytes.0)
            .into_iter()
            .scan(0, |end, piece| {
                *end += piece.len();
                Some(*end)
            })
            .collect();
        let enough =
            ends.partition_point(|&end| grammar::verdict(&bytes.0[..end]).is_none());
        let Some(&enough) = ends.get(enough) else { return };
        let (answer, read) = visit_page(&cut.events(&bytes.0), End::Fin, step05::page);
        assert!(
            read <= enough,
            "{enough} bytes are enough, {read} were read: {} for {}",
            shown(&answer),
            shown(&bytes.0)
        );
    });
}

/// Every kind of line ends with CR LF. Any other end is refused, as soon as it is known
/// to be another: at the LF, or at what follows the CR.
#[test]
fn no_line_ends_with_anything_but_cr_lf() {
    const CHUNKED: &str =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (first, line, rest, taken) in [
        ("", "", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("", "GET / HTTP/1.1", "Host: a\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\n", "Host: a", "\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: a\r\n", "", "x", 200),
        (CHUNKED, "5", "hello\r\n0\r\n\r\n", 405),
        (CHUNKED, "5;a=b", "hello\r\n0\r\n\r\n", 405),
        (CHUNKED, "5\r\nhello", "0\r\n\r\n", 405),
        (CHUNKED, "0", "\r\n", 405),
        (CHUNKED, "0\r\n", "x", 405),
        (CHUNKED, "0\r\nX: y", "\r\n", 405),
        (CHUNKED, "0\r\nX: y\r\n", "x", 405),
    ] {
        let answered = |end: &str, rest: &str| {
            grammar::answered([first, line, end, rest].concat().as_bytes())
        };
        let place = format!("{first:?} {line:?}");
        assert_eq!(answered("\r\n", rest), Some(taken), "{place}");
        let next = &rest[..1];
        for (end, rest) in [("\n", ""), ("\r", next), ("\r\r", ""), ("\r\r\n", rest)] {
            assert_eq!(answered(end, rest), Some(400), "{place} {end:?} {rest:?}");
        }
        assert_eq!(answered("\r", ""), None, "{place} and an open end");
    }
}

/// One read takes 8192 bytes. Wherever that cuts what a client has sent at once, and
/// whatever it has sent after its request, it gets the whole page and a FIN: a server
/// that closes with bytes unread would destroy what is on its way.
#[test]
fn reads_may_end_anywhere() -> Result<()> {
    const READ_SIZE: usize = 8192;
    const PAGE: usize = 300_000;
    let address = limits::serve_page(PAGE, Deadlines::default())?;
    let head = "GET / HTTP/1.1\r\nHost: a\r\n";
    let fill = |length: usize, around: &str| "a".repeat(length - around.len());
    let by_field = |length| {
        let around = format!("{head}X: \r\n\r\n");
        format!("{head}X: {}\r\n\r\n", fill(length, &around))
    };
    let by_length = |length| {
        let start = format!("{head}Content-Length: 00000\r\n\r\n");
        let body = fill(length, &start);
        format!("{head}Content-Length: {:05}\r\n\r\n{body}", body.len())
    };
    let by_chunk = |length| {
        let start = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
        let body = fill(length, &format!("{start}00000\r\n\r\n0\r\n\r\n"));
        format!("{start}{:05x}\r\n{body}\r\n0\r\n\r\n", body.len())
    };
    for length in
        (1..=6).flat_map(|reads| reads * READ_SIZE - 1..=reads * READ_SIZE + 1)
    {
        for (name, request) in [
            ("field", by_field(length)),
            ("length", by_length(length)),
            ("chunk", by_chunk(length)),
        ] {
            assert_eq!(request.len(), length, "{name}");
            for tail in [0, 1, READ_SIZE, 2 * READ_SIZE - 1] {
                let sent = [request.as_bytes(), &vec![b'a'; tail]].concat();
                for small_buffer in [false, true] {
                    let mut client = if small_buffer {
                        Client::connect_with_buffer(address, 4096)?
                    } else {
                        Client::connect(address)?
                    };
                    client.send(&sent)?;
                    let Received { bytes, end } = client.read_to_end(PATIENCE);
                    let body = bytes.windows(4).position(|four| four == b"\r\n\r\n");
                    let body = body.map_or(0, |end| bytes.len() - end - 4);
                    ensure!(
                        (body, end) == (PAGE, tests::End::Fin),
                        "{name}, {length} bytes and {tail}: {body} bytes, {end}"
                    );
                }
            }
        }
    }
    Ok(())
}
