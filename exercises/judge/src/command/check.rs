//! Builds a program, and judges it and says what is wrong, or lets a person try it.

use std::io::{self, IsTerminal};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use judge::report::{self, bold, faint, good, paragraph};
use judge::{Exercise, MINE, Report, Submission};

use super::cargo::{self, Reader};
use super::progress::whats_next;
use super::warn;
use super::workspace::Workspace;

/// `check`: the learner's program, or the one after `--`.
pub fn check(
    workspace: &Workspace,
    exercise: &'static Exercise,
    command: Vec<String>,
) -> Result<ExitCode> {
    if !command.is_empty() {
        return Ok(status(&judge(exercise, &Submission::new(command), None)));
    }
    let file = Workspace::own_name(exercise);
    if workspace.begin(exercise)? {
        // Where to type.
        let task = Workspace::name(exercise, "README.md");
        anstream::println!("{} {file}", bold("You type in"));
        anstream::println!("{} {task}\n", bold("The task:  "));
    }
    let built = cargo::build(workspace, exercise, Reader::Terminal)?;
    let Some(program) = built.program else {
        let meaning = format!(
            "The compiler doesn't accept {file} yet; its words are above. Look at the \
             first error: the others may follow from it. The line that begins with \
             --> says where it is, help: often says what to write, and `rustc \
             --explain` with the number in brackets tells the whole story."
        );
        anstream::print!("\n{}", paragraph("It does not compile", &meaning));
        return Ok(ExitCode::FAILURE);
    };
    // The report first: it is what was asked for.
    let before = workspace.progress.of(exercise).unwrap_or_default().points as usize;
    let submission = Submission::of_exercise(exercise.id, vec![program]);
    let report = judge(exercise, &submission, Some(before));
    let (points, passed) = (report.points(), report.has_passed());
    let remembered = workspace.progress.best(exercise, points, passed);
    if passed && exercise.id != MINE.id {
        let compare = format!("cargo exercise solution {}", exercise.id);
        let next = workspace.progress.next_after(exercise);
        let next = next.map_or("That was the last one.\n".into(), whats_next);
        anstream::print!("\n{} How others do it: {compare}\n{next}", good("Passed."));
    } else {
        anstream::println!("\n{} {file}", bold("Your program:"));
    }
    warn(remembered);
    Ok(status(&report))
}

fn status(report: &Report) -> ExitCode {
    if report.has_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Judges, says so to whoever looks on, as it may take a while, and reports.
fn judge(
    exercise: &'static Exercise,
    submission: &Submission,
    before: Option<usize>,
) -> Report {
    let is_seen = io::stderr().is_terminal();
    if is_seen {
        anstream::eprint!("{}", faint("talking to your program …"));
    }
    let is_mine = exercise.id == MINE.id;
    let report = match before {
        Some(before) if is_mine => as_far_as_it_goes(submission, before),
        _ => exercise.judge(submission),
    };
    if is_seen {
        // To the beginning of the line, and over what is there.
        anstream::eprint!("\r{:26}\r", "");
    }
    anstream::print!("{}", report::report(&report, submission));
    if is_mine {
        anstream::print!("{}", judge::what_next(&report, before.unwrap_or(0)));
    }
    report
}

/// Judges the server that grows by all stages that it had reached before, and then by
/// one after the other, up to the first that it doesn't reach.
fn as_far_as_it_goes(submission: &Submission, before: usize) -> Report {
    let all = MINE.checks.len();
    let mut report = MINE.judge_by(0..(before + 1).min(all), submission);
    while report.verdicts.len() < all && report.first_failure().is_none() {
        let known = report.verdicts.len();
        report.verdicts.extend(MINE.judge_by(known..known + 1, submission).verdicts);
    }
    report
}

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
        let code = status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1));
        Ok(ExitCode::from(code))
    }
}
