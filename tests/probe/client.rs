//! A client of which everything can be said: when it sends, how it leaves, what it saw.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

use crate::{PATIENCE, escape};

/// One TCP connection, from the client's side.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    /// A write has already met the server's RST; the system tells of it only once.
    reset: bool,
}

/// All that came back, and how it ended. Its text is what snapshots pin: the bytes
/// [escaped](escape), then one line on the end.
#[derive(Debug, PartialEq, Eq)]
pub struct Received {
    /// The bytes in the order they came.
    pub bytes: Vec<u8>,
    /// What came after the last byte.
    pub end: End,
}

/// How a connection ended, seen from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The server closed its side after its last byte was sent.
    Fin,
    /// The server's system threw the connection away.
    Rst,
    /// Neither: the connection is still open when the waiting ends.
    Deadline,
}

impl Client {
    /// Connects, or fails after [`PATIENCE`].
    ///
    /// # Errors
    /// When the connection is refused or not accepted in time.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        Self::connect_within(address, PATIENCE)
            .with_context(|| format!("connecting to {address}"))
    }

    /// Connects, or fails with [`ErrorKind::TimedOut`] after `deadline`.
    ///
    /// # Errors
    /// As `connect(2)`.
    pub fn connect_within(address: SocketAddr, deadline: Duration) -> io::Result<Self> {
        Self::new(TcpStream::connect_timeout(&address, deadline)?)
    }

    /// Connects with a receive buffer of about so many bytes: the server's system can
    /// send only that much ahead of what is read.
    ///
    /// # Errors
    /// As [`Client::connect`], and as `setsockopt(2)`.
    pub fn connect_with_buffer(address: SocketAddr, bytes: usize) -> Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // The window of a connection is settled when it begins.
        socket.set_recv_buffer_size(bytes)?;
        socket
            .connect_timeout(&address.into(), PATIENCE)
            .with_context(|| format!("connecting to {address}"))?;
        Ok(Self::new(socket.into())?)
    }

    fn new(stream: TcpStream) -> io::Result<Self> {
        // A piece that is sent must leave at once, not wait for the next one.
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, reset: false })
    }

    /// Its own address, by which the server knows it.
    ///
    /// # Errors
    /// As `getsockname(2)`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// Sends all of `bytes`.
    ///
    /// # Errors
    /// When the connection is gone; a server may well have answered before.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).inspect_err(|error| self.reset |= is_reset(error))
    }

    /// Sends what the server's system takes of `bytes` now, and says how much that was:
    /// 0 when it has taken nothing by the deadline.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn send_some(&mut self, bytes: &[u8], deadline: Duration) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(deadline))?;
        let sent = self.stream.write(bytes);
        self.stream.set_write_timeout(Some(PATIENCE))?;
        match sent {
            Err(error) if is_timeout(&error) => Ok(0),
            sent => sent.inspect_err(|error| self.reset |= is_reset(error)),
        }
    }

    /// Sends each piece on its own, with a pause between two of them, so that the
    /// server's system delivers them separately.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn send_in_pieces<'a>(
        &mut self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        pause: Duration,
    ) -> io::Result<()> {
        for (index, piece) in pieces.into_iter().enumerate() {
            if index > 0 {
                thread::sleep(pause);
            }
            self.send(piece)?;
        }
        Ok(())
    }

    /// Says that nothing more will be sent (FIN), and goes on listening.
    ///
    /// # Errors
    /// As `shutdown(2)`.
    pub fn half_close(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Leaves without a goodbye: the connection ends with RST.
    ///
    /// # Errors
    /// As `setsockopt(2)`.
    pub fn reset(self) -> io::Result<()> {
        // Lingering for no time at all is what makes close(2) send RST, socket(7).
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }

    /// Reads until the connection ends or `deadline` has passed.
    pub fn read_to_end(&mut self, deadline: Duration) -> Received {
        self.read_until(deadline, |_| false)
    }

    /// As [`Client::read_to_end`], but also stops, with [`End::Deadline`], as soon as
    /// `enough` says so of the bytes so far.
    pub fn read_until(
        &mut self,
        deadline: Duration,
        mut enough: impl FnMut(&[u8]) -> bool,
    ) -> Received {
        let until = Instant::now() + deadline;
        let mut bytes = Vec::new();
        let mut buffer = [0; 64 * 1024];
        let end = loop {
            if enough(&bytes) {
                break End::Deadline;
            }
            match self.read(&mut buffer, until) {
                Ok(0) if self.reset => break End::Rst,
                Ok(0) => break End::Fin,
                Ok(length) => bytes.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_reset(&error) => break End::Rst,
                Err(_) => break End::Deadline,
            }
        };
        Received { bytes, end }
    }

    fn read(&mut self, buffer: &mut [u8], until: Instant) -> io::Result<usize> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        // It fails on macOS when both sides are closed; then the read says how, at
        // once.
        let _ = self.stream.set_read_timeout(Some(left));
        self.stream.read(buffer)
    }
}

/// What a deadline becomes: one on Unix, the other on Windows.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The errors that a peer's RST becomes. Windows has a second one for a connection that
/// its own side gave up after the peer's RST.
fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
    )
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", escape(&self.bytes))?;
        write!(f, "{}", self.end)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fin => "(closed: FIN)",
            Self::Rst => "(thrown away: RST)",
            Self::Deadline => "(open, and silent)",
        })
    }
}

/// What becomes of an attempt to connect, in words: connected, refused, or, when
/// nothing has happened at the deadline, not let in.
pub fn connect(address: SocketAddr, deadline: Duration) -> String {
    match Client::connect_within(address, deadline) {
        Ok(_) => "connected".into(),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => "refused".into(),
        Err(error) if error.kind() == ErrorKind::TimedOut => "not let in".into(),
        Err(error) => error.to_string(),
    }
}

/// Whether a socket has this address of ours already, listening or not.
pub fn is_taken(address: SocketAddr) -> bool {
    // Not by `TcpListener`, which says that it does not mind sharing.
    let bound = Socket::new(Domain::for_address(address), Type::STREAM, None)
        .and_then(|socket| socket.bind(&address.into()));
    bound.is_err()
}

/// A whole visit: connect, send `request`, read to the end.
///
/// # Errors
/// When there is no connection or it breaks while sending.
pub fn exchange(address: SocketAddr, request: &[u8]) -> Result<Received> {
    let mut client = Client::connect(address)?;
    client.send(request).context("sending the request")?;
    Ok(client.read_to_end(PATIENCE))
}
