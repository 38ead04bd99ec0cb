//! Builds a program, judges it, and says what is wrong.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::Result;
use judge::report::{self, bold, faint, good, paragraph};
use judge::{Exercise, Report, Submission};

use super::cargo::{self, Reader};
use super::list::whats_next;
use super::progress::Progress;
use super::workspace::{Begun, Workspace};

/// `check`: the learner's program, or the one after `--`.
pub fn check(
    workspace: &Workspace,
    progress: &Progress,
    exercise: &'static Exercise,
    command: Vec<String>,
) -> Result<ExitCode> {
    if !command.is_empty() {
        let submission = Submission::new(command);
        let report = judge(exercise, &submission);
        anstream::print!("{}", report::report(&report, &submission));
        return Ok(status(&report));
    }
    if matches!(workspace.begin(exercise)?, Begun::Now) {
        anstream::print!("{}", begun(exercise));
    }
    let built = cargo::build(workspace, exercise, Reader::Terminal)?;
    let Some(program) = built.program else {
        anstream::print!("{}", does_not_compile(exercise));
        return Ok(ExitCode::FAILURE);
    };
    let submission = Submission::of_exercise(exercise.id, vec![program]);
    let report = judge(exercise, &submission);
    // The report first: it is what was asked for.
    let remembered = progress.judged(&report);
    anstream::print!(
        "{}{}",
        report::report(&report, &submission),
        afterwards(&report, progress)
    );
    if let Err(error) = remembered {
        anstream::eprintln!("warning: {error:#}");
    }
    Ok(status(&report))
}

fn status(report: &Report) -> ExitCode {
    if report.has_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Judges, and says so to whoever looks on: on a busy machine it takes a while.
fn judge(exercise: &'static Exercise, submission: &Submission) -> Report {
    let is_seen = io::stderr().is_terminal();
    if is_seen {
        anstream::eprint!("{}", faint("talking to your program …"));
    }
    let report = exercise.judge(submission);
    if is_seen {
        // To the beginning of the line, and over what is there.
        anstream::eprint!("\r{:26}\r", "");
    }
    report
}

/// Says where to type.
fn begun(exercise: &Exercise) -> String {
    let file = Workspace::own_name(exercise);
    let task = Workspace::name(exercise, "README.md");
    format!("{} {file}\n{} {task}\n\n", bold("You type in"), bold("The task:  "))
}

fn does_not_compile(exercise: &Exercise) -> String {
    let file = Workspace::own_name(exercise);
    let meaning = format!(
        "The compiler doesn't accept {file} yet; its words are above. Look at the \
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
        let file = Workspace::own_name(exercise);
        return format!("{} {file}\n", bold("Your program:"));
    }
    let compare = format!("cargo exercise solution {}", exercise.id);
    let next = progress.next_after(exercise);
    let next = next.map_or("That was the last one.\n".into(), whats_next);
    format!("\n{} How others do it: {compare}\n{next}", good("Passed."))
}
