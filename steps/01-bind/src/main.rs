//! Step 1: bind. A socket with an address, and nobody listening at it.
//!
//! `cargo run -p step01 [-- ADDRESS]`

use std::env;
use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

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
    let socket = bind(wanted).with_context(|| {
        format!("cannot bind {wanted} (stop what uses it, or try 127.0.0.1:0)")
    })?;
    let address = socket.local_addr()?.as_socket().context("no IP address")?;
    writeln!(
        io::stdout(),
        "bound to {address}, but nobody listens; press Enter to end"
    )?;
    io::stdin().lock().skip_until(b'\n')?;
    Ok(())
}

/// The address on the command line, or port 4545 of this machine.
fn address() -> Result<SocketAddr> {
    let argument = env::args_os().nth(1).unwrap_or("127.0.0.1:4545".into());
    let text = argument.to_string_lossy();
    text.parse().ok().with_context(|| {
        format!("{text:?} is not an IP address and a port, such as 127.0.0.1:4545")
    })
}

/// A new TCP socket that has `address`.
fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Connections that ended a minute ago must not keep the address taken. Not on
    // Windows, where this would let another program take the address from us.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
