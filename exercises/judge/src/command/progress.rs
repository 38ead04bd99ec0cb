//! What the checks have said so far of the learner's own programs: the best of it. It
//! is kept beside the programs, and belongs to them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Context, Result};
use judge::{EXERCISES, Exercise, Report};
use serde::{Deserialize, Serialize};

use super::workspace::{Workspace, find};

/// Where it is kept.
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
    /// Returns that of a workspace.
    pub fn of_workspace(workspace: &Workspace) -> Self {
        Self { path: workspace.mine().join("progress.json") }
    }

    /// Reads it, each time anew: another terminal may have changed it. What can't be
    /// read is forgotten.
    fn all(&self) -> All {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Returns whether nothing has been tried.
    pub fn is_fresh(&self) -> bool {
        self.all().is_empty()
    }

    /// Returns how far somebody is with this one.
    pub fn of(&self, exercise: &Exercise) -> Option<Done> {
        self.all().get(exercise.id).copied()
    }

    /// Returns the first that has not been passed.
    pub fn next(&self) -> Option<&'static Exercise> {
        let all = self.all();
        let has_passed =
            |exercise: &&Exercise| all.get(exercise.id).is_some_and(|done| done.passed);
        EXERCISES.iter().find(|exercise| !has_passed(exercise))
    }

    /// As [`Progress::next`], where this one has just been passed, remembered or not.
    pub fn next_after(&self, passed: &Exercise) -> Option<&'static Exercise> {
        let all = self.all();
        EXERCISES.iter().find(|exercise| {
            let done = all.get(exercise.id).is_some_and(|done| done.passed);
            !done && exercise.id != passed.id
        })
    }

    /// Returns the one that is named, or the next.
    pub fn find_or_next(&self, id: Option<&str>) -> Result<&'static Exercise> {
        match id {
            Some(id) => find(id),
            None => {
                self.next().context("You have passed them all. Name the one you mean.")
            }
        }
    }

    /// Remembers what a check has said, if it is the best so far.
    pub fn judged(&self, report: &Report) -> Result<()> {
        self.best(report.exercise, report.points(), report.has_passed())
    }

    /// As [`Progress::judged`].
    pub fn best(&self, exercise: &Exercise, points: u32, passed: bool) -> Result<()> {
        let best = |done: Done| Done {
            points: points.max(done.points),
            passed: passed || done.passed,
            ..done
        };
        self.change(exercise, best).map(drop)
    }

    /// Changes what is remembered, under a lock, and returns what it was before.
    pub fn change(
        &self,
        of: &Exercise,
        change: impl FnOnce(Done) -> Done,
    ) -> Result<Done> {
        let changed = || -> Result<Done> {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            let lock = File::create(self.path.with_extension("lock"))?;
            lock.lock()?;
            let mut all = self.all();
            let done = all.entry(of.id.into()).or_default();
            let before = *done;
            *done = change(before);
            // Who only reads takes no lock, and must not see half of it.
            let new = self.path.with_extension("new");
            fs::write(&new, serde_json::to_string_pretty(&all)? + "\n")?;
            fs::rename(&new, &self.path)?;
            Ok(before)
        };
        changed().with_context(|| {
            format!("{}: how far you are can't be remembered", self.path.display())
        })
    }
}
