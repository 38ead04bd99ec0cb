//! What can go wrong in every exercise. Each of these gets a message from what all
//! checks have in common.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::{Answer, Handler, Program, Threaded};
use crate::read_head;

pub const MISTAKES: &[(&str, Mistake)] = &[
    // Before the first client.
    ("says-nothing", Program(says_nothing)),
    ("names-no-address", Program(names_no_address)),
    ("no-line-break", Program(no_line_break)),
    ("says-port-0", Program(says_port_0)),
    ("ignores-the-address", Program(ignores_the_address)),
    ("fixed-port", Program(fixed_port)),
    ("all-addresses", Program(all_addresses)),
    ("says-another-port", Program(says_another_port)),
    ("drops-the-listener", Program(drops_the_listener)),
    ("ends-at-once", Program(ends_at_once)),
    ("todo", Program(todo)),
    ("prints-for-ever", Program(prints_for_ever)),
    // Instead of an answer.
    ("never-accepts", Program(never_accepts)),
    ("forgets-the-client", Handler(forgets_the_client)),
    ("read-to-end", Handler(read_to_end)),
    ("wants-a-full-buffer", Handler(wants_a_full_buffer)),
    ("no-answer", Answer(b"")),
    ("closes-unread", Handler(closes_unread)),
    ("answers-for-ever", Handler(answers_for_ever)),
    ("unwraps", Handler(unwraps)),
    ("unwraps-in-a-thread", Threaded(unwraps)),
    ("serves-one-client", Program(serves_one_client)),
    // The status line.
    ("no-status-line", Answer(b"<h1>Hello</h1>")),
    (
        "empty-line-first",
        Answer(
            b"\r\nHTTP/1.1 200 OK\r\n\
                  Content-Length: 0\r\n\r\n",
        ),
    ),
    ("small-letters", Answer(b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("another-version", Answer(b"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("no-status-code", Answer(b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n")),
    (
        "nothing-after-the-code",
        Answer(
            b"HTTP/1.1 200\r\n\
                  Content-Length: 0\r\n\r\n",
        ),
    ),
    ("another-status", Answer(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")),
    // The fields.
    ("bare-lf", Answer(b"HTTP/1.1 200 OK\nContent-Length: 0\n\n")),
    ("bare-cr", Answer(b"HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n")),
    ("head-without-end", Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")),
    (
        "no-blank-line",
        Answer(
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\
                  hi\r\n\r\n",
        ),
    ),
    ("strange-name", Answer(b"HTTP/1.1 200 OK\r\nContent Length: 0\r\n\r\n")),
    (
        "blank-before-the-colon",
        Answer(
            b"HTTP/1.1 200 OK\r\n\
                  Content-Length : 0\r\n\r\n",
        ),
    ),
    (
        "blank-first",
        Answer(
            b"HTTP/1.1 200 OK\r\n\
                  A: b\r\n Content-Length: 0\r\n\r\n",
        ),
    ),
    ("no-name", Answer(b"HTTP/1.1 200 OK\r\n: 0\r\nContent-Length: 0\r\n\r\n")),
    // How long the body is.
    (
        "two-lengths",
        Answer(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\
                  Content-Length: 2\r\n\r\nhi",
        ),
    ),
    (
        "with-a-unit",
        Answer(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2 bytes\r\n\r\n\
                  hi",
        ),
    ),
    (
        "promises-too-much",
        Answer(
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\
                  hi",
        ),
    ),
    ("promises-too-much-and-waits", Handler(promises_too_much_and_waits)),
    (
        "promises-too-little",
        Answer(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\
                  hi",
        ),
    ),
    ("does-not-say-and-waits", Handler(does_not_say_and_waits)),
    ("head-without-end-and-waits", Handler(head_without_end_and_waits)),
    ("body-of-204", Answer(b"HTTP/1.1 204 No Content\r\n\r\nhi")),
    (
        "length-and-chunks",
        Answer(
            b"HTTP/1.1 200 OK\r\n\
                  Transfer-Encoding: chunked\r\n\
                  Content-Length: 2\r\n\r\n0\r\n\r\n",
        ),
    ),
    (
        "unknown-coding",
        Answer(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n\
                  hi",
        ),
    ),
    (
        "chunk-without-size",
        Answer(
            b"HTTP/1.1 200 OK\r\n\
                  Transfer-Encoding: chunked\r\n\r\nhi\r\n\
                  0\r\n\r\n",
        ),
    ),
    (
        "chunk-size-in-decimal",
        Answer(
            b"HTTP/1.1 200 OK\r\n\
                  Transfer-Encoding: chunked\r\n\r\n10\r\n\
                  0123456789\r\n0\r\n\r\n.......",
        ),
    ),
    (
        "chunk-too-long",
        Answer(
            b"HTTP/1.1 200 OK\r\n\
                  Transfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n\
                  0\r\n\r\n",
        ),
    ),
    (
        "no-last-chunk",
        Answer(
            b"HTTP/1.1 200 OK\r\n\
                  Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
        ),
    ),
    (
        "more-after-the-last-chunk",
        Answer(
            b"HTTP/1.1 200 OK\r\n\
                  Transfer-Encoding: chunked\r\n\r\n\
                  0\r\n\r\nhi",
        ),
    ),
];

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// There are more interesting things to wait for, but nothing simpler.
fn wait() -> io::Result<()> {
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

/// It works, and doesn't say where.
fn says_nothing(address: SocketAddr) -> io::Result<()> {
    let _listener = TcpListener::bind(address)?;
    wait()
}

/// A greeting isn't an address.
fn names_no_address(address: SocketAddr) -> io::Result<()> {
    let _listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "ready")?;
    wait()
}

/// `print!` keeps its text until the line is complete.
fn no_line_break(address: SocketAddr) -> io::Result<()> {
    let address = TcpListener::bind(address)?.local_addr()?;
    write!(io::stdout(), "serving http://{address}/")?;
    io::stdout().flush()?;
    wait()
}

/// It says what it was given.
fn says_port_0(address: SocketAddr) -> io::Result<()> {
    let _listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{address}/")?;
    wait()
}

/// All addresses of this machine, whatever was asked for.
fn ignores_the_address(_: SocketAddr) -> io::Result<()> {
    crate::serve(SocketAddr::from(([0, 0, 0, 0], 0)), |_| Ok(()))
}

/// As in a book: the address is in the program.
#[expect(clippy::unwrap_used, reason = "that is the mistake")]
fn fixed_port(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind((address.ip(), 7878)).unwrap();
    writeln!(io::stdout(), "Listening on {}", listener.local_addr()?)?;
    wait()
}

/// Everyone on the network can connect, and the program says otherwise.
fn all_addresses(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", address.port()))?;
    let port = listener.local_addr()?.port();
    writeln!(io::stdout(), "serving http://{}:{port}/", address.ip())?;
    wait()
}

/// Bound twice, and the wrong one is announced.
fn says_another_port(address: SocketAddr) -> io::Result<()> {
    let first = TcpListener::bind(address)?.local_addr()?;
    let _second = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{first}/")?;
    wait()
}

/// The listener ends with the function that made it.
fn drops_the_listener(address: SocketAddr) -> io::Result<()> {
    let address = TcpListener::bind(address)?.local_addr()?;
    writeln!(io::stdout(), "serving http://{address}/")?;
    wait()
}

/// Nothing waits for clients.
fn ends_at_once(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}

/// The rest was to be written later.
#[expect(clippy::todo, reason = "that is the mistake")]
fn todo(_: SocketAddr) -> io::Result<()> {
    todo!("accept")
}

/// An error that comes back at once, and a loop that goes on.
fn prints_for_ever(_: SocketAddr) -> io::Result<()> {
    loop {
        writeln!(io::stderr(), "a client was lost: Bad file descriptor (os error 9)")?;
    }
}

/// The system lets clients in, and nobody comes for them.
fn never_accepts(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{}/", listener.local_addr()?)?;
    wait()
}

/// The answer is never written, and the connection never closed.
#[expect(clippy::mem_forget, reason = "that is the mistake")]
fn forgets_the_client(mut client: TcpStream) -> io::Result<()> {
    read_head(&mut client)?;
    std::mem::forget(client);
    Ok(())
}

fn read_to_end(mut client: TcpStream) -> io::Result<()> {
    client.read_to_end(&mut Vec::new())?;
    client.write_all(PAGE)
}

fn wants_a_full_buffer(mut client: TcpStream) -> io::Result<()> {
    client.read_exact(&mut [0; 4096])?;
    client.write_all(PAGE)
}

/// It closes before it has read.
#[expect(clippy::needless_pass_by_value, reason = "dropping it is the mistake")]
fn closes_unread(client: TcpStream) -> io::Result<()> {
    client.peek(&mut [0])?;
    Ok(())
}

/// Nothing says when it is enough.
fn answers_for_ever(mut client: TcpStream) -> io::Result<()> {
    read_head(&mut client)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    loop {
        client.write_all(b"<h1>Hello</h1>\n")?;
    }
}

/// What a client sends is not a text, or not this one.
#[expect(clippy::unwrap_used, reason = "that is the mistake")]
fn unwraps(mut client: TcpStream) -> io::Result<()> {
    let head = read_head(&mut client)?;
    let length = head.windows(9).position(|window| window == b"X-Length:").unwrap();
    client.write_all(&head[length..])
}

/// No loop around `accept`.
fn serves_one_client(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{}/", listener.local_addr()?)?;
    let (mut client, _) = listener.accept()?;
    if read_head(&mut client)?.ends_with(b"\r\n\r\n") {
        client.write_all(PAGE)?;
    }
    Ok(())
}

/// The client waits for the rest, and the program for the client.
fn promises_too_much_and_waits(client: TcpStream) -> io::Result<()> {
    send_and_wait(client, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi")
}

fn does_not_say_and_waits(client: TcpStream) -> io::Result<()> {
    send_and_wait(client, b"HTTP/1.1 200 OK\r\n\r\nhi")
}

fn head_without_end_and_waits(client: TcpStream) -> io::Result<()> {
    send_and_wait(client, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")
}

fn send_and_wait(mut client: TcpStream, bytes: &[u8]) -> io::Result<()> {
    read_head(&mut client)?;
    client.write_all(bytes)?;
    client.read_to_end(&mut Vec::new()).map(drop)
}
