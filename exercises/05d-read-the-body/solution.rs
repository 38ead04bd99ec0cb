//! Exercise 05d, solved.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const BAD_REQUEST: Stop = Stop::Refused("400 Bad Request");
const TOO_MUCH: Stop = Stop::Refused("413 Content Too Large");

/// The longest body, in bytes.
const MAX: usize = 10_000;

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
    fields: &[(String, String)],
) -> Result<Vec<u8>, Stop> {
    let (mut length, mut is_chunked) = (None, false);
    for (name, value) in fields {
        if name == "content-length" {
            let new = number(value, 10)?;
            if length.replace(new).is_some_and(|old| old != new) {
                return Err(BAD_REQUEST);
            }
        } else if name == "transfer-encoding" {
            if !value.eq_ignore_ascii_case("chunked") {
                return Err(Stop::Refused("501 Not Implemented"));
            }
            is_chunked = true;
        }
    }
    let mut body = Vec::new();
    match (length, is_chunked) {
        // A server that believed the other one would see another body.
        (Some(_), true) => return Err(BAD_REQUEST),
        (_, true) => append_chunks(reader, &mut body)?,
        (length, false) => append(reader, length.unwrap_or(0), &mut body)?,
    }
    Ok(body)
}

/// Reads chunks up to the last one, and what follows that.
fn append_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> Result<(), Stop> {
    loop {
        let line = line(reader)?;
        let size = line.split(';').next().unwrap_or_default().trim_end();
        match number(size, 16)? {
            0 => break,
            size => append(reader, size, body)?,
        }
        end_of_chunk(reader)?;
    }
    while !line(reader)?.is_empty() {} // the trailer fields
    Ok(())
}

/// Reads the line end after the bytes of a chunk. Nothing may come before it.
fn end_of_chunk(reader: &mut impl BufRead) -> Result<(), Stop> {
    if line(reader)?.is_empty() { Ok(()) } else { Err(BAD_REQUEST) }
}

/// Reads that many bytes more, unless that's too much.
fn append(
    reader: &mut impl Read,
    length: usize,
    body: &mut Vec<u8>,
) -> Result<(), Stop> {
    let start = body.len();
    if length > MAX - start {
        return Err(TOO_MUCH);
    }
    body.resize(start + length, 0);
    Ok(reader.read_exact(&mut body[start..])?)
}

/// Returns the number that these digits are, and nothing else. One that doesn't fit is
/// too much of anything.
fn number(digits: &str, radix: u32) -> Result<usize, Stop> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(BAD_REQUEST);
    }
    usize::from_str_radix(digits, radix).map_err(|_| TOO_MUCH)
}
