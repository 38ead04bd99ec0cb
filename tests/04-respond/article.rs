//! What becomes of the article's server. It does as step 4 does, but for three things:
//! it decodes the request, it sends twice, and nothing that goes wrong with a client is
//! caught.

use std::process::Command;

use anyhow::{Context, Result};
use tests::{Client, PATIENCE, Program, REQUEST, escape, pin};

fn article() -> Command {
    tests::python(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/04-respond/article.py"
    ))
}

/// Two messages or one: a client gets the same bytes in the same order.
#[test]
#[ignore = "needs python3: cargo test -- --ignored"]
fn page() -> Result<()> {
    let program = Program::start(article())?;
    pin!("client", tests::exchange(program.address(), REQUEST)?);
    program.stop()?;
    Ok(())
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs strace: cargo test -- --ignored"]
fn system_calls() -> Result<()> {
    let trace = tests::Trace::new()?;
    let program = Program::start(trace.watch(&article()))?;
    tests::exchange(program.address(), REQUEST)?;
    trace.wait_for("close(4)")?;
    program.stop()?;
    pin!("article_system_calls", trace.socket_calls()?);
    Ok(())
}

/// Step 4 gets over it: `survives_bad_clients`.
#[test]
#[ignore = "needs python3: cargo test -- --ignored"]
fn one_byte_ends_it() -> Result<()> {
    let program = Program::start(article())?;
    let request = b"GET /J\xfcrgen HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let seen = tests::exchange(program.address(), request)?;
    let end = end(program)?;
    pin!("article_one_byte", format!("{}{seen}\n{end}", escape(request)));
    Ok(())
}

/// The same, with every byte in order: one read has taken half of the last character.
#[test]
#[ignore = "needs python3: cargo test -- --ignored"]
fn half_a_character_ends_it() -> Result<()> {
    let program = Program::start(article())?;
    let text =
        format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nFrom: {}", "é".repeat(2100));
    let _ = tests::exchange(program.address(), text.as_bytes());
    pin!("article_half_a_character", end(program)?);
    Ok(())
}

/// Step 4 gets over it: `survives_bad_clients`.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs python3: cargo test -- --ignored"]
fn a_reset_ends_it() -> Result<()> {
    let program = Program::start(article())?;
    Client::connect(program.address())?.reset()?;
    pin!("article_reset", end(program)?);
    Ok(())
}

/// Step 4 gets over it: `restart`.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs python3: cargo test -- --ignored"]
fn it_cannot_be_started_again_at_once() -> Result<()> {
    let error = tests::restart(article).err().context("it started")?.to_string();
    let line =
        error.split("\\n").find(|line| line.starts_with("OSError")).unwrap_or(&error);
    pin!("article_restart", line);
    Ok(())
}

/// The last line of its traceback, once it has ended by itself, and what the next
/// client sees.
fn end(program: Program) -> Result<String> {
    let address = program.address();
    let ended = program.end_input()?;
    let why = ended.stderr.lines().last().context("it ended without a word")?;
    let status = ended.status.code().unwrap_or(-1);
    let next = tests::connect(address, PATIENCE);
    Ok(format!("{why}\n(exit status {status})\nthe next client: {next}"))
}
