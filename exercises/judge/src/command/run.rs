//! Starts the learner's program, as a person does who wants to try it.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use judge::Exercise;

use super::cargo::{self, Reader};
use super::workspace::Workspace;

/// `run`: the program in place of this one, with these arguments.
pub fn run(
    workspace: &Workspace,
    exercise: &Exercise,
    arguments: Vec<String>,
) -> Result<ExitCode> {
    workspace.begin(exercise)?;
    let built = cargo::build(workspace, exercise, Reader::Terminal)?;
    let Some(program) = built.program else { return Ok(ExitCode::FAILURE) };
    let mut command = Command::new(program);
    command.args(arguments);
    // Ctrl-C and signals go to the program alone.
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command))
        .context("it can't be run");
    #[cfg(not(unix))]
    {
        let status = command.status().context("it can't be run")?;
        Ok(status.code().map_or(ExitCode::FAILURE, |code| {
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }))
    }
}
