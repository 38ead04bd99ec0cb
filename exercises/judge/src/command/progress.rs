//! What the checks have said so far of the learner's own programs: the best of it. It
//! is kept beside the programs, and belongs to them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use judge::report::{bad, bold, faint, good};
use judge::{EXERCISES, Exercise};
use serde::{Deserialize, Serialize};

use super::workspace::Workspace;

#[derive(Debug)]
pub struct Progress {
    path: PathBuf,
}

/// How far somebody is with one exercise.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// The most that a check gave.
    pub points: u32,
    /// It gave all of them.
    pub passed: bool,
    /// How many hints have been read.
    pub hints: usize,
}

type All = BTreeMap<String, Done>;

impl Progress {
    pub fn kept_in(folder: &Path) -> Self {
        Self { path: folder.join("progress.json") }
    }

    /// Reads it, each time anew: another terminal may have changed it.
    fn all(&self) -> All {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub fn is_fresh(&self) -> bool {
        self.all().is_empty()
    }

    pub fn of(&self, exercise: &Exercise) -> Option<Done> {
        self.all().get(exercise.id).copied()
    }

    /// Returns the first that has not been passed.
    pub fn next(&self) -> Option<&'static Exercise> {
        self.open().next()
    }

    /// As [`Progress::next`], where this one has just been passed, remembered or not.
    pub fn next_after(&self, passed: &Exercise) -> Option<&'static Exercise> {
        self.open().find(|exercise| exercise.id != passed.id)
    }

    fn open(&self) -> impl Iterator<Item = &'static Exercise> {
        let all = self.all();
        EXERCISES.iter().filter(move |it| !all.get(it.id).is_some_and(|it| it.passed))
    }

    /// Remembers what a check has said, if it is the best so far.
    pub fn best(&self, exercise: &Exercise, points: u32, passed: bool) -> Result<()> {
        let best = |done: Done| Done {
            points: points.max(done.points),
            passed: passed || done.passed,
            ..done
        };
        self.change(exercise, best).map(drop)
    }

    /// Changes what is remembered, under a lock, and returns what it was before.
    pub fn change(&self, of: &Exercise, to: impl FnOnce(Done) -> Done) -> Result<Done> {
        let changed = || -> Result<Done> {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            let lock = File::create(self.path.with_extension("lock"))?;
            lock.lock()?;
            let mut all = self.all();
            let done = all.entry(of.id.into()).or_default();
            let before = *done;
            *done = to(before);
            // Who only reads takes no lock, and must not see half of it.
            let new = self.path.with_extension("new");
            fs::write(&new, serde_json::to_string_pretty(&all)? + "\n")?;
            fs::rename(&new, &self.path)?;
            Ok(before)
        };
        let file = self.path.display();
        changed()
            .with_context(|| format!("{file}: how far you are can't be remembered"))
    }
}

/// Without a command: where to begin, or how far it has gone.
pub fn overview(progress: &Progress) -> String {
    match progress.next().filter(|_| progress.is_fresh()) {
        Some(first) => welcome(first),
        None => list(progress),
    }
}

/// Five lines for somebody who has just come.
fn welcome(first: &Exercise) -> String {
    let (id, name, doing) = (first.id, first.name, first.minutes());
    let minutes: u32 = EXERCISES.iter().map(Exercise::minutes).sum();
    let (count, hours) = (EXERCISES.len(), minutes.div_ceil(60));
    let task = bold(&Workspace::name(first, "README.md"));
    let start = bold(&format!("cargo exercise check {id}"));
    format!(
        "{count} exercises, about {hours} hours in all. Begin with {id} {name}, \
         {doing} minutes:\n  {task}\nis the task. Then type\n  {start}\n\
         It fails, and says why: that is the starting point, nothing is broken.\n"
    )
}

pub fn list(progress: &Progress) -> String {
    let next = progress.next();
    let mut text = String::new();
    for exercise in judge::all() {
        let is_next = next.is_some_and(|next| next.id == exercise.id);
        let state = match progress.of(exercise) {
            Some(done) if done.passed => good("passed"),
            Some(done) => {
                let all = exercise.points();
                bad(&format!("{} of {all} {}", done.points, exercise.unit()))
            }
            None => faint("not begun"),
        };
        let mark = if is_next { bold(">") } else { " ".into() };
        let (id, name, minutes) = (exercise.id, exercise.name, exercise.minutes());
        let _ = writeln!(text, "{mark} {id}  {name:<24} {minutes:>3} minutes  {state}");
    }
    text + "\n" + &next.map_or("You have passed them all.\n".into(), whats_next)
}

pub fn whats_next(next: &Exercise) -> String {
    let (id, name, minutes) = (next.id, next.name, next.minutes());
    let task = Workspace::name(next, "README.md");
    let check = bold(&format!("cargo exercise check {id}"));
    format!("Next: {id} {name}, {minutes} minutes\n  {task}\n  {check}\n")
}
