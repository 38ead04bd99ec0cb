//! Exercise 05a: method, target, version, and nothing else.
//!
//! `cargo exercise run 05a [-- ADDRESS]`, then `cargo exercise check 05a`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

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

/// Answers with the parts of the request line, or with 400.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let Some(line) = read_first_line(&mut client)? else { return Ok(()) };
    match request_line(&line) {
        Some(parts) => answer(&mut client, "200 OK", &parts.join(&b'\n')),
        None => answer(&mut client, "400 Bad Request", b"That isn't a request line."),
    }
}

/// Returns method, target, and version, or `None` if the line isn't made of these.
fn request_line(line: &[u8]) -> Option<[&[u8]; 3]> {
    // TODO: this accepts anything between two spaces, and white space of any kind and
    // number for a space, and it doesn't mind what comes after the third part.
    let mut parts = line.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty());
    Some([parts.next()?, parts.next()?, parts.next()?])
}

/// Reads until the blank line, and returns the first line, or `None` if the client has
/// left before.
fn read_first_line(client: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(None),
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    let end = head.windows(2).position(|window| window == b"\r\n");
    head.truncate(end.unwrap_or(0));
    Ok(Some(head))
}

fn answer(client: &mut TcpStream, status: &str, page: &[u8]) -> io::Result<()> {
    let length = page.len() + 1;
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    client.write_all(&[head.as_bytes(), page, b"\n"].concat())
}
