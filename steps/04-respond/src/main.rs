//! Step 4: respond. Every client gets a page, whatever it asked for.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    if address == "-h" || address == "--help" {
        println!("usage: step04 [ADDRESS]  (default 127.0.0.1:4545; port 0: any free)");
        return Ok(());
    }
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;

    let address = listener.local_addr()?;
    println!("listening on http://{address}/; press Ctrl-C to stop");
    loop {
        let handled = listener.accept().and_then(|(client, _)| handle(client));
        // An error with one client mustn't end the server for the others.
        if let Err(error) = handled {
            eprintln!("lost a client: {error}");
        }
    }
}

/// Reads once, prints every byte, answers. Dropping `client` closes the connection.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer)?;
    for line in buffer[..length].split_inclusive(|&byte| byte == b'\n') {
        println!("{}", line.escape_ascii());
    }
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n<h1>Hello world</h1>")
}
