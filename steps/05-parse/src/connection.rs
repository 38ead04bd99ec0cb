//! A socket into bytes and back, within limits of size and time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::body::{self, Body, MAX_BODY};
use crate::request::{ParseError, Parser, bad};
use crate::{Deadlines, Status};

/// How many bytes one read asks for.
const READ_SIZE: usize = 8 * 1024;
/// The longest line among a chunked body's bytes.
const MAX_CHUNK_LINE: usize = 4 * 1024;
/// How many bytes are read and thrown away to let a client find its answer.
pub const MAX_LINGER: usize = 4 * 1024 * 1024;
/// An answer up to this size fits the empty send buffer of every system, so that writing it
/// cannot block and needs no deadline.
const NEVER_BLOCKS: usize = 4 * 1024;

/// What a connection needs of a socket. Tests bring one that lives in memory.
pub trait Wire: Read + Write {
    /// The longest that a read may wait; not zero.
    ///
    /// # Errors
    /// As `setsockopt(2)` with `SO_RCVTIMEO`.
    fn set_read_timeout(&self, timeout: Duration) -> io::Result<()>;

    /// The longest that a write may wait; not zero.
    ///
    /// # Errors
    /// As `setsockopt(2)` with `SO_SNDTIMEO`.
    fn set_write_timeout(&self, timeout: Duration) -> io::Result<()>;

    /// Sends FIN: nothing more will be written.
    ///
    /// # Errors
    /// As `shutdown(2)`.
    fn shutdown_write(&self) -> io::Result<()>;
}

impl Wire for TcpStream {
    fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        TcpStream::set_read_timeout(self, Some(timeout))
    }

    fn set_write_timeout(&self, timeout: Duration) -> io::Result<()> {
        TcpStream::set_write_timeout(self, Some(timeout))
    }

    fn shutdown_write(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Why there is no request to answer.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Nothing came. Browsers open connections in advance; nobody waits for an answer.
    Silence,
    /// Something came that gets a refusal.
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
pub(crate) struct Connection<W> {
    wire: W,
    deadlines: Deadlines,
    parser: Parser,
    /// The bytes of the head; while it is read, also some that follow it.
    head: Vec<u8>,
    /// What came after the head and has not been used yet.
    pending: Vec<u8>,
    /// When the request must have come.
    until: Instant,
}

impl<W: Wire> Connection<W> {
    pub fn new(wire: W, deadlines: Deadlines) -> Self {
        let until = Instant::now() + deadlines.head;
        let parser = Parser::default();
        Self {
            wire,
            deadlines,
            parser,
            head: Vec::new(),
            pending: Vec::new(),
            until,
        }
    }

    /// What is known of the request; all of it once [`Connection::read_head`] succeeded.
    pub fn parser(&self) -> &Parser {
        &self.parser
    }

    /// The bytes that [`Connection::parser`] understood.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The client sent more than this one request, or may do so.
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Reads up to the blank line, however the bytes are cut.
    pub fn read_head(&mut self) -> Result<(), Stop> {
        loop {
            let length = match read(&mut self.wire, &mut self.head, self.until)? {
                Some(0) | None if self.head.is_empty() => return Err(Stop::Silence),
                Some(0) => return Err(cut_short(self.head.len()).into()),
                None => return Err(too_late(self.head.len()).into()),
                Some(_) => self.parser.resume(&self.head)?,
            };
            if let Some(length) = length {
                self.pending = self.head.split_off(length);
                return Ok(());
            }
        }
    }

    /// Reads the body and throws it away, so that closing leaves nothing unread.
    pub fn discard_body(&mut self, body: Body) -> Result<(), Stop> {
        match body {
            Body::Length(length) => self.discard(length),
            Body::Chunked => self.discard_chunks(),
        }
    }

    /// `chunked-body`, RFC 9112, 7.1: chunks, an empty one, trailer fields, a blank line.
    fn discard_chunks(&mut self) -> Result<(), Stop> {
        let mut total = 0;
        loop {
            let size = body::chunk_size(&self.line(&mut total)?)?;
            total += size;
            if size == 0 {
                break;
            }
            if total > MAX_BODY {
                return Err(body::too_large(0).into());
            }
            self.discard(size)?;
            if !self.line(&mut total)?.is_empty() {
                return Err(
                    bad(0, "a chunk is longer than its size", "RFC 9112, 7.1").into()
                );
            }
        }
        while !self.line(&mut total)?.is_empty() {}
        Ok(())
    }

    fn discard(&mut self, mut length: u64) -> Result<(), Stop> {
        loop {
            let here = usize::try_from(length)
                .unwrap_or(usize::MAX)
                .min(self.pending.len());
            self.pending.drain(..here);
            length -= here as u64;
            if length == 0 {
                return Ok(());
            }
            self.read_more()?;
        }
    }

    /// The next line without its CR LF. Its length counts towards the body's `total`.
    fn line(&mut self, total: &mut u64) -> Result<Vec<u8>, Stop> {
        loop {
            if let Some(end) = self.pending.windows(2).position(|pair| pair == b"\r\n")
            {
                let mut line: Vec<u8> = self.pending.drain(..end + 2).collect();
                line.truncate(end);
                *total += end as u64;
                return Ok(line);
            }
            if self.pending.len() > MAX_CHUNK_LINE || *total > MAX_BODY {
                return Err(body::too_large(0).into());
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Result<(), Stop> {
        match read(&mut self.wire, &mut self.pending, self.until)? {
            Some(0) => Err(cut_short(0).into()),
            Some(_) => Ok(()),
            None => Err(too_late(0).into()),
        }
    }

    /// Sends the whole answer, or fails when the client does not take it in time.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let until = Instant::now() + self.deadlines.write;
        let may_block = bytes.len() > NEVER_BLOCKS;
        while !bytes.is_empty() {
            if may_block {
                let left = time_left(until).ok_or(ErrorKind::TimedOut)?;
                self.wire.set_write_timeout(left)?;
            }
            match self.wire.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    return Err(ErrorKind::TimedOut.into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Closes without a reset, which could destroy the answer on its way: a system sends
    /// one as soon as a socket with unread bytes is closed (RFC 9112, 9.6). So this says
    /// that the answer is complete (FIN) and reads on until the client has closed too, or
    /// has left, or has had its deadline, or has sent [`MAX_LINGER`] bytes.
    pub fn close_gently(mut self) {
        if self.wire.shutdown_write().is_err() {
            return;
        }
        let until = Instant::now() + self.deadlines.linger;
        let mut total = self.pending.len();
        while total < MAX_LINGER {
            self.pending.clear();
            match read(&mut self.wire, &mut self.pending, until) {
                Ok(Some(length @ 1..)) => total += length,
                _ => return,
            }
        }
    }
}

/// Reads once and appends: `Some(0)` when the client has closed its side, `None` when
/// nothing came in time.
fn read(
    wire: &mut impl Wire,
    bytes: &mut Vec<u8>,
    until: Instant,
) -> io::Result<Option<usize>> {
    let before = bytes.len();
    bytes.resize(before + READ_SIZE, 0);
    let outcome = loop {
        let Some(left) = time_left(until) else {
            break Ok(None);
        };
        wire.set_read_timeout(left)?;
        match wire.read(&mut bytes[before..]) {
            Ok(length) => break Ok(Some(length)),
            // A stopped and continued program (Ctrl-Z, fg): signal(7).
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => break Ok(None),
            Err(error) => break Err(error),
        }
    };
    let length = outcome.as_ref().map_or(0, |length| length.unwrap_or(0));
    bytes.truncate(before + length);
    outcome
}

fn time_left(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    (!left.is_zero()).then_some(left)
}

/// A passed timeout is `WouldBlock` on Unix and `TimedOut` on Windows.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn cut_short(offset: usize) -> ParseError {
    bad(
        offset,
        "the connection ended before the request did",
        "RFC 9112, 8",
    )
}

fn too_late(offset: usize) -> ParseError {
    let error = bad(
        offset,
        "the request did not come in time",
        "RFC 9110, 15.5.9",
    );
    ParseError {
        status: Status::RequestTimeout,
        ..error
    }
}
