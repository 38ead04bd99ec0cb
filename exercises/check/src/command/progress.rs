//! What the checks have said so far. It is kept in `target`, and gone after `cargo
//! clean`; one `grade` brings it back.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use check::{EXERCISES, Exercise, Report};
use serde::{Deserialize, Serialize};

use super::workspace::{Workspace, find};

/// How far somebody is.
#[derive(Debug)]
pub struct Progress {
    path: PathBuf,
    done: BTreeMap<String, Done>,
}

/// How far somebody is with one exercise.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// What the last check gave.
    pub points: u32,
    /// It gave all of them.
    pub passed: bool,
    /// How many hints have been read.
    pub hints: usize,
}

impl Progress {
    /// What is remembered. What cannot be read is forgotten.
    pub fn load(workspace: &Workspace) -> Self {
        let path = workspace.target().join("exercises.json");
        let text = fs::read_to_string(&path).unwrap_or_default();
        Self { path, done: serde_json::from_str(&text).unwrap_or_default() }
    }

    /// Nothing has been tried.
    pub fn is_fresh(&self) -> bool {
        self.done.is_empty()
    }

    /// How far somebody is with this one.
    pub fn of(&self, exercise: &Exercise) -> Option<Done> {
        self.done.get(exercise.id).copied()
    }

    /// The first that has not been passed.
    pub fn next(&self) -> Option<&'static Exercise> {
        let has_passed =
            |exercise: &&Exercise| self.of(exercise).is_some_and(|done| done.passed);
        EXERCISES.iter().find(|exercise| !has_passed(exercise))
    }

    /// The one that is named, or the next.
    pub fn find_or_next(&self, id: Option<&str>) -> Result<&'static Exercise> {
        match id {
            Some(id) => find(id),
            None => {
                self.next().context("You have passed them all. Name the one you mean.")
            }
        }
    }

    /// Remembers what a check has said.
    pub fn judged(&mut self, report: &Report) -> Result<()> {
        let (points, passed) = (report.points(), report.has_passed());
        self.change(report.exercise, |done| Done { points, passed, ..done })
    }

    /// Remembers something.
    pub fn change(
        &mut self,
        of: &Exercise,
        change: impl Fn(Done) -> Done,
    ) -> Result<()> {
        let done = self.done.entry(of.id.into()).or_default();
        *done = change(*done);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        // Another one of us may be reading it at this moment.
        let new = self.path.with_extension(format!("{}.tmp", std::process::id()));
        let text = serde_json::to_string_pretty(&self.done)? + "\n";
        fs::write(&new, text).and_then(|()| fs::rename(&new, &self.path)).with_context(
            || {
                format!(
                    "{}: what you have done cannot be remembered",
                    self.path.display()
                )
            },
        )
    }
}
