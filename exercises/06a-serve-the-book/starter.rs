//! Exercise 06a: serve the files of a folder, and nothing outside of it.
//!
//! `cargo exercise run 06a [-- ADDRESS FOLDER]`, then `cargo exercise check 06a`

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use step05::{Deadlines, Response, Status};

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
    // TODO: a path that ends in / means index.html there. And a path that leads out of
    // `folder` means nothing: there are more such paths than you'd think.
    let name = str::from_utf8(path).ok()?.strip_prefix('/')?;
    let body = fs::read(folder.join(name)).ok()?;
    // TODO: this is the type of pages. Other files have others.
    let content_type = "text/html; charset=utf-8";
    Some(Response { status: Status::OK, content_type, body: body.into() })
}
