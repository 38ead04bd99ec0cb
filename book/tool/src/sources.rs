//! The files that pages are made from.

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Error, Result, anyhow, ensure};
use proc_macro2::Span;

/// The repository, from which every listing and transcript comes.
#[derive(Clone, Debug)]
pub struct Sources {
    root: PathBuf,
}

impl Sources {
    /// The repository at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Finds the repository around the package that Cargo runs, or else around the
    /// current folder. Where this program was compiled doesn't count: several clones
    /// may share a target folder, and so one program.
    ///
    /// # Errors
    /// When there is no repository there.
    pub fn find() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let starts = package.into_iter().chain(env::current_dir());
        let mut folders = starts
            .flat_map(|start| start.ancestors().map(PathBuf::from).collect::<Vec<_>>());
        let root = folders.find(|folder| {
            folder.is_absolute() && folder.join("book/book.toml").is_file()
        });
        let root =
            root.context("run this in the project's folder: no book/book.toml here")?;
        Ok(Self::new(root))
    }

    /// Where a path of the repository is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Where the project is published: `REPOSITORY_URL` in the environment, which who
    /// publishes the book knows.
    ///
    /// # Errors
    /// When it is no address of a repository.
    pub fn repository_url(&self) -> Result<Option<String>> {
        let Ok(url) = env::var("REPOSITORY_URL") else { return Ok(None) };
        let is_plain =
            |sign: char| sign.is_ascii_alphanumeric() || "-._/".contains(sign);
        let path = url.strip_prefix("https://").filter(|path| path.contains('/'));
        ensure!(
            path.is_some_and(|path| path.chars().all(is_plain)),
            "REPOSITORY_URL isn't the address of a repository: {url}"
        );
        Ok(Some(url.trim_end_matches('/').into()))
    }

    /// The text of a file, with LF at the end of each line.
    ///
    /// # Errors
    /// When it cannot be read; the message names it.
    pub fn read(&self, path: &str) -> Result<String> {
        let text = fs::read_to_string(self.path(path))
            .with_context(|| format!("cannot read {path}"))?;
        Ok(text.replace("\r\n", "\n"))
    }

    /// What a test has pinned: the file without insta's header, if it has one.
    ///
    /// # Errors
    /// When it cannot be read, or the header has no end.
    pub fn snapshot(&self, path: &str) -> Result<String> {
        let text = self.read(path)?;
        let Some(header) = text.strip_prefix("---\n") else {
            return Ok(text);
        };
        let (_, body) = header
            .split_once("\n---\n")
            .with_context(|| format!("the header of {path} has no end"))?;
        Ok(body.into())
    }

    /// A Rust file, taken apart.
    ///
    /// # Errors
    /// When it cannot be read, or isn't Rust; the message says in which line.
    pub fn rust(&self, path: &str) -> Result<syn::File> {
        syn::parse_file(&self.read(path)?).map_err(|error| {
            let line = error.span().start().line;
            match &*error.to_string() {
                "cannot parse string into token stream" => no_rust(path, error.span()),
                error => anyhow!("{path}:{line}: {error}"),
            }
        })
    }

    /// The files and folders in a folder, sorted by name; none when it is not there.
    /// Hidden ones are an editor's or a system's business.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    }

    /// All files below a folder whose names end with `ending`, sorted.
    pub fn below(&self, folder: &str, ending: &str) -> Vec<String> {
        let mut found = Vec::new();
        for name in self.list(folder) {
            let path = format!("{folder}/{name}");
            if self.path(&path).is_dir() {
                found.extend(self.below(&path, ending));
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
        found
    }

    /// The name of the step before this one, such as `03-accept`; none for the first.
    ///
    /// # Errors
    /// When there is no such step.
    pub fn step_before(&self, step: &str) -> Result<Option<String>> {
        let mut steps = self.list("steps");
        let at = steps.iter().position(|name| name == step);
        let at = at.with_context(|| format!("there is no step {step:?} in steps"))?;
        Ok(at.checked_sub(1).map(|before| steps.swap_remove(before)))
    }
}

/// What to say of a text that can't even be cut into words.
pub fn no_rust(path: &str, place: Span) -> Error {
    anyhow!("{path}:{}: a bracket or a quote has no other end", place.start().line)
}
