//! Step 3, seen from outside: clients are heard once, and sent away without an answer.

use std::process::Command;

#[cfg(target_os = "linux")]
use anyhow::Context;
use anyhow::{Result, ensure};
#[cfg(target_os = "linux")]
use tests::{Client, PATIENCE};
use tests::{Program, REQUEST, pin};

fn rust() -> Command {
    Command::new(env!("CARGO_BIN_EXE_step03"))
}

fn python() -> Command {
    tests::python(concat!(env!("CARGO_MANIFEST_DIR"), "/accept.py"))
}

tests::command_line! { rust, python, NO_NAMES }

tests::checks! { rust, python:
    stdout
    empty_reply
    one_read_is_not_one_request
    an_idle_client_holds_everybody_up
    survives_bad_clients
    #[cfg(target_os = "linux")] after_the_close_nobody_listens
    #[cfg(target_os = "linux")] one_read_is_at_most_4096_bytes
    #[ignore = "needs curl: cargo test -- --ignored"] curl
    #[ignore = "needs Chromium: cargo test -- --ignored"] browser
}

/// What a client sends before it gets to send the rest.
const HALF: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.";

fn stdout(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    tests::exchange(program.address(), REQUEST)?;
    tests::exchange(program.address(), REQUEST)?;
    pin!("stdout", output(program)?);
    Ok(())
}

/// All that the program has said, with its port redacted; nothing may be on stderr.
fn output(program: Program) -> Result<String> {
    let address = program.address();
    let ended = program.stop()?;
    ensure!(ended.stderr.is_empty(), "on stderr: {}", ended.stderr);
    Ok(tests::port(&ended.stdout, address))
}

/// The state of step 3, and its flaw; step 4's `write` cures it.
fn empty_reply(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    pin!("client", tests::exchange(program.address(), REQUEST)?);
    program.stop()?;
    Ok(())
}

/// Whatever a client sends, the reader's terminal gets printable characters only.
#[test]
fn every_byte_is_shown() -> Result<()> {
    pin!("every_byte", every_byte(rust)?);
    Ok(())
}

/// Of 256 bytes the twin shows one in another way, the double quote.
#[test]
#[ignore = "needs python3: cargo test -- --ignored"]
fn every_byte_is_shown_by_the_twin() -> Result<()> {
    pin!("every_byte", every_byte(python)?.replace('"', "\\\""));
    Ok(())
}

fn every_byte(program: fn() -> Command) -> Result<String> {
    let program = Program::start(program())?;
    let bytes: Vec<u8> = (0..=255).collect();
    tests::exchange(program.address(), &bytes)?;
    output(program)
}

/// A flaw that step 5 cures: what comes later is never read.
fn one_read_is_not_one_request(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let seen = tests::exchange(program.address(), HALF)?;
    let shown = output(program)?;
    pin!("half_a_request", format!("{shown}{seen}"));
    Ok(())
}

/// A flaw that step 5 cures: the kernel turns the close into a reset, because bytes
/// that nobody had read are thrown away with the connection.
#[cfg(target_os = "linux")]
fn one_read_is_at_most_4096_bytes(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let seen = tests::exchange(program.address(), &[b'a'; 5000])?;
    let shown = output(program)?;
    let lines = shown.lines().map(|line| format!("{} characters", line.len()));
    let lines: Vec<_> = lines.skip(1).chain([seen.to_string()]).collect();
    pin!("5000_bytes", lines.join("\n"));
    Ok(())
}

/// FIN says only that the server has sent its last byte. But this one has closed its
/// socket: the first bytes that come after that are answered by RST, and the client
/// learns of it when it sends more.
#[cfg(target_os = "linux")]
fn after_the_close_nobody_listens(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let mut client = Client::connect(program.address())?;
    client.send(REQUEST)?;
    let seen = client.read_to_end(PATIENCE);
    client.send(b"more")?;
    let mut refusal = None;
    tests::wait_until("the reset has come", || {
        refusal = client.send(b"more").err();
        refusal.is_some()
    })?;
    let refusal = refusal.context("no error")?;
    pin!("after_the_close", format!("{seen}\nmore: sent\nstill more: {refusal}"));
    program.stop()?;
    Ok(())
}

/// A flaw: one client at a time. Step 5 sets the idle one a deadline, exercise 06b
/// serves two at once.
fn an_idle_client_holds_everybody_up(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let (while_idle, once_left) = tests::behind_an_idle_client(program.address())?;
    pin!("idle", format!("while it is idle: {while_idle}\nonce it left: {once_left}"));
    program.stop()?;
    Ok(())
}

fn survives_bad_clients(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    tests::bad_clients(program.address())?;
    program.wait_for_stderr("lost a client: ")?;
    pin!("client", tests::exchange(program.address(), REQUEST)?);
    program.stop()?;
    Ok(())
}

#[test]
#[cfg(target_os = "linux")]
fn a_client_that_is_gone_is_one_line_on_stderr() -> Result<()> {
    pin!("lost", lost(rust)?);
    Ok(())
}

/// In Python the same error has other words.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs python3: cargo test -- --ignored"]
fn a_client_that_is_gone_is_one_line_of_the_twin_too() -> Result<()> {
    let of_python = "[Errno 104] Connection reset by peer";
    let of_rust = "Connection reset by peer (os error 104)";
    pin!("lost", lost(python)?.replace(of_python, of_rust));
    Ok(())
}

#[cfg(target_os = "linux")]
fn lost(program: fn() -> Command) -> Result<String> {
    let program = Program::start(program())?;
    Client::connect(program.address())?.reset()?;
    program.wait_for_stderr("\n")?;
    let seen = tests::exchange(program.address(), REQUEST)?;
    let stderr = program.stop()?.stderr;
    Ok(format!("{stderr}the next client: {seen}"))
}

/// Steps 1 and 2 take no names; here the standard library looks them up.
#[test]
fn localhost_is_an_address() -> Result<()> {
    Program::start_at("localhost:0", rust())?.stop()?;
    Ok(())
}

#[test]
#[cfg(unix)]
#[ignore = "needs python3: cargo test -- --ignored"]
fn ctrl_c_ends_the_twin_with_a_traceback() -> Result<()> {
    let program = Program::start(python())?;
    let mut kill = Command::new("kill");
    ensure!(kill.args(["-INT", &program.id().to_string()]).status()?.success());
    program.wait_for_stderr("KeyboardInterrupt\n")
}

/// A flaw that step 5 cures: where nothing can be printed, as after `cargo run | head
/// -1`, `println!` panics.
#[test]
#[cfg(unix)]
fn a_closed_stdout_ends_it() -> Result<()> {
    pin!("closed_stdout", tests::with_a_closed_stdout(rust())?);
    Ok(())
}

fn curl(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    pin!("curl", tests::curl(program.address(), "/", &[])?);
    program.stop()?;
    Ok(())
}

fn browser(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    pin!("browser", tests::chromium(&format!("http://{}/", program.address()))?);
    program.stop()?;
    Ok(())
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow() -> Result<()> {
    tests::keeps_its_memory(rust(), |received| received.bytes.is_empty())
}
