//! Exercise 03a, solved.

use std::env;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    println!("listening on {address} until you press Ctrl-C");
    loop {
        let handled = listener.accept().and_then(|(client, peer)| handle(client, peer));
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = handled {
            eprintln!("a client was lost: {error}");
        }
    }
}

/// Counts until the client has sent its last byte. Dropping `client` closes the
/// connection.
fn handle(mut client: TcpStream, peer: SocketAddr) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let mut count = 0;
    loop {
        match client.read(&mut buffer)? {
            0 => break,
            length => count += length,
        }
    }
    writeln!(io::stdout(), "{peer} sent {count} bytes")
}
