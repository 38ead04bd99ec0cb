//! A connection without a network: the tests' way to step05, and the book's.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

use step05::Transport;

/// The most that one write to a [`Memory`] takes, so that most answers need several.
const WRITE_SIZE: usize = 100;

/// What happens at the client's end of the wire.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// These bytes arrive, in one read if it asks for as many.
    Bytes(&'a [u8]),
    /// A read's time is over, but the client goes on later.
    Pause,
    /// A signal comes in between.
    Interruption,
}

impl<'a> Event<'a> {
    pub fn bytes(self) -> impl Iterator<Item = u8> + use<'a> {
        let bytes: &[u8] = if let Self::Bytes(bytes) = self { bytes } else { b"" };
        bytes.iter().copied()
    }
}

/// How the client ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It closes its side (FIN).
    Fin,
    /// It says nothing more and stays.
    Silence,
    /// The connection breaks: an answer comes only if it needs no more bytes.
    Break,
}

/// A connection that lives in memory.
pub struct Memory<'a> {
    events: VecDeque<Event<'a>>,
    end: End,
    /// How many bytes have been read, and how many had been when the answer began.
    read: usize,
    pub read_before_answer: usize,
    pub written: Vec<u8>,
    read_timeout: Cell<Duration>,
    is_shut: Cell<bool>,
}

impl<'a> Memory<'a> {
    pub fn new(events: &[Event<'a>], end: End) -> Self {
        Self {
            events: events.iter().copied().collect(),
            end,
            read: 0,
            read_before_answer: 0,
            written: Vec::new(),
            read_timeout: Cell::default(),
            is_shut: Cell::default(),
        }
    }

    /// Whether all that the client does has been seen.
    pub fn is_used_up(&self) -> bool {
        self.events.is_empty()
    }
}

impl Read for Memory<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.events.pop_front() {
            Some(Event::Bytes(b"")) => self.read(buffer),
            Some(Event::Bytes(bytes)) => {
                let (now, later) = bytes.split_at(bytes.len().min(buffer.len()));
                buffer[..now.len()].copy_from_slice(now);
                if !later.is_empty() {
                    self.events.push_front(Event::Bytes(later));
                }
                self.read += now.len();
                Ok(now.len())
            }
            Some(Event::Pause) => Err(ErrorKind::WouldBlock.into()),
            Some(Event::Interruption) => Err(ErrorKind::Interrupted.into()),
            None if self.end == End::Fin => Ok(0),
            None if self.end == End::Break => Err(ErrorKind::ConnectionReset.into()),
            None => {
                thread::sleep(self.read_timeout.get());
                Err(ErrorKind::WouldBlock.into())
            }
        }
    }
}

impl Write for Memory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.is_shut.get(), "written after shutdown_write");
        if self.written.is_empty() {
            self.read_before_answer = self.read;
        }
        let taken = &bytes[..bytes.len().min(WRITE_SIZE)];
        self.written.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for &mut Memory<'_> {
    fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        assert!(!timeout.is_zero(), "a socket refuses a timeout of zero");
        self.read_timeout.set(timeout);
        Ok(())
    }

    fn set_write_timeout(&self, timeout: Duration) -> io::Result<()> {
        assert!(!timeout.is_zero(), "a socket refuses a timeout of zero");
        Ok(())
    }

    fn shutdown_write(&self) -> io::Result<()> {
        assert!(!self.is_shut.replace(true), "shut down twice");
        Ok(())
    }
}
