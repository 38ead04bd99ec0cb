//! Exercise 03a, solved.

use std::env;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;

use anyhow::{Context, Result};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let listener = TcpListener::bind(address()?)?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "listening on {address} until you press Ctrl-C")?;
    loop {
        let handled = listener.accept().and_then(|(client, peer)| handle(client, peer));
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = handled {
            let _ = writeln!(io::stderr(), "a client was lost: {error}");
        }
    }
}

/// The address on the command line, or port 4545 of this machine.
fn address() -> Result<SocketAddr> {
    let argument = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    argument.parse().ok().with_context(|| {
        format!("{argument:?} is not an IP address and a port, such as 127.0.0.1:4545")
    })
}

/// Counts until the client has said its last word. Dropping `client` closes the connection.
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
