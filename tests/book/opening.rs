//! What the first pages claim.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

fn read(path: impl AsRef<Path>) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// The sources of the steps' tests.
fn tests() -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let mut text = String::new();
    for step in fs::read_dir(folder)? {
        let step = step?.path();
        let files = fs::read_dir(&step).into_iter().flatten().flatten();
        let files = files.map(|file| file.path());
        let is_source = |path: &PathBuf| path.extension().is_some_and(|is| is == "rs");
        for file in files.filter(is_source) {
            text += &fs::read_to_string(file)?;
        }
    }
    Ok(text)
}

/// What other books' readers report is pinned by the tests that the page names.
#[test]
fn the_tests_on_the_front_page_are_there() -> Result<()> {
    let (page, tests) = (read("book/src/index.md")?, tests()?);
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    let names: Vec<_> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    for name in &names {
        ensure!(tests.contains(&format!("fn {name}(")), "there is no test {name}");
    }
    ensure!(names.len() >= 5, "only {names:?} found in index.md");
    Ok(())
}

#[test]
fn the_rust_you_need_is_the_one_the_project_needs() -> Result<()> {
    let manifest = read("Cargo.toml")?;
    let version = manifest.split("rust-version = \"").nth(1);
    let version = version.and_then(|rest| rest.split('"').next()).context("none")?;
    let claim = format!("(https://rustup.rs) {version} or newer");
    ensure!(read("book/src/start-here.md")?.contains(&claim), "it isn't {version}");
    Ok(())
}
