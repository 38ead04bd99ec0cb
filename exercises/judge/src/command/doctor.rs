//! Looks whether everything is there, and says whether it matters.

use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode};

use judge::report::{bad, good, wrap};

/// What was found, or what it means that it's missing.
type Found = Result<String, String>;

/// Looks at it all. The exit status is 1 when something is missing that is needed.
pub fn doctor() -> ExitCode {
    let curl = "the commands to try by hand need it; a browser does too";
    let nc = "some commands to try by hand need it; the checks do not";
    let python = "only who writes Python needs it";
    let findings = [
        ("Rust", rust(), true),
        ("127.0.0.1", loopback(), true),
        ("port 4545", port(), false),
        ("curl", program("curl", "--version", curl), false),
        ("nc", program("nc", "-h", nc), false),
        ("python3", program("python3", "--version", python), false),
    ];
    let all_well = findings.iter().all(|(_, found, needed)| found.is_ok() || !needed);
    for (name, found, is_needed) in findings {
        let (mark, text) = match found {
            Ok(text) => (good("here   "), text),
            Err(text) if is_needed => (bad("missing"), text),
            Err(text) => ("without".into(), text),
        };
        let text = wrap(&text, 58).trim_end().replace('\n', "\n                    ");
        anstream::println!("{mark}  {name:<9}  {text}");
    }
    if all_well {
        anstream::println!("\nAll that is needed is here. Begin with: cargo exercise");
        return ExitCode::SUCCESS;
    }
    anstream::println!("\nWhat is missing is needed.");
    ExitCode::FAILURE
}

fn rust() -> Found {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    match output("rustc", "--version") {
        Some(version) if is_at_least(&version, wanted) => Ok(version),
        Some(version) => {
            Err(format!("{version}, and {wanted} is needed: rustup update"))
        }
        None => Err("rustc cannot be run; get it from https://rustup.rs".into()),
    }
}

fn is_at_least(version: &str, wanted: &str) -> bool {
    let parts = |text: &str| {
        let mut numbers = text.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
        [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0_u32)]
    };
    parts(version.split_whitespace().nth(1).unwrap_or_default()) >= parts(wanted)
}

fn loopback() -> Found {
    let connected = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| TcpStream::connect(listener.local_addr()?));
    match connected {
        Ok(_) => Ok("programs of this machine can talk to each other".into()),
        Err(error) => Err(format!("nobody can connect to 127.0.0.1: {error}")),
    }
}

fn port() -> Found {
    match TcpListener::bind("127.0.0.1:4545") {
        Ok(_) => Ok("is free".into()),
        Err(error) => Err(format!(
            "{error}. Is one of your servers still running? The checks don't need it. \
             To try by hand, stop that program, or use another port: cargo exercise \
             run 03b -- 127.0.0.1:0"
        )),
    }
}

fn program(name: &str, argument: &str, without: &str) -> Found {
    output(name, argument).ok_or_else(|| format!("not found: {without}"))
}

/// The first line that a command prints, if it can be run.
fn output(name: &str, argument: &str) -> Option<String> {
    let output = Command::new(name).arg(argument).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    // What follows in parentheses is when and for what it was built.
    text.lines().next().and_then(|line| line.split(" (").next()).map(Into::into)
}
