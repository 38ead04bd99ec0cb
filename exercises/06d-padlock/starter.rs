//! Exercise 06d: the same bytes, inside of TLS.
//!
//! `cargo exercise run 06d [-- ADDRESS]`, then `cargo exercise check 06d`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

/// Status line, blank line, page: as in step 4.
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n<h1>Hello world</h1>";

fn main() -> Result<()> {
    // TODO: make a key and a certificate with rcgen, a ServerConfig of rustls from
    // both, and print the certificate before the address.
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    println!("serving https://{address}/ until you press Ctrl-C");
    loop {
        let handled = listener.accept().and_then(|(client, _)| handle(client));
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = handled {
            eprintln!("a client was lost: {error}");
        }
    }
}

/// Reads once, and answers.
fn handle(mut client: TcpStream) -> io::Result<()> {
    // TODO: put a rustls::StreamOwned around the client. It reads and writes as this
    // does, and at the end it has one thing more to say.
    let _ = client.read(&mut [0; 4096])?;
    client.write_all(RESPONSE)
}
