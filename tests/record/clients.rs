//! The clients: each does one thing at a time, and says what came of it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use probe::PATIENCE;
use socket2::{Domain, Socket, Type};

/// The port of every server in here.
pub const PORT: u16 = 4545;

/// One connection, or a try, from a port of its own.
pub struct Client {
    pub name: String,
    pub port: u16,
    socket: Option<Socket>,
    /// Of an upload, what the kernel hasn't taken yet.
    rest: Vec<u8>,
}

impl Client {
    pub fn new(name: &str, port: u16) -> Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&address(port).into())?;
        Ok(Self { name: name.into(), port, socket: Some(socket), rest: Vec::new() })
    }

    /// A connection of somebody else's.
    pub fn guest(name: &str, port: u16) -> Self {
        Self { name: name.into(), port, socket: None, rest: Vec::new() }
    }

    pub fn is_guest(&self) -> bool {
        self.port > 61000
    }

    fn socket(&self) -> Result<&Socket> {
        self.socket.as_ref().with_context(|| format!("{} has closed", self.name))
    }

    pub fn connect(&self) -> Result<String> {
        let connected = self.socket()?.connect_timeout(&address(PORT).into(), PATIENCE);
        Ok(connected.map_or_else(|error| why(&error), |()| "connected".into()))
    }

    /// Begins to connect, and doesn't wait.
    pub fn knock(&self) -> Result<()> {
        self.socket()?.set_nonblocking(true)?;
        let begun = self.socket()?.connect(&address(PORT).into());
        begun.or_else(
            |it| if it.raw_os_error() == Some(115) { Ok(()) } else { Err(it) },
        )?;
        Ok(())
    }

    pub fn send(&self, data: &[u8]) -> Result<()> {
        Ok(self.socket()?.write_all(data)?)
    }

    /// Gives the kernel what it takes at once of what will never all be taken.
    pub fn begin_upload(&mut self, data: &[u8]) -> Result<()> {
        let socket = self.socket()?;
        socket.set_nonblocking(true)?;
        let taken = socket.send(data)?;
        socket.set_nonblocking(false)?;
        self.rest = data[taken..].to_vec();
        Ok(())
    }

    pub fn end_upload(&self) -> Result<String> {
        let ended = self.socket()?.write_all(&self.rest);
        let error = ended.err().context("all of the upload was taken")?;
        Ok(format!("the upload breaks off: {}", why(&error)))
    }

    /// Reads what is there.
    pub fn receive(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; 1 << 16];
        let length = self.socket()?.read(&mut bytes)?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Reads to the end.
    pub fn read(&self) -> Result<String> {
        self.socket()?.set_read_timeout(Some(PATIENCE))?;
        let (mut bytes, mut socket) = (Vec::new(), self.socket()?);
        let ended = socket.read_to_end(&mut bytes);
        let end = ended.map_or_else(|error| why(&error), |_| "the end".into());
        Ok(format!("has read {} bytes, then {end}", bytes.len()))
    }

    pub fn close(&mut self) {
        self.socket = None;
    }

    /// Makes a reset of the next close: socket(7), `SO_LINGER`.
    pub fn reset(&mut self) -> Result<()> {
        self.socket()?.set_linger(Some(Duration::ZERO))?;
        self.close();
        Ok(())
    }
}

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Returns the system's words for an error, without their number.
fn why(error: &io::Error) -> String {
    if let ErrorKind::WouldBlock | ErrorKind::TimedOut = error.kind() {
        return "nothing comes".into();
    }
    let text = error.to_string().to_lowercase();
    text.split(" (os error").next().unwrap_or_default().into()
}
