//! Exercise 05d: read the body of a request, whichever way its length is given, and
//! send it back.
//!
//! `cargo exercise run 05d`, then `cargo exercise check 05d`

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const BAD_REQUEST: Stop = Stop::Refused("400 Bad Request");

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

/// Why nothing can be sent back.
enum Stop {
    /// The request is refused, with this status.
    Refused(&'static str),
    /// The connection broke.
    Lost(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

fn handle(mut client: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    // The reader may have read beyond the head already, so it must read the body too.
    let body = fields(&mut reader).and_then(|fields| body(&mut reader, &fields));
    let (status, page) = match body {
        Ok(body) => ("200 OK", body),
        Err(Stop::Refused(status)) => (status, Vec::new()),
        Err(Stop::Lost(error)) => return Err(error),
    };
    let length = page.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n");
    client.write_all(&[head.as_bytes(), &page].concat())
}

/// Reads a head. Returns the name of each field in lower case, and its value.
fn fields(reader: &mut impl BufRead) -> Result<Vec<(String, String)>, Stop> {
    line(reader)?; // the request line: everything is echoed here
    let mut fields = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let (name, value) = line.split_once(':').ok_or(BAD_REQUEST)?;
        // `trim` would also remove what only looks like a space.
        let value = value.trim_matches([' ', '\t']);
        fields.push((name.to_ascii_lowercase(), value.into()));
    }
}

/// Reads a line, and returns it without its `\r\n`.
fn line(reader: &mut impl BufRead) -> Result<String, Stop> {
    let mut line = Vec::new();
    reader.by_ref().take(8192).read_until(b'\n', &mut line)?;
    let line = line.strip_suffix(b"\r\n").ok_or(BAD_REQUEST)?;
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// Reads the body that belongs to a head with these fields.
fn body(
    reader: &mut impl BufRead,
    _fields: &[(String, String)],
) -> Result<Vec<u8>, Stop> {
    // TODO: this takes what's there, as if it were all. The fields say how long the
    // body is.
    Ok(reader.fill_buf()?.to_vec())
}
