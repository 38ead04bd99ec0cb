//! The README shows nothing that the snapshots do not say, and names nothing that is
//! not there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

const RUN: &str = "$ cargo run -p step04\n";

/// The other commands: where each is run, and what shows it there.
const OTHERS: [(&str, &str, &str); 6] = [
    ("cargo test", ".ci/run", "the README's test command"),
    ("cargo test --workspace", ".ci/run", "cargo test --locked --workspace 2>&1"),
    (
        "cargo test --workspace -- --ignored",
        ".ci/run",
        "cargo test --locked --workspace ${unchecked:+--exclude record} -- --ignored",
    ),
    ("cargo book --open", "tests/book/serve.rs", "\"--open\""),
    ("cargo exercise", ".ci/run", "for alias in \"book help\" exercise; do"),
    ("INSTA_UPDATE=always cargo test --workspace", "tests/lib.rs", "\"INSTA_UPDATE\""),
];

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

/// The README as it should be, given the README as it is.
fn generated(readme: &str) -> Result<String> {
    let (before, rest) =
        readme.split_once(RUN).context("README.md does not run step04")?;
    let (_, after) = rest.split_once("```").context("no end of what step04 prints")?;
    let session = snapshot("sessions", "run-step04")?;
    let request = snapshot("04-respond", "browser_request")?;
    Ok(format!("{before}{session}{request}```{after}"))
}

/// What a client sees of each program, as the doors on the book's first page say it.
#[test]
fn tells_what_clients_see() -> Result<()> {
    let readme = fs::read_to_string(workspace().join("README.md"))?;
    for step in ["01-bind", "02-listen", "03-accept", "04-respond"] {
        let client = snapshot(step, "client")?;
        let first = client.lines().next().context("nothing seen")?;
        let seen = first.rsplit("4545: ").next().unwrap_or_default();
        let seen = seen.trim_end_matches("\\r\\n");
        ensure!(readme.contains(&format!(" | `{seen}` |\n")), "{step}: {seen}");
    }
    Ok(())
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
    let table = readme.lines().filter_map(|line| line.strip_prefix("| "));
    let column = table.filter_map(|row| row.split('|').next());
    let named = column.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let linked = links.filter(|link| !link.starts_with("https:"));
    let paths: Vec<_> = named.chain(linked).collect();
    for path in &paths {
        ensure!(workspace().join(path).exists(), "there is no {path}");
    }
    ensure!(paths.len() > 12, "only {paths:?} found in README.md");
    Ok(())
}

/// What a reader is told to type is run by a test, or in CI.
#[test]
fn types_only_what_is_run() -> Result<()> {
    let readme = fs::read_to_string(workspace().join("README.md"))?;
    let typed = readme.lines().filter_map(|line| line.strip_prefix("$ "));
    let inline = readme.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let inline = inline.filter(|code| code.contains("cargo "));
    let mut count = 0;
    for command in typed.chain(inline).filter(|command| *command != RUN[2..].trim()) {
        let row = OTHERS.iter().find(|(other, ..)| *other == command);
        let (_, file, shows) = row.with_context(|| format!("what runs {command}?"))?;
        count += 1;
        // A handout for a class has no CI, and its README doesn't name it.
        if readme.contains(file) || workspace().join(file).exists() {
            let text = fs::read_to_string(workspace().join(file)).context(*file)?;
            ensure!(text.contains(shows), "{file} no longer runs {command}");
        }
    }
    ensure!(count == OTHERS.len(), "only {count} commands found in README.md");
    Ok(())
}

/// "At most 36 lines each, and a twin in Python with at most 30", "Rust 1.95".
#[test]
fn says_what_is_true() -> Result<()> {
    let read = |path: &str| {
        fs::read_to_string(workspace().join(path)).context(path.to_string())
    };
    let readme = read("README.md")?;
    let limits = "at most 36 lines each, and a twin in Python with at most 30 |";
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
