//! Judges all exercises and counts the points, for people and for programs.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use anyhow::Result;
use judge::report::{self, bad, bold, faint, good, hanging};
use judge::{EXERCISES, Exercise, Kind, Submission};
use serde::Serialize;

use super::cargo::{self, Built, Reader};
use super::junit::junit;
use super::progress::Progress;
use super::workspace::Workspace;
use crate::Format;

/// So many exercises are judged at a time. Their checks mostly wait.
const AT_A_TIME: usize = 4;

/// What `--format json` writes; `grade.schema.json` says the same.
#[derive(Debug, Serialize)]
pub struct Grade {
    /// Of this format. Fields may be added; none is taken away or changed without a new
    /// one.
    version: u32,
    /// All points, those that the starters get included.
    points: u32,
    max_points: u32,
    /// The points above the starters.
    earned: u32,
    max_earned: u32,
    pub exercises: Vec<Graded>,
}

#[derive(Debug, Serialize)]
pub struct Graded {
    pub id: &'static str,
    pub name: &'static str,
    pub status: Status,
    /// It is the starter, as it was handed out, or there is nothing.
    untouched: bool,
    points: u32,
    max_points: u32,
    earned: u32,
    max_earned: u32,
    /// Why it can't be judged: the words of the compiler, or of Cargo.
    pub message: Option<String>,
    pub checks: Vec<GradedCheck>,
}

#[derive(Debug, Serialize)]
pub struct GradedCheck {
    pub demand: String,
    pub status: Status,
    /// There was something that the check could judge.
    pub reached: bool,
    points: u32,
    max_points: u32,
    /// What it means, in a sentence.
    pub meaning: Option<String>,
    /// All that a learner is told.
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Passed,
    Failed,
    /// It could not be judged: it doesn't compile.
    Error,
}

/// `grade`: these, or all. The exit status is 0 when all have passed, 1 when one
/// hasn't, and 2 when none could be built.
pub fn grade(
    workspace: &Workspace,
    progress: &Progress,
    mut exercises: Vec<&'static Exercise>,
    format: Format,
) -> Result<ExitCode> {
    if exercises.is_empty() {
        exercises = EXERCISES.iter().collect();
    }
    let graded = judge_all(workspace, &exercises);
    let mut warning = None;
    for (exercise, graded) in exercises.iter().zip(&graded).filter(|it| !it.1.untouched)
    {
        let passed = graded.status == Status::Passed;
        let remembered = progress.best(exercise, graded.points, passed);
        warning = warning.or(remembered.err());
    }
    let sum = |points: fn(&Graded) -> u32| graded.iter().map(points).sum();
    let grade = Grade {
        version: 1,
        points: sum(|graded| graded.points),
        max_points: sum(|graded| graded.max_points),
        earned: sum(|graded| graded.earned),
        max_earned: sum(|graded| graded.max_earned),
        exercises: graded,
    };
    anstream::print!(
        "{}",
        match format {
            Format::Text => text(&grade),
            Format::Json => serde_json::to_string_pretty(&grade)? + "\n",
            Format::Junit => junit(&grade)?,
        }
    );
    if let Some(error) = warning {
        anstream::eprintln!("warning: {error:#}");
    }
    let all = |is_it: fn(Status) -> bool| {
        grade.exercises.iter().all(|graded| is_it(graded.status))
    };
    Ok(match () {
        () if all(|status| status == Status::Passed) => ExitCode::SUCCESS,
        () if all(|status| status == Status::Error) => ExitCode::from(2),
        () => ExitCode::FAILURE,
    })
}

/// Judges them all, several at a time, and returns them in their order. Each is built
/// on its own: what doesn't compile keeps no other from it.
fn judge_all(workspace: &Workspace, exercises: &[&'static Exercise]) -> Vec<Graded> {
    let queue = Mutex::new(exercises.iter().enumerate());
    let graded = Mutex::new(Vec::new());
    let next = || queue.lock().ok()?.next();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((index, exercise)) = next() {
                    let result = judge(workspace, exercise);
                    if let Ok(mut graded) = graded.lock() {
                        graded.push((index, result));
                    }
                }
            });
        }
    });
    let mut graded = graded.into_inner().unwrap_or_default();
    graded.sort_by_key(|(index, _)| *index);
    graded.into_iter().map(|(_, graded)| graded).collect()
}

fn judge(workspace: &Workspace, exercise: &'static Exercise) -> Graded {
    if workspace.is_untouched(exercise) {
        return unjudged(exercise, Status::Failed, None);
    }
    let built = cargo::build(workspace, exercise, Reader::Report);
    let built = built.unwrap_or_else(|error| Built {
        program: None,
        messages: format!("{error:#}\n"),
    });
    let Some(program) = built.program else {
        return unjudged(exercise, Status::Error, Some(built.messages));
    };
    let submission = Submission::of_exercise(exercise.id, vec![program]);
    let report = exercise.judge(&submission);
    let checks = report.rows().into_iter().map(|row| GradedCheck {
        status: if row.failure.is_none() { Status::Passed } else { Status::Failed },
        reached: row.failure.is_none_or(|it| it.kind != Kind::Unreached),
        points: if row.failure.is_none() { row.check.points } else { 0 },
        max_points: row.check.points,
        meaning: row.failure.map(|failure| failure.meaning.clone()),
        message: row
            .failure
            .map(|_| plain(&report::failure(exercise, &row, &submission))),
        demand: row.demand,
    });
    Graded {
        status: if report.has_passed() { Status::Passed } else { Status::Failed },
        untouched: false,
        points: report.points(),
        earned: report.points().saturating_sub(exercise.given),
        checks: checks.collect(),
        ..unjudged(exercise, Status::Failed, None)
    }
}

/// What is untouched has the starter's points, and what doesn't compile has none.
fn unjudged(
    exercise: &'static Exercise,
    status: Status,
    message: Option<String>,
) -> Graded {
    let checks = exercise.checks.iter().zip(exercise.demands());
    let checks = checks.map(|(check, demand)| GradedCheck {
        demand,
        status,
        reached: false,
        points: 0,
        max_points: check.points,
        meaning: None,
        message: None,
    });
    Graded {
        id: exercise.id,
        name: exercise.name,
        status,
        untouched: status == Status::Failed,
        points: if message.is_some() { 0 } else { exercise.given },
        max_points: exercise.points(),
        earned: 0,
        max_earned: exercise.points() - exercise.given,
        checks: checks.collect(),
        message,
    }
}

/// A text without colors.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn text(grade: &Grade) -> String {
    let mut text = String::new();
    for graded in &grade.exercises {
        let (earned, max) = (graded.earned, graded.max_earned);
        let points = format!("{earned:>3} of {max:>2} points");
        let reason = graded.checks.iter().find_map(|check| check.meaning.as_deref());
        let (points, reason) = match graded.status {
            _ if graded.untouched => (faint(&format!("{points}, not begun")), None),
            Status::Passed => (good(&points), None),
            Status::Error => (bad(&points), Some("It can't be built. check says why.")),
            _ => (bad(&points), reason),
        };
        let _ = writeln!(text, "{}  {:<24} {points}", graded.id, graded.name);
        if let Some(reason) = reason {
            let _ = writeln!(text, "       {}", hanging(reason, 7));
        }
    }
    let sum = format!("{} of {} points", grade.earned, grade.max_earned);
    text + &format!("\n{} above what the starters get\n", bold(&sum))
}
