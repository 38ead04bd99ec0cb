//! What usually goes wrong in exercise 03c.

#![expect(clippy::unwrap_used, reason = "that's usually the mistake")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process;

use crate::Mistake;
use crate::Mistake::{Handler, Program};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nAll is well\n";

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("prints-nothing", Handler(prints_nothing)),
    ("unwraps-the-first-line", Handler(unwraps_the_first_line)),
    ("ends-with-its-client", Program(ends_with_its_client)),
    ("ignores-the-end", Handler(ignores_the_end)),
    ("unwraps-the-text", Handler(unwraps_the_text)),
    ("ends-at-no-text", Program(ends_at_no_text)),
    ("unwraps-the-second-word", Handler(unwraps_the_second_word)),
    ("slices-the-line", Handler(slices_the_line)),
    ("unwraps-the-read", Handler(unwraps_the_read)),
    ("ends-at-an-error", Program(ends_at_an_error)),
    ("unwraps-the-write", Handler(unwraps_the_write)),
    ("gives-up-after-some", Program(gives_up_after_some)),
];

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{}/", listener.local_addr()?)?;
    Ok(listener)
}

/// Reads, prints the first line, and returns what came as text, as it should.
fn read(client: &mut TcpStream) -> io::Result<String> {
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer)?;
    let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
    if let Some(line) = text.lines().next() {
        writeln!(io::stdout(), "{}", line.escape_debug())?;
    }
    Ok(text)
}

/// Without printing, there's nothing to unwrap.
fn prints_nothing(mut client: TcpStream) -> io::Result<()> {
    let _ = client.read(&mut [0; 4096])?;
    client.write_all(PAGE)
}

/// There's always a first line, unless there's nothing.
fn unwraps_the_first_line(mut client: TcpStream) -> io::Result<()> {
    let text = read(&mut client)?;
    let _ = text.lines().next().unwrap();
    client.write_all(PAGE)
}

/// The end of a client is taken for the end of all: `break` in the wrong loop.
fn ends_with_its_client(address: SocketAddr) -> io::Result<()> {
    let listener = listen(address)?;
    loop {
        let (mut client, _) = listener.accept()?;
        match read(&mut client) {
            Ok(text) if text.is_empty() => return Ok(()),
            Ok(_) => drop(client.write_all(PAGE)),
            Err(_) => {}
        }
    }
}

/// It reads until something comes; at the end `read` returns 0 again and again.
fn ignores_the_end(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while client.read(&mut buffer)? == 0 {}
    writeln!(io::stdout(), "{}", buffer.escape_ascii())?;
    client.write_all(PAGE)
}

/// Requests are text, so what comes is one.
fn unwraps_the_text(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let length = client.read(&mut buffer)?;
    let text = str::from_utf8(&buffer[..length]).unwrap();
    writeln!(
        io::stdout(),
        "{}",
        text.lines().next().unwrap_or_default().escape_debug()
    )?;
    client.write_all(PAGE)
}

/// The error is not unwrapped but passed on, as far as `main`.
fn ends_at_no_text(address: SocketAddr) -> io::Result<()> {
    let listener = listen(address)?;
    loop {
        let (mut client, _) = listener.accept()?;
        let mut buffer = [0; 4096];
        let Ok(length) = client.read(&mut buffer) else { continue };
        let text = str::from_utf8(&buffer[..length]).map_err(io::Error::other)?;
        writeln!(
            io::stdout(),
            "{}",
            text.lines().next().unwrap_or_default().escape_debug()
        )?;
        let _ = client.write_all(PAGE);
    }
}

/// A line of a request has three words.
fn unwraps_the_second_word(mut client: TcpStream) -> io::Result<()> {
    let text = read(&mut client)?;
    if let Some(line) = text.lines().next() {
        let _ = line.split(' ').nth(1).unwrap();
    }
    client.write_all(PAGE)
}

/// The target begins after `GET `, if that's what the line begins with.
fn slices_the_line(mut client: TcpStream) -> io::Result<()> {
    let text = read(&mut client)?;
    if let Some(line) = text.lines().next().filter(|line| line.contains(' ')) {
        let _ = line[4..].split(' ').next();
    }
    client.write_all(PAGE)
}

/// What can go wrong with reading?
fn unwraps_the_read(mut client: TcpStream) -> io::Result<()> {
    let _ = read(&mut client).unwrap();
    client.write_all(PAGE)
}

/// No `unwrap` far and wide, but the `?` of one client leaves the loop of all.
fn ends_at_an_error(address: SocketAddr) -> io::Result<()> {
    let listener = listen(address)?;
    loop {
        let (mut client, _) = listener.accept()?;
        read(&mut client)?;
        client.write_all(PAGE)?;
    }
}

/// What can go wrong with writing? The client waits for it.
fn unwraps_the_write(mut client: TcpStream) -> io::Result<()> {
    let _ = read(&mut client)?;
    client.write_all(PAGE).unwrap();
    Ok(())
}

/// A loop that is tired of errors.
fn gives_up_after_some(address: SocketAddr) -> io::Result<()> {
    let listener = listen(address)?;
    let mut lost = 0;
    loop {
        let (mut client, _) = listener.accept()?;
        match read(&mut client) {
            Ok(text) if !text.is_empty() => drop(client.write_all(PAGE)),
            _ if lost == 24 => {
                drop(listener);
                process::exit(1);
            }
            _ => lost += 1,
        }
    }
}
