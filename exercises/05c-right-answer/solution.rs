//! Exercise 05c, solved.

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const HOME: &str = "<h1>Grüße, 世界</h1>\n";
const ABOUT: &str = "<h1>About</h1>\n";

/// The methods of RFC 9110, section 9, and PATCH of RFC 5789.
const KNOWN: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

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

/// Reads a request and sends what `answer` has chosen.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let Some(head) = read_head(&mut client)? else { return Ok(()) };
    let line = head.split("\r\n").next().unwrap_or_default();
    let (method, (status, page)) = match line.split(' ').collect::<Vec<_>>()[..] {
        [method, target, _] => (method, answer(method, target)),
        _ => ("", ("400 Bad Request", "<p>That isn't a request line.</p>\n")),
    };
    let length = page.len();
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    // HEAD asks for the page's length, not for the page.
    let page = if method == "HEAD" { "" } else { page };
    write!(
        client,
        "HTTP/1.1 {status}\r\n{allow}Content-Type: text/html; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
}

/// Returns the status and the page for a request.
fn answer(method: &str, target: &str) -> (&'static str, &'static str) {
    if !KNOWN.contains(&method) {
        return ("501 Not Implemented", "<p>I don't know this method.</p>\n");
    }
    let page = match target.split('?').next() {
        Some("/") => HOME,
        Some("/about") => ABOUT,
        _ => return ("404 Not Found", "<p>This page doesn't exist.</p>\n"),
    };
    match method {
        "GET" | "HEAD" => ("200 OK", page),
        _ => ("405 Method Not Allowed", "<p>You can only read this page.</p>\n"),
    }
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
