//! Step 5: parse. Each client gets the right page or the right refusal.
//!
//! `cargo run -p step05 -- --help`

use std::env;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use step05::Deadlines;

const USAGE: &str = "\
Usage: step05 [--head-deadline SECONDS] [ADDRESS]

Serves http://ADDRESS/, one client after the other. ADDRESS is 127.0.0.1:4545 unless you
give another; port 0 lets the system choose. A client has 10 seconds to send its request,
or the SECONDS that you give it, from 0.001 to 86400.
";

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
    let mut wanted = String::from("127.0.0.1:4545");
    let mut deadlines = Deadlines::default();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        match name {
            "-h" | "--help" => return Ok(io::stdout().write_all(USAGE.as_bytes())?),
            "--head-deadline" => {
                let text = value.or_else(|| arguments.next()).unwrap_or_default();
                deadlines.head = seconds(&text)?;
            }
            _ => wanted = argument,
        }
    }
    let wanted: SocketAddr = wanted.parse().ok().with_context(|| {
        format!("{wanted:?} is not an IP address and a port, such as 127.0.0.1:4545")
    })?;
    let listener = TcpListener::bind(wanted).with_context(|| {
        format!("cannot bind {wanted} (stop what uses it, or try 127.0.0.1:0)")
    })?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "serving http://{address}/ until you press Ctrl-C")?;
    step05::serve(&listener, deadlines, step05::page)
}

/// Reads a number of seconds that a timer can keep.
fn seconds(text: &str) -> Result<Duration> {
    let seconds =
        text.parse().ok().filter(|seconds| (0.001..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).with_context(|| {
        format!("{text:?} is not a number of seconds from 0.001 to 86400, such as --head-deadline 10")
    })
}
