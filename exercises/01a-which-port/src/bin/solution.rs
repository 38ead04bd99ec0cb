//! Exercise 01a, solved.

use std::env;
use std::io::{self, BufRead, Write};
use std::net::{SocketAddr, TcpListener};
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
    let listener =
        TcpListener::bind(wanted).with_context(|| format!("cannot bind {wanted}"))?;
    // Where `wanted` says 0, the system has chosen a port, and the socket knows which.
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "bound to {address}; press Enter to end")?;
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
