//! A copy for a class: everything but the answers.

use std::fs;
use std::path::{self, Path};

use anyhow::{Context, Result, ensure};
use check::EXERCISES;

use super::workspace::Workspace;

/// What is not copied, wherever it stands: what is made, what is somebody's own, what
/// gives answers away.
const LEFT_OUT: &[&str] = &[".git", "target", "node_modules", "__pycache__"];
/// And these, from the root: solutions, galleries, their tests, and what runs those.
const ANSWERS: &[&str] =
    &["exercises/gallery", "exercises/check/tests", ".github/workflows", ".ci"];

/// `handout`: copies the repository into `folder`.
pub fn handout(workspace: &Workspace, folder: &Path) -> Result<String> {
    ensure!(!folder.exists(), "{} exists already; name a new folder", folder.display());
    let folder = &path::absolute(folder)?;
    copy(workspace.root(), folder, Path::new(""))?;
    for exercise in EXERCISES {
        // Whoever makes the handout may have tried the exercises.
        let main = folder.join(Workspace::name(exercise, "src/main.rs"));
        fs::write(main, workspace.starter(exercise)?)?;
        edit(&folder.join(Workspace::name(exercise, "Cargo.toml")), without_answers)?;
    }
    edit(&folder.join("Cargo.toml"), |text| without_lines(text, "gallery = "))?;
    edit(&folder.join("README.md"), |text| without_lines(text, "| `.ci/run` |"))?;
    edit(&folder.join("Cargo.lock"), without_gallery)?;
    let workflow = folder.join(".github/workflows/classroom.yml");
    fs::create_dir_all(folder.join(".github/workflows"))?;
    fs::copy(workspace.root().join("exercises/check/classroom.yml"), workflow)?;
    Ok(format!(
        "{} is ready: no solutions, no galleries.\nTry it: cd {0} && cargo exercise\n",
        folder.display()
    ))
}

/// Copies `below` of the root, and what is in it.
fn copy(root: &Path, folder: &Path, below: &Path) -> Result<()> {
    fs::create_dir_all(folder.join(below))?;
    let source = root.join(below);
    for entry in fs::read_dir(&source).with_context(|| source.display().to_string())? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let is_dir = entry.file_type()?.is_dir();
        if is_left_out(&path) || entry.path() == folder {
            continue;
        }
        if is_dir {
            copy(root, folder, &path)?;
        } else {
            fs::copy(entry.path(), folder.join(&path))
                .with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let in_exercise =
        path.starts_with("exercises") && !path.starts_with("exercises/check");
    LEFT_OUT.contains(&name)
        || ANSWERS.iter().any(|answer| path == Path::new(answer))
        || in_exercise
            && (path.ends_with("src/bin") || name.starts_with("main-before-reset"))
}

fn edit(path: &Path, change: impl Fn(&str) -> String) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    fs::write(path, change(&text)).with_context(|| path.display().to_string())
}

/// An exercise's Cargo.toml without its solution and its gallery.
fn without_answers(text: &str) -> String {
    let tables = text.split_inclusive("\n\n");
    let kept: String =
        tables.filter(|table| !table.contains("path = \"src/bin/")).collect();
    without_lines(&kept, "gallery.workspace")
}

fn without_lines(text: &str, begin: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with(begin)).collect()
}

/// Cargo.lock without the gallery's package, and without its name among others'
/// dependencies.
fn without_gallery(text: &str) -> String {
    let packages = text.split_inclusive("\n\n");
    let kept: String =
        packages.filter(|package| !package.contains("name = \"gallery\"")).collect();
    without_lines(&kept, " \"gallery\"")
}
