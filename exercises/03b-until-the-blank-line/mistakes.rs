//! What usually goes wrong in exercise 03b.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::{Handler, Threaded};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nI heard all\n";

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("read-to-end", Handler(read_to_end)),
    ("wants-a-full-buffer", Handler(wants_a_full_buffer)),
    ("sleeps-and-reads-once", Handler(sleeps_and_reads_once)),
    ("hangs-up-on-half-a-request", Handler(hangs_up_on_half_a_request)),
    ("reads-twice", Handler(reads_twice)),
    ("stops-at-the-first-line", Handler(stops_at_the_first_line)),
    ("looks-at-the-last-piece", Handler(looks_at_the_last_piece)),
    ("looks-at-two-pieces", Handler(looks_at_two_pieces)),
    ("wants-text", Handler(wants_text)),
    ("blank-line-comes-last", Handler(blank_line_comes_last)),
    ("small-buffer", Handler(small_buffer)),
    ("goes-in-circles", Handler(goes_in_circles)),
    ("answers-half-a-request", Handler(answers_half_a_request)),
    ("answers-a-first-line-that-is-all", Handler(answers_a_first_line_that_is_all)),
    ("right-and-refuses-half-a-request", Handler(refuses_half_a_request)),
    ("right-in-a-thread-by-lines", Threaded(by_lines)),
    ("right-in-chunks", Handler(in_chunks)),
    ("right-byte-by-byte", Handler(byte_by_byte)),
    ("right-and-slow", Handler(slow)),
];

/// `read_to_end` ends when the client closes, and the client waits for the answer.
fn read_to_end(mut client: TcpStream) -> io::Result<()> {
    client.read_to_end(&mut Vec::new())?;
    client.write_all(PAGE)
}

/// `read_exact` waits for as many bytes as the buffer holds.
fn wants_a_full_buffer(mut client: TcpStream) -> io::Result<()> {
    client.read_exact(&mut [0; 4096])?;
    client.write_all(PAGE)
}

/// After a while, surely everything has come.
fn sleeps_and_reads_once(mut client: TcpStream) -> io::Result<()> {
    thread::sleep(Duration::from_millis(800));
    let mut buffer = [0; 65536];
    let length = client.read(&mut buffer)?;
    if has_blank_line(&buffer[..length]) {
        client.write_all(PAGE)?;
    }
    Ok(())
}

/// What one `read` has brought isn't a request, so it isn't answered.
fn hangs_up_on_half_a_request(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer)?;
    if !has_blank_line(&buffer[..length]) {
        return Ok(());
    }
    client.write_all(PAGE)
}

/// Two pieces in the test, so two reads.
fn reads_twice(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer)?;
    if !buffer[..length].ends_with(b"\r\n\r\n") {
        let _ = client.read(&mut buffer)?;
    }
    client.write_all(PAGE)
}

/// The first line says what is wanted, so why wait for more?
fn stops_at_the_first_line(client: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 || !line.ends_with(b"\r\n") {
        return Ok(());
    }
    reader.get_mut().write_all(PAGE)
}

/// Searches what this `read` has brought, and forgets what came before.
fn looks_at_the_last_piece(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            length if has_blank_line(&buffer[..length]) => break,
            _ => {}
        }
    }
    client.write_all(PAGE)
}

/// The blank line may be cut once, so this piece and the one before it are searched.
fn looks_at_two_pieces(mut client: TcpStream) -> io::Result<()> {
    let (mut buffer, mut before) = ([0; 4096], Vec::new());
    loop {
        let length = client.read(&mut buffer)?;
        let piece = &buffer[..length];
        if length == 0 {
            return Ok(());
        }
        if has_blank_line(&[&before, piece].concat()) {
            return client.write_all(PAGE);
        }
        before = piece.to_vec();
    }
}

/// A request is text, so it's kept as text.
fn wants_text(mut client: TcpStream) -> io::Result<()> {
    let (mut buffer, mut request) = ([0; 4096], String::new());
    while !request.contains("\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            length => request += str::from_utf8(&buffer[..length]).expect("text"),
        }
    }
    client.write_all(PAGE)
}

/// The blank line ends the head, but it needn't end what has come.
fn blank_line_comes_last(mut client: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    client.write_all(PAGE)
}

/// When the buffer is full, `read` has no room and returns 0, as if the client had
/// left.
fn small_buffer(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    let mut length = 0;
    while !has_blank_line(&buffer[..length]) {
        match client.read(&mut buffer[length..])? {
            0 => return Ok(()),
            more => length += more,
        }
    }
    client.write_all(PAGE)
}

/// `read` returns 0 when the client has left, again and again.
fn goes_in_circles(mut client: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !has_blank_line(&request) {
        let length = client.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..length]);
    }
    client.write_all(PAGE)
}

/// The loop ends, and the program doesn't ask why.
fn answers_half_a_request(mut client: TcpStream) -> io::Result<()> {
    crate::read_head(&mut client)?;
    client.write_all(PAGE)
}

/// A client that leaves after a whole line has said what it wants.
fn answers_a_first_line_that_is_all(mut client: TcpStream) -> io::Result<()> {
    match crate::read_head(&mut client)?.contains(&b'\n') {
        true => client.write_all(PAGE),
        false => Ok(()),
    }
}

fn refuses_half_a_request(mut client: TcpStream) -> io::Result<()> {
    if has_blank_line(&crate::read_head(&mut client)?) {
        return client.write_all(b"HTTP/1.1 200 Fine\r\nServer: mine\r\n\r\n");
    }
    client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
}

fn by_lines(client: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut line = Vec::new();
    while line != b"\r\n" {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
    }
    reader.get_mut().write_all(
        b"HTTP/1.0 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nhi",
    )?;
    // Unread bytes of a body would make the system reset the connection.
    reader.get_ref().shutdown(Shutdown::Write)?;
    reader.read_to_end(&mut line).map(drop)
}

fn in_chunks(mut client: TcpStream) -> io::Result<()> {
    if has_blank_line(&crate::read_head(&mut client)?) {
        let chunks = "2;x=y\r\nhi\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
        write!(
            client,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n{chunks}"
        )?;
    }
    Ok(())
}

fn byte_by_byte(mut client: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0; 1];
    while !request.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 {
            return Ok(());
        }
        request.push(byte[0]);
    }
    client.write_all(PAGE)
}

/// The whole request is searched again after each byte.
fn slow(mut client: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0; 1];
    while !has_blank_line(&request) {
        if client.read(&mut byte)? == 0 {
            return Ok(());
        }
        request.push(byte[0]);
    }
    client.write_all(PAGE)
}

fn has_blank_line(bytes: &[u8]) -> bool {
    bytes.windows(4).any(|window| window == b"\r\n\r\n")
}
