//! Laws: what holds for every input, tried on thousands of generated ones. The inputs are the
//! same in each run; `PROPTEST_RNG_SEED=1 PROPTEST_CASES=100000 cargo test -p step05 laws`
//! tries others.

use std::fs;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use step05::{MAX_FIELDS, MAX_HEAD, MAX_TARGET, Status, parse};

use crate::checks::{
    End, Event, assert_prefix_law, fuzz_connection, fuzz_parse, shown, visit,
};
use crate::requests::{Bytes, anything, good, hold};

/// Or the laws would be tried on nothing but refusals.
#[test]
fn good_requests_are_taken() {
    hold(200, &good().prop_map(Bytes), |bytes| {
        let head = parse(&bytes.0).unwrap().unwrap().1;
        assert!(bytes.0[..head].ends_with(b"\r\n\r\n"));
        let answer = visit(&[Event::Bytes(&bytes.0)], End::Fin);
        let status = str::from_utf8(&answer[9..12]).unwrap();
        assert!(["200", "204", "404", "405", "501"].contains(&status), "{status}");
    });
}

#[test]
fn a_verdict_on_a_prefix_stands() {
    hold(1000, &anything().prop_map(Bytes), |bytes| {
        // All of an input of usual length, some of a very long one.
        let step = 1 + bytes.0.len() / 500;
        assert_prefix_law(&bytes.0, (0..=bytes.0.len()).step_by(step));
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
    /// What the server sends to a client that cuts `bytes` like this.
    fn visit(&self, mut bytes: &[u8]) -> Vec<u8> {
        let mut events = Vec::new();
        // A very long input in single bytes would take long, and show nothing more.
        let scale = 1 + bytes.len() / 1000;
        let ways = self.lengths.iter().cycle().zip(self.pauses.iter().cycle());
        for (&length, &is_pause) in ways {
            if bytes.is_empty() {
                break;
            }
            events.push(if is_pause { Event::Pause } else { Event::Interruption });
            let (piece, rest) = bytes.split_at((length * scale).min(bytes.len()));
            events.push(Event::Bytes(piece));
            bytes = rest;
        }
        visit(&events, self.end)
    }
}

fn assert_cut_law(bytes: &[u8], cut: &Cut) {
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
    hold(600, &values, |(bytes, cut)| assert_cut_law(&bytes.0, &cut));
}

/// As above, but the client waits for the answer without closing its side.
#[test]
fn any_cut_before_a_silence_gets_the_same_answer() {
    let values = (anything().prop_map(Bytes), cut(End::Silence));
    hold(60, &values, |(bytes, cut)| assert_cut_law(&bytes.0, &cut));
}

/// Inputs that once got two answers, one when they came at once and another in pieces.
#[test]
fn what_broke_the_cut_law_does_so_no_more() {
    let late =
        [b"\r\n".repeat(MAX_HEAD / 2), b"HEAD / HTTP/1.1\r\n\r\n".to_vec()].concat();
    for bytes in
        [b" \r\nHEAD / HTTP/1.1\r\n\r\n", b"\r\r\nHEAD / HTTP/1.1\r\n\r\n", &*late]
    {
        let lengths = vec![bytes.len().min(MAX_HEAD), 1];
        assert_cut_law(bytes, &Cut { lengths, pauses: vec![true], end: End::Fin });
        let lengths = vec![1 + bytes.len() / 100];
        assert_cut_law(bytes, &Cut { lengths, pauses: vec![true], end: End::Fin });
    }
}

/// What a fuzzer once reached is reached again, without a fuzzer.
#[test]
fn the_fuzz_corpus_keeps_the_laws() {
    for target in ["parse", "connection"] {
        let folder =
            format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let files: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
        assert!(!files.is_empty(), "no corpus for {target}");
        for file in files {
            let input = fs::read(file.path()).unwrap();
            fuzz_parse(&input);
            fuzz_connection(&input);
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
        assert_prefix_law(bytes, near_the_end..=bytes.len().min(near_the_end + 16));
    }
}
