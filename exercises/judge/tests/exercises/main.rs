//! Every exercise, without being named here: its starter fails, its solution passes,
//! each program of its gallery fails, and each with the message that is meant for it.
//!
//! `EXERCISE=03b cargo test -p judge` looks at one only. Messages are accepted as
//! everywhere: `INSTA_UPDATE=always`, then read the diff.

mod built;
mod mine;
mod others;
mod proofs;
mod texts;

use std::collections::BTreeMap;
use std::fs;
use std::panic;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result, ensure};
use judge::{Exercise, Report, Submission, report};
use tests::{insta, pin};

use built::{built, chosen, root};

/// So many programs are judged at a time. Most of them wait.
const AT_A_TIME: usize = 12;

/// A program to be judged, and the name of the snapshot of what is said about it.
struct Case {
    exercise: &'static Exercise,
    /// The folder of the snapshot.
    folder: &'static str,
    name: String,
    command: Vec<String>,
}

impl Case {
    fn new(exercise: &'static Exercise, name: &str, command: Vec<String>) -> Self {
        Self { exercise, folder: exercise.id, name: name.into(), command }
    }
}

#[test]
fn no_program_gets_a_warning() -> Result<()> {
    let warnings = &built()?.warnings;
    ensure!(warnings.is_empty(), "{}", warnings.concat());
    Ok(())
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the words are those of Linux")]
fn every_starter_fails_with_its_message() -> Result<()> {
    let cases: Result<Vec<Case>> = chosen()
        .map(|exercise| {
            let command = vec![built()?.path(&format!("ex{}-starter", exercise.id))?];
            Ok(Case::new(exercise, "starter", command))
        })
        .collect();
    let cases = cases?;
    let judged = judge_all(&cases);
    for (case, report) in &judged {
        let (given, points) = (case.exercise.given, report.points());
        ensure!(given == points, "{}: given {given}, not {points}", case.exercise.id);
    }
    pin_all(&judged)
}

#[test]
fn every_solution_passes() -> Result<()> {
    let cases: Result<Vec<Case>> = chosen()
        .map(|exercise| {
            let command = vec![built()?.path(&format!("ex{}-solution", exercise.id))?];
            Ok(Case::new(exercise, "solution", command))
        })
        .collect();
    for (_, report) in judge_all(&cases?) {
        ensure!(report.has_passed(), "{}", text(&report));
    }
    Ok(())
}

/// Programs of other shapes stand in the galleries too, and are right.
fn is_right(name: &str) -> bool {
    name.starts_with("right-")
}

#[test]
fn right_programs_of_other_shapes_pass() -> Result<()> {
    let mut cases = Vec::new();
    for exercise in chosen() {
        let names = built()?.mistakes(exercise.id)?;
        for name in names.iter().filter(|name| is_right(name)) {
            cases.push(Case::new(exercise, name, built()?.mistake(exercise.id, name)?));
        }
    }
    for (case, report) in judge_all(&cases) {
        ensure!(report.has_passed(), "{}\n{}", case.name, text(&report));
    }
    Ok(())
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the words are those of Linux")]
fn every_mistake_has_its_message() -> Result<()> {
    let mut cases = mistakes()?;
    for exercise in chosen() {
        let count = cases.iter().filter(|case| case.folder == exercise.id).count();
        ensure!(count >= 4, "{} has {count} wrong programs", exercise.id);
    }
    // And those that are possible everywhere, judged where nothing special is asked
    // for.
    if let Some(exercise) = general() {
        for name in built()?.mistakes("general")? {
            let command = built()?.mistake("general", &name)?;
            cases.push(Case {
                folder: "general",
                ..Case::new(exercise, &name, command)
            });
        }
    }
    let judged = judge_all(&cases);
    // Both, so that all that is to be done is seen at once.
    let distinct = no_message_fits_two(&judged);
    pin_all(&judged).and(distinct)
}

/// All mistakes of the exercises that are looked at.
fn mistakes() -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for exercise in chosen() {
        let names = built()?.mistakes(exercise.id)?;
        for name in names.iter().filter(|name| !is_right(name)) {
            cases.push(Case::new(exercise, name, built()?.mistake(exercise.id, name)?));
        }
    }
    Ok(cases)
}

/// The exercise that judges what can go wrong everywhere; none when only one is looked
/// at.
fn general() -> Option<&'static Exercise> {
    let is_chosen = std::env::var_os("EXERCISE").is_none();
    judge::EXERCISES.iter().find(|exercise| is_chosen && exercise.id == "03b")
}

/// One message, one cause: within an exercise no two mistakes share a message, and
/// elsewhere it belongs to the mistake of the same name.
fn no_message_fits_two(judged: &[(&Case, Report)]) -> Result<()> {
    let mut causes: BTreeMap<String, &Case> = BTreeMap::new();
    let mut shared = Vec::new();
    for (case, report) in judged {
        let first = report.first_failure();
        let Some(failure) = first.and_then(|row| row.failure) else { continue };
        let meaning = built::without_digits(&failure.meaning);
        let Some(other) = causes.insert(meaning, case) else { continue };
        if other.folder == case.folder || other.name != case.name {
            let names =
                [other.folder, &other.name, "and", case.folder, &case.name].join(" ");
            shared.push(format!("{names} share a message: {}", failure.meaning));
        }
    }
    ensure!(shared.is_empty(), "{}", shared.join("\n"));
    Ok(())
}

/// Judges them all, several at a time, and returns them in their order.
fn judge_all(cases: &[Case]) -> Vec<(&Case, Report)> {
    let _turn = my_turn();
    let queue = Mutex::new(cases.iter().enumerate());
    let judged = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((index, case)) = next(&queue) {
                    let submission =
                        Submission::of_exercise(case.exercise.id, case.command.clone());
                    // One of them is about 127.0.0.1 itself.
                    let submission = match case.name.as_str() {
                        "always-the-same-ip" => submission,
                        _ => submission.at(built::own_ip(index)),
                    };
                    let report = case.exercise.judge(&submission);
                    judged.lock().expect("no panic").push((index, case, report));
                }
            });
        }
    });
    let mut judged = judged.into_inner().expect("no panic");
    judged.sort_by_key(|(index, ..)| *index);
    judged.into_iter().map(|(_, case, report)| (case, report)).collect()
}

/// Waits until no other test judges many programs. Some are late when too many run, and
/// then they are judged by what they aren't late for.
fn my_turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn next<T>(queue: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    queue.lock().expect("no panic").next()
}

/// All must fail, each as its snapshot says. Says of all that do not.
fn pin_all(judged: &[(&Case, Report)]) -> Result<()> {
    let mut wrong = Vec::new();
    for (case, report) in judged {
        let name = format!("{} {}", case.folder, case.name);
        if report.has_passed() {
            wrong.push(format!("{name} passes"));
            continue;
        }
        if let Some(line) = text(report).lines().find(|line| line.chars().count() > 80)
        {
            wrong.push(format!("{name} does not fit into 80 columns: {line}"));
        }
        let pinned = panic::catch_unwind(|| {
            insta::with_settings!(
                { snapshot_path => messages(case.folder) },
                { pin!(case.name.as_str(), text(report)) }
            );
        });
        if pinned.is_err() {
            wrong.push(format!("{name} has another message"));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Where the messages of an exercise are, or the general ones.
fn messages(folder: &str) -> PathBuf {
    let exercise = judge::EXERCISES.iter().find(|exercise| exercise.id == folder);
    let folder = exercise.map_or("answers".into(), Exercise::folder);
    root().join("exercises").join(folder).join("messages")
}

/// What a learner reads, without colors and without what differs from run to run. Which
/// demands there are, and what to read, the exercise says.
fn text(report: &Report) -> String {
    let submission = Submission::of_exercise(report.exercise.id, Vec::new());
    let text = report::report(report, &submission);
    let text = built::redacted(&anstream::adapter::strip_str(&text).to_string());
    let (title, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let (_, failure) = rest.split_once("\n\n").unwrap_or(("", rest));
    let failure = failure.split("\nRead: ").next().unwrap_or_default();
    format!("{title}\n\n{failure}\n")
}

/// A snapshot whose program is gone is a message that nobody can get.
#[test]
fn no_snapshot_is_left_over() -> Result<()> {
    for folder in chosen().map(|exercise| exercise.id).chain(["general"]) {
        let names = built()?.mistakes(folder)?;
        for entry in fs::read_dir(messages(folder)).context(folder)? {
            let path = entry?.path();
            // Another test may be writing what it has got instead.
            if path.extension().is_none_or(|end| end != "snap") {
                continue;
            }
            let name =
                path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let is_named = names.iter().any(|known| known == name && !is_right(name));
            let is_known = name == "starter" || is_named;
            ensure!(is_known, "{} belongs to nothing", path.display());
        }
    }
    Ok(())
}
