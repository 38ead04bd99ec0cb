//! For those who are stuck, and for those who have finished.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use judge::Exercise;
use judge::report::{bad, bold, good, width, wrap};
use similar::{ChangeTag, TextDiff};

use super::progress::{Done, Progress};
use super::workspace::{self, Workspace};

/// The next of the three hints; after the last one, all of them again.
pub fn hint(
    workspace: &Workspace,
    progress: &Progress,
    exercise: &Exercise,
) -> Result<String> {
    let text = workspace::read(&workspace.file(exercise, "hints.md"))?;
    let hints: Vec<&str> = text.split("## ").skip(1).collect();
    let next = |done: Done| Done { hints: done.hints + 1, ..done };
    let remembered = progress.change(exercise, next);
    if let Err(error) = &remembered {
        anstream::eprintln!("warning: {error:#}");
    }
    let read = remembered.map_or_else(|_| hints.len(), |before| before.hints);
    let from = if read < hints.len() { read } else { 0 };
    let to = if read < hints.len() { read + 1 } else { hints.len() };

    let id = exercise.id;
    let mut shown = String::new();
    for (number, hint) in hints.iter().enumerate().take(to).skip(from) {
        let title = format!("Hint {} of {} for {id}", number + 1, hints.len());
        shown += &format!("{}\n", bold(&title));
        for paragraph in hint.trim_end().split("\n\n").skip(1) {
            shown += &format!("{}\n", wrap(paragraph, width()));
        }
    }
    let has_solution = workspace.file(exercise, "solution.rs").exists();
    shown += &match (to < hints.len(), has_solution) {
        (true, _) => format!("Another one: cargo exercise hint {id}\n"),
        (false, true) => {
            format!("That is all. The answer: cargo exercise solution {id} --anyway\n")
        }
        (false, false) => "That is all. Ask whoever gave you this.\n".into(),
    };
    Ok(shown)
}

/// The reference, for those who have passed or don't want to wait.
pub fn solution(
    workspace: &Workspace,
    progress: &Progress,
    exercise: &Exercise,
    anyway: bool,
    diff: bool,
) -> Result<ExitCode> {
    let id = exercise.id;
    let path = workspace.file(exercise, "solution.rs");
    if !path.exists() {
        anstream::println!("This copy has no solutions; ask whoever gave it to you.");
        return Ok(ExitCode::FAILURE);
    }
    let has_passed = progress.of(exercise).is_some_and(|done| done.passed);
    if !has_passed && !anyway {
        anstream::println!(
            "You haven't passed {id} yet. A hint may help more: cargo exercise hint \
             {id}\n\
             If you want to see the answer all the same: cargo exercise solution {id} \
             --anyway"
        );
        return Ok(ExitCode::FAILURE);
    }
    let reference = workspace::read(&path)?;
    if !diff {
        let name = Workspace::name(exercise, "solution.rs");
        anstream::print!("{}\n\n{reference}\n", bold(&name));
        anstream::println!(
            "Beside yours: cargo exercise solution {id} --anyway --diff"
        );
        return Ok(ExitCode::SUCCESS);
    }
    workspace.begin(exercise)?;
    let yours = workspace::read(&workspace.own(exercise))?;
    anstream::print!("{}", difference(&yours, &reference));
    Ok(ExitCode::SUCCESS)
}

fn difference(yours: &str, reference: &str) -> String {
    let diff = TextDiff::from_lines(yours, reference);
    let mut text = format!("{} {}\n", bad("- yours"), good("+ the reference"));
    for group in diff.grouped_ops(3) {
        text += "\n";
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value().trim_end_matches('\n');
            text += &match change.tag() {
                ChangeTag::Delete => bad(&format!("- {line}")),
                ChangeTag::Insert => good(&format!("+ {line}")),
                ChangeTag::Equal => format!("  {line}"),
            };
            text += "\n";
        }
    }
    text
}

/// The starter again. What was there is kept beside it, under a name that was free.
pub fn reset(
    workspace: &Workspace,
    progress: &Progress,
    exercise: &Exercise,
) -> Result<String> {
    let file = Workspace::own_name(exercise);
    if workspace.is_untouched(exercise) {
        workspace.begin(exercise)?;
        return Ok(format!("{file} is the starter already.\n"));
    }
    let path = workspace.own(exercise);
    let kept = |number| path.with_extension(format!("rs.before-reset-{number}"));
    let kept =
        (1..).map(kept).find(|kept| !kept.exists()).context("there is no free name")?;
    let name = kept.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // A new name for the file: at no moment is what was typed in no place.
    fs::rename(&path, &kept).with_context(|| format!("{file} isn't touched"))?;
    workspace.begin(exercise)?;
    progress.change(exercise, |done| Done { hints: 0, ..done })?;
    Ok(format!("{file} is the starter again.\nYours is kept beside it: {name}\n"))
}
