//! The book builds, and drift of every kind is found.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use book::{Sources, build, evidence, links};
use mdbook_driver::MDBook;
use tempfile::TempDir;

/// All that `cargo book check` does.
fn check(sources: &Sources, into: &Path) -> Result<()> {
    build::build(sources, into)?;
    evidence::check(sources)?;
    links::check(into)?;
    Ok(())
}

#[test]
fn the_book_is_whole() -> Result<()> {
    let folder = TempDir::new()?;
    check(&Sources::here(), folder.path())
}

/// Whoever has mdBook gets the same book, through the command in `book.toml`.
#[test]
fn plain_mdbook_builds_the_same() -> Result<()> {
    let (ours, theirs) = (TempDir::new()?, TempDir::new()?);
    let sources = Sources::here();
    build::build(&sources, ours.path())?;
    let mut book = MDBook::load(sources.path("book"))?;
    book.config.build.build_dir = theirs.path().into();
    book.build()?;
    for page in ["index.html", "04-respond.html", "05-parse/wire.html", "print.html"] {
        let read = |folder: &TempDir| fs::read_to_string(folder.path().join(page));
        ensure!(read(&ours)? == read(&theirs)?, "{page} differs");
    }
    Ok(())
}

/// A copy of what the book is made from, in which a test can break something.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let here = Sources::here();
        let parts = ["book/src", "book/theme", "book/tool/src", "steps", "tests"];
        for part in parts.into_iter().chain(["bench/results", "bench/src"]) {
            copy(&here.path(part), &folder.path().join(part))?;
        }
        fs::copy(here.path("book/book.toml"), folder.path().join("book/book.toml"))?;
        Ok(Self { folder })
    }

    /// Replaces the first `old` in a file.
    fn replace(&self, path: &str, old: &str, new: &str) -> Result<()> {
        let path = self.folder.path().join(path);
        let text = fs::read_to_string(&path)?;
        ensure!(text.contains(old), "no {old:?} in {}", path.display());
        Ok(fs::write(&path, text.replacen(old, new, 1))?)
    }

    fn append(&self, path: &str, text: &str) -> Result<()> {
        let path = self.folder.path().join(path);
        let before = fs::read_to_string(&path).unwrap_or_default();
        Ok(fs::write(&path, before + text)?)
    }

    /// What `cargo book check` says.
    fn complaint(&self) -> Result<String> {
        let sources = Sources::new(self.folder.path());
        let result = check(&sources, &self.folder.path().join("html"));
        Ok(format!("{:#}", result.err().context("nothing was found")?))
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// What is wrong must be said, with the place.
fn finds(copy: &Copy, expected: &[&str]) -> Result<()> {
    let complaint = copy.complaint()?;
    for expected in expected {
        ensure!(complaint.contains(expected), "no {expected:?} in:\n{complaint}");
    }
    Ok(())
}

#[test]
fn a_transcript_typed_by_hand() -> Result<()> {
    let copy = Copy::new()?;
    copy.append("book/src/02-listen.md", "\n```console\n$ curl\n```\n")?;
    finds(&copy, &["book/src/02-listen.md:", "typed by hand"])
}

#[test]
fn an_item_that_was_renamed() -> Result<()> {
    let copy = Copy::new()?;
    copy.replace(
        "steps/05-parse/src/connection.rs",
        "fn close_gently",
        "fn close_softly",
    )?;
    finds(
        &copy,
        &["book/src/05-parse/connection.md:", "no item \"Connection::close_gently\""],
    )
}

#[test]
fn an_item_of_the_books_own_server_that_was_renamed() -> Result<()> {
    let copy = Copy::new()?;
    copy.replace("book/tool/src/serve.rs", "fn is_name", "fn is_called")?;
    finds(&copy, &["book/src/beyond/files.md:", "no item \"is_name\""])
}

#[test]
fn a_snapshot_that_is_gone() -> Result<()> {
    let copy = Copy::new()?;
    fs::remove_file(copy.folder.path().join("tests/04-respond/snapshots/curl.snap"))?;
    finds(
        &copy,
        &[
            "book/src/04-respond.md:",
            "cannot read tests/04-respond/snapshots/curl.snap",
        ],
    )
}

#[test]
fn a_snapshot_that_nobody_needs() -> Result<()> {
    let copy = Copy::new()?;
    copy.append("tests/04-respond/snapshots/cur1.snap", "---\n---\n")?;
    finds(&copy, &["tests/04-respond/snapshots/cur1.snap: no page shows it"])
}

#[test]
fn an_explanation_that_was_removed() -> Result<()> {
    let copy = Copy::new()?;
    copy.replace("book/src/01-bind.md", "<dfn>`Socket::new`</dfn>", "`Socket::new`")?;
    finds(&copy, &["book/src/01-bind.md:", "Socket::new is nowhere explained"])
}

#[test]
fn something_used_that_nobody_explains() -> Result<()> {
    let copy = Copy::new()?;
    copy.replace(
        "steps/04-respond/src/main.rs",
        "client.write_all(RESPONSE)",
        "client.write_all(RESPONSE)?; std::thread::yield_now(); Ok(())",
    )?;
    finds(&copy, &["book/src/04-respond.md:", "thread::yield_now is nowhere explained"])
}

#[test]
fn a_room_that_is_not_shown() -> Result<()> {
    let copy = Copy::new()?;
    copy.append("steps/05-parse/src/log.rs", "\nfn more() {}\n")?;
    finds(&copy, &["steps/05-parse/src/log.rs: more is not shown in chapter 5"])
}

#[test]
fn a_command_that_no_test_runs() -> Result<()> {
    let copy = Copy::new()?;
    copy.append(
        "book/src/02-listen.md",
        "\nNow type `curl --verbose http://127.0.0.1:4545/`.\n",
    )?;
    finds(&copy, &["book/src/02-listen.md:", "no test runs `curl --verbose"])
}

#[test]
fn a_link_to_nowhere() -> Result<()> {
    let copy = Copy::new()?;
    copy.append(
        "book/src/02-listen.md",
        "\n[there](nowhere.md), [place](01-bind.md#nowhere)\n",
    )?;
    finds(&copy, &["02-listen.html", "nowhere.md", "01-bind.html#nowhere"])
}

#[test]
fn an_image_without_text() -> Result<()> {
    let copy = Copy::new()?;
    copy.append("book/src/02-listen.md", "\n![](picture.png)\n")?;
    copy.append("book/src/picture.png", "")?;
    finds(&copy, &["02-listen.html", "picture.png"])
}

#[test]
fn something_from_the_network() -> Result<()> {
    let copy = Copy::new()?;
    copy.append(
        "book/src/02-listen.md",
        "\n<script src=\"https://example.com/a.js\"></script>\n",
    )?;
    finds(&copy, &["02-listen.html", "https://example.com/a.js"])
}

#[test]
fn minutes_that_are_not_true() -> Result<()> {
    let copy = Copy::new()?;
    copy.append("book/src/02-listen.md", &"word ".repeat(2000))?;
    finds(&copy, &["book/src/02-listen.md:2: reading", "minutes: it is about"])
}

#[test]
fn a_page_that_nobody_finds() -> Result<()> {
    let copy = Copy::new()?;
    copy.append("book/src/extra.md", "---\nreading: 1\n---\n# Extra\n")?;
    finds(&copy, &["book/src/extra.md: SUMMARY.md does not name it"])
}

#[test]
fn a_diagram_that_the_trace_does_not_prove() -> Result<()> {
    let copy = Copy::new()?;
    copy.append(
        "book/src/02-listen.md",
        "\n```seq\ntitle: T\nlanes: kernel | program\ncalls: tests/02-listen/snapshots/system_calls.snap\n\
         program -> kernel: socket, accept\n```\n",
    )?;
    finds(&copy, &["book/src/02-listen.md:", "accept"])
}

#[test]
fn what_mdbook_warns_of() -> Result<()> {
    let copy = Copy::new()?;
    copy.append("book/src/02-listen.md", "\n<div>\n")?;
    finds(&copy, &["mdBook warns", "02-listen"])
}
