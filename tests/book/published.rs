//! The book that is published knows where the project is.

use std::fs;
use std::process::{Command, Output};

use anyhow::{Result, ensure};
use tempfile::TempDir;

use crate::drift::{Append, copy_repository};

/// Builds a copy of the book in which one page shows how to get the project.
struct Publisher(TempDir);

impl Publisher {
    fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        copy_repository(folder.path())?;
        let page = folder.path().join("book/src/glossary.md");
        Append("\n{{#clone}}\n").apply(&page)?;
        Ok(Self(folder))
    }

    fn builds(&self, url: Option<&str>) -> Result<Output> {
        let mut book = Command::new(env!("CARGO_BIN_EXE_book"));
        book.arg("build").env("CARGO_MANIFEST_DIR", self.0.path().join("book/tool"));
        book.env_remove("CARGO_TARGET_DIR").env_remove("REPOSITORY_URL");
        if let Some(url) = url {
            book.env("REPOSITORY_URL", url);
        }
        Ok(book.output()?)
    }

    fn page(&self) -> Result<String> {
        Ok(fs::read_to_string(self.0.path().join("target/book/glossary.html"))?)
    }
}

#[test]
fn the_command_that_gets_the_project_is_shown() -> Result<()> {
    let publisher = Publisher::new()?;
    let built = publisher.builds(Some("https://example.org/somebody/http"))?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let page = publisher.page()?;
    for piece in [
        "<kbd>git clone https://example.org/somebody/http</kbd>",
        "<kbd>cd http</kbd>",
        "<a href=\"https://example.org/somebody/http\" title=\"Git repository\"",
    ] {
        ensure!(page.contains(piece), "no {piece} in {page}");
    }

    let built = publisher.builds(None)?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let page = publisher.page()?;
    ensure!(
        page.contains("typed <code>cargo book</code>") && !page.contains("git clone")
    );

    for wrong in ["http://example.org/a/b", "https://example.org", "https://a/<b>", ""]
    {
        let built = publisher.builds(Some(wrong))?;
        let said = String::from_utf8_lossy(&built.stderr).into_owned();
        let why = format!("REPOSITORY_URL isn't the address of a repository: {wrong}");
        ensure!(!built.status.success() && said.contains(&why), "{wrong}: {said}");
    }
    Ok(())
}

/// Elsewhere, a browser may be where no PATH leads.
#[cfg(target_os = "linux")]
#[test]
fn without_a_browser_there_is_a_sentence_and_no_pdf() -> Result<()> {
    let mut book = Command::new(env!("CARGO_BIN_EXE_book"));
    book.arg("pdf").env("PATH", "/nowhere").env_remove("CHROMIUM");
    let said = book.output()?;
    let sentence = String::from_utf8_lossy(&said.stderr);
    ensure!(said.status.code() == Some(1), "{said:?}");
    ensure!(
        sentence.starts_with("Chromium makes the PDFs, and it isn't here. "),
        "{sentence}"
    );
    Ok(())
}
