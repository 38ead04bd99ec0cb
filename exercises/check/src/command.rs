//! The commands, one file each or two that belong together.

mod cargo;
mod check;
mod doctor;
mod grade;
mod handout;
mod list;
mod progress;
mod stuck;
mod watch;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::Command;
use progress::Progress;
use workspace::Workspace;

/// Does what was asked for. The exit status is 0 when all is well, 1 when a program is
/// not as the task demands, and 2 when nothing could be judged.
pub fn run(command: Option<Command>) -> Result<ExitCode> {
    let workspace = Workspace::find();
    let mut progress = Progress::load(&workspace);
    let done = match command {
        None => list::overview(&progress),
        Some(Command::List) => list::list(&progress),
        Some(Command::Check { id, command }) => {
            let exercise = progress.find_or_next(id.as_deref())?;
            return check::check(&workspace, &mut progress, exercise, command);
        }
        Some(Command::Watch { id }) => {
            let exercise = progress.find_or_next(id.as_deref())?;
            return watch::watch(&workspace, &mut progress, exercise);
        }
        Some(Command::Hint { id }) => {
            let exercise = progress.find_or_next(id.as_deref())?;
            stuck::hint(&workspace, &mut progress, exercise)?
        }
        Some(Command::Solution { id, anyway, diff }) => {
            let exercise = workspace::find(&id)?;
            return stuck::solution(&workspace, &progress, exercise, anyway, diff);
        }
        Some(Command::Reset { id }) => {
            stuck::reset(&workspace, &mut progress, workspace::find(&id)?)?
        }
        Some(Command::Doctor) => return Ok(doctor::doctor()),
        Some(Command::Grade { ids, format }) => {
            let exercises =
                ids.iter().map(|id| workspace::find(id)).collect::<Result<_>>()?;
            grade::grade(&workspace, &mut progress, exercises, format)?
        }
        Some(Command::Handout { folder }) => handout::handout(&workspace, &folder)?,
    };
    anstream::print!("{done}");
    Ok(ExitCode::SUCCESS)
}
