//! The commands, one file each or two that belong together.

mod cargo;
mod check;
mod doctor;
mod grade;
mod handout;
mod junit;
mod list;
mod progress;
mod run;
mod stuck;
mod terminal;
mod watch;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use judge::report;

use crate::Command;
use progress::Progress;
use workspace::Workspace;

pub use workspace::known;

/// Does what was asked for. The exit status is 0 when all is well, 1 when a program
/// isn't as the task demands, and 2 when nothing could be judged.
pub fn run(command: Option<Command>) -> Result<ExitCode> {
    if let Some(columns) = terminal::columns() {
        report::set_width(columns);
    }
    let workspace = &Workspace::find()?;
    judge::set_tls_client(|| cargo::build_beside(&Workspace::find()?, "ex06d-client"));
    let progress = &Progress::of_workspace(workspace);
    let next = |id: Option<String>| progress.find_or_next(id.as_deref());
    let done = match command {
        None => list::overview(progress),
        Some(Command::List) => list::list(progress),
        Some(Command::Check { id, command }) => {
            return check::check(workspace, progress, next(id)?, command);
        }
        Some(Command::Run { id, arguments }) => {
            return run::run(workspace, next(id)?, arguments);
        }
        Some(Command::Watch { id }) => {
            return watch::watch(workspace, progress, next(id)?);
        }
        Some(Command::Hint { id }) => stuck::hint(workspace, progress, next(id)?)?,
        Some(Command::Solution { id, anyway, diff }) => {
            let exercise = workspace::find(&id)?;
            return stuck::solution(workspace, progress, exercise, anyway, diff);
        }
        Some(Command::Reset { id }) => {
            stuck::reset(workspace, progress, workspace::find(&id)?)?
        }
        Some(Command::Doctor) => return Ok(doctor::doctor()),
        Some(Command::Grade { ids, format }) => {
            let exercises =
                ids.iter().map(|id| workspace::find(id)).collect::<Result<_>>()?;
            return grade::grade(workspace, progress, exercises, format);
        }
        Some(Command::Handout { folder }) => handout::handout(workspace, &folder)?,
    };
    anstream::print!("{done}");
    Ok(ExitCode::SUCCESS)
}
