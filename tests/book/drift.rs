//! The book builds, and drift of every kind is found.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use book::{Sources, build, changes};
use mdbook_driver::MDBook;
use tempfile::TempDir;

#[test]
fn the_book_is_whole() -> Result<()> {
    let folder = TempDir::new()?;
    build::check(&Sources::find()?, folder.path())
}

/// Whoever has mdBook gets the same pages, through the command in `book.toml`. What
/// isn't for paper is then in `print.html`, too, and only hidden there (`lean.rs`).
#[test]
fn plain_mdbook_builds_the_same() -> Result<()> {
    let (ours, theirs) = (TempDir::new()?, TempDir::new()?);
    let sources = Sources::find()?;
    build::strict(&sources, ours.path())?;
    let mut book = MDBook::load(sources.path("book"))?;
    book.config.build.build_dir = theirs.path().into();
    book.build()?;
    for page in ["index.html", "04-respond.html", "05-parse/transport.html"] {
        let read = |folder: &TempDir| fs::read_to_string(folder.path().join(page));
        ensure!(read(&ours)? == read(&theirs)?, "{page} differs");
    }
    Ok(())
}

/// When a step changes, the transcripts of it are pinned anew, and with them this: it
/// tells a reader who changes one that they are those of the original.
#[test]
fn the_steps_are_those_that_the_transcripts_come_from() -> Result<()> {
    tests::pin!("steps", changes::checksums(&Sources::find()?)?);
    Ok(())
}

/// What somebody might do to the repository, and what `cargo book check` must say of
/// it.
struct Drift {
    file: &'static str,
    change: Change,
    said: &'static [&'static str],
}

pub enum Change {
    Replace(&'static str, &'static str),
    Append(&'static str),
    Create(&'static str),
    Remove,
}

pub use Change::{Append, Create, Remove, Replace};

/// Found while the pages are made.
const IN_THE_PAGES: [Drift; 14] = [
    // A transcript typed by hand.
    Drift {
        file: "book/src/02-listen.md",
        change: Append("\n```console\n$ curl\n```\n"),
        said: &["book/src/02-listen.md:", "typed by hand"],
    },
    // An item that was renamed, in a step and in the book's own server.
    Drift {
        file: "steps/05-parse/src/connection.rs",
        change: Replace("fn lingering_close", "fn leisurely_close"),
        said: &[
            "book/src/05-parse/connection.md:",
            "no item \"Connection::lingering_close\"",
        ],
    },
    Drift {
        file: "book/tool/src/serve.rs",
        change: Replace("fn is_name", "fn is_called"),
        said: &["book/src/beyond/files.md:", "no item \"is_name\""],
    },
    // A snapshot that is gone, and a chart.
    Drift {
        file: "tests/04-respond/snapshots/curl.snap",
        change: Remove,
        said: &[
            "book/src/04-respond.md:",
            "cannot read tests/04-respond/snapshots/curl.snap",
        ],
    },
    Drift {
        file: "bench/results/parsing.svg",
        change: Remove,
        said: &["book/src/how-fast.md:", "cannot read bench/results/parsing.svg"],
    },
    // An explanation that was removed, and one that was never given.
    Drift {
        file: "book/src/01-bind.md",
        change: Replace("<dfn>`Socket::new`</dfn>", "`Socket::new`"),
        said: &["book/src/01-bind.md:", "`Socket::new` is nowhere explained"],
    },
    Drift {
        file: "steps/04-respond/src/main.rs",
        change: Replace(
            "client.write_all(",
            "std::thread::yield_now();\n    client.write_all(",
        ),
        said: &["book/src/04-respond.md:", "`thread::yield_now` is nowhere explained"],
    },
    // An explanation that is given twice, and one without a definition.
    Drift {
        file: "book/src/03-accept.md",
        change: Append("\nThe <dfn title=\"A queue.\">backlog</dfn> again.\n"),
        said: &["\"backlog\" is explained in", "already"],
    },
    Drift {
        file: "book/src/rust.md",
        change: Append("\nA <dfn>front log</dfn>.\n"),
        said: &["book/src/rust.md:", "\"front log\" has no definition"],
    },
    // A command that no test runs.
    Drift {
        file: "book/src/04-respond.md",
        change: Append("\nNow type `curl --verbose http://127.0.0.1:4545/`.\n"),
        said: &["book/src/04-respond.md:", "no test runs `curl --verbose"],
    },
    // A figure that tells of what the recording doesn't have.
    Drift {
        file: "book/src/trouble.md",
        change: Append(
            "\n```recorded\nrecording: kept\nsay accept4(3): It does.\n```\n",
        ),
        said: &["book/src/trouble.md:", "`say accept4(3)`: no event"],
    },
    // One whose recording is of another program: the line above, and those below it,
    // have moved.
    Drift {
        file: "steps/04-respond/src/main.rs",
        change: Append("\n"),
        said: &["book/src/04-respond.md:", "main.rs:35 was `client.write_all("],
    },
    // A question whose answer the snapshot does not prove.
    Drift {
        file: "book/src/trouble.md",
        change: Append(
            "\n```choose\nA?\n- (right) B\n  > C\n- D\n  > E\n\
             proof: tests/sessions/snapshots/curl-nothing.snap: Connection accepted\n\
             ```\n",
        ),
        said: &[
            "book/src/trouble.md:",
            "curl-nothing.snap lacks `Connection accepted`",
        ],
    },
    // A directive that does not exist.
    Drift {
        file: "book/src/teaching.md",
        change: Append("\n{{#include 01-bind.md}}\n"),
        said: &[
            "book/src/teaching.md:",
            "{{#include 01-bind.md}}",
            "no such directive",
        ],
    },
];

/// Found in the whole book, once it is built.
const IN_THE_WHOLE: [Drift; 6] = [
    // A recording that no page shows, and a drawing of what could be recorded.
    Drift {
        file: "tests/recordings/more.rec",
        change: Create("title: T\nlanes: a | b\na ~> b: SYN\n"),
        said: &["tests/recordings/more.rec: no page shows it"],
    },
    Drift {
        file: "book/src/trouble.md",
        change: Append("\n```drawn\ntitle: T\nlanes: a | b\na ~> b: SYN\n```\n"),
        said: &["4 figures are drawn, not recorded: there may be 3"],
    },
    // A step that isn't what its transcripts come from.
    Drift {
        file: "steps/02-listen/src/main.rs",
        change: Append("\n// More.\n"),
        said: &["steps/02-listen/src/main.rs: not what the tests pinned"],
    },
    Drift {
        file: "tests/04-respond/snapshots/cur1.snap",
        change: Create("---\nsource: tests\n---\nnothing\n"),
        said: &["tests/04-respond/snapshots/cur1.snap: no page shows it"],
    },
    // A part of step05 that no page shows.
    Drift {
        file: "steps/05-parse/src/log.rs",
        change: Append("\nfn more() {}\n"),
        said: &["steps/05-parse/src/log.rs: more is not shown in chapter 5"],
    },
    // A page that nobody finds.
    Drift {
        file: "book/src/extra.md",
        change: Create("---\ndoing: 1\n---\n# Extra\n"),
        said: &["book/src/extra.md: SUMMARY.md does not name it"],
    },
];

#[test]
fn drift_in_the_pages_is_found() -> Result<()> {
    finds(&IN_THE_PAGES)
}

#[test]
fn drift_in_the_whole_is_found() -> Result<()> {
    finds(&IN_THE_WHOLE)
}

/// mdBook warns and goes on; here that is a failure.
#[test]
fn what_mdbook_warns_of_is_found() -> Result<()> {
    finds(&[Drift {
        file: "book/src/02-listen.md",
        change: Append("\n<div>\n"),
        said: &["unclosed HTML tag `<div>` found in `02-listen.md`"],
    }])
}

/// Makes all these changes in a copy, and looks for all that must be said.
fn finds(drifts: &[Drift]) -> Result<()> {
    let folder = TempDir::new()?;
    copy_repository(folder.path())?;
    for drift in drifts {
        drift
            .change
            .apply(&folder.path().join(drift.file))
            .with_context(|| drift.file)?;
    }
    let result =
        build::check(&Sources::new(folder.path()), &folder.path().join("target/book"));
    let complaint = format!("{:#}", result.err().context("nothing was found")?);
    for drift in drifts {
        let is_said = |line: &str| drift.said.iter().all(|piece| line.contains(piece));
        let is_said = complaint.lines().any(is_said);
        ensure!(is_said, "{:?} is not said in one line of:\n{complaint}", drift.said);
    }
    Ok(())
}

impl Change {
    /// Makes the change to a file.
    pub fn apply(&self, path: &Path) -> Result<()> {
        let before = fs::read_to_string(path);
        match *self {
            Replace(old, new) => {
                let before = before?;
                ensure!(before.contains(old), "there is no {old:?}");
                fs::write(path, before.replacen(old, new, 1))?;
            }
            Append(text) => fs::write(path, before? + text)?,
            Create(text) => {
                ensure!(before.is_err(), "it is there already");
                fs::write(path, text)?;
            }
            Remove => fs::remove_file(path)?,
        }
        Ok(())
    }
}

/// What the book is made from.
pub fn copy_repository(into: &Path) -> Result<()> {
    copy_without_exercises(into)?;
    copy(&Sources::find()?.path("exercises"), &into.join("exercises"))
}

/// A third of the pages, and most of the files, are those of the exercises.
pub fn copy_without_exercises(into: &Path) -> Result<()> {
    let here = Sources::find()?;
    let parts = ["book/src", "book/theme", "book/tool/src", "steps", "tests"];
    for part in parts.into_iter().chain(["bench/results", "bench/src"]) {
        copy(&here.path(part), &into.join(part))?;
    }
    fs::copy(here.path("book/book.toml"), into.join("book/book.toml"))?;
    Ok(())
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
