//! Step 3: accept. Clients are let in one by one, heard once, and sent away.
//!
//! `cargo run -p step03 [-- ADDRESS]`

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
    let wanted = address()?;
    let listener = TcpListener::bind(wanted).with_context(|| {
        format!("cannot bind {wanted} (stop what uses it, or try 127.0.0.1:0)")
    })?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "accepting at http://{address}/ until you press Ctrl-C")?;
    loop {
        let handled = listener.accept().and_then(|(client, _)| handle(client));
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = handled {
            let _ = writeln!(io::stderr(), "a client was lost: {error}");
        }
    }
}

/// The address on the command line, or port 4545 of this machine.
fn address() -> Result<SocketAddr> {
    let argument = env::args_os().nth(1).unwrap_or("127.0.0.1:4545".into());
    let text = argument.to_string_lossy();
    text.parse().ok().with_context(|| {
        format!("{text:?} is not an IP address and a port, such as 127.0.0.1:4545")
    })
}

/// Reads once and shows every byte. Dropping `client` closes the connection.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer)?;
    for line in buffer[..length].split_inclusive(|&byte| byte == b'\n') {
        // Nobody may be reading it, as after `| head -1`: println! would panic.
        let _ = writeln!(io::stdout(), "{}", line.escape_ascii());
    }
    Ok(())
}
