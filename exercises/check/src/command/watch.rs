//! Checks again whenever a file is saved.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, thread};

use anyhow::Result;
use check::report::faint;
use check::{EXERCISES, Exercise};

use super::check::check;
use super::progress::Progress;
use super::workspace::Workspace;

/// How often to look at the files. No system has to tell of a change, which not all do:
/// a folder may come over the network, or be another one by now.
const LOOK: Duration = Duration::from_millis(300);
/// An editor writes a file in several steps: for so long, nothing more may come.
const SETTLED: Duration = Duration::from_millis(50);

/// A file, the exercise it belongs to, and its text when it was last looked at.
type Watched = (PathBuf, &'static Exercise, Vec<u8>);

/// Checks `first`, and from then on whichever exercise is saved, until Ctrl-C.
pub fn watch(
    workspace: &Workspace,
    progress: &mut Progress,
    first: &'static Exercise,
) -> Result<ExitCode> {
    let all = EXERCISES.iter().map(|exercise| {
        let path = workspace.file(exercise, "src/main.rs");
        let text = fs::read(&path).unwrap_or_default();
        (path, exercise, text)
    });
    let mut files: Vec<Watched> = all.collect();
    let mut current = first;
    loop {
        check(workspace, progress, current, Vec::new())?;
        let file = Workspace::name(current, "src/main.rs");
        let by_hand = format!("cargo exercise check {}", current.id);
        anstream::println!(
            "\n{}",
            faint(&format!(
                "Waiting until you save {file}\n(Ctrl-C ends; by hand: {by_hand})"
            ))
        );
        current = next_saved(&mut files);
    }
}

/// Waits until the text of one of the files has changed.
fn next_saved(files: &mut [Watched]) -> &'static Exercise {
    loop {
        for (path, exercise, before) in &mut *files {
            if let Some(text) = changed(path, before) {
                *before = text;
                return exercise;
            }
        }
        thread::sleep(LOOK);
    }
}

/// Returns the text of a file if it is another one, and does not change any more.
fn changed(path: &Path, before: &[u8]) -> Option<Vec<u8>> {
    let mut text = fs::read(path).ok().filter(|text| text != before)?;
    loop {
        thread::sleep(SETTLED);
        let again = fs::read(path).ok()?;
        if again == text {
            return (text != before).then_some(text);
        }
        text = again;
    }
}
