//! What a program says to somebody who started it wrongly.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use anyhow::Result;
use predicates::prelude::*;

use crate::{PATIENCE, redact};

/// What people write where an address belongs.
const NO_ADDRESSES: [&str; 9] = [
    "",
    "4545",
    ":4545",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "localhost:4545",
    "http://127.0.0.1:4545/",
    "--help",
];

/// Starts the program wrongly in every way that needs no other rights: with something that
/// is no address, with an address that is taken, with one of another machine. Returns each
/// argument with the program's answer below it.
///
/// # Errors
/// When there is no port to be had for the taken address.
///
/// # Panics
/// When the program fails in another way than [`refusal`] wants.
pub fn mistakes(program: fn() -> Command) -> Result<String> {
    let mut transcript = String::new();
    for argument in NO_ADDRESSES {
        transcript +=
            &format!("ADDRESS \"{argument}\"\n{}", refusal(program(), argument));
    }
    let holder = TcpListener::bind("127.0.0.1:0")?;
    let taken = holder.local_addr()?;
    // TEST-NET-1 of RFC 5737: nobody's address, so it is not this machine's.
    let foreign = SocketAddr::from(([192, 0, 2, 1], 4545));
    for (address, on_linux) in [
        (taken, "Address already in use (os error 98)"),
        (foreign, "Cannot assign requested address (os error 99)"),
    ] {
        let message = refusal(program(), &address.to_string());
        let message = as_on_linux(&message, address, on_linux);
        let entry = format!("ADDRESS \"{address}\"\n{message}");
        transcript += &redact::port(&entry, taken);
    }
    Ok(transcript)
}

/// What the program says when it is started, without special rights, at a port that needs
/// them. Linux only; needs setpriv(1), which takes root's rights away where a test has them.
///
/// # Errors
/// When this system lets everybody have every port.
///
/// # Panics
/// When the program fails in another way than [`refusal`] wants.
#[cfg(target_os = "linux")]
pub fn privileged(program: fn() -> Command) -> Result<String> {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    let first_free =
        fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start")?;
    anyhow::ensure!(
        first_free.trim().parse::<u16>()? > 1,
        "no port is privileged on this system"
    );
    let program = program();
    // The owner of this process; only root has a right to give up, and may.
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(refusal(program, "127.0.0.1:1"));
    }
    let mut unprivileged = Command::new("setpriv");
    unprivileged.args(["--bounding-set=-net_bind_service", "--"]);
    unprivileged.arg(program.get_program()).args(program.get_args());
    Ok(refusal(unprivileged, "127.0.0.1:1"))
}

/// Starts the program where nothing can be printed: an error like any other, no panic.
/// Linux only, full(4).
///
/// # Errors
/// When the program does anything else than to say so and fail.
#[cfg(target_os = "linux")]
pub fn nowhere_to_print(mut program: Command) -> Result<()> {
    program.arg("127.0.0.1:0").stdout(std::fs::File::create("/dev/full")?);
    let output = program.env("RUST_BACKTRACE", "1").output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.code() == Some(1), "{output:?}");
    anyhow::ensure!(stderr == "No space left on device (os error 28)\n", "{stderr}");
    Ok(())
}

/// Runs `command argument`, which must fail as every program of ours does: nothing on
/// stdout, one line on stderr even where the reader asks for backtraces, exit status 1.
/// Returns that line.
///
/// # Panics
/// When it fails in any other way, or not at all; the message shows what it did.
pub fn refusal(command: Command, argument: &str) -> String {
    let line_breaks = predicate::str::contains("\n");
    let one_line = line_breaks.count(1).and(predicate::str::ends_with("\n"));
    let assert = assert_cmd::Command::from_std(command)
        .arg(argument)
        .env("RUST_BACKTRACE", "1")
        .timeout(PATIENCE)
        .assert()
        .code(1)
        .stdout("")
        .stderr(one_line);
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

/// Replaces this system's own words for why nobody can bind `address` by those of Linux, so
/// that one snapshot serves all systems. On Linux itself nothing is replaced.
fn as_on_linux(message: &str, address: SocketAddr, on_linux: &str) -> String {
    match TcpListener::bind(address) {
        Err(error) if cfg!(not(target_os = "linux")) => {
            message.replace(&error.to_string(), on_linux)
        }
        _ => message.into(),
    }
}
