//! Judges all exercises and counts the points, for people and for programs.

use std::fmt::Write;
use std::sync::Mutex;
use std::thread;

use anyhow::Result;
use check::report::{self, bad, bold, faint, good};
use check::{EXERCISES, Exercise, Subject};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::cargo;
use super::progress::{Done, Progress};
use super::workspace::Workspace;
use crate::Format;

/// So many exercises are judged at a time. Their checks mostly wait.
const AT_A_TIME: usize = 4;

/// What `--format json` writes; `grade.schema.json` says the same.
#[derive(Debug, Serialize)]
struct Grade {
    /// Of this format. Fields may be added; none is taken away or changed without a new
    /// one.
    version: u32,
    points: u32,
    max_points: u32,
    exercises: Vec<Graded>,
}

#[derive(Debug, Serialize)]
struct Graded {
    id: &'static str,
    name: &'static str,
    status: Status,
    /// It is the starter, as it was handed out.
    untouched: bool,
    points: u32,
    max_points: u32,
    /// What the compiler says, if it does not compile.
    message: Option<String>,
    checks: Vec<GradedCheck>,
}

#[derive(Debug, Serialize)]
struct GradedCheck {
    demand: &'static str,
    status: Status,
    points: u32,
    max_points: u32,
    /// What it means, in a sentence.
    meaning: Option<String>,
    /// All that a learner is told.
    message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Passed,
    Failed,
    /// It could not be judged: it does not compile.
    Error,
}

/// `grade`: these, or all.
pub fn grade(
    workspace: &Workspace,
    progress: &mut Progress,
    mut exercises: Vec<&'static Exercise>,
    format: Format,
) -> Result<String> {
    if exercises.is_empty() {
        exercises = EXERCISES.iter().collect();
    }
    let built = cargo::build_all(workspace, &exercises)?;
    let mut graded = judge_all(&exercises, &built);
    for (exercise, graded) in exercises.iter().zip(&mut graded) {
        graded.untouched = workspace.is_untouched(exercise)?;
        let (points, passed) = (graded.points, graded.status == Status::Passed);
        progress.change(exercise, |done| Done { points, passed, ..done })?;
    }
    let sum = |points: fn(&Graded) -> u32| graded.iter().map(points).sum();
    let grade = Grade {
        version: 1,
        points: sum(|graded| graded.points),
        max_points: sum(|graded| graded.max_points),
        exercises: graded,
    };
    match format {
        Format::Text => Ok(text(&grade)),
        Format::Json => Ok(serde_json::to_string_pretty(&grade)? + "\n"),
        Format::Junit => Ok(junit(&grade)?),
    }
}

/// Judges them all, several at a time, and returns them in their order.
fn judge_all(exercises: &[&'static Exercise], built: &cargo::Built) -> Vec<Graded> {
    let queue = Mutex::new(exercises.iter().enumerate());
    let graded = Mutex::new(Vec::new());
    let next = || queue.lock().ok()?.next();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((index, exercise)) = next() {
                    let result = judge(exercise, built);
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

fn judge(exercise: &'static Exercise, built: &cargo::Built) -> Graded {
    let package = exercise.package();
    let Some(program) = built.programs.get(&package) else {
        let said = built.messages.get(&package).cloned();
        let message =
            said.unwrap_or("Cargo has not built it, and does not say why.\n".into());
        return not_built(exercise, message);
    };
    let subject = Subject::of_package(&package, vec![program.clone()]);
    let report = exercise.judge(&subject);
    let checks = report.rows().map(|(check, failure)| GradedCheck {
        demand: check.demand,
        status: if failure.is_none() { Status::Passed } else { Status::Failed },
        points: if failure.is_none() { check.points } else { 0 },
        max_points: check.points,
        meaning: failure.map(|failure| failure.meaning.clone()),
        message: failure
            .map(|failure| plain(&report::failure(exercise, check, failure, &subject))),
    });
    Graded {
        id: exercise.id,
        name: exercise.name,
        status: if report.has_passed() { Status::Passed } else { Status::Failed },
        untouched: false,
        points: report.points(),
        max_points: exercise.points(),
        message: None,
        checks: checks.collect(),
    }
}

fn not_built(exercise: &'static Exercise, message: String) -> Graded {
    let checks = exercise.checks.iter().map(|check| GradedCheck {
        demand: check.demand,
        status: Status::Error,
        points: 0,
        max_points: check.points,
        meaning: None,
        message: None,
    });
    Graded {
        id: exercise.id,
        name: exercise.name,
        status: Status::Error,
        untouched: false,
        points: 0,
        max_points: exercise.points(),
        message: Some(message),
        checks: checks.collect(),
    }
}

/// A text without colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn text(grade: &Grade) -> String {
    let mut text = String::new();
    for graded in &grade.exercises {
        let (id, name) = (graded.id, graded.name);
        let points = format!("{:>3} of {:>2} points", graded.points, graded.max_points);
        let reason = graded.checks.iter().find_map(|check| check.meaning.as_deref());
        if graded.untouched {
            let points = faint(&format!("{points}, as handed out"));
            let _ = writeln!(text, "{id}  {name:<24} {points}");
            continue;
        }
        let _ = match (graded.status, reason) {
            (Status::Passed, _) => writeln!(text, "{id}  {name:<24} {}", good(&points)),
            (Status::Error, _) => {
                writeln!(
                    text,
                    "{id}  {name:<24} {}\n       does not compile",
                    bad(&points)
                )
            }
            (Status::Failed, reason) => {
                let reason = report::wrap(reason.unwrap_or_default(), 72);
                let reason = reason.trim_end().replace('\n', "\n       ");
                writeln!(text, "{id}  {name:<24} {}\n       {reason}", bad(&points))
            }
        };
    }
    let sum = format!("{} of {} points", grade.points, grade.max_points);
    text + &format!("\n{}\n", bold(&sum))
}

/// A suite an exercise, a case a check.
fn junit(grade: &Grade) -> Result<String> {
    let mut all = quick_junit::Report::new("exercises");
    for graded in &grade.exercises {
        let mut suite = TestSuite::new(format!("{} {}", graded.id, graded.name));
        for check in &graded.checks {
            let status = match check.status {
                Status::Passed => TestCaseStatus::success(),
                Status::Failed => {
                    let mut status =
                        TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(check.meaning.clone().unwrap_or_default());
                    status.set_description(check.message.clone().unwrap_or_default());
                    status
                }
                Status::Error => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                    status.set_message("It does not compile.");
                    status.set_description(graded.message.clone().unwrap_or_default());
                    status
                }
            };
            let mut case = TestCase::new(check.demand, status);
            case.set_classname(graded.id);
            suite.add_test_case(case);
        }
        all.add_test_suite(suite);
    }
    Ok(all.to_string()?)
}
