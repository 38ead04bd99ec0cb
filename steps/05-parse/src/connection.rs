//! Handles one client's connection: the bytes of its request, the answer, the close.

use std::io::{self, ErrorKind};
use std::time::Instant;

use crate::body::{Body, MAX_BODY, chunk_line, trailer_line};
use crate::cursor::{Cursor, ends_line};
use crate::rules::{self, Result};
use crate::transport::{NEVER_BLOCKS, Transport};
use crate::{Deadlines, MAX_HEAD, ParseError, Request};

/// How many bytes one read asks for.
const READ_SIZE: usize = 8 * 1024;
/// The longest line of a chunked body, a size or a trailer field, in bytes, CR LF too.
const MAX_CHUNK_LINE: usize = 4 * 1024 + 2;
/// How many bytes are read and thrown away so that a client gets its answer.
pub const MAX_LINGER: usize = 4 * 1024 * 1024;

/// Why there's no request.
#[derive(Debug)]
pub enum NoRequest {
    /// What came is refused. The error's offset points into these bytes.
    Invalid(ParseError, Vec<u8>),
    /// The connection broke.
    Io(io::Error),
}

#[derive(Debug)]
pub struct Connection<T> {
    transport: T,
    deadlines: Deadlines,
    /// When the whole request must be here.
    until: Instant,
    /// The bytes of the body that came and aren't used yet.
    pending: Vec<u8>,
    /// How much more of a body we take.
    body_left: usize,
    /// The last read got all the bytes it asked for, so there may be more.
    is_filled: bool,
    /// Everything that came has been read, as far as we can tell.
    is_drained: bool,
}

impl<T: Transport> Connection<T> {
    pub fn new(transport: T, deadlines: Deadlines) -> Self {
        let until = Instant::now() + deadlines.head;
        let (pending, body_left) = (Vec::new(), MAX_BODY);
        let (is_filled, is_drained) = (false, false);
        Self { transport, deadlines, until, pending, body_left, is_filled, is_drained }
    }

    /// Reads into `head` until a line ends or is too long. Refuses half a head.
    pub fn read_line(&mut self, head: &mut Vec<u8>) -> Result<(), NoRequest> {
        loop {
            let start = head.len();
            self.read(head)?;
            let has_line = (start..head.len()).any(|index| ends_line(head, index));
            if has_line || head.len() >= MAX_HEAD {
                return Ok(());
            }
        }
    }

    /// Reads a body and throws it away, so that nothing is unread at the close; `rest`
    /// came with the head. A client that asked whether to send it is answered first.
    pub fn discard(&mut self, request: &Request, rest: &[u8]) -> Result<(), NoRequest> {
        self.pending.extend_from_slice(rest);
        if request.expects_continue {
            return Ok(());
        }
        match request.body {
            Body::Length(length) => self.discard_bytes(length)?,
            Body::Chunked => self.discard_chunks()?,
        }
        self.is_drained = self.pending.is_empty() && !self.is_filled;
        Ok(())
    }

    fn discard_bytes(&mut self, mut length: usize) -> Result<(), NoRequest> {
        self.charge(length)?;
        while length > self.pending.len() {
            length -= self.pending.len();
            self.pending.clear();
            self.read_more()?;
        }
        self.pending.drain(..length);
        Ok(())
    }

    /// Reads `chunked-body`, RFC 9112, 7.1: chunks, the last of which is empty, then
    /// trailer fields up to an empty line.
    fn discard_chunks(&mut self) -> Result<(), NoRequest> {
        loop {
            let size = self.take_line(chunk_line)?;
            if size == 0 {
                break;
            }
            self.discard_bytes(size)?;
            self.take_line(|line| line.expect(b"\r\n", &rules::CHUNK_END))?;
        }
        while self.take_line(trailer_line)? {}
        Ok(())
    }

    /// Waits for a line of the body, and has `parse` take it apart.
    fn take_line<R>(
        &mut self,
        parse: impl Fn(&mut Cursor) -> Result<R>,
    ) -> Result<R, NoRequest> {
        loop {
            let end = (0..self.pending.len()).find(|&at| ends_line(&self.pending, at));
            let length =
                end.map_or(self.pending.len(), |at| at + 1).min(MAX_CHUNK_LINE);
            if end.is_some() || length == MAX_CHUNK_LINE {
                self.charge(length)?;
                let mut line =
                    Cursor::new(&self.pending[..length], &rules::LINE_TOO_LONG);
                let refused = |error| NoRequest::Invalid(error, self.pending.clone());
                let parsed = parse(&mut line).map_err(refused)?;
                self.pending.drain(..length);
                return Ok(parsed);
            }
            self.read_more()?;
        }
    }

    /// Counts the bytes of a body, its lines included.
    fn charge(&mut self, length: usize) -> Result<(), NoRequest> {
        let left = self.body_left.checked_sub(length);
        let refused =
            || NoRequest::Invalid(rules::BODY_TOO_LARGE, self.pending.clone());
        self.body_left = left.ok_or_else(refused)?;
        Ok(())
    }

    fn read_more(&mut self) -> Result<(), NoRequest> {
        let mut bytes = std::mem::take(&mut self.pending);
        let result = self.read(&mut bytes);
        self.pending = bytes;
        result
    }

    /// Reads once, and appends to `bytes`. Refuses a request that ends too early.
    fn read(&mut self, bytes: &mut Vec<u8>) -> Result<(), NoRequest> {
        let mut buffer = [0; READ_SIZE];
        let rule = match self.transport.read_before(self.until, &mut buffer) {
            Ok(0) => rules::CUT_SHORT,
            Ok(length) => {
                self.is_filled = length == READ_SIZE;
                bytes.extend_from_slice(&buffer[..length]);
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => rules::TOO_LATE,
            Err(error) => return Err(NoRequest::Io(error)),
        };
        Err(NoRequest::Invalid(rule.at(bytes.len()), bytes.clone()))
    }

    /// Sends the whole answer, or fails if the client doesn't take it in time.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        // While a large answer is on its way, more may come in and cause a reset.
        self.is_drained &= bytes.len() <= NEVER_BLOCKS;
        self.transport.write_before(Instant::now() + self.deadlines.write, bytes)
    }

    /// Closes without a reset, which unread bytes would cause, and which could destroy
    /// the answer on its way (RFC 9112, 9.6): sends FIN, then reads on until the client
    /// closes too, its time is up, or it has sent [`MAX_LINGER`] bytes.
    pub fn lingering_close(mut self) {
        if self.is_drained {
            return;
        }
        self.until = Instant::now() + self.deadlines.linger;
        let mut goes_on = self.transport.shutdown_write().is_ok();
        let mut total = 0;
        while goes_on && total < MAX_LINGER {
            self.pending.clear();
            goes_on = self.read_more().is_ok();
            total += self.pending.len();
        }
    }
}
