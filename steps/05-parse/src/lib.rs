//! Step 5: parse. A small HTTP/1.1 server that reads the whole request, understands it,
//! and answers with the right page or the right refusal.
//!
//! The rooms, in the order data flows through them:
//!
//! - [`serve`] (this file): accept, one client after the other
//! - `wire.rs`: a socket, and how long it may keep us waiting
//! - `connection.rs`: the bytes of a request, its answer, and the close
//! - `request.rs`, with `cursor.rs`, `target.rs` and `body.rs`: bytes into a [`Request`]
//! - `rules.rs`: every reason to refuse one
//! - `discard.rs`: a body that nobody wants, thrown away
//! - `site.rs`: a request into a [`Response`]
//! - `response.rs`: a response into bytes
//! - `log.rs`: what the terminal shows of it

mod body;
mod connection;
mod cursor;
mod discard;
mod log;
mod request;
mod response;
mod rules;
mod site;
mod target;
mod wire;
#[cfg(test)]
#[path = "../../../tests/05-parse/work.rs"]
mod work;

use std::io::{self, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, SystemTime};

pub use body::{Body, MAX_BODY};
pub use connection::MAX_LINGER;
pub use request::{MAX_FIELDS, MAX_HEAD, MAX_METHOD, MAX_TARGET, Request, parse};
pub use response::{Response, Status};
pub use rules::ParseError;
pub use site::page;
pub use wire::Wire;

use connection::{Connection, Stop};

/// How long one client may take. While it does, all others wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For the whole request, from the moment it is accepted. A limit for each read would
    /// never catch a client that sends one byte before each expires.
    pub head: Duration,
    /// For taking the whole answer.
    pub write: Duration,
    /// For closing its side once the answer is written.
    pub linger: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { head: seconds(10), write: seconds(10), linger: seconds(2) }
    }
}

/// Serves one client after the other, for ever. Several threads may do so on clones of one
/// listener.
pub fn serve(
    listener: &TcpListener,
    deadlines: Deadlines,
    handler: impl Fn(&Request<'_>) -> Response,
) -> ! {
    loop {
        let log = match listener.accept() {
            Ok((client, peer)) => {
                converse(client, &peer.to_string(), deadlines, &handler)
            }
            Err(error) => {
                // A client that left while it waited, or no descriptor is free; then to ask
                // again at once would only keep a core busy.
                thread::sleep(Duration::from_millis(5));
                format!("a client was lost: {error}\n")
            }
        };
        // Nobody may be reading what is printed; that is no reason to stop.
        let _ = io::stdout().write_all(log.as_bytes());
    }
}

/// One client's visit, from its first byte to the close; what to log of it.
pub fn converse(
    wire: impl Wire,
    peer: &str,
    deadlines: Deadlines,
    handler: impl Fn(&Request<'_>) -> Response,
) -> String {
    let mut connection = Connection::new(wire, deadlines);
    let mut head = Vec::new();
    let mut is_gentle = true;
    let mut refusal = String::new();
    let response = match read(&mut connection, &mut head) {
        Ok(request) => {
            is_gentle = request.expects_continue || connection.has_more();
            answer(&request, handler)
        }
        Err(Stop::Refused(error)) => {
            let is_head_good = matches!(parse(&head), Ok(Some(_)));
            let faulty = if is_head_good { &connection.pending } else { &head };
            refusal = log::caret(faulty, &error);
            Response::text(error.status, &error.to_string())
        }
        Err(Stop::Silence) => return String::new(),
        Err(Stop::Lost(error)) => return format!("{peer} was lost: {error}\n"),
    };
    let bytes = response.to_bytes(is_head(&head), SystemTime::now());
    let log = log::line(peer, &head, response.status.0, bytes.len()) + &refusal;
    match connection.write(&bytes) {
        Ok(()) if is_gentle => connection.close_gently(),
        Ok(()) => {}
        Err(error) => return log + &format!("{peer} was lost: {error}\n"),
    }
    log
}

/// Whether the first line that is not empty begins with HEAD. What came too late for the
/// verdict, because the client was slow or beyond the limit, must not count.
fn is_head(head: &[u8]) -> bool {
    let mut lines = head[..head.len().min(MAX_HEAD)].split(|&byte| byte == b'\n');
    let first = lines.find(|line| !matches!(line, [] | [b'\r']));
    first.is_some_and(|line| line.starts_with(b"HEAD "))
}

/// Reads the request to the last byte of its body, so that closing leaves nothing unread.
/// A client that asked whether to send its body gets the answer without it.
fn read<'a>(
    connection: &mut Connection<impl Wire>,
    head: &'a mut Vec<u8>,
) -> Result<Request<'a>, Stop> {
    connection.read_head(head)?;
    let Some((request, length)) = parse(head)? else {
        return Err(Stop::Silence);
    };
    connection.pending = head[length..].to_vec();
    if !request.expects_continue {
        connection.discard(request.body)?;
    }
    Ok(request)
}

/// GET and HEAD go to the handler; the other methods are answered here (RFC 9110, 9.1).
fn answer(
    request: &Request<'_>,
    handler: impl Fn(&Request<'_>) -> Response,
) -> Response {
    match request.method {
        b"GET" | b"HEAD" => handler(request),
        b"OPTIONS" => Response::text(Status::NO_CONTENT, ""),
        b"POST" | b"PUT" | b"DELETE" | b"TRACE" | b"PATCH" => Response::text(
            Status::METHOD_NOT_ALLOWED,
            "Allowed are GET, HEAD and OPTIONS.",
        ),
        _ => {
            Response::text(Status::NOT_IMPLEMENTED, "Known are GET, HEAD and OPTIONS.")
        }
    }
}
