//! What step 5 asks of its transport, call by call: how much a read asks for, when a
//! write needs a deadline, and when the close has to linger.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::iter;
use std::time::Duration;

use step05::{Deadlines, Request, Response, Transport};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A connection whose every call is written down. What a read or a write brings is
/// scripted; when the script has ended, reads get the end (FIN), and writes take
/// everything.
#[derive(Default)]
struct Script {
    reads: VecDeque<io::Result<Vec<u8>>>,
    writes: VecDeque<io::Result<usize>>,
    shutdown_fails: bool,
    calls: RefCell<Vec<String>>,
    written: Vec<u8>,
}

impl Script {
    /// The client sends these bytes, each slice for one read.
    fn client(reads: &[&[u8]]) -> Self {
        let reads = reads.iter().map(|bytes| Ok(bytes.to_vec())).collect();
        Self { reads, ..Self::default() }
    }

    fn note(&self, call: String) {
        self.calls.borrow_mut().push(call);
    }

    /// Lets step 5 serve this connection; returns its calls, those for timeouts of
    /// reads left out, and its log.
    fn serve(
        &mut self,
        handler: impl Fn(&Request<'_>) -> Response,
    ) -> (String, String) {
        let minute = Duration::from_secs(60);
        let deadlines = Deadlines { head: minute, write: minute, linger: minute };
        let log = step05::serve_connection(&mut *self, "peer", deadlines, handler);
        (self.calls.take().join(", "), log)
    }

    fn calls(&mut self) -> String {
        self.serve(step05::page).0
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.reads.pop_front().unwrap_or_else(|| Ok(Vec::new()));
        let result = result.map(|bytes| {
            buffer[..bytes.len()].copy_from_slice(&bytes);
            bytes.len()
        });
        match &result {
            Ok(length) => self.note(format!("read {length} of {}", buffer.len())),
            Err(error) => self.note(format!("read {:?}", error.kind())),
        }
        result
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.writes.pop_front().unwrap_or(Ok(bytes.len()));
        match &result {
            Ok(length) => {
                self.written.extend_from_slice(&bytes[..*length]);
                self.note(format!("write {length} of {}", bytes.len()));
            }
            Err(error) => self.note(format!("write {:?}", error.kind())),
        }
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for &mut Script {
    fn set_read_timeout(&self, _: Duration) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Duration) -> io::Result<()> {
        self.note("set_write_timeout".into());
        Ok(())
    }

    fn shutdown_write(&self) -> io::Result<()> {
        self.note("shutdown_write".into());
        if self.shutdown_fails { Err(ErrorKind::NotConnected.into()) } else { Ok(()) }
    }
}

/// A page that makes the whole answer, head and all, this long.
fn page_of(length: usize) -> impl Fn(&Request<'_>) -> Response {
    let mut script = Script::client(&[GET]);
    script.serve(|_| Response::html(vec![b'a'; 1000]));
    let head = script.written.len() - 1000;
    move |_| Response::html(vec![b'a'; length - head])
}

#[test]
fn a_visit_is_one_read_and_one_write() {
    assert_eq!(Script::client(&[GET]).calls(), "read 27 of 8192, write 745 of 745");
}

/// What fits into an empty send buffer is written without a deadline, and without
/// lingering.
#[test]
fn only_a_large_answer_needs_a_deadline() {
    for (length, calls) in [
        (4096, "read 27 of 8192, write 4096 of 4096"),
        (
            4097,
            "read 27 of 8192, set_write_timeout, write 4097 of 4097, shutdown_write, \
             read 0 of 8192",
        ),
    ] {
        assert_eq!(Script::client(&[GET]).serve(page_of(length)).0, calls);
    }
}

/// The close lingers where something may be unread, and only there.
#[test]
fn when_the_close_lingers() {
    let filled = |length: usize| {
        let start = b"GET / HTTP/1.1\r\nHost: a\r\nX: ";
        let value = vec![b'a'; length - start.len() - 4];
        [start, value.as_slice(), b"\r\n\r\n"].concat()
    };
    let body = |length: usize| {
        let start =
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        [start.as_bytes(), &vec![b'a'; length]].concat()
    };
    let whole =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let asking = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\
                   Expect: 100-continue\r\n\r\n";
    for (name, reads, lingers) in [
        ("a whole request", vec![GET.to_vec()], false),
        ("more than a request", vec![[GET, b"G"].concat()], true),
        ("a read that wasn't filled", vec![filled(8191)], false),
        ("a read that was filled", vec![filled(8192)], true),
        ("a body in one read", vec![body(1000)], false),
        ("a body in two", vec![body(1), b"".to_vec()], false),
        ("chunks", vec![whole.into()], false),
        ("more than chunks", vec![format!("{whole}\n").into()], true),
        ("a client that asks first", vec![asking.to_vec()], true),
        ("a refusal", vec![b"GET / HTTP/1.1\r\n\r\n".to_vec()], true),
    ] {
        let reads: Vec<_> = reads.iter().map(Vec::as_slice).collect();
        let calls = Script::client(&reads).calls();
        assert_eq!(calls.contains("shutdown_write"), lingers, "{name}: {calls}");
    }
}

/// A body of which a read got only a part, and the last read was filled to its last
/// byte.
#[test]
fn a_body_that_fills_the_last_read() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8192\r\n\r\n";
    let [all, less] = [8192, 8191].map(|length| vec![b'a'; length]);
    let calls = Script::client(&[head, &all]).calls();
    assert!(calls.contains("shutdown_write"), "{calls}");
    let calls = Script::client(&[head, b"a", &less]).calls();
    assert!(!calls.contains("shutdown_write"), "{calls}");
}

/// Lingering ends after exactly four mebibytes, or where there is nobody to linger for.
#[test]
fn how_long_the_close_lingers() {
    let piece = vec![b'a'; 8192];
    let endless =
        iter::once(b"\n".as_slice()).chain(iter::repeat_n(piece.as_slice(), 600));
    let mut script = Script::client(&endless.collect::<Vec<_>>());
    let calls = script.calls();
    let (_, lingering) = calls.split_once("shutdown_write, ").unwrap();
    assert_eq!(lingering.split(", ").count(), 4 * 1024 * 1024 / 8192);

    let mut script = Script::client(&[b"\n", &piece]);
    script.shutdown_fails = true;
    assert!(script.calls().ends_with("shutdown_write"));

    let mut script = Script::client(&[b"\n"]);
    script.reads.push_back(Err(ErrorKind::ConnectionReset.into()));
    script.reads.push_back(Ok(piece));
    assert!(script.calls().ends_with("shutdown_write, read ConnectionReset"));
}

/// An interruption isn't an error, and neither is a timeout that the clock doesn't
/// confirm.
#[test]
fn what_is_tried_again() {
    for kind in [ErrorKind::Interrupted, ErrorKind::WouldBlock, ErrorKind::TimedOut] {
        let mut script = Script::client(&[GET]);
        script.reads.push_front(Err(kind.into()));
        script.writes.extend([Err(kind.into()), Ok(700), Err(kind.into())]);
        let expected = format!(
            "read {kind:?}, read 27 of 8192, write {kind:?}, write 700 of 745, \
             write {kind:?}, write 45 of 45"
        );
        assert_eq!(script.calls(), expected);
    }
}

/// Any other error is the end, even if the connection could go on.
#[test]
fn what_ends_a_visit() {
    let broken = || ErrorKind::ConnectionReset.into();
    let lost = format!("lost peer: {}\n", io::Error::from(ErrorKind::ConnectionReset));
    let line = "peer \"GET / HTTP/1.1\" 200 745\n";

    let mut script = Script::client(&[GET]);
    script.reads.push_front(Err(broken()));
    assert_eq!(
        script.serve(step05::page),
        ("read ConnectionReset".into(), lost.clone())
    );

    let mut script = Script::client(&[GET]);
    script.writes.push_back(Err(broken()));
    let calls = "read 27 of 8192, write ConnectionReset".into();
    assert_eq!(script.serve(step05::page), (calls, format!("{line}{lost}")));

    // Who takes nothing and says so would be asked forever.
    let mut script = Script::client(&[GET]);
    script.writes.push_back(Ok(0));
    let (calls, log) = script.serve(step05::page);
    assert_eq!(calls, "read 27 of 8192, write 0 of 745");
    assert!(log.contains("lost peer: "), "{log}");
}

/// A long first line is cut in the log, after exactly 76 bytes.
#[test]
fn where_the_log_is_cut() {
    for (length, end) in [(76, "a\" "), (77, "a...\" ")] {
        let line = format!("GET /{}", "a".repeat(length - "GET /".len()));
        let (_, log) = Script::client(&[line.as_bytes()]).serve(step05::page);
        let shown = format!("peer \"GET /{}{end}", "a".repeat(76 - "GET /".len() - 1));
        assert!(log.starts_with(&shown), "{log}");
    }
}
