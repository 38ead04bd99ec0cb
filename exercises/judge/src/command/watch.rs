//! Checks again whenever a file is saved.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use anyhow::Result;
use judge::Exercise;
use judge::report::{faint, width};

use super::check::check;
use super::stuck::hint;
use super::terminal::Keys;
use super::workspace::Workspace;

/// How often to look at the files. No system has to tell of a change, which not all do:
/// a folder may come over the network, or be another one by now.
const LOOK: Duration = Duration::from_millis(100);
/// An editor writes a file in several steps: for so long, nothing more may come.
const SETTLED: Duration = Duration::from_millis(50);

/// A file, the exercise it belongs to, and how it was when it was last looked at.
struct Watched {
    path: PathBuf,
    exercise: &'static Exercise,
    seen: Seen,
}

/// When a file was changed, and its text; none while there is no such file.
type Seen = (Option<SystemTime>, Vec<u8>);

enum Next {
    Check(&'static Exercise),
    Hint,
    Quit,
}

/// Checks `first`, and from then on whichever exercise is saved, until `q` or Ctrl-C.
pub fn watch(workspace: &Workspace, first: &'static Exercise) -> Result<ExitCode> {
    let keys = Keys::listen();
    workspace.begin(first)?;
    let watched = |exercise| {
        let path = workspace.own(exercise);
        Watched { seen: look_at(&path), path, exercise }
    };
    let mut files: Vec<Watched> = judge::all().map(watched).collect();
    let mut current = first;
    let mut next = Next::Check(first);
    loop {
        match next {
            Next::Check(exercise) => {
                current = exercise;
                anstream::println!("{}", faint(&"─".repeat(width())));
                if let Err(error) = check(workspace, current, Vec::new()) {
                    anstream::eprintln!("{error:#}");
                }
                // What `check` has put there is no change.
                for file in &mut files {
                    if file.exercise.id == current.id && file.seen.0.is_none() {
                        file.seen = look_at(&file.path);
                    }
                }
            }
            Next::Hint => anstream::print!("\n{}", hint(workspace, current)?),
            Next::Quit => return Ok(ExitCode::SUCCESS),
        }
        let file = Workspace::own_name(current);
        let waiting = format!("Waiting until you save {file}");
        let all_keys = "c check again   h hint   n next exercise   q quit";
        anstream::println!("\n{}\n{}", faint(&waiting), faint(all_keys));
        next = loop {
            match keys.next() {
                Some('c') => break Next::Check(current),
                Some('h') => break Next::Hint,
                Some('n') => {
                    let next = workspace.progress.next_after(current);
                    break Next::Check(next.unwrap_or(current));
                }
                Some('q' | '\x03' | '\x04') => break Next::Quit,
                _ => {}
            }
            if let Some(file) = files.iter_mut().find_map(changed) {
                break Next::Check(file.exercise);
            }
            thread::sleep(LOOK);
        };
    }
}

/// Returns the file if its text is another one, and doesn't change any more.
fn changed(file: &mut Watched) -> Option<&Watched> {
    let mut time = modified(&file.path)?;
    if Some(time) == file.seen.0 {
        return None;
    }
    let text = loop {
        thread::sleep(SETTLED);
        let again = modified(&file.path)?;
        if again == time {
            break fs::read(&file.path).ok()?;
        }
        time = again;
    };
    let is_another = text != file.seen.1;
    file.seen = (Some(time), text);
    is_another.then_some(file)
}

fn look_at(path: &Path) -> Seen {
    (modified(path), fs::read(path).unwrap_or_default())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|it| it.modified()).ok()
}
