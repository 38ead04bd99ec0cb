//! Cargo builds the programs.

use std::process::Stdio;

use anyhow::{Context, Result};
use judge::Exercise;
use serde_json::Value;

use super::workspace::Workspace;

/// What Cargo has made of a program.
#[derive(Debug, Default)]
pub struct Built {
    pub program: Option<String>,
    pub messages: String,
}

/// Who reads what the compiler says: a person, at once, or a program, later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Terminal,
    Report,
}

/// Builds the learner's program for an exercise, from what is in its file now.
pub fn build(
    workspace: &Workspace,
    exercise: &Exercise,
    reader: Reader,
) -> Result<Built> {
    let name = Workspace::program(exercise);
    // What only one exercise needs.
    let features = match exercise.id {
        "06a" | "06c" => "step05",
        "06d" => "tls",
        _ => "",
    };
    loop {
        let before = workspace.fingerprint();
        // Cargo looks at a file's time, and that may be older than what was built
        // before it, in this copy or in another one. Another name for something that
        // nothing asks for makes it look at the text.
        let text = format!("text=\"{before:x}\"");
        let options = ["--bin", &name, "--features", features, "--", "--cfg", &text];
        let built = cargo(workspace, "rustc", &options, reader)?;
        // Saved meanwhile: what was built may be neither.
        if workspace.fingerprint() == before {
            return Ok(built);
        }
    }
}

/// Builds another program of the learner's package.
pub fn build_beside(workspace: &Workspace, name: &str) -> Result<String> {
    let options = ["--bin", name, "--features", "tls"];
    let built = cargo(workspace, "build", &options, Reader::Terminal)?;
    built.program.with_context(|| format!("{name} can't be built"))
}

fn cargo(
    workspace: &Workspace,
    command: &str,
    options: &[&str],
    reader: Reader,
) -> Result<Built> {
    let (format, stderr) = match reader {
        Reader::Terminal => ("json-render-diagnostics", Stdio::inherit()),
        Reader::Report => ("json", Stdio::piped()),
    };
    let output = probe::cargo_by(&workspace.sandboxed("build"))
        .args([command, "--quiet", "--message-format", format, "--manifest-path"])
        .arg(workspace.mine.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&workspace.target)
        .args(options)
        .stderr(stderr)
        .output()
        .context("Cargo can't be run; cargo exercise doctor says more")?;
    let mut built = understood(&String::from_utf8_lossy(&output.stdout));
    if built.program.is_none() && built.messages.is_empty() {
        built.messages = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    Ok(built)
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
