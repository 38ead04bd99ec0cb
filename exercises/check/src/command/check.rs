//! Builds a program, judges it, and says what is wrong.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::Result;
use check::report::{self, bold, faint, good, paragraph};
use check::{Exercise, Report, Subject};

use super::cargo;
use super::list::whats_next;
use super::progress::Progress;
use super::workspace::Workspace;

/// `check`: the learner's program, or the one behind `command`.
pub fn check(
    workspace: &Workspace,
    progress: &mut Progress,
    exercise: &'static Exercise,
    command: Vec<String>,
) -> Result<ExitCode> {
    let is_package = command.is_empty();
    let subject = if is_package {
        let Some(program) = cargo::build(workspace, exercise)? else {
            anstream::print!("{}", does_not_compile(exercise));
            return Ok(ExitCode::FAILURE);
        };
        Subject::of_package(&exercise.package(), vec![program])
    } else {
        Subject::new(command)
    };
    let report = judge(exercise, &subject);
    progress.judged(&report)?;
    anstream::print!(
        "{}{}",
        report::report(&report, &subject),
        if is_package || report.has_passed() {
            afterwards(&report, progress)
        } else {
            String::new()
        }
    );
    Ok(if report.has_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Judges, and says so to whoever looks on: on a busy machine it takes a while.
fn judge(exercise: &'static Exercise, subject: &Subject) -> Report {
    let is_seen = io::stderr().is_terminal();
    if is_seen {
        anstream::eprint!("{}", faint("talking to your program …"));
    }
    let report = exercise.judge(subject);
    if is_seen {
        // To the beginning of the line, and over what stands there.
        anstream::eprint!("\r{:26}\r", "");
    }
    report
}

fn does_not_compile(exercise: &Exercise) -> String {
    let file = Workspace::name(exercise, "src/main.rs");
    let meaning = format!(
        "The compiler does not accept {file} yet; its words are above. Look at the \
         first error: the others may follow from it. The line that begins with --> \
         says where it is, help: often says what to write, and `rustc --explain` with \
         the number in brackets tells the whole story."
    );
    format!("\n{}", paragraph("It does not compile", &meaning))
}

/// What to do next, or which file to change.
fn afterwards(report: &Report, progress: &Progress) -> String {
    let exercise = report.exercise;
    if !report.has_passed() {
        let file = Workspace::name(exercise, "src/main.rs");
        return format!("{} {file}\n", bold("Your program:"));
    }
    let compare = format!("cargo exercise solution {}", exercise.id);
    let next = progress.next().map_or("That was the last one.\n".into(), whats_next);
    format!("\n{} How others do it: {compare}\n{next}", good("Passed."))
}
