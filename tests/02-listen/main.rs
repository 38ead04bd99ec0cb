//! Step 2, seen from outside: clients are let in, heard by nobody, and told nothing.

#[cfg(target_os = "linux")]
use std::io::ErrorKind;
#[cfg(target_os = "linux")]
use std::net::SocketAddr;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::{sync::mpsc, thread};

#[cfg(target_os = "linux")]
use anyhow::bail;
use anyhow::{Result, ensure};
use tests::{Client, GLANCE, PATIENCE, Program, REQUEST, pin};

fn rust() -> Command {
    Command::new(env!("CARGO_BIN_EXE_step02"))
}

fn python() -> Command {
    tests::python(concat!(env!("CARGO_MANIFEST_DIR"), "/listen.py"))
}

tests::command_line! { rust, python, NO_ADDRESSES }

tests::checks! { rust, python:
    stdout
    end_of_input
    silent
    refused_once_it_has_ended
    #[cfg(target_os = "linux")] waiting_clients_are_thrown_out_when_it_ends
    #[cfg(target_os = "linux")] backlog
    #[cfg(target_os = "linux")] who_leaves_is_not_missed
    #[ignore = "needs curl: cargo test -- --ignored"] curl
    #[cfg(target_os = "linux")]
    #[ignore = "needs Chromium: cargo test -- --ignored"]
    browser
    #[cfg(target_os = "linux")]
    #[ignore = "needs strace: cargo test -- --ignored"]
    system_calls
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
    let mut inside = Vec::new();
    let lines = let_in(program.address(), "connected", |client| inside.push(client))?;
    program.stop()?;
    pin!("backlog", lines);
    Ok(())
}

/// As many again, but each goes as soon as it is in.
#[cfg(target_os = "linux")]
fn who_leaves_is_not_missed(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let lines = let_in(program.address(), "connected and gone", drop)?;
    program.stop()?;
    pin!("gone", lines);
    Ok(())
}

/// Connects client after client, each of which does `next`, until one is not let in.
#[cfg(target_os = "linux")]
fn let_in(
    address: SocketAddr,
    done: &str,
    mut next: impl FnMut(Client),
) -> Result<String> {
    let mut lines = Vec::new();
    for number in 1..100 {
        match Client::connect_within(address, 2 * GLANCE) {
            Ok(client) => next(client),
            Err(error) => {
                ensure!(error.kind() == ErrorKind::TimedOut, "{error}");
                lines.push(format!("client {number}: not let in"));
                return Ok(lines.join("\n"));
            }
        }
        tests::wait_for_queue(address, number)?;
        lines.push(format!("client {number}: {done}, {number} waiting"));
    }
    bail!("there is no end to it")
}

fn curl(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    pin!("curl", tests::curl(program.address(), "/", &["--max-time", "1"])?);
    program.stop()?;
    Ok(())
}

/// The article's reader has another picture, because the article's program has ended.
#[cfg(target_os = "linux")]
fn browser(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let address = program.address();
    let url = format!("http://{address}/");
    let (visit, visited) = mpsc::channel();
    let visitor = url.clone();
    thread::spawn(move || visit.send(tests::chromium(&visitor)));
    tests::wait_until("the browser is in", || tests::queue(address) > Some(0))?;
    let shown = visited.recv_timeout(5 * GLANCE);
    ensure!(shown.is_err(), "it has shown something: {shown:?}");
    program.press_enter()?;
    // What becomes of that visit is the browser's affair, but it must end.
    visited.recv_timeout(PATIENCE)??;
    let again = tests::chromium(&url)?;
    pin!(
        "browser",
        format!("while it listens: (still loading)\nonce it has ended: {again}")
    );
    Ok(())
}

#[cfg(target_os = "linux")]
fn system_calls(program: fn() -> Command) -> Result<()> {
    let trace = tests::Trace::new()?;
    let program = Program::start(trace.watch(&program()))?;
    // The program does not hear of any of it.
    let mut client = Client::connect(program.address())?;
    client.send(REQUEST)?;
    client.read_to_end(GLANCE);
    program.press_enter()?;
    pin!("system_calls", trace.socket_calls()?);
    Ok(())
}
