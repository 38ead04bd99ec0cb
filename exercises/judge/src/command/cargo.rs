//! Cargo builds the programs.

use std::env;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use judge::Exercise;
use serde_json::Value;

use super::workspace::Workspace;

/// What Cargo has made of a program.
#[derive(Debug, Default)]
pub struct Built {
    /// Where it is, if it compiles.
    pub program: Option<String>,
    /// What the compiler says.
    pub messages: String,
}

/// Who reads what the compiler says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person, at once.
    Terminal,
    /// A program, later.
    Report,
}

/// Builds the learner's program for an exercise, from what is in its file now.
pub fn build(
    workspace: &Workspace,
    exercise: &Exercise,
    reader: Reader,
) -> Result<Built> {
    loop {
        let before = workspace.fingerprint();
        let built = build_once(workspace, exercise, reader, before)?;
        // Saved meanwhile: what was built may be neither.
        if workspace.fingerprint() == before {
            return Ok(built);
        }
    }
}

fn build_once(
    workspace: &Workspace,
    exercise: &Exercise,
    reader: Reader,
    fingerprint: u64,
) -> Result<Built> {
    let mut command = probe::cargo();
    command
        .arg("rustc")
        .arg("--manifest-path")
        .arg(workspace.mine().join("Cargo.toml"));
    command.args(["--quiet", "--bin", &format!("ex{}", exercise.id)]);
    command.args(["--features", features(exercise)]);
    command.arg("--target-dir").arg(target());
    command.args(match reader {
        Reader::Terminal => ["--message-format", "json-render-diagnostics"],
        Reader::Report => ["--message-format", "json"],
    });
    // Cargo looks at a file's time, and that may be older than what was built before
    // it, in this copy or in another one. Another name for something that nothing asks
    // for makes it look at the text.
    command.arg("--").arg("--cfg").arg(format!("text=\"{fingerprint:x}\""));
    let is_seen = reader == Reader::Terminal;
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(if is_seen { Stdio::inherit() } else { Stdio::piped() });
    let output = command.spawn().and_then(std::process::Child::wait_with_output);
    let output =
        output.context("Cargo can't be run; cargo exercise doctor says more")?;
    let mut built = understood(&String::from_utf8_lossy(&output.stdout));
    if built.program.is_none() && built.messages.is_empty() {
        built.messages = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    Ok(built)
}

/// Builds another program of the learner's package.
pub fn build_beside(workspace: &Workspace, name: &str) -> Result<String> {
    let mut command = probe::cargo();
    command
        .arg("build")
        .arg("--manifest-path")
        .arg(workspace.mine().join("Cargo.toml"));
    command.args(["--quiet", "--bin", name, "--features", "tls"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.arg("--target-dir").arg(target()).stdin(Stdio::null());
    let output = command.stderr(Stdio::inherit()).output()?;
    let built = understood(&String::from_utf8_lossy(&output.stdout));
    built.program.with_context(|| format!("{name} can't be built"))
}

/// What only one exercise needs.
fn features(exercise: &Exercise) -> &'static str {
    match exercise.id {
        "06a" => "step05",
        "06d" => "tls",
        _ => "",
    }
}

/// Where this program was built, what it builds is built too.
fn target() -> PathBuf {
    let here = env::current_exe().ok();
    let target = here.and_then(|path| Some(path.ancestors().nth(2)?.to_owned()));
    target.unwrap_or_else(|| "target".into())
}

/// Reads what Cargo says, a message a line: cargo-build(1).
fn understood(messages: &str) -> Built {
    let mut built = Built::default();
    for line in messages.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        if let Some(program) = message["executable"].as_str() {
            built.program = Some(program.into());
        }
        if let Some(text) = message["message"]["rendered"].as_str() {
            built.messages += text;
        }
    }
    built
}
