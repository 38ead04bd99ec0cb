//! A socket, and how long it may keep us waiting.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// How many bytes one read asks for.
const READ_SIZE: usize = 8 * 1024;
/// An answer of this size fits into the empty send buffer of every system: writing it
/// cannot block, and needs no deadline.
const NEVER_BLOCKS: usize = 4 * 1024;

/// What a connection needs of a socket. Tests bring one that lives in memory.
pub trait Wire: Read + Write {
    /// The longest that one read may wait, `SO_RCVTIMEO`; not zero.
    ///
    /// # Errors
    /// As `setsockopt(2)`.
    fn set_read_timeout(&self, timeout: Duration) -> io::Result<()>;

    /// The longest that one write may wait, `SO_SNDTIMEO`; not zero.
    ///
    /// # Errors
    /// As `setsockopt(2)`.
    fn set_write_timeout(&self, timeout: Duration) -> io::Result<()>;

    /// Says that nothing more will be written (FIN).
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

/// How one read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    Bytes,
    /// The client has closed its side (FIN).
    End,
    /// Nothing came in time.
    Nothing,
}

/// Reads once and appends to `bytes`.
pub fn read(
    wire: &mut impl Wire,
    bytes: &mut Vec<u8>,
    until: Instant,
) -> io::Result<Arrived> {
    let mut buffer = [0; READ_SIZE];
    while let Some(left) = time_left(until) {
        // It fails on macOS when both sides are closed; then the read says how, at once.
        let _ = wire.set_read_timeout(left);
        match wire.read(&mut buffer) {
            Ok(0) => return Ok(Arrived::End),
            Ok(length) => {
                bytes.extend_from_slice(&buffer[..length]);
                return Ok(Arrived::Bytes);
            }
            Err(error) if is_worth_a_retry(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Arrived::Nothing)
}

fn time_left(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    (!left.is_zero()).then_some(left)
}

/// A timeout has passed (`WouldBlock` on Unix, `TimedOut` on Windows), or the program was
/// stopped and continued (Ctrl-Z, `fg`), signal(7). The clock says whether to go on.
fn is_worth_a_retry(error: &io::Error) -> bool {
    let kinds = [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted];
    kinds.contains(&error.kind())
}

/// Writes all of `bytes`, or fails with `TimedOut` when that takes too long.
pub fn write(wire: &mut impl Wire, mut bytes: &[u8], until: Instant) -> io::Result<()> {
    let may_block = bytes.len() > NEVER_BLOCKS;
    while !bytes.is_empty() {
        let left = time_left(until).ok_or(ErrorKind::TimedOut)?;
        if may_block {
            wire.set_write_timeout(left)?;
        }
        match wire.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if is_worth_a_retry(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
