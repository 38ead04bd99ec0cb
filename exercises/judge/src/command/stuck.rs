//! For those who are stuck, and for those who have finished.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use judge::Exercise;
use judge::report::{bad, bold, good, width, wrap};
use probe::stages;
use similar::{ChangeTag, TextDiff};

use super::progress::Done;
use super::warn;
use super::workspace::{self, Workspace};

/// The next of the three hints; after the last one, all of them again.
pub fn hint(workspace: &Workspace, exercise: &Exercise) -> Result<String> {
    let text = workspace::read(&workspace.file(exercise, "hints.md"))?;
    let hints: Vec<&str> = text.split("## ").skip(1).collect();
    let count = |done: Done| Done { hints: done.hints + 1, ..done };
    let read = warn(workspace.progress.change(exercise, count));
    let next = read.map(|before| before.hints).filter(|next| *next < hints.len());
    let shown = next.map_or(0..hints.len(), |next| next..next + 1);

    let (id, all) = (exercise.id, hints.len());
    let mut text = String::new();
    for number in shown.clone() {
        let title = format!("Hint {} of {all} for {id}", number + 1);
        text += &format!("{}\n", bold(&title));
        for paragraph in hints[number].trim_end().split("\n\n").skip(1) {
            text += &format!("{}\n", wrap(paragraph, width()));
        }
    }
    let has_solution = workspace.file(exercise, "solution.rs").exists();
    Ok(text
        + &match (shown.end < all, has_solution) {
            (true, _) => format!("Another one: cargo exercise hint {id}\n"),
            (false, true) => format!(
                "That is all. The answer: cargo exercise solution {id} --anyway\n"
            ),
            (false, false) => "That is all. Ask whoever gave you this.\n".into(),
        })
}

/// The reference, for those who have passed or don't want to wait.
pub fn solution(
    workspace: &Workspace,
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
    let has_passed = workspace.progress.of(exercise).is_some_and(|done| done.passed);
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
    // That of the growing server is many at once.
    let reference = stages::program(&reference, stages::last(&reference), None);
    if diff {
        workspace.begin(exercise)?;
        let yours = workspace::read(&workspace.own(exercise))?;
        anstream::print!("{}", difference(&yours, &reference));
    } else {
        let name = bold(&Workspace::name(exercise, "solution.rs"));
        anstream::println!(
            "{name}\n\n{reference}\n\
             Beside yours: cargo exercise solution {id} --anyway --diff"
        );
    }
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

/// The starter again. What was there is kept beside it, under a name that was free: if
/// one of the two can't be written, nothing is lost.
pub fn reset(workspace: &Workspace, exercise: &Exercise) -> Result<String> {
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
    workspace.progress.change(exercise, |done| Done { hints: 0, ..done })?;
    Ok(format!("{file} is the starter again.\nYours is kept beside it: {name}\n"))
}
