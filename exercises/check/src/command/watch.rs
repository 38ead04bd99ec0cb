//! Checks again whenever a file is saved.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{collections::HashMap, fs};

use anyhow::{Context, Result};
use check::report::faint;
use check::{EXERCISES, Exercise};
use notify::{
    Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher,
};

use super::check::check;
use super::progress::Progress;
use super::workspace::Workspace;

/// An editor writes a file in several steps; so long nothing more may come.
const SETTLED: Duration = Duration::from_millis(50);
const POLL: Duration = Duration::from_millis(500);

/// Checks `first`, and from then on whichever exercise is saved, until Ctrl-C.
pub fn watch(
    workspace: &Workspace,
    progress: &mut Progress,
    first: &'static Exercise,
    poll: bool,
) -> Result<ExitCode> {
    let (sender, saved) = mpsc::channel();
    let config = Config::default().with_poll_interval(POLL).with_compare_contents(true);
    let mut watcher: Box<dyn Watcher> = match poll {
        true => Box::new(PollWatcher::new(sender, config)?),
        false => Box::new(RecommendedWatcher::new(sender, config)?),
    };
    let mut files: HashMap<PathBuf, (&'static Exercise, Vec<u8>)> = HashMap::new();
    for exercise in EXERCISES {
        // The folder, not the file: many editors put a new file in its place.
        let folder = workspace.file(exercise, "src");
        let watched = watcher.watch(&folder, RecursiveMode::NonRecursive);
        watched.context(
            "the system does not tell when a file is saved; try watch --poll",
        )?;
        let path = folder.join("main.rs");
        let text = fs::read(&path).unwrap_or_default();
        files.insert(path, (exercise, text));
    }
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
        current = next_saved(&saved, &mut files)?;
    }
}

/// Waits until the text of one of the files has changed.
fn next_saved(
    saved: &Receiver<notify::Result<Event>>,
    files: &mut HashMap<PathBuf, (&'static Exercise, Vec<u8>)>,
) -> Result<&'static Exercise> {
    loop {
        let mut events = vec![saved.recv()??];
        while let Ok(event) = saved.recv_timeout(SETTLED) {
            events.push(event?);
        }
        // Reading is an event too, and the compiler reads them all.
        events.retain(|event| !matches!(event.kind, EventKind::Access(_)));
        for path in events.iter().flat_map(|event| &event.paths) {
            if let Some(exercise) = has_changed(path, files) {
                return Ok(exercise);
            }
        }
    }
}

fn has_changed(
    path: &Path,
    files: &mut HashMap<PathBuf, (&'static Exercise, Vec<u8>)>,
) -> Option<&'static Exercise> {
    let (exercise, before) = files.get_mut(path)?;
    let text = fs::read(path).ok().filter(|text| text != before)?;
    *before = text;
    Some(exercise)
}
