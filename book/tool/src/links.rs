//! Checks the built book: every link leads somewhere, nothing comes from the network, what
//! is shown as a picture is said in words, too.

mod css;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use page::{Page, Reference};

/// What was looked at and found to be good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many pages.
    pub pages: usize,
    /// How many references: links, and what is loaded.
    pub links: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pages, {} links", self.pages, self.links)
    }
}

/// Checks all pages and style sheets in `root`.
///
/// # Errors
/// When something is wrong: each finding in a line, `page: what is wrong: which link`.
pub fn check(root: &Path) -> Result<Summary> {
    let mut site = Site::default();
    site.read(root, "")?;
    let mut summary = Summary::default();
    let mut findings = BTreeSet::new();
    for (name, file) in &site.files {
        if let Some(page) = file {
            summary.pages += usize::from(name.ends_with(".html"));
            summary.links += page.references.len();
            let found = site.findings(name, page);
            findings
                .extend(found.into_iter().map(|found| format!("{name}: {found}\n")));
        }
    }
    let list: String = findings.iter().map(String::as_str).collect();
    ensure!(findings.is_empty(), "{list}{} wrong in {summary}", findings.len());
    Ok(summary)
}

/// The files by their names from the root on, with `/` on every system. Pages are read, and
/// style sheets, as pages that only load.
#[derive(Default)]
struct Site {
    files: BTreeMap<String, Option<Page>>,
}

impl Site {
    fn read(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let entries = fs::read_dir(folder);
        for entry in
            entries.with_context(|| format!("cannot read {}", folder.display()))?
        {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{prefix}{name}");
            if path.is_dir() {
                self.read(&path, &format!("{name}/"))?;
            } else {
                let page =
                    read(&path).with_context(|| format!("cannot read {name}"))?;
                self.files.insert(name, page);
            }
        }
        Ok(())
    }

    /// What is wrong in a page: what, and with which link.
    fn findings(&self, name: &str, page: &Page) -> Vec<String> {
        let mut findings = page.faults.clone();
        if let Some(base) = page.base.as_ref().filter(|base| is_outside(base)) {
            findings.push(format!("loaded from the network: {base}"));
        }
        for reference in &page.references {
            if let Err(what) = self.check(name, page, reference) {
                findings.push(format!("{what}: {}", reference.url()));
            }
        }
        findings
    }

    /// Whether `reference`, in the page called `name`, is good; if not, what is wrong.
    fn check(
        &self,
        name: &str,
        page: &Page,
        reference: &Reference,
    ) -> Result<(), &'static str> {
        let url = reference.url();
        match reference {
            Reference::Place(_) => {
                return page.ids.contains(url).then_some(()).ok_or("no such place");
            }
            Reference::Load(_) if is_outside(url) => return loaded(url),
            Reference::Link(_) if is_outside(url) => return linked(url),
            Reference::Load(_) | Reference::Link(_) => {}
        }
        let (address, fragment) = url.split_once('#').unwrap_or((url, ""));
        let path = decoded(address.split('?').next().unwrap_or_default());
        let target = match &page.base {
            None if path.is_empty() => Some(name.into()),
            // Wherever the book is published, that is its root.
            Some(base) if base.starts_with('/') => resolve("", &path),
            Some(base) => resolve(folder(name), base)
                .and_then(|base| resolve(folder(&base), &path)),
            None => resolve(folder(name), &path),
        };
        let file = target.and_then(|target| self.files.get(&target));
        let file = file.ok_or("no such file")?;
        let has_place =
            |place: &str| file.as_ref().is_some_and(|page| page.ids.contains(place));
        if fragment.is_empty() || has_place(fragment) || has_place(&decoded(fragment)) {
            Ok(())
        } else {
            Err("no such place")
        }
    }
}

/// A page or a style sheet; None for any other file.
fn read(path: &Path) -> Result<Option<Page>> {
    let extension = path.extension().unwrap_or_default();
    if extension == "html" {
        return Ok(Some(page::read(&fs::read_to_string(path)?)));
    }
    if extension == "css" {
        let css = fs::read_to_string(path)?;
        let urls = css::urls(&css).into_iter();
        let references = urls.map(|url| Reference::Load(url.into())).collect();
        return Ok(Some(Page { references, ..Page::default() }));
    }
    Ok(None)
}

/// Whether `url` names a scheme or a host.
fn is_outside(url: &str) -> bool {
    let is_in_scheme =
        |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.bytes().all(is_in_scheme))
        || url.starts_with("//")
}

/// What is loaded must be in the book, or in the URL itself.
fn loaded(url: &str) -> Result<(), &'static str> {
    let is_data = url.starts_with("data:");
    is_data.then_some(()).ok_or("loaded from the network")
}

/// A link may lead to the web, where nobody listens on the way, or to this machine.
fn linked(url: &str) -> Result<(), &'static str> {
    let is_good = url.starts_with("https://") || is_this_machine(url);
    is_good.then_some(()).ok_or("neither https nor this machine")
}

fn is_this_machine(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_port = |text: &str| {
        let digits = text.strip_prefix(':').unwrap_or(text);
        digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|host| authority.strip_prefix(host).is_some_and(is_port))
}

/// The folder that a file is in: `a/b/` of `a/b/c.html`.
fn folder(name: &str) -> &str {
    name.rfind('/').map_or("", |at| &name[..=at])
}

/// The name of the file that `path` leads to from `folder`; None when it leads out of the
/// book.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let index = match path.rsplit('/').next() {
        Some("") => "index.html",
        Some("." | "..") => "/index.html",
        _ => "",
    };
    let (folder, path) = match path.strip_prefix('/') {
        Some(path) => ("", format!("{path}{index}")),
        None => (folder, format!("{path}{index}")),
    };
    let mut names: Vec<&str> = folder.split_terminator('/').collect();
    for name in path.split('/') {
        match name {
            "." => {}
            ".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// A part of a URL with each `%XX` replaced by the byte it means.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, length) = match code {
            Some(code) if *first == b'%' => (code, 3),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
