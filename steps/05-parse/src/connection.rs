//! One client's connection: the bytes of its request, its answer, and the close.

use std::io;
use std::time::Instant;

use crate::body::MAX_BODY;
use crate::rules::{CUT_SHORT, TOO_LATE};
use crate::wire::{self, Arrived, Wire};
use crate::{Deadlines, MAX_HEAD, ParseError, parse};

/// How many bytes are read and thrown away to let a client find its answer.
pub const MAX_LINGER: usize = 4 * 1024 * 1024;

/// Why there is no request.
#[derive(Debug)]
pub enum Stop {
    /// Nothing came. Browsers open connections in advance; nobody waits for an answer.
    Silence,
    /// What came is refused.
    Refused(ParseError),
    /// The connection broke.
    Lost(io::Error),
}

impl From<ParseError> for Stop {
    fn from(error: ParseError) -> Self {
        Self::Refused(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// One client's connection.
#[derive(Debug)]
pub struct Connection<W> {
    wire: W,
    deadlines: Deadlines,
    /// When the whole request must have come.
    until: Instant,
    /// What came after the head, and how much of it has been used.
    pub pending: Vec<u8>,
    pub used: usize,
    /// How much more of a body is taken.
    pub body_left: usize,
}

impl<W: Wire> Connection<W> {
    pub fn new(wire: W, deadlines: Deadlines) -> Self {
        let until = Instant::now() + deadlines.head;
        let (pending, used, body_left) = (Vec::new(), 0, MAX_BODY);
        Self { wire, deadlines, until, pending, used, body_left }
    }

    /// The client has sent more than its request.
    pub fn has_more(&self) -> bool {
        self.used < self.pending.len()
    }

    /// Reads into `head` up to the blank line, however the bytes are cut, and perhaps
    /// further. Half a head is refused, but a wrong request line as soon as it is there.
    pub fn read_head(&mut self, head: &mut Vec<u8>) -> Result<(), Stop> {
        let mut lines = Lines::default();
        while head.len() <= MAX_HEAD {
            let arrived = wire::read(&mut self.wire, head, self.until)?;
            if head.is_empty() {
                return Err(Stop::Silence);
            }
            match lines.search(head) {
                Some(Line::Blank) => break,
                Some(Line::Request) => drop(parse(head)?),
                None => {}
            }
            // At the end of what comes, a mistake in it is a better reason than its end.
            ended(arrived, head.len()).or_else(|error| parse(head).and(Err(error)))?;
        }
        Ok(())
    }

    /// Drops what has been used of `pending`, and reads more.
    pub fn read_more(&mut self) -> Result<(), Stop> {
        self.pending.drain(..self.used);
        self.used = 0;
        let arrived = wire::read(&mut self.wire, &mut self.pending, self.until)?;
        Ok(ended(arrived, self.pending.len())?)
    }

    /// Sends the whole answer, or fails when the client does not take it in time.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        wire::write(&mut self.wire, bytes, Instant::now() + self.deadlines.write)
    }

    /// Closes without a reset, which could destroy the answer on its way: a system sends
    /// one when a socket with unread bytes is closed (RFC 9112, 9.6). So this says that the
    /// answer is complete (FIN) and reads on until the client has closed too, or has left,
    /// or has had its deadline, or has sent [`MAX_LINGER`] bytes.
    pub fn close_gently(mut self) {
        let until = Instant::now() + self.deadlines.linger;
        let mut total = 0;
        let mut goes_on = self.wire.shutdown_write().is_ok();
        while goes_on && total < MAX_LINGER {
            self.pending.clear();
            let arrived = wire::read(&mut self.wire, &mut self.pending, until);
            goes_on = matches!(arrived, Ok(Arrived::Bytes));
            total += self.pending.len();
        }
    }
}

/// Which lines of a head have come, found by looking at each byte once.
#[derive(Default)]
struct Lines {
    searched: usize,
    line_start: usize,
    has_request_line: bool,
}

/// The lines that call for a verdict.
enum Line {
    Request,
    Blank,
}

impl Lines {
    /// Looks for line ends in what is new in `head`: the last line found that matters.
    fn search(&mut self, head: &[u8]) -> Option<Line> {
        let mut found = None;
        for index in self.searched..head.len() {
            #[cfg(test)]
            crate::work::looked_at(1);
            if head[index] != b'\n' {
                continue;
            }
            let is_empty = matches!(&head[self.line_start..index], b"" | b"\r");
            self.line_start = index + 1;
            if self.has_request_line && is_empty {
                return Some(Line::Blank);
            }
            if !self.has_request_line && !is_empty {
                self.has_request_line = true;
                found = Some(Line::Request);
            }
        }
        self.searched = head.len();
        found
    }
}

/// A request that ends early is refused at its end.
fn ended(arrived: Arrived, offset: usize) -> Result<(), ParseError> {
    match arrived {
        Arrived::Bytes => Ok(()),
        Arrived::End => Err(CUT_SHORT.at(offset)),
        Arrived::Nothing => Err(TOO_LATE.at(offset)),
    }
}
