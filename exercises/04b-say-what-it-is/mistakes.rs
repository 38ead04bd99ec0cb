//! What usually goes wrong in exercise 04b.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::Mistake;
use crate::Mistake::{Handler, Threaded};

const PAGE: &str = "<h1>Grüße, 世界</h1>\n";

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("in-the-page", Handler(in_the_page)),
    ("meta-only", Handler(meta_only)),
    ("plain-text", Handler(plain_text)),
    ("comma", Handler(comma)),
    ("half-a-type", Handler(half_a_type)),
    ("a-file", Handler(a_file)),
    ("two-types", Handler(two_types)),
    ("no-charset", Handler(no_charset)),
    ("colon-in-the-parameter", Handler(colon_in_the_parameter)),
    ("charset-in-its-own-field", Handler(charset_in_its_own_field)),
    ("latin-1", Handler(latin_1)),
    ("utf8", Handler(utf8)),
    ("space-beside-the-sign", Handler(space_beside_the_sign)),
    ("runs-together", Handler(runs_together)),
    ("closes-without-a-word", Handler(closes_without_a_word)),
    ("only-when-asked", Handler(only_when_asked)),
    ("keep-alive", Handler(keep_alive)),
    ("closed", Handler(closed)),
    ("echoes", Handler(echoes)),
    ("says-both", Handler(says_both)),
    ("no-semicolon", Handler(no_semicolon)),
    ("single-quotes", Handler(single_quotes)),
    ("says-it-and-waits", Threaded(says_it_and_waits)),
    ("right-in-capitals", Handler(in_capitals)),
    ("right-http-1-0-in-a-thread", Threaded(http_1_0)),
    ("right-in-chunks", Handler(in_chunks)),
];

/// Answers with these fields, each with its line end.
fn answer(mut client: TcpStream, fields: &str) -> io::Result<()> {
    crate::read_head(&mut client)?;
    let length = PAGE.len();
    write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{fields}\r\n{PAGE}")
}

/// The fields come after the blank line.
fn in_the_page(mut client: TcpStream) -> io::Result<()> {
    crate::read_head(&mut client)?;
    let fields = "Content-Type: text/html; charset=utf-8\r\nConnection: close\r\n";
    let length = PAGE.len();
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{fields}\r\n{PAGE}"
    )
}

/// As in pages on a disk, where there's no head.
fn meta_only(mut client: TcpStream) -> io::Result<()> {
    crate::read_head(&mut client)?;
    let page = format!("<meta charset=\"utf-8\">\n{PAGE}");
    let length = page.len();
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{page}"
    )
}

/// It's made of letters, so it's text.
fn plain_text(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n")
}

/// Parameters come after a semicolon.
fn comma(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html, charset=utf-8\r\nConnection: close\r\n")
}

/// A type without its subtype.
fn half_a_type(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: html; charset=utf-8\r\nConnection: close\r\n")
}

/// Bytes that mean nothing are saved to a file.
fn a_file(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: application/octet-stream\r\nConnection: close\r\n")
}

/// One line for the type, one for the charset.
fn two_types(client: TcpStream) -> io::Result<()> {
    answer(
        client,
        "Content-Type: text/html\r\nContent-Type: charset=utf-8\r\n\
         Connection: close\r\n",
    )
}

/// It looks right as long as all letters are those of English.
fn no_charset(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html\r\nConnection: close\r\n")
}

/// As in a field, but this is a parameter of one.
fn colon_in_the_parameter(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html; charset: utf-8\r\nConnection: close\r\n")
}

/// A field that doesn't exist.
fn charset_in_its_own_field(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html\r\nCharset: utf-8\r\nConnection: close\r\n")
}

/// Copied from a page of 1998.
fn latin_1(client: TcpStream) -> io::Result<()> {
    answer(
        client,
        "Content-Type: text/html; charset=iso-8859-1\r\nConnection: close\r\n",
    )
}

/// As many programs call it.
fn utf8(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html; charset=utf8\r\nConnection: close\r\n")
}

/// As one writes it in a program.
fn space_beside_the_sign(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html; charset = utf-8\r\nConnection: close\r\n")
}

/// One `\r\n` is forgotten, and two lines become one.
fn runs_together(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html; charset=utf-8Connection: close\r\n")
}

/// It hangs up, and doesn't say so.
fn closes_without_a_word(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html; charset=utf-8\r\n")
}

/// It repeats what the client says, and closes in any case.
fn only_when_asked(mut client: TcpStream) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    let close = "Connection: close\r\n";
    let is_asked = head.windows(close.len()).any(|line| line == close.as_bytes());
    let length = PAGE.len();
    let field = if is_asked { close } else { "" };
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {length}\r\n{field}\r\n{PAGE}"
    )
}

/// Copied from the answer of another server.
fn keep_alive(client: TcpStream) -> io::Result<()> {
    answer(
        client,
        "Content-Type: text/html; charset=utf-8\r\nConnection: keep-alive\r\n",
    )
}

/// Nearly the word.
fn closed(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html; charset=utf-8\r\nConnection: closed\r\n")
}

/// What the client wants must be right.
fn echoes(mut client: TcpStream) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    let head = String::from_utf8_lossy(&head);
    let said = head.lines().find_map(|line| line.strip_prefix("Connection: "));
    let field = format!("Connection: {}\r\n", said.unwrap_or("close"));
    let length = PAGE.len();
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {length}\r\n{field}\r\n{PAGE}"
    )
}

/// One line was there before, and the new one comes after it.
fn says_both(client: TcpStream) -> io::Result<()> {
    answer(
        client,
        "Content-Type: text/html; charset=utf-8\r\nConnection: keep-alive\r\n\
         Connection: close\r\n",
    )
}

/// A space looks like enough.
fn no_semicolon(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html charset=utf-8\r\nConnection: close\r\n")
}

/// They are quotation marks in Python, and not here.
fn single_quotes(client: TcpStream) -> io::Result<()> {
    answer(client, "Content-Type: text/html; charset='utf-8'\r\nConnection: close\r\n")
}

/// It promises to hang up, and waits for the client to do it.
fn says_it_and_waits(client: TcpStream) -> io::Result<()> {
    let mut waiting = client.try_clone()?;
    answer(client, "Content-Type: text/html; charset=utf-8\r\nConnection: close\r\n")?;
    waiting.read_to_end(&mut Vec::new()).map(drop)
}

fn in_capitals(client: TcpStream) -> io::Result<()> {
    answer(
        client,
        "CONTENT-TYPE:Text/HTML ;Charset=\"UTF-8\"\r\nConnection: foo, CLOSE\r\n\
         Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    )
}

fn http_1_0(mut client: TcpStream) -> io::Result<()> {
    crate::read_head(&mut client)?;
    write!(
        client,
        "HTTP/1.0 200 Voila\r\nConnection: close\r\n\
         Content-Type: text/html;level=1; charset=utf-8\r\n\r\n{PAGE}"
    )
}

fn in_chunks(client: TcpStream) -> io::Result<()> {
    let mut client = client;
    crate::read_head(&mut client)?;
    let size = PAGE.len();
    write!(
        client,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n{size:x}\r\n{PAGE}\r\n0\r\n\r\n"
    )
}
