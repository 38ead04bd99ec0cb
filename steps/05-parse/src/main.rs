//! Step 5: parse. Each client gets the right page or the right refusal.
//!
//! `cargo run -p step05 [-- [--head-deadline SECONDS] [ADDRESS]]`

use std::env;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use step05::Deadlines;

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
    let (wanted, deadlines) = arguments()?;
    let listener = TcpListener::bind(wanted).with_context(|| {
        format!("cannot bind {wanted} (stop what uses it, or try 127.0.0.1:0)")
    })?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "serving http://{address}/ until you press Ctrl-C")?;
    step05::serve(&listener, deadlines, step05::page)
}

/// The address on the command line, or port 4545 of this machine; the deadlines.
fn arguments() -> Result<(SocketAddr, Deadlines)> {
    let mut address = String::from("127.0.0.1:4545");
    let mut deadlines = Deadlines::default();
    let mut arguments =
        env::args_os().skip(1).map(|text| text.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        if argument == "--head-deadline" {
            deadlines.head = seconds(&arguments.next().unwrap_or_default())?;
        } else {
            address = argument;
        }
    }
    let address = address.parse().ok().with_context(|| {
        format!("{address:?} is not an IP address and a port, such as 127.0.0.1:4545")
    })?;
    Ok((address, deadlines))
}

fn seconds(text: &str) -> Result<Duration> {
    let seconds = text.parse().ok().filter(|&seconds| seconds > 0.0);
    let duration =
        seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.with_context(|| {
        format!("{text:?} is not a number of seconds, such as --head-deadline 10")
    })
}
