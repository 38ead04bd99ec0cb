//! Cargo builds the programs.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use check::Exercise;
use serde_json::Value;

use super::workspace::Workspace;

/// What Cargo has made of some exercises.
#[derive(Debug, Default)]
pub struct Built {
    /// Programs by their packages.
    pub programs: BTreeMap<String, String>,
    /// What the compiler says, by packages.
    pub messages: BTreeMap<String, String>,
}

/// Builds one, and lets Cargo say to the terminal what it has to say. `None` when it
/// does not compile.
pub fn build(workspace: &Workspace, exercise: &Exercise) -> Result<Option<String>> {
    let package = exercise.package();
    let mut command = cargo(workspace, "json-render-diagnostics");
    command.args(["--package", &package, "--bin", &package]).stderr(Stdio::inherit());
    Ok(run(command)?.programs.remove(&package))
}

/// Builds several; what does not compile keeps nobody else from it.
pub fn build_all(workspace: &Workspace, exercises: &[&Exercise]) -> Result<Built> {
    let mut command = cargo(workspace, "json");
    command.arg("--keep-going");
    for exercise in exercises {
        let package = exercise.package();
        command.args(["--package", &package, "--bin", &package]);
    }
    run(command)
}

fn cargo(workspace: &Workspace, format: &str) -> Command {
    let mut command = probe::cargo();
    command.args(["build", "--quiet", "--message-format", format]);
    command.current_dir(workspace.root()).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn run(mut command: Command) -> Result<Built> {
    let output = command.stdout(Stdio::piped()).spawn()?.wait_with_output();
    let output =
        output.context("cargo cannot be run; cargo exercise doctor says more")?;
    let mut built = Built::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let name = message["target"]["name"].as_str().unwrap_or_default();
        if let Some(program) = message["executable"].as_str() {
            built.programs.insert(name.into(), program.into());
        }
        if let Some(text) = message["message"]["rendered"].as_str() {
            *built.messages.entry(name.into()).or_default() += text;
        }
    }
    Ok(built)
}
