//! Exercise 06c: more than one request on a connection.
//!
//! `cargo exercise run 06c`, then `cargo exercise check 06c`

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use anyhow::{Context, Result};
use step05::{Body, MAX_BODY, MAX_HEAD, ParseError, Status};

/// A line that's kept open keeps a thread.
const THREADS: usize = 16;

fn main() -> Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    println!("serving http://{address}/ until you press Ctrl-C");
    thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| serve(&listener));
        }
    });
    Ok(())
}

fn serve(listener: &TcpListener) {
    loop {
        let handled = listener.accept().and_then(|(client, _)| handle(client));
        // What goes wrong with one client must not end the thread for the others.
        if let Err(error) = handled {
            eprintln!("a client was lost: {error}");
        }
    }
}

/// Answers a request and hangs up.
fn handle(client: TcpStream) -> io::Result<()> {
    let mut line = Line { client, bytes: Vec::new() };
    // TODO: answer the next request too: it may have come already, in `line.bytes`. But
    // not if this one was the last, or if it was refused. And don't wait forever.
    let answer = match line.answer() {
        Ok(answer) => answer,
        Err(Stop::Refused(Status(code, reason))) => {
            let fields = "Content-Length: 0\r\nConnection: close\r\n";
            format!("HTTP/1.1 {code} {reason}\r\n{fields}\r\n")
        }
        Err(Stop::Left) => return Ok(()),
    };
    line.client.write_all(answer.as_bytes())?;
    line.close_gently()
}

/// Why no request came.
enum Stop {
    /// The client has closed its side.
    Left,
    Refused(Status),
}

impl From<ParseError> for Stop {
    fn from(error: ParseError) -> Self {
        Self::Refused(error.status)
    }
}

/// A connection, and the bytes that no request has used yet: perhaps the next one's.
struct Line {
    client: TcpStream,
    bytes: Vec<u8>,
}

impl Line {
    /// Takes the next request out of `bytes`, with its body, and returns the response.
    fn answer(&mut self) -> Result<String, Stop> {
        loop {
            if let Some((head, length)) = step05::parse(&self.bytes)? {
                let is_head = head.method == b"HEAD";
                let text = [head.method, b" ", head.target].concat();
                let body = head.body;
                self.bytes.drain(..length);
                let body_length = match body {
                    Body::Length(length) => self.skip(length)?,
                    Body::Chunked => self.chunks()?,
                };
                let page =
                    format!("{} {body_length}\n", String::from_utf8_lossy(&text));
                return Ok(answer(&page, is_head));
            }
            self.read()?;
        }
    }

    fn chunks(&mut self) -> Result<usize, Stop> {
        let mut length = 0;
        while let size @ 1.. = chunk_size(&self.line()?)? {
            length += self.skip(size)?;
            if length > MAX_BODY || !self.line()?.is_empty() {
                return Err(Stop::Refused(Status::BAD_REQUEST));
            }
        }
        while !self.line()?.is_empty() {} // fields after the body
        Ok(length)
    }

    fn skip(&mut self, length: usize) -> Result<usize, Stop> {
        while self.bytes.len() < length {
            self.read()?;
        }
        self.bytes.drain(..length);
        Ok(length)
    }

    /// Returns the next line of a body in chunks, without its end.
    fn line(&mut self) -> Result<Vec<u8>, Stop> {
        loop {
            let end = self.bytes.windows(2).position(|pair| pair == b"\r\n");
            if let Some(length) = end {
                return Ok(self.bytes.drain(..length + 2).take(length).collect());
            }
            if self.bytes.len() > MAX_HEAD {
                return Err(Stop::Refused(Status::BAD_REQUEST));
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<(), Stop> {
        let mut buffer = [0; 8192];
        match self.client.read(&mut buffer) {
            Ok(length @ 1..) => self.bytes.extend_from_slice(&buffer[..length]),
            _ => return Err(Stop::Left),
        }
        Ok(())
    }

    /// Says that this was all, and reads on: with unread bytes, closing would become a
    /// reset.
    fn close_gently(self) -> io::Result<()> {
        self.client.shutdown(Shutdown::Write)?;
        let _ = io::copy(&mut self.client.take(1 << 20), &mut io::sink());
        Ok(())
    }
}

fn answer(page: &str, is_head: bool) -> String {
    let length = page.len();
    // TODO: say this only in the last response. What makes it the last one?
    let close = "Connection: close\r\n";
    let body = if is_head { "" } else { page };
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{close}\r\n{body}")
}

/// Returns what the hexadecimal digits before a `;` say. `from_str_radix` alone would
/// accept `+5`.
fn chunk_size(line: &[u8]) -> Result<usize, Stop> {
    let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
    let digits = digits.trim_ascii_end();
    let is_good = digits.iter().all(u8::is_ascii_hexdigit) && !line.contains(&b'\n');
    let text = str::from_utf8(digits).ok().filter(|_| is_good);
    let size = text.and_then(|digits| usize::from_str_radix(digits, 16).ok());
    size.filter(|&size| size <= MAX_BODY).ok_or(Stop::Refused(Status::BAD_REQUEST))
}
