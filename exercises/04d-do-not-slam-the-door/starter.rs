//! Exercise 04d: refuse a large upload so that the refusal arrives.
//!
//! `cargo exercise run 04d [-- ADDRESS]`, then `cargo exercise check 04d`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\n\
      good to see you\n";
const REFUSAL: &[u8] =
    b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 18\r\nConnection: close\r\n\r\n\
      I take no uploads\n";

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

/// Answers with the page, or refuses.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let head = read_head(&mut client)?;
    let answer = if head.starts_with(b"POST ") { REFUSAL } else { PAGE };
    client.write_all(answer)
    // TODO: here `client` is dropped and its connection closed, even if some of the
    // body is still unread, or on its way.
}

/// Reads until the blank line has come, or the client has left. A part of the body may
/// come with it.
fn read_head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => break,
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    Ok(head)
}
