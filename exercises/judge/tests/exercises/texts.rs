//! What stands beside the programs: the task, the hints, the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use judge::{EXERCISES, Exercise};

use crate::built::{chosen, root};

fn folder(exercise: &Exercise) -> PathBuf {
    root().join("exercises").join(exercise.folder())
}

fn read(path: &PathBuf) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.replace("\r\n", "\n"))
}

/// A starter says where to type.
#[test]
fn starters_say_where_to_type() -> Result<()> {
    for exercise in chosen() {
        let path = folder(exercise).join("starter.rs");
        ensure!(read(&path)?.contains("TODO"), "{} has no TODO", path.display());
    }
    Ok(())
}

/// Each exercise has its folder, and each folder its exercise.
#[test]
fn folders_and_table_agree() -> Result<()> {
    let is_exercise =
        |name: &String| name.starts_with(|letter: char| letter.is_ascii_digit());
    let entries = fs::read_dir(root().join("exercises"))?;
    let names =
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let folders: Result<BTreeSet<String>> = names.collect();
    let folders: BTreeSet<String> = folders?.into_iter().filter(is_exercise).collect();
    let table: Vec<String> = EXERCISES.iter().map(Exercise::folder).collect();
    ensure!(table.is_sorted(), "the table is not in order: {table:?}");
    ensure!(folders.iter().eq(&table), "folders {folders:?}, table {table:?}");
    Ok(())
}

/// A README's list has an item for each check, and says how long it takes.
#[test]
fn readmes_state_what_is_checked() -> Result<()> {
    for exercise in chosen() {
        let name = exercise.folder();
        let demands = exercise.demands();
        let counts = (demands.len(), exercise.checks.len());
        ensure!(counts.0 == counts.1, "{name}: {counts:?} demands and checks");
        ensure!(exercise.minutes() > 0, "{name} has no `doing`");
        let title = exercise.readme.lines().find_map(|line| line.strip_prefix("# "));
        let begin = format!("{} · ", exercise.id);
        ensure!(
            title.is_some_and(|title| title.starts_with(&begin)),
            "{name}: # {begin}…"
        );
    }
    Ok(())
}

#[test]
fn hints_have_three_levels() -> Result<()> {
    for exercise in chosen() {
        let path = folder(exercise).join("hints.md");
        let text = read(&path)?;
        let levels: Vec<&str> = text.split("## ").skip(1).collect();
        let name = path.display();
        ensure!(levels.len() == 3, "{name} has {} levels", levels.len());
        let mut sentences = BTreeSet::new();
        for (number, level) in (1..).zip(levels) {
            let (title, level) = level.split_once("\n\n").context("no text")?;
            ensure!(title == number.to_string(), "{name}: ## {title}");
            ensure!(
                level.split_whitespace().count() > 8,
                "{name}: {number} says little"
            );
            for sentence in
                level.trim().split(['.', '?']).filter(|text| text.len() > 20)
            {
                ensure!(
                    sentences.insert(sentence.trim()),
                    "{name} repeats: {sentence}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn the_table_is_complete() -> Result<()> {
    let mut demands = BTreeSet::new();
    for exercise in EXERCISES {
        let page = root().join("book/src").join(exercise.page());
        ensure!(page.is_file(), "{}: no page {}", exercise.id, exercise.page());
        ensure!(exercise.checks.len() >= 2, "{} demands too little", exercise.id);
        for (check, demand) in exercise.checks.iter().zip(exercise.demands()) {
            ensure!(demand.ends_with('.') && check.points > 0, "{demand}");
            ensure!(demands.insert((exercise.id, demand.clone())), "twice: {demand}");
            let reproduce = check.reproduce;
            ensure!(
                reproduce.lines().all(|line| line.chars().count() <= 76),
                "{reproduce}"
            );
            let names_it = reproduce.contains("127.0.0.1:4545")
                || reproduce.contains("127.0.0.1 4545");
            let is_ours = reproduce.is_empty() || reproduce.contains("{command}");
            ensure!(
                names_it || is_ours || reproduce.contains("{program}"),
                "{reproduce}"
            );
        }
    }
    Ok(())
}

/// A solution is read by those who have finished, and should be a pleasure.
#[test]
fn solutions_are_short() -> Result<()> {
    for exercise in chosen() {
        let path = folder(exercise).join("solution.rs");
        let lines = read(&path)?.lines().count();
        ensure!(lines <= 200, "{} has {lines} lines", path.display());
    }
    Ok(())
}
