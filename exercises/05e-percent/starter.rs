//! Exercise 05e: greet people whose names don't fit into a URL as they are.
//!
//! `cargo exercise run 05e`, then `cargo exercise check 05e`

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

/// Reads a request and answers it.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let Some(head) = read_head(&mut client)? else { return Ok(()) };
    let target = head.split(' ').nth(1).unwrap_or_default();
    let (status, page) = answer(target);
    let length = page.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
}

/// Returns the status and the page for a target.
fn answer(target: &str) -> (&'static str, String) {
    match target.strip_prefix("/hello/") {
        // TODO: this isn't the name yet, only the form in which it travels.
        Some(name) => ("200 OK", format!("Hello, {name}!\n")),
        None => ("404 Not Found", "Try /hello/world.\n".into()),
    }
}

/// Reads until the blank line, and returns the request line and the fields as one text;
/// `None` when the client left before.
fn read_head(client: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            return Ok(Some(String::from_utf8_lossy(&head[..end]).into_owned()));
        }
        match client.read(&mut buffer)? {
            0 => return Ok(None),
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
}
