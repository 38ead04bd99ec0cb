//! Exercise 06b: serve many clients at once, and not too many.
//!
//! `cargo exercise run 06b [-- ADDRESS]`, then `cargo exercise check 06b`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nYour turn.\n";

fn main() -> Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    println!("serving http://{address}/ until you press Ctrl-C");
    // TODO: while this serves one client, all others wait. Let several threads do it,
    // and decide how many.
    serve(&listener)
}

/// Serves one client after the other, for ever.
fn serve(listener: &TcpListener) -> ! {
    loop {
        let handled = listener.accept().and_then(|(client, _)| handle(client));
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = handled {
            eprintln!("a client was lost: {error}");
        }
    }
}

/// Reads the whole head of a request, however long that takes, then answers.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(()), // the client has left; nobody waits for an answer
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    client.write_all(PAGE)
}
