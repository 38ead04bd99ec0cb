//! Step 5: parse. A small HTTP/1.1 server that reads the whole request, understands it,
//! and answers with the right page or the right refusal.
//!
//! The rooms, in the order data flows through them:
//!
//! - [`serve`] (this file): accept, one client after the other
//! - `connection.rs`: a socket into bytes, within limits of size and time
//! - `request.rs`, with `cursor.rs`, `target.rs` and `body.rs`: bytes into a [`Request`]
//! - `site.rs`: a request into a [`Response`]
//! - `response.rs`: a response into bytes
//! - `log.rs`: what the terminal shows of it

mod body;
mod connection;
mod cursor;
mod log;
mod request;
mod response;
mod site;
mod target;

use std::io::{self, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, SystemTime};

pub use body::{Body, MAX_BODY};
pub use connection::{MAX_LINGER, Wire};
pub use request::{
    MAX_FIELDS, MAX_HEAD, MAX_METHOD, MAX_TARGET, ParseError, Parser, Request, parse,
};
pub use response::{Response, Status};
pub use site::page;

use connection::{Connection, Stop};
use response::ALLOW;

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
        Self {
            head: seconds(10),
            write: seconds(10),
            linger: seconds(2),
        }
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
                // Out of descriptors, perhaps: to ask again at once would not help.
                thread::sleep(Duration::from_millis(50));
                format!("accept: {error}\n")
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
    let outcome = read(&mut connection);
    let request = connection.parser().request(connection.head());
    let (response, refusal) = match outcome {
        Ok(()) => (answer(&request, handler), None),
        Err(Stop::Refused(error)) => (refuse(&error), Some(error)),
        Err(Stop::Silence) => return String::new(),
        Err(Stop::Lost(error)) => return format!("{peer} was lost: {error}\n"),
    };
    let is_gentle =
        refusal.is_some() || connection.has_pending() || request.expects_continue();
    let bytes = response.to_bytes(request.method() == b"HEAD", SystemTime::now());
    let mut log =
        log::line(peer, connection.head(), response.status.code(), bytes.len());
    if let Some(error) = refusal {
        log += &log::caret(connection.head(), &error);
    }
    match connection.write(&bytes) {
        Ok(()) if is_gentle => connection.close_gently(),
        Ok(()) => {}
        Err(error) => log += &format!("{peer} was lost: {error}\n"),
    }
    log
}

/// Reads the request to its last byte, so that closing leaves nothing unread. A client that
/// asked whether to send its body gets its answer without it.
fn read(connection: &mut Connection<impl Wire>) -> Result<(), Stop> {
    connection.read_head()?;
    let request = connection.parser().request(connection.head());
    if request.expects_continue() {
        return Ok(());
    }
    let body = request.body();
    connection.discard_body(body)
}

/// GET and HEAD go to the handler; the other methods are answered here (RFC 9110, 9.1).
fn answer(
    request: &Request<'_>,
    handler: impl Fn(&Request<'_>) -> Response,
) -> Response {
    match request.method() {
        b"GET" | b"HEAD" => handler(request),
        b"OPTIONS" => Response::text(Status::NoContent, ""),
        b"POST" | b"PUT" | b"DELETE" | b"TRACE" | b"PATCH" => {
            Response::text(Status::MethodNotAllowed, &format!("Allowed are {ALLOW}."))
        }
        _ => Response::text(
            Status::NotImplemented,
            "This server does not know the method.",
        ),
    }
}

fn refuse(error: &ParseError) -> Response {
    Response::text(error.status, &error.to_string())
}
