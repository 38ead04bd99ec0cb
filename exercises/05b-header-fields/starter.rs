//! Exercise 05b: take the fields of a request apart, and refuse bad ones.
//!
//! `cargo exercise run 05b [-- ADDRESS]`, then `cargo exercise check 05b`

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

/// Answers with the fields of the request, or with 400.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let Some(head) = read_head(&mut client)? else { return Ok(()) };
    match fields(&head) {
        Some(fields) => answer(&mut client, "200 OK", &list(&fields)),
        None => {
            answer(&mut client, "400 Bad Request", "I don't understand these fields.\n")
        }
    }
}

/// Returns the names and values in a head, or `None` if a line isn't a field or the
/// request doesn't name one host.
fn fields(head: &str) -> Option<Vec<(String, String)>> {
    // TODO: this keeps names as they're written, demands one space after the colon, and
    // doesn't care about the host.
    head.split("\r\n").skip(1).map(field).collect()
}

/// One line of a head.
fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(": ")?;
    Some((name.into(), value.into()))
}

/// The page: one line a field.
fn list(fields: &[(String, String)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

/// Reads until the blank line: the request line and the fields, as one text. Returns
/// `None` if the client has left before.
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

fn answer(client: &mut TcpStream, status: &str, page: &str) -> io::Result<()> {
    let length = page.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
}
