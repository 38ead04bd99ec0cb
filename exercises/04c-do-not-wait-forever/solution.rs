//! Exercise 04c, solved.

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

const PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\n\
      here I am again\n";
const TOO_LATE: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 9\r\nConnection: close\r\n\r\n\
      too late\n";

/// For the whole request, from the moment at which the client is accepted.
const DEADLINE: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    println!("serving http://{address}/ until you press Ctrl-C");
    loop {
        let handled = listener.accept().and_then(|(client, _)| handle(client));
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = handled {
            eprintln!("a client was lost: {error}");
        }
    }
}

/// What became of a request.
enum Request {
    Complete,
    Late,
    Abandoned,
}

/// Reads the request, then answers.
fn handle(mut client: TcpStream) -> io::Result<()> {
    match read_request(&mut client, Instant::now() + DEADLINE)? {
        Request::Complete => client.write_all(PAGE),
        Request::Late => client.write_all(TOO_LATE),
        Request::Abandoned => Ok(()),
    }
}

/// Reads until the blank line has come, the client has left, or it is too late.
fn read_request(client: &mut TcpStream, until: Instant) -> io::Result<Request> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !has_blank_line(&request) {
        let left = until.saturating_duration_since(Instant::now());
        // Zero means "no limit" to a socket.
        if left.is_zero() {
            return Ok(Request::Late);
        }
        client.set_read_timeout(Some(left))?;
        match client.read(&mut buffer) {
            Ok(0) => return Ok(Request::Abandoned),
            Ok(length) => request.extend_from_slice(&buffer[..length]),
            // The clock above says whether there is time left.
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Request::Complete)
}

/// Nothing came in time: one on Unix, the other on Windows.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn has_blank_line(bytes: &[u8]) -> bool {
    bytes.windows(4).any(|window| window == b"\r\n\r\n")
}
