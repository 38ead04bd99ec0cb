//! Exercise 03c, solved.

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nAll is well\n";

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

/// Prints what the client asks for, then answers.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer)?;
    // What isn't text becomes something else, and what's missing becomes nothing.
    let text = String::from_utf8_lossy(&buffer[..length]);
    let line = text.lines().next().unwrap_or_default();
    let target = line.split(' ').nth(1).unwrap_or_default();
    // A terminal obeys some characters; `escape_debug` shows them instead.
    let _ = writeln!(io::stdout(), "somebody asks for {}", target.escape_debug());
    client.write_all(PAGE)
}
