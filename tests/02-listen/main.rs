//! Step 2, seen from outside: clients are let in, heard by nobody, and told nothing.

#[cfg(target_os = "linux")]
use std::io::ErrorKind;
use std::process::Command;

use anyhow::{Result, ensure};
use tests::{Client, GLANCE, PATIENCE, Program, REQUEST, pin};

fn rust() -> Command {
    Command::new(env!("CARGO_BIN_EXE_step02"))
}

fn python() -> Command {
    tests::python(concat!(env!("CARGO_MANIFEST_DIR"), "/listen.py"))
}

tests::command_line! { rust, python }

tests::checks! { rust, python:
    stdout
    end_of_input
    silent
    refused_once_it_has_ended
    #[cfg(target_os = "linux")] waiting_clients_are_thrown_out_when_it_ends
    #[cfg(target_os = "linux")] backlog
    #[ignore = "needs curl: cargo test -- --ignored"] curl
    #[cfg(target_os = "linux")] #[ignore = "needs strace: cargo test -- --ignored"] system_calls
}

fn stdout(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let address = program.address();
    let ended = program.press_enter()?;
    ensure!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
    pin!("stdout", tests::port(&ended.stdout, address));
    Ok(())
}

fn end_of_input(program: fn() -> Command) -> Result<()> {
    let ended = Program::start(program())?.end_input()?;
    ensure!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
    Ok(())
}

/// The state of step 2, and its flaw; step 3's `accept` cures it.
fn silent(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let mut client = Client::connect(program.address())?;
    client.send(REQUEST)?;
    pin!("client", client.read_to_end(GLANCE));
    program.stop()?;
    Ok(())
}

/// The article's program ends after `listen`, and so its reader is refused.
fn refused_once_it_has_ended(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let address = program.address();
    program.press_enter()?;
    let seen = tests::connect(address, PATIENCE);
    pin!("ended", format!("connect to 127.0.0.1:4545: {seen}"));
    Ok(())
}

#[cfg(target_os = "linux")]
fn waiting_clients_are_thrown_out_when_it_ends(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let mut waiting = Client::connect(program.address())?;
    program.press_enter()?;
    pin!("thrown_out", waiting.read_to_end(PATIENCE));
    Ok(())
}

/// Lets clients in until one has to wait outside. The kernel tells how many it holds.
#[cfg(target_os = "linux")]
fn backlog(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let address = program.address();
    let mut inside = Vec::new();
    let mut lines = Vec::new();
    loop {
        let number = inside.len() + 1;
        match Client::connect_within(address, 2 * GLANCE) {
            Ok(client) => inside.push(client),
            Err(error) => {
                ensure!(error.kind() == ErrorKind::TimedOut, "{error}");
                lines.push(format!("client {number}: not let in"));
                break;
            }
        }
        tests::wait_for_queue(address, number)?;
        lines.push(format!("client {number}: connected, {number} waiting"));
        ensure!(number < 100, "there is no end to it");
    }
    program.stop()?;
    pin!("backlog", lines.join("\n"));
    Ok(())
}

fn curl(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    pin!("curl", tests::curl(program.address(), "/", &["--max-time", "1"])?);
    program.stop()?;
    Ok(())
}

#[cfg(target_os = "linux")]
fn system_calls(program: fn() -> Command) -> Result<()> {
    let trace = tests::Trace::new()?;
    Program::start(trace.watch(&program()))?.press_enter()?;
    pin!("system_calls", trace.socket_calls()?);
    Ok(())
}
