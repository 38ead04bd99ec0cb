//! Exercise 06a, solved.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use step05::{Deadlines, Response, Status};

/// The types of the files in the book.
const CONTENT_TYPES: [(&str, &str); 8] = [
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("txt", "text/plain; charset=utf-8"),
    ("json", "application/json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("woff2", "font/woff2"),
];

fn main() -> Result<()> {
    let folder = folder()?;
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    println!("serving http://{address}/ until you press Ctrl-C");
    // A browser opens connections in advance and says nothing on them. Others wait.
    let deadlines = Deadlines { head: Duration::from_secs(1), ..Deadlines::default() };
    step05::serve(&listener, deadlines, |request| {
        file(&folder, &request.path).unwrap_or_else(|| {
            Response::text(Status::NOT_FOUND, "This page doesn't exist.")
        })
    })
}

/// Returns the folder on the command line, or the built book, without links.
fn folder() -> Result<PathBuf> {
    let folder = env::args().nth(2).unwrap_or("target/book".into());
    fs::canonicalize(&folder)
        .with_context(|| format!("no folder {folder} (cargo book makes target/book)"))
}

/// Returns the file at `path`, which step 5 has decoded; `None` if the folder doesn't
/// have it.
fn file(folder: &Path, path: &[u8]) -> Option<Response> {
    // Where it really is: a link may lead out of the folder.
    let file = folder.join(relative(path)?).canonicalize().ok()?;
    if !file.starts_with(folder) || !file.is_file() {
        return None;
    }
    let body = fs::read(&file).ok()?.into();
    let extension = file.extension().unwrap_or_default();
    let known = CONTENT_TYPES.iter().find(|(known, _)| extension == *known);
    let content_type = known.map_or("application/octet-stream", |(_, name)| name);
    Some(Response { status: Status::OK, content_type, body })
}

/// Returns a path that only goes down: names with `/` between them, and nothing else.
fn relative(path: &[u8]) -> Option<PathBuf> {
    let path = str::from_utf8(path).ok()?.strip_prefix('/')?;
    let index = if path.is_empty() || path.ends_with('/') { "index.html" } else { "" };
    let names = format!("{path}{index}");
    names.split('/').map(|name| is_name(name).then_some(name)).collect()
}

/// On Windows, `\` is a `/` too, and `C:` begins another path.
fn is_name(name: &str) -> bool {
    !["", ".", ".."].contains(&name) && !name.contains(['\\', ':', '\0'])
}
