//! What usually goes wrong in exercise 04a.

use std::cell::Cell;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::{Handler, Program, Threaded};

const PAGE: &str = "<h1>Grüße, 世界</h1>\n";

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("never-reads", Handler(never_reads)),
    ("no-length", Handler(no_length)),
    ("promises-too-much", Handler(promises_too_much)),
    ("counts-the-head", Handler(counts_the_head)),
    ("length-in-the-page", Handler(length_in_the_page)),
    ("no-blank-line", Handler(no_blank_line)),
    ("bare-lf", Handler(bare_lf)),
    ("with-a-unit", Handler(with_a_unit)),
    ("whole-buffer", Handler(whole_buffer)),
    ("letters-as-bytes", Handler(letters_as_bytes)),
    ("cuts-the-page", Handler(cuts_the_page)),
    ("without-the-line-break", Handler(without_the_line_break)),
    ("page-for-one-client", Program(page_for_one_client)),
    ("right-with-more-fields", Handler(with_more_fields)),
    ("right-in-a-thread-byte-by-byte", Threaded(byte_by_byte)),
    ("right-keeps-the-line-open", Threaded(keeps_the_line_open)),
];

fn answer(mut client: TcpStream, answer: &[u8]) -> io::Result<()> {
    crate::read_head(&mut client)?;
    client.write_all(answer)
}

/// The request contains nothing that the program needs. By now it will have come.
fn never_reads(mut client: TcpStream) -> io::Result<()> {
    thread::sleep(Duration::from_millis(500));
    let length = PAGE.len();
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{PAGE}");
    client.write_all(text.as_bytes())
}

/// As in step 4: the end of the connection is the end of the page.
fn no_length(client: TcpStream) -> io::Result<()> {
    answer(client, format!("HTTP/1.1 200 OK\r\n\r\n{PAGE}").as_bytes())
}

/// A line break is `\r\n`, so it's counted twice.
fn promises_too_much(client: TcpStream) -> io::Result<()> {
    let length = PAGE.len() + 1;
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{PAGE}");
    answer(client, text.as_bytes())
}

/// The length of the whole answer.
fn counts_the_head(client: TcpStream) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    let length = head.len() + PAGE.len();
    answer(
        client,
        format!("{}{PAGE}", head.replace("99", &length.to_string())).as_bytes(),
    )
}

/// The blank line comes first, and the field is a part of the page.
fn length_in_the_page(client: TcpStream) -> io::Result<()> {
    let length = PAGE.len();
    let text = format!("HTTP/1.1 200 OK\r\n\r\nContent-Length: {length}\r\n{PAGE}");
    answer(client, text.as_bytes())
}

/// The last field ends its line, and the page follows.
fn no_blank_line(client: TcpStream) -> io::Result<()> {
    let length = PAGE.len();
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{PAGE}");
    answer(client, text.as_bytes())
}

/// `writeln!` ends its lines as files do.
fn bare_lf(client: TcpStream) -> io::Result<()> {
    let length = PAGE.len();
    let text = format!("HTTP/1.1 200 OK\nContent-Length: {length}\n\n{PAGE}");
    answer(client, text.as_bytes())
}

/// The value may be a number, and nothing else.
fn with_a_unit(client: TcpStream) -> io::Result<()> {
    let length = PAGE.len();
    let text =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length} bytes\r\n\r\n{PAGE}");
    answer(client, text.as_bytes())
}

/// The page is copied into a buffer, and the buffer is sent.
fn whole_buffer(client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 64];
    buffer[..PAGE.len()].copy_from_slice(PAGE.as_bytes());
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", buffer.len());
    answer(client, &[head.as_bytes(), &buffer].concat())
}

/// One byte for each letter, as it was once, in one corner of the world.
fn letters_as_bytes(client: TcpStream) -> io::Result<()> {
    let page: Vec<u8> = PAGE.chars().map(|letter| letter as u8).collect();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", page.len());
    answer(client, &[head.as_bytes(), &page].concat())
}

/// The two numbers must be the same, so both are wrong.
fn cuts_the_page(client: TcpStream) -> io::Result<()> {
    let page = &PAGE.as_bytes()[..PAGE.chars().count()];
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", page.len());
    answer(client, &[head.as_bytes(), page].concat())
}

/// Cut off where the page is read, but counted as it should be.
fn without_the_line_break(client: TcpStream) -> io::Result<()> {
    let page = PAGE.trim_end();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", page.len());
    answer(client, &[head.as_bytes(), page.as_bytes()].concat())
}

/// The page is taken out of its place when it's sent.
fn page_for_one_client(address: SocketAddr) -> io::Result<()> {
    let page = Cell::new(PAGE);
    crate::serve(address, move |mut client| {
        crate::read_head(&mut client)?;
        let page = page.take();
        let length = page.len();
        write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{page}")
    })
}

fn with_more_fields(client: TcpStream) -> io::Result<()> {
    let length = PAGE.len();
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let fields =
        format!("Server: mine\r\nDATE: {date}\r\ncontent-length:{length}  \r\nX:\r\n");
    answer(
        client,
        format!("HTTP/1.0 200 Here you are\r\n{fields}\r\n{PAGE}").as_bytes(),
    )
}

fn byte_by_byte(mut client: TcpStream) -> io::Result<()> {
    crate::read_head(&mut client)?;
    let length = PAGE.len();
    let text = format!("HTTP/1.1 200 \r\nContent-Length: {length}\r\n\r\n{PAGE}");
    client.set_nodelay(true)?;
    text.bytes().try_for_each(|byte| client.write_all(&[byte]))
}

/// It waits for another request, as it may.
fn keeps_the_line_open(mut client: TcpStream) -> io::Result<()> {
    let length = PAGE.len();
    while !crate::read_head(&mut client)?.is_empty() {
        write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{PAGE}")?;
    }
    Ok(())
}
