//! Exercise 05a, solved.

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
    // Two spaces in a row, or one at an end, make an empty part.
    let parts: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    let [method, target, version] = parts[..] else { return None };
    let is_right = is_token(method) && is_target(target) && is_version(version);
    is_right.then_some([method, target, version])
}

fn is_token(part: &[u8]) -> bool {
    let is_allowed =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !part.is_empty() && part.iter().all(is_allowed)
}

fn is_target(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(u8::is_ascii_graphic)
}

fn is_version(part: &[u8]) -> bool {
    matches!(part, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
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
