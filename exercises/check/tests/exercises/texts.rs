//! What stands beside the programs: the task, the hints, the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use check::{EXERCISES, Exercise};

use crate::built::{chosen, root};

fn folder(exercise: &Exercise) -> PathBuf {
    root().join("exercises").join(exercise.folder())
}

fn read(path: &PathBuf) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.replace("\r\n", "\n"))
}

/// What a learner finds is what `reset` restores, or shall be so from now on.
pub fn is_starter(exercise: &Exercise) -> bool {
    let starter = starter(exercise);
    let is_accepted =
        std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    is_accepted
        || read(&folder(exercise).join("src/main.rs")).is_ok_and(|text| text == starter)
}

fn starter(exercise: &Exercise) -> String {
    let path =
        root().join(format!("exercises/check/starters/{}.rs", exercise.package()));
    read(&path).unwrap_or_default()
}

/// Whoever writes an exercise accepts a new starter with `INSTA_UPDATE=always`. Whoever
/// does exercises has changed some of them, and that is no mistake.
#[test]
fn starters_can_be_restored() -> Result<()> {
    for exercise in chosen() {
        let path = format!("exercises/check/starters/{}.rs", exercise.package());
        let begun = read(&folder(exercise).join("src/main.rs"))?;
        if std::env::var_os("CI").is_some()
            || std::env::var_os("INSTA_UPDATE").is_some()
        {
            tests::pin_file(&root().join(&path), &begun)?;
        }
        ensure!(
            starter(exercise).contains("TODO"),
            "{path} says nowhere where to type"
        );
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

/// A README demands all that its check demands, in the same words.
#[test]
fn readmes_state_what_is_demanded() -> Result<()> {
    for exercise in chosen() {
        let path = folder(exercise).join("README.md");
        let text = read(&path)?;
        let name = path.display();
        let list = text.split_once("\n## What is checked\n\n").map(|(_, list)| list);
        let list =
            list.with_context(|| format!("{name} has no \"What is checked\""))?;
        let demands: String = exercise
            .checks
            .iter()
            .map(|check| format!("- {}\n", check.demand))
            .collect();
        ensure!(list.starts_with(&demands), "{name} should list\n{demands}");
        let doing = format!("\ndoing: {}\n---\n", exercise.minutes);
        ensure!(text.contains(&doing), "{name} should begin with{doing}");
        let title = text.lines().find_map(|line| line.strip_prefix("# "));
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
        let page = root().join("book/src").join(exercise.page);
        ensure!(page.is_file(), "{}: no page {}", exercise.id, exercise.page);
        ensure!(exercise.checks.len() >= 2, "{} demands too little", exercise.id);
        for check in exercise.checks {
            let demand = check.demand;
            ensure!(demands.insert((exercise.id, demand)), "twice: {demand}");
            ensure!(demand.ends_with('.') && check.points > 0, "{demand}");
            let by_hand = check.by_hand;
            ensure!(
                by_hand.lines().all(|line| line.chars().count() <= 76),
                "{by_hand}"
            );
            let names_it = by_hand.contains("127.0.0.1:4545")
                || by_hand.contains("127.0.0.1 4545");
            let is_ours = by_hand.is_empty() || by_hand.contains("{command}");
            ensure!(names_it || is_ours || by_hand.contains("{program}"), "{by_hand}");
        }
    }
    Ok(())
}

/// A solution is read by those who have finished, and should be a pleasure.
#[test]
fn solutions_are_short() -> Result<()> {
    for exercise in chosen() {
        let path = folder(exercise).join("src/bin/solution.rs");
        let lines = read(&path)?.lines().count();
        ensure!(lines <= 200, "{} has {lines} lines", path.display());
    }
    Ok(())
}
