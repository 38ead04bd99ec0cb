//! Exercise 05b, solved.

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
    let fields: Vec<_> =
        head.split("\r\n").skip(1).map(field).collect::<Option<_>>()?;
    // Two hosts are two opinions, even if they agree.
    let hosts = fields.iter().filter(|(name, _)| name == "host").count();
    (hosts == 1).then_some(fields)
}

/// One line of a head.
fn field(line: &str) -> Option<(String, String)> {
    // The first colon: a value may hold more of them.
    let (name, value) = line.split_once(':')?;
    if name.is_empty() || !name.bytes().all(is_of_a_name) {
        return None;
    }
    Some((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).into()))
}

/// Tells the bytes of a token, which spaces and tabs aren't.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
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
