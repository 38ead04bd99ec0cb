//! Exercise 01b, solved.

use std::env;
use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::{Context, Result};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `{:#}` puts our sentence and the system's reason into one line.
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let wanted = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&wanted)
        .with_context(|| format!("cannot bind {wanted} (port 0 is any free one)"))?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "bound to {address}; press Enter to end")?;
    io::stdin().lock().skip_until(b'\n')?;
    Ok(())
}
