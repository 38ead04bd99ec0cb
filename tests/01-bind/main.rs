//! Step 1, seen from outside: it has an address, and whoever connects there is refused.

use std::process::Command;

use anyhow::{Result, ensure};
use tests::{PATIENCE, Program, pin};

fn rust() -> Command {
    Command::new(env!("CARGO_BIN_EXE_step01"))
}

fn python() -> Command {
    tests::python(concat!(env!("CARGO_MANIFEST_DIR"), "/bind.py"))
}

tests::command_line! { rust, python, NO_ADDRESSES }

tests::checks! { rust, python:
    stdout
    end_of_input
    refused
    #[ignore = "needs curl: cargo test -- --ignored"] curl
    #[ignore = "needs Chromium: cargo test -- --ignored"] browser
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

/// The state of step 1, and its flaw; step 2's `listen` cures it.
fn refused(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let seen = tests::connect(program.address(), PATIENCE);
    program.stop()?;
    pin!("client", format!("connect to 127.0.0.1:4545: {seen}"));
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
