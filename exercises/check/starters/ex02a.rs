//! Exercise 02a: let clients in before anybody answers.
//!
//! `cargo run -p ex02a [-- ADDRESS [BACKLOG]]`, then `cargo exercise check 02a`

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
    let socket = bind(wanted).with_context(|| format!("cannot bind {wanted}"))?;
    // TODO: everybody is refused. Open a waiting room with as many seats as the second
    // argument says, or 5 without one.
    let address = socket.local_addr()?.as_socket().context("no IP address")?;
    writeln!(io::stdout(), "at {address}; press Enter to end")?;
    io::stdin().lock().skip_until(b'\n')?;
    Ok(())
}

/// The address on the command line, or port 4545 of this machine.
fn address() -> Result<SocketAddr> {
    let argument = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    argument.parse().ok().with_context(|| {
        format!("{argument:?} is not an IP address and a port, such as 127.0.0.1:4545")
    })
}

/// A new TCP socket that has `address`.
fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
