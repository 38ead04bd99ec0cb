//! Exercise 04c: give each client a second for its request, and no longer.
//!
//! `cargo exercise run 04c [-- ADDRESS]`, then `cargo exercise check 04c`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const PAGE: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\n\
      here I am again\n";

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

/// Reads the request, then answers.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !has_blank_line(&request) {
        // TODO: this waits as long as the client likes. After a second in all, send a
        // 408 and let the client go.
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    client.write_all(PAGE)
}

fn has_blank_line(bytes: &[u8]) -> bool {
    bytes.windows(4).any(|window| window == b"\r\n\r\n")
}
