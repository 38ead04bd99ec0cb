//! Whatever a reader changes while `cargo book` serves, the page they ask for is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use book::serve::Site;
use book::{Sources, build};
use tempfile::TempDir;
use tests::Program;

use crate::drift::{
    Append, Change, Remove, Replace, copy_repository, copy_without_exercises,
};
use crate::serve::get;

const STEP: &str = "steps/04-respond/src/main.rs";
const CHANGED: &str = "You changed <code>steps/04-respond/src/main.rs</code>. The \
                       transcripts on this page are those of the original.";

type Build = Box<dyn Fn(&Path) -> Result<()>>;

/// A copy of the repository, without Git, and the book that is served from it.
struct Reader {
    folder: TempDir,
    site: Site<Build>,
}

impl Reader {
    fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        copy_without_exercises(folder.path())?;
        let site = site(folder.path());
        Ok(Self { folder, site })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn changes(&self, path: &str, change: &Change) -> Result<()> {
        change.apply(&self.path(path)).with_context(|| path.to_string())
    }

    /// The page, which must be there.
    fn page(&self, path: &str) -> Result<String> {
        let response = self.site.answer(path.as_bytes());
        let page = String::from_utf8_lossy(&response.body).into_owned();
        ensure!(response.status.0 == 200, "{path}: {}: {page}", response.status.0);
        ensure!(page.contains("<main>"), "{path} is no page of the book: {page}");
        Ok(page)
    }

    /// What the page says of itself.
    fn notices(&self, path: &str) -> Result<Vec<String>> {
        let page = self.page(path)?;
        let parts = page.split("<div class=\"notice\" role=\"note\">").skip(1);
        let notices = parts.filter_map(|part| part.split("</div>").next());
        Ok(notices.map(String::from).collect())
    }
}

fn site(root: &Path) -> Site<Build> {
    let (sources, kept) = (Sources::new(root), Arc::default());
    let build = move |new: &Path| build::lenient(&sources, new, &kept);
    Site::new(root.into(), root.join("target/book"), Box::new(build))
}

#[test]
fn nothing_is_said_of_what_nobody_changed() -> Result<()> {
    let reader = Reader::new()?;
    // Those for teachers show exercises.
    copy_repository(reader.folder.path())?;
    for page in ["/", "/04-respond.html", "/05-parse/request.html", "/print.html"] {
        assert_eq!(reader.notices(page)?, [""; 0], "{page}");
    }
    Ok(())
}

#[test]
fn a_name_that_nobody_explains() -> Result<()> {
    let reader = Reader::new()?;
    let extra = "\nfn extra() {\n    std::thread::yield_now();\n}\n";
    reader.changes(STEP, &Append(extra))?;
    assert_eq!(reader.notices("/04-respond.html")?, [CHANGED]);
    ensure!(reader.page("/04-respond.html")?.contains("std::thread::yield_now();"));
    // The first page shows a trace of each step; the next but one only what step 2
    // does.
    assert_eq!(reader.notices("/")?, [CHANGED]);
    assert_eq!(reader.notices("/02-listen.html")?, [""; 0]);
    reader.changes(STEP, &Replace(extra, ""))?;
    assert_eq!(reader.notices("/04-respond.html")?, [""; 0]);
    Ok(())
}

#[test]
fn a_syntax_error_in_a_step() -> Result<()> {
    let reader = Reader::new()?;
    let (room, file) = ("/05-parse/cursor.html", "steps/05-parse/src/cursor.rs");
    let before = reader.page(room)?;
    reader.changes(file, &Append("\nfn {\n"))?;
    let line = fs::read_to_string(reader.path(file))?.lines().count();
    let was = format!(
        "{}<br>Something on this page is as it last was: {file}:{line}: a bracket or a \
         quote has no other end (book/src/05-parse/cursor.md:",
        CHANGED.replace(STEP, file)
    );
    let notices = reader.notices(room)?;
    let [notice] = &*notices else { panic!("{notices:?}") };
    ensure!(
        notice.starts_with(&was) && notice.matches("<br>").count() == 1,
        "{notice}"
    );
    let listing = |page: &str| {
        let listing = page.split("<figure class=\"listing\">").nth(1);
        listing.and_then(|listing| listing.split("</figure>").next()).map(String::from)
    };
    let after = reader.page(room)?;
    ensure!(
        listing(&after).is_some() && listing(&after) == listing(&before),
        "{after}"
    );
    // A program as a whole is shown as it is.
    reader.changes(STEP, &Append("\nfn {\n"))?;
    ensure!(reader.page("/04-respond.html")?.contains("<ins>fn {\n</ins>"));
    Ok(())
}

#[test]
fn a_snapshot_that_is_deleted() -> Result<()> {
    const SNAPSHOT: &str = "tests/04-respond/snapshots/curl.snap";
    let mut reader = Reader::new()?;
    let transcript = format!("title=\"pinned by a test: {SNAPSHOT}\"");
    ensure!(reader.page("/04-respond.html")?.contains(&transcript));
    reader.changes(SNAPSHOT, &Remove)?;
    let notices = reader.notices("/04-respond.html")?.join("\n");
    ensure!(
        notices.contains(&format!("is as it last was: cannot read {SNAPSHOT}")),
        "{notices}"
    );
    ensure!(reader.page("/04-respond.html")?.contains(&transcript));
    // Started anew, it has never seen it.
    reader.site = site(reader.folder.path());
    let notices = reader.notices("/04-respond.html")?.join("\n");
    ensure!(notices.contains("on this page is missing: "), "{notices}");
    ensure!(notices.contains("Missing here: cannot read "), "{notices}");
    Ok(())
}

#[test]
fn a_broken_include_in_a_page() -> Result<()> {
    let reader = Reader::new()?;
    let broken = [
        ("{{#snapshot tests/nowhere.snap}}", "cannot read tests/nowhere.snap"),
        ("{{#include 02-listen.md}}", "no such directive"),
        ("{{#snapshot\n", "a directive is alone in its line"),
        ("```drawn\nlanes: a | b\n```\n", "title"),
        ("```drawn\nlanes: a | b\n", "this code fence has no end"),
    ];
    let texts = broken.map(|(text, _)| format!("\nBefore.\n\n{text}\n\nAfter.\n"));
    let page = reader.path("book/src/01-bind.md");
    let before = fs::read_to_string(&page)?;
    fs::write(&page, before.clone() + &texts.concat())?;
    let shown = reader.page("/01-bind.html")?;
    let count = |text: &str| shown.matches(text).count();
    assert_eq!((count("Before."), count("After.")), (5, 5));
    let notices = reader.notices("/01-bind.html")?;
    for (directive, why) in broken {
        let is_it = |line: &str| {
            line.starts_with("Something on this page is missing: ")
                && line.contains(why)
                && line.contains(" (book/src/01-bind.md:")
        };
        ensure!(notices[0].split("<br>").any(is_it), "{directive}: {notices:?}");
    }
    fs::write(&page, before)?;
    assert_eq!(reader.notices("/01-bind.html")?, [""; 0]);
    Ok(())
}

/// Emacs marks what is being edited by a link that leads nowhere.
#[test]
#[cfg(unix)]
fn an_editors_lock() -> Result<()> {
    let reader = Reader::new()?;
    copy_repository(reader.folder.path())?;
    for lock in [
        "book/src/.#index.md",
        "book/src/fonts/.#SOCKET-SERIF-OFL.txt",
        "book/theme/fonts/.#fonts.css",
        "steps/04-respond/src/.#main.rs",
        "steps/.#notes",
        "tests/04-respond/snapshots/.#curl.snap",
        "exercises/.#README.md",
        "bench/results/.#parsing.md",
    ] {
        std::os::unix::fs::symlink("reader@host.4711:1760000000", reader.path(lock))?;
    }
    assert_eq!(reader.notices("/")?, [""; 0]);
    build::strict(&Sources::new(reader.folder.path()), &reader.path("target/checked"))
}

/// Without `SUMMARY.md` there is no book at all.
#[test]
fn a_book_that_cannot_be_built() -> Result<()> {
    const SUMMARY: &str = "book/src/SUMMARY.md";
    let reader = Reader::new()?;
    let summary = fs::read_to_string(reader.path(SUMMARY))?;
    reader.changes(SUMMARY, &Remove)?;
    for path in ["/", "/04-respond.html", "/face.css", "/none", "/none/"] {
        let response = reader.site.answer(path.as_bytes());
        let page = String::from_utf8_lossy(&response.body).into_owned();
        assert_eq!(response.status.0, 500, "{path}");
        ensure!(page.contains("<h1>The book can't be built</h1>"), "{page}");
        ensure!(
            page.contains("`book/src/SUMMARY.md`") && page.contains("reload this page"),
            "{page}"
        );
    }
    fs::write(reader.path(SUMMARY), &summary)?;
    assert_eq!(reader.notices("/04-respond.html")?, [""; 0]);

    reader.changes(SUMMARY, &Remove)?;
    let last = "This is the book as it could last be built. Now it can't be: ";
    for path in ["/", "/04-respond.html"] {
        let notices = reader.notices(path)?;
        let [notice] = &*notices else { panic!("{notices:?}") };
        ensure!(
            notice.starts_with(last) && notice.contains("`book/src/SUMMARY.md`"),
            "{notice}"
        );
        ensure!(!notice.contains('\n'), "{notice}");
    }
    fs::write(reader.path(SUMMARY), summary)?;
    assert_eq!(reader.notices("/04-respond.html")?, [""; 0]);
    Ok(())
}

/// Cargo would start one and the same program for both.
#[test]
fn two_clones_with_one_target_folder() -> Result<()> {
    let target = TempDir::new()?;
    let clones = [Reader::new()?, Reader::new()?];
    let start = |clone: &Reader| {
        let mut book = Command::new(env!("CARGO_BIN_EXE_book"));
        book.env("CARGO_TARGET_DIR", target.path());
        book.env("CARGO_MANIFEST_DIR", clone.path("book/tool"));
        Program::start(book)
    };
    clones[1].changes("book/src/index.md", &Append("\nThe second clone.\n"))?;
    let programs = [start(&clones[0])?, start(&clones[1])?];
    let is_second = |program: &Program| -> Result<bool> {
        Ok(get(program.address(), "/")?.contains("The second clone."))
    };
    ensure!(!is_second(&programs[0])? && is_second(&programs[1])?);
    clones[0].changes("book/src/index.md", &Append("\nThe first clone.\n"))?;
    ensure!(get(programs[0].address(), "/")?.contains("The first clone."));
    ensure!(!is_second(&programs[0])? && is_second(&programs[1])?);
    Ok(())
}
