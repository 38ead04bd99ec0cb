//! Reads from a socket and writes to it before a deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// An answer of this many bytes fits into an empty send buffer: writing won't block.
pub const NEVER_BLOCKS: usize = 4 * 1024;

/// What a connection needs from a socket. Tests use one that lives in memory.
#[expect(clippy::missing_errors_doc, reason = "those of the calls they name")]
pub trait Transport: Read + Write {
    /// Sets how long one read may wait (`SO_RCVTIMEO`); not zero.
    fn set_read_timeout(&self, timeout: Duration) -> io::Result<()>;

    /// Sets how long one write may wait (`SO_SNDTIMEO`); not zero.
    fn set_write_timeout(&self, timeout: Duration) -> io::Result<()>;

    /// Tells the client that nothing more will be written: sends FIN, as shutdown(2).
    fn shutdown_write(&self) -> io::Result<()>;

    /// Reads once, as read(2), but fails with `TimedOut` if nothing comes in time.
    fn read_before(&mut self, until: Instant, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // On macOS this fails when both sides are closed; the read then says how.
            let _ = self.set_read_timeout(time_left(until)?);
            match self.read(buffer) {
                Err(error) if is_worth_a_retry(&error) => {}
                result => return result,
            }
        }
    }

    /// Writes all of `bytes`, or fails with `TimedOut` if that takes too long.
    fn write_before(&mut self, until: Instant, mut bytes: &[u8]) -> io::Result<()> {
        let may_block = bytes.len() > NEVER_BLOCKS;
        while !bytes.is_empty() {
            let left = time_left(until)?;
            if may_block {
                self.set_write_timeout(left)?;
            }
            match self.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if is_worth_a_retry(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Transport for TcpStream {
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

fn time_left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Returns whether the timeout passed (`WouldBlock` on Unix, `TimedOut` on Windows) or
/// the program was stopped and continued, signal(7). The clock says whether to go on.
fn is_worth_a_retry(error: &io::Error) -> bool {
    let kinds = [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted];
    kinds.contains(&error.kind())
}
