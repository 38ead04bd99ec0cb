//! Serves the built book with step05. A reload shows what has changed: when a page is
//! asked for and a source is no longer what it was, the book is built again first. When
//! that fails, the last good one is shown, and why.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use std::{fs, thread};

use anyhow::{Context, Error, Result, anyhow};
use step05::{Deadlines, Request, Response, Status};

use crate::expand::notice;
use crate::html::escape;
use crate::{ask, build, hero, wire};

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

/// A book that is built and served.
#[derive(Debug)]
pub struct Site<B> {
    repository: PathBuf,
    folder: PathBuf,
    build: B,
    /// Who holds the lock may read the folder or write it, so that nobody sees a book
    /// half-written.
    state: Mutex<State>,
}

/// What is in the folder.
#[derive(Debug, Default)]
struct State {
    /// What it was built from; None when it must be built.
    built: Option<Stamp>,
    /// Why it isn't built from what is there now.
    failure: Option<String>,
}

/// When each source was last written, and how long it is.
type Stamp = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl<B: Fn(&Path) -> Result<()>> Site<B> {
    /// Describes a site whose files are in `folder`. `build` puts them into a folder
    /// that it is given, and reads what it needs from `repository`.
    pub fn new(repository: PathBuf, folder: PathBuf, build: B) -> Self {
        Self { repository, folder, build, state: Mutex::default() }
    }

    /// Returns the file at `path`, which is decoded. A page is made from what is there
    /// now; if that can't be done, it is the last good one, and says so.
    pub fn answer(&self, path: &[u8]) -> Response {
        let mut state = self.lock();
        if path.ends_with(b"/") || path.ends_with(b".html") {
            self.build_if_changed(&mut state);
        }
        let found =
            || file(&self.folder, path).unwrap_or_else(|| not_found(&self.folder));
        match &state.failure {
            None => found(),
            Some(why) if self.folder.join("index.html").is_file() => {
                with_banner(found(), why)
            }
            Some(why) => nothing_yet(why),
        }
    }

    /// Builds it, unless nothing has changed since it was built.
    pub fn build(&self) {
        self.build_if_changed(&mut self.lock());
    }

    fn build_if_changed(&self, state: &mut State) {
        // Looked at before they are read: what changes meanwhile is built the next
        // time.
        let stamp = self.stamp();
        if state.built.as_ref() == Some(&stamp) {
            return;
        }
        // A panic would end this thread, and after a few of them nobody served any
        // more.
        let replace = || build::replace(&self.folder, &self.build);
        let result = panic::catch_unwind(AssertUnwindSafe(replace))
            .unwrap_or_else(|_| Err(anyhow!("a panic; see the terminal")));
        let failure = result.err().map(|error| self.in_one_line(&error));
        if let Some(why) = &failure
            && state.failure != failure
        {
            let _ = writeln!(io::stderr(), "the book cannot be built: {why}");
        }
        *state = State { built: failure.is_none().then_some(stamp), failure };
    }

    /// Says what is wrong, with paths from the repository on.
    fn in_one_line(&self, error: &Error) -> String {
        let root = self.repository.join("").display().to_string();
        format!("{error:#}").replace('\n', " ").replace(&root, "")
    }

    fn stamp(&self) -> Stamp {
        let mut stamp = Stamp::new();
        for source in SOURCES {
            collect(&self.repository.join(source), &mut stamp);
        }
        stamp
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    // Reading anything but a file, such as a pipe, could take forever.
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

/// Whether this is the name of a file on every system: on Windows, `\` is a `/`, and
/// `C:` starts over.
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

/// The page, if it is one, with the reason why it isn't a newer one.
fn with_banner(response: Response, why: &str) -> Response {
    const START: &str = "<main>";
    let why = format!(
        "This is the book as it could last be built. Now it can't be: {}",
        escape(why)
    );
    edit(response, |page| {
        let (before, after) = page.split_once(START)?;
        Some(format!("{before}{START}{}{after}", notice(&why)))
    })
}

/// The page with the very request that it answers, where it shows a recorded one, and
/// with what step05 answers to the one in its query, where it asks for one.
pub fn with_request(response: Response, request: &Request) -> Response {
    edit(response, |page| {
        let wire = || wire::view(&wire::head(request), "").ok();
        let page = between(page, hero::YOURS, || Some(hero::yours(&wire()?)));
        Some(between(&page, ask::ASKED, || Some(ask::answered(request))))
    })
}

/// The page with something else from `begin` to `end`, if it has them.
fn between(
    page: &str,
    (begin, end): (&str, &str),
    put: impl Fn() -> Option<String>,
) -> String {
    let split = page.split_once(begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(end)?;
        Some(before.to_owned() + &put()? + after)
    });
    split.unwrap_or_else(|| page.into())
}

/// What `change` makes of a page; all else stays as it is.
fn edit(response: Response, change: impl Fn(&str) -> Option<String>) -> Response {
    if !response.content_type.starts_with("text/html") {
        return response;
    }
    match change(&String::from_utf8_lossy(&response.body)) {
        Some(page) => Response { body: page.into_bytes().into(), ..response },
        None => response,
    }
}

/// Instead of any page, why there is none yet.
fn nothing_yet(why: &str) -> Response {
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <title>The book can't be built</title>\n<h1>The book can't be built</h1>\n\
         <p>{}</p>\n<p>Put that right, and reload this page.</p>\n",
        escape(why)
    );
    Response {
        status: Status(500, "Internal Server Error"),
        content_type: "text/html; charset=utf-8",
        body: body.into_bytes().into(),
    }
}

/// Takes the address, before anything else is done.
///
/// # Errors
/// When it cannot be had, most likely because another program has it.
pub fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("cannot bind {address} (try cargo book 127.0.0.1:0)"))
}

/// Builds the site, says where it is, shows it in a browser if asked to `open` one, and
/// serves it forever.
///
/// # Errors
/// When it cannot say so, or has no more descriptors.
pub fn serve(
    listener: &TcpListener,
    site: &Site<impl Fn(&Path) -> Result<()> + Sync>,
    open: bool,
) -> Result<()> {
    site.build();
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
                    with_request(site.answer(&request.path), request)
                })
            });
        }
    });
    Ok(())
}
