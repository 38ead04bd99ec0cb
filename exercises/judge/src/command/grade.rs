//! Judges all exercises and counts the points, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use anstream::adapter::strip_str;
use anyhow::Result;
use judge::report::{self, bad, bold, faint, good, hanging};
use judge::{Exercise, Kind, Submission};
use serde::Serialize;
use serde_json::to_string_pretty;

use super::cargo::{self, Built, Reader};
use super::junit::junit;
use super::workspace::{Workspace, find};
use super::{class, warn};
use crate::Format;

/// So many exercises are judged at a time. Their checks mostly wait.
const AT_A_TIME: usize = 4;

/// What `--format json` writes; `grade.schema.json` says the same.
#[derive(Debug, Serialize)]
pub struct Grade {
    /// Of this format: a new one when a field is taken away or changed, not added.
    version: u32,
    /// Whose copy it is, in a class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student: Option<String>,
    #[serde(flatten)]
    pub points: Points,
    pub exercises: Vec<Graded>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Points {
    /// All points, those that the starters get included.
    points: u32,
    max_points: u32,
    /// The points above the starters.
    pub earned: u32,
    pub max_earned: u32,
}

#[derive(Debug, Serialize)]
pub struct Graded {
    pub id: &'static str,
    pub name: &'static str,
    pub status: Status,
    /// It is the starter, as it was handed out, or there is nothing.
    pub untouched: bool,
    #[serde(flatten)]
    pub points: Points,
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

/// `grade`: these exercises, or all, of this copy or of those in these folders. The
/// exit status is 0 when all have passed, 1 when one hasn't, and 2 when there is a copy
/// of which none could be built.
pub fn grade(
    workspace: &Workspace,
    names: Vec<String>,
    format: Format,
) -> Result<ExitCode> {
    let is_copy = |name: &String| {
        Path::new(name).is_dir() && !Path::new(name).join("starter.rs").exists()
    };
    let (copies, ids): (Vec<_>, Vec<_>) = names.into_iter().partition(is_copy);
    let mut exercises = ids.iter().map(|id| find(id)).collect::<Result<Vec<_>>>()?;
    if exercises.is_empty() {
        exercises = judge::all().collect();
    }
    let grades = match &copies[..] {
        [] => vec![Grade::new(judge_all(workspace, &exercises), None)],
        copies => class::grades(workspace, copies, &exercises)?,
    };
    let report = match (format, &grades[..]) {
        (Format::Text, [grade]) => text(grade),
        (Format::Text, grades) => class::table(grades, false),
        (Format::Csv, grades) => class::table(grades, true),
        (Format::Json, [grade]) if copies.is_empty() => to_string_pretty(grade)? + "\n",
        (Format::Json, grades) => to_string_pretty(grades)? + "\n",
        (Format::Junit, grades) => junit(grades),
    };
    anstream::print!("{report}");
    Ok(match () {
        () if grades.iter().any(|grade| grade.is_all(Status::Error)) => 2.into(),
        () if grades.iter().all(|grade| grade.is_all(Status::Passed)) => 0.into(),
        () => ExitCode::FAILURE,
    })
}

impl Grade {
    pub fn new(exercises: Vec<Graded>, student: Option<String>) -> Self {
        let sum = |points: fn(Points) -> u32| {
            exercises.iter().map(|graded| points(graded.points)).sum()
        };
        let points = Points {
            points: sum(|it| it.points),
            max_points: sum(|it| it.max_points),
            earned: sum(|it| it.earned),
            max_earned: sum(|it| it.max_earned),
        };
        Self { version: 1, student, points, exercises }
    }

    /// What nobody has begun can be built, and says nothing of what can't.
    fn is_all(&self, status: Status) -> bool {
        let says = |it: &&Graded| status == Status::Passed || !it.untouched;
        let mut all = self.exercises.iter().filter(says).peekable();
        all.peek().is_some() && all.all(|graded| graded.status == status)
    }
}

/// Judges them all, several at a time, and returns them in their order. Each is built
/// on its own: what doesn't compile keeps no other from it.
pub fn judge_all(
    workspace: &Workspace,
    exercises: &[&'static Exercise],
) -> Vec<Graded> {
    let queue = Mutex::new(exercises.iter().enumerate());
    let graded = Mutex::new(BTreeMap::new());
    let next = || queue.lock().ok()?.next();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((index, exercise)) = next() {
                    let result = judge(workspace, exercise);
                    if let Ok(mut graded) = graded.lock() {
                        graded.insert(index, result);
                    }
                }
            });
        }
    });
    graded.into_inner().unwrap_or_default().into_values().collect()
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
    let command = workspace.sandboxed("run").into_iter().chain([&*program]);
    let command = command.map(Into::into).collect();
    let submission = Submission::of_exercise(exercise.id, command);
    let report = exercise.judge(&submission);
    let (points, passed) = (report.points(), report.has_passed());
    warn(workspace.progress.best(exercise, points, passed));
    let mut graded = unjudged(exercise, status(passed), None);
    graded.untouched = false;
    graded.points.points = points;
    graded.points.earned = points.saturating_sub(exercise.given);
    for (check, row) in graded.checks.iter_mut().zip(report.rows()) {
        check.status = status(row.failure.is_none());
        check.reached = row.failure.is_none_or(|it| it.kind != Kind::Unreached);
        check.points = if row.failure.is_none() { row.check.points } else { 0 };
        check.meaning = row.failure.map(|failure| failure.meaning.clone());
        // Without colors.
        let told = |_| report::failure(exercise, &row, &submission);
        check.message = row.failure.map(told).map(|it| strip_str(&it).to_string());
    }
    graded
}

fn status(has_passed: bool) -> Status {
    if has_passed { Status::Passed } else { Status::Failed }
}

/// What is untouched has the starter's points, and what doesn't compile has none.
pub fn unjudged(
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
    let (id, name, max_points) = (exercise.id, exercise.name, exercise.points());
    let points = if message.is_some() { 0 } else { exercise.given };
    let max_earned = max_points - exercise.given;
    Graded {
        id,
        name,
        status,
        untouched: status == Status::Failed,
        points: Points { points, max_points, earned: 0, max_earned },
        checks: checks.collect(),
        message,
    }
}

fn text(grade: &Grade) -> String {
    let mut text = String::new();
    for graded in &grade.exercises {
        let Points { earned, max_earned, .. } = graded.points;
        let points = format!("{earned:>3} of {max_earned:>2} points");
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
    let Points { earned, max_earned, .. } = grade.points;
    let sum = bold(&format!("{earned} of {max_earned} points"));
    text + &format!("\n{sum} above what the starters get\n")
}
