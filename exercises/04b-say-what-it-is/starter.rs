//! Exercise 04b: say what kind of bytes you send, and that you close the connection.
//!
//! `cargo exercise run 04b [-- ADDRESS]`, then `cargo exercise check 04b`

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};

const PAGE: &str = "<h1>Grüße, 世界</h1>\n";

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

/// Reads once, and answers with the page. Dropping `client` closes the connection.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let _ = client.read(&mut [0; 4096])?;
    let length = PAGE.len();
    // TODO: say in the head that this is HTML, in UTF-8, and that the connection ends
    // here.
    write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{PAGE}")
}
