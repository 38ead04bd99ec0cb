//! The parser's work, counted in bytes looked at: a part of the library while it is tested,
//! because nothing outside can see it.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::time::Duration;

use crate::{Deadlines, MAX_HEAD, Wire, converse, page};

thread_local! {
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

/// Called by what looks at so many bytes of a head.
pub fn looked_at(bytes: usize) {
    LOOKED_AT.set(LOOKED_AT.get() + bytes);
}

/// A client that sends its request in pieces of one length.
struct Client<'a> {
    request: &'a [u8],
    piece: usize,
}

impl Read for Client<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.piece.min(buffer.len());
        self.request.read(&mut buffer[..length])
    }
}

impl Write for Client<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire for Client<'_> {
    fn set_read_timeout(&self, _: Duration) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Duration) -> io::Result<()> {
        Ok(())
    }

    fn shutdown_write(&self) -> io::Result<()> {
        Ok(())
    }
}

fn work(request: &[u8], piece: usize) -> usize {
    LOOKED_AT.set(0);
    let forever = Duration::from_secs(1000);
    let deadlines = Deadlines { head: forever, write: forever, linger: forever };
    converse(Client { request, piece }, "peer", deadlines, page);
    LOOKED_AT.get()
}

/// The longest head that is read, one byte at a time, costs about what it costs at once.
#[test]
fn a_head_in_single_bytes_costs_no_more_than_three_times_as_much() {
    let start = "GET / HTTP/1.1\r\nHost: a\r\n";
    let filled = |before: &str, fill: &str, after: &str| {
        let room = MAX_HEAD - before.len() - after.len();
        [before, &fill.repeat(room / fill.len()), after].concat()
    };
    for head in [
        filled(&format!("{start}X: "), "a", "\r\n\r\n"),
        filled(&format!("{start}X: "), &("a".repeat(700) + "\r\nX: "), "\r\n\r\n"),
        filled("", "\r\n", &format!("{start}\r\n")),
        filled("GET /", "a", " HTTP/1.1\r\n\r\n"),
        filled(&format!("{start}X: "), "a", "aa"),
    ] {
        let at_once = work(head.as_bytes(), MAX_HEAD);
        let one_by_one = work(head.as_bytes(), 1);
        println!("{}: {at_once} at once, {one_by_one} one by one", head.len());
        assert!(at_once >= head.len(), "not everything is counted: {at_once}");
        assert!(one_by_one <= 3 * at_once, "{one_by_one} > 3 * {at_once}: {head:.60}");
    }
}
