//! A copy for a class: everything but the answers.

use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use judge::{Exercise, quoted};

use super::workspace::{Workspace, read};

/// What isn't copied, from the root: solutions and mistakes, what only their tests
/// need, what runs those, and what teachers read.
const LEFT_OUT: &[&str] = &[
    ".ci",
    ".github",
    "book/src/teaching",
    "book/src/teaching.md",
    "book/src/what-goes-wrong.md",
    "exercises/answers",
    "exercises/judge/tests",
];
/// And these, in each exercise.
const ANSWERS: &[&str] = &["messages", "mistakes.rs", "solution.rs"];

/// `handout`: copies the project into `folder`, whole or not at all.
pub fn handout(workspace: &Workspace, folder: &Path) -> Result<String> {
    ensure!(!folder.exists(), "{} exists already; name a new folder", folder.display());
    let folder = &path::absolute(folder)?;
    if let Err(error) = write(workspace, folder) {
        let _ = fs::remove_dir_all(folder);
        return Err(error.context("there is no handout"));
    }
    let shown = folder.display();
    let (parent, name) = (folder.parent().unwrap_or(folder), folder.file_name());
    Ok(format!(
        "{shown} is ready: no solutions, no mistakes, no notes for teachers.\n\
         Try it:  cd {} && cargo exercise\n\
         Pack it: tar -czf {} -C {} {}\n",
        quoted(&shown.to_string()),
        quoted(&format!("{shown}.tar.gz")),
        quoted(&parent.display().to_string()),
        quoted(&name.unwrap_or_default().to_string_lossy()),
    ))
}

fn write(workspace: &Workspace, folder: &Path) -> Result<()> {
    for file in files(&workspace.root)?.iter().filter(|file| !is_left_out(file)) {
        copy(&workspace.root, folder, file)
            .with_context(|| file.display().to_string())?;
    }
    edit(folder, "Cargo.toml", |text| text.replace(" \"exercises/answers\",", ""))?;
    forget_answers(folder)?;
    if folder.join(".gitignore").exists() {
        // What a learner writes is what a learner hands in.
        let mine = |text: &str| text.replace("/mine/*\n", "/mine/progress.*\n");
        edit(folder, ".gitignore", mine)?;
    }
    edit(folder, "README.md", |text| without_lines(text, "`.ci/run`"))?;
    edit(folder, "book/src/SUMMARY.md", |text| {
        let text = without_lines(text, "(teaching");
        without_lines(&without_lines(&text, "(what-goes-wrong.md)"), "# For teachers")
    })?;
    let workflow = folder.join(".github/workflows/classroom.yml");
    fs::create_dir_all(folder.join(".github/workflows"))?;
    fs::copy(workspace.root.join("exercises/judge/classroom.yml"), workflow)?;
    Ok(())
}

/// Returns what belongs to the project: what Git knows. In a copy without Git, all that
/// isn't hidden, a backup of an editor, or made by a program.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    let listed = git.args(["ls-files", "-z"]).current_dir(root).output();
    if root.join(".git").exists()
        && let Ok(listed) = listed
        && listed.status.success()
    {
        let names = String::from_utf8_lossy(&listed.stdout).into_owned();
        let names = names.split_terminator('\0').map(PathBuf::from);
        // One that Git knows may be gone.
        return Ok(names.filter(|name| is_file(&root.join(name))).collect());
    }
    let mut files = Vec::new();
    collect(root, Path::new(""), &mut files)?;
    Ok(files)
}

/// Lists the files below a folder of `root`, but for what is hidden, a backup, or made.
pub fn collect(root: &Path, below: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let folder = root.join(below);
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name();
        let shown = name.to_string_lossy();
        let is_hidden = shown.starts_with('.') && shown != ".cargo";
        let backups = ["~", "#", ".orig", ".rej", ".bak", ".swp", ".new"];
        let is_backup = backups.iter().any(|end| shown.ends_with(end));
        let is_made = ["target", "node_modules", "__pycache__"].contains(&&*shown);
        let path = below.join(&name);
        let is_own = path.parent() == Some(Path::new("exercises/mine"))
            && !shown.starts_with("Cargo.");
        if is_hidden || is_backup || is_made || is_own {
            continue;
        }
        // What a link leads to isn't below it.
        if fs::symlink_metadata(root.join(&path)).is_ok_and(|it| it.is_dir()) {
            collect(root, &path, files)?;
        } else if is_file(&root.join(&path)) {
            files.push(path);
        }
    }
    Ok(())
}

/// A file, and nothing that only looks like one: no link, no FIFO.
fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| it.is_file())
}

fn is_left_out(file: &Path) -> bool {
    let in_exercise = |exercise: &Exercise| {
        let folder = Path::new("exercises").join(exercise.folder());
        ANSWERS.iter().any(|answer| file.starts_with(folder.join(answer)))
    };
    LEFT_OUT.iter().any(|path| file.starts_with(path)) || judge::all().any(in_exercise)
}

fn copy(root: &Path, folder: &Path, file: &Path) -> Result<()> {
    let to = folder.join(file);
    fs::create_dir_all(to.parent().unwrap_or(folder))?;
    let from = root.join(file);
    if file.extension().is_some_and(|extension| extension == "md") {
        return Ok(fs::write(to, without_notes(&read(&from)?)?)?);
    }
    fs::copy(from, to)?;
    Ok(())
}

fn without_notes(text: &str) -> Result<String> {
    let mut pieces = text.split("\n<details class=\"teacher\">");
    let mut kept = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let end = piece.split_once("</details>\n");
        kept += end.context("a note for teachers has no end")?.1;
    }
    Ok(kept)
}

fn edit(folder: &Path, name: &str, change: impl Fn(&str) -> String) -> Result<()> {
    let path = folder.join(name);
    fs::write(&path, change(&read(&path)?)).with_context(|| name.to_string())
}

fn without_lines(text: &str, words: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.contains(words)).collect()
}

/// Takes what only the answers need out of Cargo.lock: Cargo does, without the network.
fn forget_answers(folder: &Path) -> Result<()> {
    let mut cargo = probe::cargo();
    cargo.args(["update", "--workspace", "--offline", "--quiet"]);
    let output = cargo.current_dir(folder).output().context("cargo update")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo update: {said}");
    Ok(())
}
