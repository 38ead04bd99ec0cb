//! How far somebody is, and what is next.

use std::fmt::Write;

use judge::report::{bad, bold, faint, good};
use judge::{EXERCISES, Exercise};

use super::progress::Progress;
use super::workspace::Workspace;

/// Without a command: where to begin, or how far it has gone.
pub fn overview(progress: &Progress) -> String {
    match progress.next().filter(|_| progress.is_fresh()) {
        Some(first) => welcome(first),
        None => list(progress),
    }
}

/// Five lines for somebody who has just come.
fn welcome(first: &Exercise) -> String {
    let id = first.id;
    let minutes: u32 = EXERCISES.iter().map(Exercise::minutes).sum();
    let hours = minutes.div_ceil(60);
    let start = bold(&format!("cargo exercise check {id}"));
    format!(
        "{} exercises, about {hours} hours in all. Begin with {id} {}, {} minutes:\n  \
         {}\nis the task. Then type\n  {start}\n\
         It fails, and says why: that is the starting point, nothing is broken.\n",
        EXERCISES.len(),
        first.name,
        first.minutes(),
        bold(&Workspace::name(first, "README.md")),
    )
}

/// All exercises.
pub fn list(progress: &Progress) -> String {
    let next = progress.next();
    let mut text = String::new();
    for exercise in EXERCISES {
        let is_next = next.is_some_and(|next| next.id == exercise.id);
        let done = progress.of(exercise);
        let state = match done {
            Some(done) if done.passed => good("passed"),
            Some(done) => {
                bad(&format!("{} of {} points", done.points, exercise.points()))
            }
            None => faint("not begun"),
        };
        let mark = if is_next { bold(">") } else { " ".into() };
        let (id, name, minutes) = (exercise.id, exercise.name, exercise.minutes());
        let _ = writeln!(text, "{mark} {id}  {name:<24} {minutes:>3} minutes  {state}");
    }
    text += "\n";
    text += &match next {
        Some(next) => whats_next(next),
        None => "You have passed them all.\n".into(),
    };
    text
}

/// What to type next.
pub fn whats_next(next: &Exercise) -> String {
    let (id, name, minutes) = (next.id, next.name, next.minutes());
    let task = Workspace::name(next, "README.md");
    let check = bold(&format!("cargo exercise check {id}"));
    format!("Next: {id} {name}, {minutes} minutes\n  {task}\n  {check}\n")
}
