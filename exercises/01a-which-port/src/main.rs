//! Exercise 01a: bind to port 0 and say which port it became.
//!
//! `cargo run -p ex01a [-- ADDRESS]`, then `cargo exercise check 01a`

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
    let _listener =
        TcpListener::bind(wanted).with_context(|| format!("cannot bind {wanted}"))?;
    // TODO: this is the address that was asked for. With port 0 nobody can go there. Say which
    // one it became.
    writeln!(io::stdout(), "bound to {wanted}; press Enter to end")?;
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
