//! Step 5: parse. A small HTTP/1.1 server that reads the whole request, understands it,
//! and answers with the right page or the right refusal.
//!
//! The rooms, from pure functions to the world:
//!
//! - `rules.rs`, `cursor.rs`: every reason to refuse, and a cursor over the bytes
//! - `request.rs`, `target.rs`, `body.rs`: bytes into a [`Request`], and where it ends
//! - `response.rs`, `site.rs`: a [`Request`] into a [`Response`], and that into bytes
//! - `transport.rs`: a socket with a deadline
//! - `connection.rs`: bytes in, bodies discarded, the answer out, and the close
//! - `log.rs`: what the terminal shows
//! - [`serve`] (this file): accept, one client after the other

mod body;
mod connection;
mod cursor;
mod log;
mod request;
mod response;
mod rules;
mod site;
mod target;
mod transport;

use std::io::{self, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, SystemTime};

pub use body::{Body, MAX_BODY};
pub use connection::MAX_LINGER;
pub use request::{
    MAX_EMPTY_LINES, MAX_FIELDS, MAX_HEAD, MAX_METHOD, MAX_TARGET, Request, parse,
};
pub use response::{Response, Status};
pub use rules::{ParseError, Result};
pub use site::page;
pub use transport::Transport;

use connection::{Connection, NoRequest};
use cursor::Cursor;

/// How long one client may take. While it does, all the others wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For the whole request: a limit on each read would never stop a slow trickle.
    pub head: Duration,
    /// For taking the whole answer.
    pub write: Duration,
    /// For closing its side, once the answer is written.
    pub linger: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { head: seconds(10), write: seconds(10), linger: seconds(2) }
    }
}

/// Serves clients one by one, forever. Several threads can, on clones of a listener.
pub fn serve(
    listener: &TcpListener,
    deadlines: Deadlines,
    handler: impl Fn(&Request) -> Response,
) -> ! {
    loop {
        let log = match listener.accept() {
            Ok((client, peer)) => {
                serve_connection(client, &peer.to_string(), deadlines, &handler)
            }
            Err(error) => {
                // The client left already, or no file descriptor is free: don't spin.
                thread::sleep(Duration::from_millis(5));
                format!("lost a client: {error}\n")
            }
        };
        // If the log's reader is gone, go on; if it doesn't read, this waits.
        let _ = io::stdout().write_all(log.as_bytes());
    }
}

/// Serves one client, from its first byte to the close. Returns what to log.
pub fn serve_connection(
    transport: impl Transport,
    peer: &str,
    deadlines: Deadlines,
    handler: impl Fn(&Request) -> Response,
) -> String {
    let mut connection = Connection::new(transport, deadlines);
    let mut head = Vec::new();
    let (response, caret) = match respond(&mut connection, &mut head, handler) {
        Ok(response) => (response, String::new()),
        // Nothing came, so nobody waits for an answer: browsers open spare connections.
        Err(NoRequest::Invalid(..)) if head.is_empty() => return String::new(),
        Err(NoRequest::Invalid(error, bytes)) => {
            let response = Response::text(error.status, &error.to_string());
            (response, log::caret(&bytes, &error))
        }
        Err(NoRequest::Io(error)) => return format!("lost {peer}: {error}\n"),
    };
    let bytes = response.to_bytes(is_head(&head), SystemTime::now());
    let log = log::line(peer, &head, response.status.0, bytes.len()) + &caret;
    if let Err(error) = connection.write(&bytes) {
        return log + &format!("lost {peer}: {error}\n");
    }
    connection.lingering_close();
    log
}

/// Reads a request and returns the response to it.
fn respond(
    connection: &mut Connection<impl Transport>,
    head: &mut Vec<u8>,
    handler: impl Fn(&Request) -> Response,
) -> Result<Response, NoRequest> {
    let (request, length) = loop {
        connection.read_line(head)?;
        let refused = |error| NoRequest::Invalid(error, head.clone());
        if let Some(found) = parse(head).map_err(refused)? {
            break found;
        }
    };
    connection.discard(&request, &head[length..])?;
    Ok(answer(request, handler))
}

/// Hands GET and HEAD to the handler, and answers all other methods (RFC 9110, 9.1).
fn answer(request: Request, handler: impl Fn(&Request) -> Response) -> Response {
    match request.method {
        // A handler can't tell them apart, so both get the same head (RFC 9110, 9.3.2).
        b"GET" | b"HEAD" => {
            let get = Request { method: b"GET", ..request };
            with_preconditions(&get, handler(&get))
        }
        b"OPTIONS" => Response::text(Status::NO_CONTENT, ""),
        b"POST" | b"PUT" | b"DELETE" | b"TRACE" | b"PATCH" => {
            Response::text(Status::METHOD_NOT_ALLOWED, "Only GET, HEAD and OPTIONS.")
        }
        _ => Response::text(Status::NOT_IMPLEMENTED, "Only GET, HEAD and OPTIONS."),
    }
}

/// Evaluates If-Match and If-None-Match (RFC 9110, 13.2). Pages here don't have entity
/// tags, so no tag matches; `*` matches any page that exists.
fn with_preconditions(request: &Request, mut page: Response) -> Response {
    if page.status != Status::OK {
        return page;
    }
    for (name, value) in request.fields() {
        if name.eq_ignore_ascii_case(b"if-match") && value != b"*" {
            let reason = "No page here has an entity tag.";
            return Response::text(Status::PRECONDITION_FAILED, reason);
        }
        if name.eq_ignore_ascii_case(b"if-none-match") && value == b"*" {
            page = Response::text(Status::NOT_MODIFIED, "");
        }
    }
    page
}

/// Returns whether these bytes begin a HEAD request, good or bad.
fn is_head(head: &[u8]) -> bool {
    let mut cursor = Cursor::new(head, &rules::HEAD_TOO_LONG);
    request::skip_empty_lines(&mut cursor);
    cursor.eat(b"HEAD ")
}
