//! The README shows nothing that the snapshots do not say, and names nothing that is
//! not there.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

const BEGIN: &str = "cargo test -p tests -->\n```text\n";
const END: &str = "```\n<!-- end -->";
const RUN: &str = "$ cargo run -p step04\n";

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A snapshot without its header.
fn snapshot(step: &str, name: &str) -> Result<String> {
    let path = workspace().join(format!("tests/{step}/snapshots/{name}.snap"));
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let text = text.replace("\r\n", "\n");
    let (_, body) = text.split_once("\n---\n").context("a snapshot without header")?;
    Ok(body.into())
}

/// Of each step the system calls it makes and what its client sees.
fn picture() -> Result<String> {
    let mut picture = String::new();
    for (step, seen) in [
        ("01-bind", "client"),
        ("02-listen", "client"),
        ("03-accept", "client"),
        ("04-respond", "client"),
        ("05-parse", "home"),
    ] {
        let calls = snapshot(step, "system_calls")?;
        let names: Vec<_> =
            calls.lines().filter_map(|call| call.split('(').next()).collect();
        let seen = snapshot(step, seen)?;
        let name = format!("step{}", step.split('-').next().unwrap_or_default());
        writeln!(picture, "{name}  {}", names.join(" "))?;
        let lines: Vec<_> = seen.lines().collect();
        for line in lines.iter().take(7) {
            writeln!(picture, "        | {line}")?;
        }
        if lines.len() > 7 {
            writeln!(picture, "        | ... {} more lines", lines.len() - 7)?;
        }
    }
    Ok(picture)
}

/// The README as it should be, given the README as it is.
fn generated(readme: &str) -> Result<String> {
    let (before, rest) = readme.split_once(BEGIN).context("no picture in README.md")?;
    let (_, after) =
        rest.split_once(END).context("no end of the picture in README.md")?;
    let (between, rest) =
        after.split_once(RUN).context("README.md does not run step04")?;
    let (_, after) = rest.split_once("```").context("no end of what step04 prints")?;
    let session = snapshot("sessions", "run-step04")?;
    let picture = picture()?;
    Ok(format!("{before}{BEGIN}{picture}{END}{between}{session}```{after}"))
}

#[test]
fn shows_what_the_snapshots_say() -> Result<()> {
    let path = workspace().join("README.md");
    let readme = fs::read_to_string(&path)?.replace("\r\n", "\n");
    tests::pin_file(&path, &generated(&readme)?)
}

#[test]
fn names_only_what_is_there() -> Result<()> {
    let readme = fs::read_to_string(workspace().join("README.md"))?;
    let mut count = 0;
    for code in readme.split('`').skip(1).step_by(2) {
        for word in code.split_whitespace() {
            if word.starts_with("steps/")
                || word.starts_with("tests/")
                || word == ".ci/run"
            {
                ensure!(workspace().join(word).exists(), "there is no {word}");
                count += 1;
            }
        }
    }
    ensure!(count > 5, "only {count} paths found in README.md");
    Ok(())
}

/// What a reader is told to type with a program of ours, or another one, has been run.
#[test]
fn types_only_what_was_run() -> Result<()> {
    let mut run = String::from("\n");
    for entry in fs::read_dir(workspace().join("tests"))? {
        let Ok(snapshots) = fs::read_dir(entry?.path().join("snapshots")) else {
            continue;
        };
        for snapshot in snapshots {
            run += &fs::read_to_string(snapshot?.path())?.replace("\r\n", "\n");
        }
    }
    let readme = fs::read_to_string(workspace().join("README.md"))?;
    let mut count = 0;
    for code in readme.split('`').skip(1).step_by(2) {
        if ["cargo run -p", "curl ", "python3 "]
            .iter()
            .any(|begin| code.starts_with(begin))
        {
            ensure!(run.contains(&format!("\n$ {code}\n")), "nothing has run {code}");
            count += 1;
        }
    }
    ensure!(count > 2, "only {count} commands found in README.md");
    Ok(())
}

/// "At most 36 lines each, and the same program in Python in at most 30", "Rust 1.95".
#[test]
fn says_what_is_true() -> Result<()> {
    let read = |path: &str| {
        fs::read_to_string(workspace().join(path)).context(path.to_string())
    };
    let readme = read("README.md")?;
    let limits =
        "at most 36 lines each, and the same program in Python in at most 30 |";
    ensure!(readme.contains(limits), "README.md sets no limits");
    for step in ["01-bind", "02-listen", "03-accept", "04-respond"] {
        let (_, name) = step.split_once('-').context("no name")?;
        for (file, most) in [("src/main.rs", 36), (&format!("{name}.py"), 30)] {
            let lines = read(&format!("steps/{step}/{file}"))?.lines().count();
            ensure!(lines <= most, "{step}/{file} has {lines} lines");
        }
    }
    let manifest = read("Cargo.toml")?;
    let version = manifest
        .split("rust-version = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let version = version.context("no rust-version in Cargo.toml")?;
    let claim = format!("(https://rustup.rs) {version} or newer");
    ensure!(readme.contains(&claim), "README.md does not ask for Rust {version}");
    Ok(())
}
