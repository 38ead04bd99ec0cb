//! The commands, one file each or two that belong together.

mod cargo;
mod check;
mod class;
mod doctor;
mod grade;
mod handout;
mod junit;
mod progress;
mod stuck;
mod terminal;
mod watch;
mod workspace;

use std::process::ExitCode;

use anyhow::{Context, Result};
use judge::report;

use crate::Command;
use workspace::{Workspace, find};

pub use workspace::known;

/// Does what was asked for. The exit status is 0 when all is well, 1 when a program
/// isn't as the task demands, and 2 when nothing could be judged.
pub fn run(command: Option<Command>) -> Result<ExitCode> {
    if let Some(columns) = terminal::columns() {
        report::set_width(columns);
    }
    let workspace = &Workspace::find()?;
    judge::set_tls_client(|| cargo::build_beside(&Workspace::find()?, "ex06d-client"));
    let progress = &workspace.progress;
    let next = |id: Option<String>| match id {
        Some(id) => find(&id),
        None => {
            progress.next().context("You have passed them all. Name the one you mean.")
        }
    };
    let done = match command {
        None => progress::overview(progress),
        Some(Command::List) => progress::list(progress),
        Some(Command::Check { id, command }) => {
            return check::check(workspace, next(id)?, command);
        }
        Some(Command::Run { id, arguments }) => {
            return check::run(workspace, next(id)?, arguments);
        }
        Some(Command::Watch { id }) => return watch::watch(workspace, next(id)?),
        Some(Command::Hint { id }) => stuck::hint(workspace, next(id)?)?,
        Some(Command::Solution { id, anyway, diff }) => {
            return stuck::solution(workspace, find(&id)?, anyway, diff);
        }
        Some(Command::Reset { id }) => stuck::reset(workspace, find(&id)?)?,
        Some(Command::Doctor) => return Ok(doctor::doctor()),
        Some(Command::Grade { names, format }) => {
            return grade::grade(workspace, names, format);
        }
        Some(Command::Handout { folder }) => handout::handout(workspace, &folder)?,
    };
    anstream::print!("{done}");
    Ok(ExitCode::SUCCESS)
}

/// Returns what has come of something without which the rest goes on.
fn warn<T>(result: Result<T>) -> Option<T> {
    result.inspect_err(|error| anstream::eprintln!("warning: {error:#}")).ok()
}
