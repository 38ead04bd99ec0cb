//! For those who are stuck, and for those who have finished.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use check::Exercise;
use check::report::{bad, bold, good, wrap};
use similar::{ChangeTag, TextDiff};

use super::progress::{Done, Progress};
use super::workspace::Workspace;

/// The next of the three hints; after the last one, all of them again.
pub fn hint(
    workspace: &Workspace,
    progress: &mut Progress,
    exercise: &Exercise,
) -> Result<String> {
    let text = fs::read_to_string(workspace.file(exercise, "hints.md"))
        .with_context(|| Workspace::name(exercise, "hints.md"))?;
    let hints: Vec<&str> = text.split("## ").skip(1).collect();
    let read = progress.of(exercise).map_or(0, |done| done.hints);
    let from = if read < hints.len() { read } else { 0 };
    let to = if read < hints.len() { read + 1 } else { hints.len() };
    progress.change(exercise, |done| Done { hints: read + 1, ..done })?;

    let id = exercise.id;
    let mut shown = String::new();
    for (number, hint) in hints.iter().enumerate().take(to).skip(from) {
        let title = format!("Hint {} of {} for {id}", number + 1, hints.len());
        shown += &format!("{}\n", bold(&title));
        let paragraphs = hint.trim_end().split("\n\n").skip(1);
        for paragraph in paragraphs {
            shown += &format!("{}\n", wrap(paragraph, 80));
        }
    }
    shown += &match to < hints.len() {
        true => format!("Another one: cargo exercise hint {id}\n"),
        false => {
            format!("That is all. The answer: cargo exercise solution {id} --anyway\n")
        }
    };
    Ok(shown)
}

/// The reference, for those who have passed or do not want to wait.
pub fn solution(
    workspace: &Workspace,
    progress: &Progress,
    exercise: &Exercise,
    anyway: bool,
    diff: bool,
) -> Result<ExitCode> {
    let id = exercise.id;
    let path = workspace.file(exercise, "src/bin/solution.rs");
    if !path.exists() {
        anstream::println!("This copy has no solutions; ask whoever gave it to you.");
        return Ok(ExitCode::FAILURE);
    }
    let has_passed = progress.of(exercise).is_some_and(|done| done.passed);
    if !has_passed && !anyway {
        anstream::println!(
            "You have not passed {id} yet. A hint may help more: cargo exercise hint \
             {id}\n\
             If you want to see the answer all the same: cargo exercise solution {id} \
             --anyway"
        );
        return Ok(ExitCode::FAILURE);
    }
    let reference = fs::read_to_string(&path)?;
    if !diff {
        let name = Workspace::name(exercise, "src/bin/solution.rs");
        anstream::print!("{}\n\n{reference}\n", bold(&name));
        anstream::println!(
            "Beside yours: cargo exercise solution {id} --anyway --diff"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let yours = fs::read_to_string(workspace.file(exercise, "src/main.rs"))?;
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

/// The starter again. What was there is kept under a name that was free.
pub fn reset(
    workspace: &Workspace,
    progress: &mut Progress,
    exercise: &Exercise,
) -> Result<String> {
    let starter = workspace.starter(exercise)?;
    let path = workspace.file(exercise, "src/main.rs");
    let file = Workspace::name(exercise, "src/main.rs");
    if workspace.is_untouched(exercise)? {
        return Ok(format!("{file} is the starter already.\n"));
    }
    let yours = fs::read(&path).unwrap_or_default();
    let free = (1..)
        .map(|number| format!("src/main-before-reset-{number}.rs"))
        .find(|name| !workspace.file(exercise, name).exists());
    let kept = free.context("no free name")?;
    // First the copy, then the change: at no moment is what was typed in one place
    // only.
    if !yours.is_empty() {
        fs::write(workspace.file(exercise, &kept), &yours)
            .with_context(|| format!("{kept}: your program is not touched"))?;
    }
    fs::write(&path, starter).with_context(|| file.clone())?;
    progress.change(exercise, |_| Done::default())?;
    Ok(format!(
        "{file} is the starter again.\nYours is kept: {}\n",
        Workspace::name(exercise, &kept)
    ))
}
