//! Exercise 03b: answer when the whole request is there, and not before.
//!
//! `cargo exercise run 03b [-- ADDRESS]`, then `cargo exercise check 03b`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nI heard all\n";

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
    let mut buffer = [0; 4096];
    // TODO: one `read` is not one request. Read until the blank line has come; and when
    // the client leaves before that, do not answer.
    let _length = client.read(&mut buffer)?;
    client.write_all(PAGE)
}
