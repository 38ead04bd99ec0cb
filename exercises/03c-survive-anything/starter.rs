//! Exercise 03c: whatever a client does, the server goes on.
//!
//! `cargo exercise run 03c [-- ADDRESS]`, then `cargo exercise check 03c`

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
        let (client, _) = listener.accept().unwrap();
        handle(client);
    }
}

/// Prints what the client asks for, then answers.
fn handle(mut client: TcpStream) {
    // TODO: each `unwrap` from here on is a client that can end this server, and so is
    // the one above.
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer).unwrap();
    let text = str::from_utf8(&buffer[..length]).unwrap();
    let line = text.lines().next().unwrap();
    let target = line.split(' ').nth(1).unwrap();
    let _ = writeln!(io::stdout(), "somebody asks for {target}");
    client.write_all(PAGE).unwrap();
}
