//! What a program says to somebody who started it wrongly.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use predicates::prelude::*;

use crate::{PATIENCE, Program, redact};

/// What people write where an IP address and a port belong.
pub const NO_ADDRESSES: [&str; 8] = [
    "",
    "4545",
    ":4545",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "localhost:4545",
    "http://127.0.0.1:4545/",
];
/// Of these, what is not even a name and a port, whatever names the system knows.
pub const NO_NAMES: [&str; 6] = [
    "",
    "4545",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "http://127.0.0.1:4545/",
];
/// TEST-NET-1 of RFC 5737: nobody's address, so it is not this machine's.
const FOREIGN: &str = "192.0.2.1:4545";

/// Starts the program wrongly in every way that needs no other rights: with something
/// that is no address, with an address that is taken, with one of another machine.
/// Returns each argument with the program's answer below it.
///
/// # Errors
/// When there is no port to be had for the taken address.
///
/// # Panics
/// When the program fails in another way than [`complaint`] wants.
pub fn mistakes(program: fn() -> Command, no_addresses: &[&str]) -> Result<String> {
    let mut transcript = String::new();
    for argument in no_addresses {
        transcript +=
            &format!("ADDRESS \"{argument}\"\n{}", complaint(program(), argument));
    }
    let holder = TcpListener::bind("127.0.0.1:0")?;
    let taken = holder.local_addr()?;
    let foreign = FOREIGN.parse()?;
    for (address, on_linux) in [
        (taken, "Address already in use (os error 98)"),
        (foreign, "Cannot assign requested address (os error 99)"),
    ] {
        let message = complaint(program(), &address.to_string());
        let message = as_on_linux(&message, address, on_linux);
        let entry = format!("ADDRESS \"{address}\"\n{message}");
        transcript += &redact::port(&entry, taken);
    }
    Ok(transcript)
}

/// What the program says when it is started, without special rights, at a port that
/// needs them. Linux only; needs setpriv(1), which takes root's rights away where a
/// test has them.
///
/// # Errors
/// When this system lets everybody have every port.
///
/// # Panics
/// When the program fails in another way than [`complaint`] wants.
#[cfg(target_os = "linux")]
pub fn privileged(program: fn() -> Command) -> Result<String> {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    let first_free =
        fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start")?;
    ensure!(
        first_free.trim().parse::<u16>()? > 1,
        "no port is privileged on this system"
    );
    let program = program();
    // The owner of this process; only root has a right to give up, and may.
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(complaint(program, "127.0.0.1:1"));
    }
    let mut unprivileged = Command::new("setpriv");
    unprivileged.args(["--bounding-set=-net_bind_service", "--"]);
    unprivileged.arg(program.get_program()).args(program.get_args());
    Ok(complaint(unprivileged, "127.0.0.1:1"))
}

/// Starts the program where nothing can be printed: an error like any other, no panic.
/// Linux only, full(4).
///
/// # Errors
/// When the program does anything else than to say so and fail.
#[cfg(target_os = "linux")]
pub fn nowhere_to_print(program: Command) -> Result<()> {
    let output = printing_into_full(program)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1), "{output:?}");
    ensure!(stderr == "Error: No space left on device (os error 28)\n", "{stderr}");
    Ok(())
}

/// A flaw of programs that use `println!`: where nothing can be printed, it panics.
/// Linux only, full(4).
///
/// # Errors
/// When the program does anything else.
#[cfg(target_os = "linux")]
pub fn panics_with_nowhere_to_print(program: Command) -> Result<()> {
    let output = printing_into_full(program)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let panic = "failed printing to stdout: No space left on device (os error 28)";
    ensure!(output.status.code() == Some(101), "{output:?}");
    ensure!(stderr.lines().any(|line| line == panic), "{stderr}");
    Ok(())
}

#[cfg(target_os = "linux")]
fn printing_into_full(mut program: Command) -> Result<Output> {
    program.arg("127.0.0.1:0").stdout(std::fs::File::create("/dev/full")?);
    Ok(without_backtraces(&mut program).output()?)
}

/// Runs `command argument`, which must fail as every program of ours does: nothing on
/// stdout, one line on stderr even where the reader asks for backtraces, exit status 1.
/// Returns that line.
///
/// # Panics
/// When it fails in any other way, or not at all; the message shows what it did.
pub fn refusal(mut command: Command, argument: &str) -> String {
    let line_breaks = predicate::str::contains("\n");
    let one_line = line_breaks.count(1).and(predicate::str::ends_with("\n"));
    command.env("RUST_BACKTRACE", "1");
    let assert = failure(command, argument).stderr(one_line);
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

/// Runs `command argument`, which must fail as anyhow lets a `main` fail: nothing on
/// stdout, on stderr what is wrong and why, exit status 1. (Where the reader asks for
/// backtraces, anyhow adds one.) Returns what is on stderr.
///
/// # Panics
/// As [`refusal`].
pub fn complaint(mut command: Command, argument: &str) -> String {
    without_backtraces(&mut command);
    let assert =
        failure(command, argument).stderr(predicate::str::starts_with("Error: "));
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

fn without_backtraces(command: &mut Command) -> &mut Command {
    command.env_remove("RUST_BACKTRACE").env_remove("RUST_LIB_BACKTRACE")
}

/// Runs `command argument`, which must fail with exit status 1 and say nothing on
/// stdout.
///
/// # Panics
/// When it fails in any other way, or not at all.
pub fn failure(command: Command, argument: &str) -> assert_cmd::assert::Assert {
    let mut command = assert_cmd::Command::from_std(command);
    command.arg(argument).timeout(PATIENCE).assert().code(1).stdout("")
}

/// What the program prints when it is asked for help, the same to either way of asking.
/// Its own name, which must be in it, is redacted.
///
/// # Errors
/// When it cannot be started, fails, or does not name itself.
pub fn help(program: fn() -> Command) -> Result<String> {
    let ask = |argument| -> Result<String> {
        let mut command = program();
        command.arg(argument);
        let output = crate::run(command)?;
        ensure!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    let help = ask("--help")?;
    ensure!(help == ask("-h")?, "-h is answered in another way than --help");
    let name = name(&program())?;
    ensure!(help.contains(&name), "{help} does not name {name}");
    Ok(help.replace(&name, "PROGRAM"))
}

/// What a person calls the program: the name of its file, or of the script that it
/// runs.
fn name(program: &Command) -> Result<String> {
    let file = program.get_args().last().unwrap_or(program.get_program());
    let name = Path::new(file).file_name().context("no name")?.to_string_lossy();
    Ok(name.trim_end_matches(std::env::consts::EXE_SUFFIX).into())
}

/// Tries addresses with two programs, and returns a row for each: what either makes of
/// it, `taken` or `refused`. `None` on a machine without IPv6, where some rows would
/// differ.
///
/// # Errors
/// When there is no port to be had for the address in use.
pub fn addresses(programs: [fn() -> Command; 2]) -> Result<Option<String>> {
    if TcpListener::bind("[::1]:0").is_err() {
        return Ok(None);
    }
    let holder = TcpListener::bind("127.0.0.1:0")?;
    let in_use = holder.local_addr()?.to_string();
    let arguments = [
        "127.0.0.1:0",
        "localhost:0",
        "[::1]:0",
        "::1:0",
        "[127.0.0.1]:0",
        ":0",
        // A digit, but not of ASCII.
        "127.0.0.1:\u{660}",
        "127.0.0.1:65536",
        "127.0.0.1",
        "4545",
        "http://127.0.0.1:0/",
        &in_use,
        FOREIGN,
    ];
    let names = [name(&programs[0]())?, name(&programs[1]())?];
    let mut table = row(names, "ADDRESS");
    for argument in arguments {
        let verdicts = programs.map(|program| verdict(program(), argument));
        table += &row(
            verdicts,
            &argument
                .replace(&in_use, "one that is in use")
                .replace(FOREIGN, "one of another machine"),
        );
    }
    Ok(Some(table))
}

/// What the program makes of an address.
fn verdict(program: Command, address: &str) -> &'static str {
    match Program::start_at(address, program) {
        Ok(_) => "taken",
        Err(_) => "refused",
    }
}

fn row<T: std::fmt::Display>(verdicts: [T; 2], argument: &str) -> String {
    let [first, second] = verdicts;
    format!("{first:<10}{second:<14}{argument}\n")
}

/// Replaces this system's own words for why nobody can bind `address` by those of
/// Linux, so that one snapshot serves all systems. On Linux itself nothing is replaced.
fn as_on_linux(message: &str, address: SocketAddr, on_linux: &str) -> String {
    match TcpListener::bind(address) {
        Err(error) if cfg!(not(target_os = "linux")) => {
            message.replace(&error.to_string(), on_linux)
        }
        _ => message.into(),
    }
}
