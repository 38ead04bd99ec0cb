//! Step 5: parse. Each client gets the right page, or the right refusal.

use std::io::{self, Write};
use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use step05::Deadlines;

const USAGE: &str = "usage: step05 [--head-deadline SECONDS] [ADDRESS]
  ADDRESS  where to listen; default 127.0.0.1:4545; port 0: any free port
  SECONDS  how long a request may take to arrive, 0.001 to 86400; default 10\n";

fn main() -> Result<()> {
    let mut address = "127.0.0.1:4545";
    let mut deadlines = Deadlines::default();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    // `--head-deadline=10` is the same as `--head-deadline 10`.
    let mut words = arguments.iter().flat_map(|argument| argument.split('='));
    while let Some(word) = words.next() {
        match word {
            "-h" | "--help" => return Ok(io::stdout().write_all(USAGE.as_bytes())?),
            "--head-deadline" => deadlines.head = seconds(words.next().unwrap_or(""))?,
            _ if word.starts_with('-') => bail!("unknown option {word}\n{USAGE}"),
            _ => address = word,
        }
    }
    let listener =
        TcpListener::bind(address).with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "listening on http://{address}/; press Ctrl-C to stop")?;
    step05::serve(&listener, deadlines, step05::page)
}

/// Parses a number of seconds that a timer can count to.
fn seconds(text: &str) -> Result<Duration> {
    let seconds = text.parse().ok();
    let seconds = seconds.filter(|seconds| (0.001..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).with_context(|| {
        format!("--head-deadline {text:?} is not a number of seconds, 0.001 to 86400")
    })
}
