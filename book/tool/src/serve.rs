//! Serves the built book with step05. A reload shows what has changed: when a page is asked
//! for and a source is no longer what it was, the book is built again first.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use std::{fs, thread};

use anyhow::{Context, Error, Result, anyhow};
use step05::{Deadlines, Response, Status};

/// How many clients are served at once. A browser opens connections in advance and says
/// nothing on them; each keeps one of these waiting.
const THREADS: usize = 4;

/// What the book is made of, in the repository.
const SOURCES: [&str; 9] = [
    "book/book.toml",
    "book/src",
    "book/theme",
    "book/tool/src",
    "steps",
    "tests",
    "exercises",
    "bench/results",
    "bench/src",
];

/// The types of the files in a built book.
const CONTENT_TYPES: [(&str, &str); 9] = [
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("txt", "text/plain; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("woff2", "font/woff2"),
];

const CANNOT_BUILD: &str = "the book cannot be built";

/// A book that is built and served.
#[derive(Debug)]
pub struct Site<B> {
    repository: PathBuf,
    folder: PathBuf,
    build: B,
    /// What `folder` was built from; None when it must be built. Who holds the lock may
    /// read the folder or write it, so that nobody sees a file half-written.
    built: Mutex<Option<Stamp>>,
}

/// When each source was last written, and how long it is.
type Stamp = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl<B: Fn() -> Result<()>> Site<B> {
    /// A site whose files are in `folder`, where `build` puts them. It reads what it needs
    /// from `repository`.
    pub fn new(repository: PathBuf, folder: PathBuf, build: B) -> Self {
        Self { repository, folder, build, built: Mutex::new(None) }
    }

    /// Builds it, unless nothing has changed since it was built.
    ///
    /// # Errors
    /// When it cannot be built. The next call tries again.
    pub fn build(&self) -> Result<()> {
        self.build_if_changed(&mut self.lock())
    }

    /// The file at `path`, which is decoded. No page is older than what it is made of.
    ///
    /// # Errors
    /// When a page is asked for and the book cannot be built.
    pub fn answer(&self, path: &[u8]) -> Result<Response> {
        let mut built = self.lock();
        if path.ends_with(b"/") || path.ends_with(b".html") {
            self.build_if_changed(&mut built)?;
        }
        Ok(file(&self.folder, path).unwrap_or_else(|| not_found(&self.folder)))
    }

    fn build_if_changed(&self, built: &mut Option<Stamp>) -> Result<()> {
        // Looked at before they are read: what changes meanwhile is built the next time.
        let stamp = self.stamp();
        if built.as_ref() == Some(&stamp) {
            return Ok(());
        }
        *built = None;
        // A panic would end this thread, and after a few of them nobody served any more.
        panic::catch_unwind(AssertUnwindSafe(&self.build))
            .unwrap_or_else(|_| Err(anyhow!("a panic; see the terminal")))?;
        *built = Some(stamp);
        Ok(())
    }

    fn stamp(&self) -> Stamp {
        let mut stamp = Stamp::new();
        for source in SOURCES {
            collect(&self.repository.join(source), &mut stamp);
        }
        stamp
    }

    fn lock(&self) -> MutexGuard<'_, Option<Stamp>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes the files at and under `path`, but not what compilers (`target`) and editors
/// (`.name.swp`) leave there. What cannot be read is as good as not there.
fn collect(path: &Path, stamp: &mut Stamp) {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    if name == b"target" || name.starts_with(b".") {
        return;
    }
    // Of a link, its own data: what it leads to may lead back here.
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    if !metadata.is_dir() {
        stamp.insert(path.into(), (metadata.modified().ok(), metadata.len()));
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        collect(&entry.path(), stamp);
    }
}

/// The file at `path`, if it is in `folder`.
fn file(folder: &Path, path: &[u8]) -> Option<Response> {
    let folder = folder.canonicalize().ok()?;
    // Without links: one may lead out of the folder.
    let file = folder.join(relative(path)?).canonicalize().ok()?;
    // To read what is no file, such as a pipe, could take for ever.
    if !file.starts_with(&folder) || !file.is_file() {
        return None;
    }
    let body = fs::read(&file).ok()?.into();
    let extension = file.extension().unwrap_or_default();
    let known = CONTENT_TYPES.iter().find(|(known, _)| extension == *known);
    let content_type = known.map_or("application/octet-stream", |(_, name)| name);
    Some(Response { status: Status::OK, content_type, body })
}

/// `/` and names with `/` between them, as a path that goes down only. A `/` at its end
/// stands for `/index.html`.
fn relative(path: &[u8]) -> Option<PathBuf> {
    let mut names = str::from_utf8(path).ok()?.strip_prefix('/')?.to_owned();
    if names.is_empty() || names.ends_with('/') {
        names.push_str("index.html");
    }
    names.split('/').map(|name| is_name(name).then_some(name)).collect()
}

/// Whether this is the name of a file on every system: on Windows, `\` is a `/`, and `C:`
/// begins anew.
fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['\\', ':', '\0'])
}

/// The page that the book has for this.
fn not_found(folder: &Path) -> Response {
    let status = Status::NOT_FOUND;
    file(folder, b"/404.html").map_or_else(
        || Response::text(status, "There is no such page."),
        |page| Response { status, ..page },
    )
}

/// Instead of a page, why there is none.
fn failure(error: &Error) -> Response {
    let status = Status(500, "Internal Server Error");
    Response::text(status, &format!("{CANNOT_BUILD}: {error:#}"))
}

/// Takes the address, before anything else is done.
///
/// # Errors
/// When it cannot be had, most likely because another program has it.
pub fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!(
            "cannot bind {address} (stop what uses it, or try cargo book 127.0.0.1:0)"
        )
    })
}

/// Builds the site, says where it is, shows it in a browser if asked to `open` one, and
/// serves it for ever.
///
/// # Errors
/// When it cannot be built.
pub fn serve(
    listener: &TcpListener,
    site: &Site<impl Fn() -> Result<()> + Sync>,
    open: bool,
) -> Result<()> {
    site.build()?;
    let url = format!("http://{}/", listener.local_addr()?);
    writeln!(io::stdout(), "the book is at {url} until you press Ctrl-C")?;
    if open && let Err(error) = open::that_detached(&url) {
        let _ = writeln!(
            io::stderr(),
            "cannot open a browser (go to {url} yourself): {error}"
        );
    }
    let listeners = (0..THREADS).map(|_| listener.try_clone());
    let listeners = listeners.collect::<io::Result<Vec<_>>>()?;
    thread::scope(|threads| {
        for listener in &listeners {
            threads.spawn(|| {
                step05::serve(listener, Deadlines::default(), |request| {
                    site.answer(&request.path).unwrap_or_else(|error| {
                        let _ = writeln!(io::stderr(), "{CANNOT_BUILD}: {error:#}");
                        failure(&error)
                    })
                })
            });
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests;
