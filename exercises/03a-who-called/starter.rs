//! Exercise 03a: one line a connection, who it was and how many bytes came.
//!
//! `cargo exercise run 03a [-- ADDRESS]`, then `cargo exercise check 03a`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    println!("listening on {address} until you press Ctrl-C");
    loop {
        let handled = listener.accept().and_then(|(client, _)| handle(client));
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = handled {
            eprintln!("a client was lost: {error}");
        }
    }
}

/// Reads, and says what came. Dropping `client` closes the connection.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let count = client.read(&mut buffer)?;
    // TODO: who is somebody? And this is what came first, not all that came.
    writeln!(io::stdout(), "somebody sent {count} bytes")
}
