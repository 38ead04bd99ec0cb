//! What usually goes wrong in exercise 03a.

use std::io::{self, BufWriter, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::{Handler, Program};

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("names-itself", Handler(names_itself)),
    ("without-the-port", Handler(without_the_port)),
    ("right-port-apart", Handler(port_apart)),
    ("says-only-who", Handler(says_only_who)),
    ("two-lines", Handler(two_lines)),
    ("counts-the-buffer", Handler(counts_the_buffer)),
    ("line-on-stderr", Handler(line_on_stderr)),
    ("keeps-its-lines-back", Program(keeps_its_lines_back)),
    ("serves-one-client", Program(serves_one_client)),
    ("adds-up", Program(adds_up)),
    ("one-read", Handler(one_read)),
    ("line-for-each-piece", Handler(line_for_each_piece)),
    ("gives-up-after-a-second", Handler(gives_up_after_a_second)),
    ("counts-the-last-piece", Handler(counts_the_last_piece)),
    ("counts-letters", Handler(counts_letters)),
    ("wants-text", Handler(wants_text)),
    ("makes-text-first", Handler(makes_text_first)),
    ("no-line-for-silence", Handler(no_line_for_silence)),
    ("answers-too", Handler(answers_too)),
    ("keeps-the-connections", Program(keeps_the_connections)),
];

/// Counts to the end, as it should.
fn count(client: &mut TcpStream) -> io::Result<u64> {
    io::copy(client, &mut io::sink())
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    Ok(listener)
}

/// A socket has two addresses, its own and its peer's.
fn names_itself(mut client: TcpStream) -> io::Result<()> {
    let count = count(&mut client)?;
    writeln!(io::stdout(), "{} sent {count} bytes", client.local_addr()?)
}

/// The port seems to belong to the program, not to the client.
fn without_the_port(mut client: TcpStream) -> io::Result<()> {
    let count = count(&mut client)?;
    writeln!(io::stdout(), "{} sent {count} bytes", client.peer_addr()?.ip())
}

/// Both halves of an address, as a pair.
fn port_apart(mut client: TcpStream) -> io::Result<()> {
    let (count, peer) = (count(&mut client)?, client.peer_addr()?);
    writeln!(io::stdout(), "'{}' ({}) sent {count} bytes", peer.ip(), peer.port())
}

/// The line is half of what was asked for.
fn says_only_who(mut client: TcpStream) -> io::Result<()> {
    count(&mut client)?;
    writeln!(io::stdout(), "{} called", client.peer_addr()?)
}

/// The address is there first, and the number of bytes only at the end.
fn two_lines(mut client: TcpStream) -> io::Result<()> {
    let peer = client.peer_addr()?;
    writeln!(io::stdout(), "{peer} called")?;
    let count = count(&mut client)?;
    writeln!(io::stdout(), "{peer} sent {count} bytes")
}

/// What `read` returns is not looked at; the buffer has a length too.
fn counts_the_buffer(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let _ = client.read(&mut buffer)?;
    writeln!(io::stdout(), "{} sent {} bytes", client.peer_addr()?, buffer.len())
}

/// `eprintln!`, as in a program that's being debugged.
fn line_on_stderr(mut client: TcpStream) -> io::Result<()> {
    let count = count(&mut client)?;
    writeln!(io::stderr(), "{} sent {count} bytes", client.peer_addr()?)
}

/// Output through a buffer is faster, but it waits until the buffer is full.
fn keeps_its_lines_back(address: SocketAddr) -> io::Result<()> {
    let listener = listen(address)?;
    let mut diary = BufWriter::new(io::stdout());
    loop {
        let (mut client, peer) = listener.accept()?;
        let count = count(&mut client)?;
        writeln!(diary, "{peer} sent {count} bytes")?;
    }
}

/// No loop around `accept`.
fn serves_one_client(address: SocketAddr) -> io::Result<()> {
    let (mut client, peer) = listen(address)?.accept()?;
    let count = count(&mut client)?;
    writeln!(io::stdout(), "{peer} sent {count} bytes")
}

/// The number begins before the loop, and is never set back to 0.
fn adds_up(address: SocketAddr) -> io::Result<()> {
    let listener = listen(address)?;
    let mut total = 0;
    loop {
        let (mut client, peer) = listener.accept()?;
        total += count(&mut client)?;
        writeln!(io::stdout(), "{peer} sent {total} bytes")?;
    }
}

/// As step 3 does.
fn one_read(mut client: TcpStream) -> io::Result<()> {
    let count = client.read(&mut [0; 4096])?;
    writeln!(io::stdout(), "{} sent {count} bytes", client.peer_addr()?)
}

/// The line is printed in the loop, not after it.
fn line_for_each_piece(mut client: TcpStream) -> io::Result<()> {
    let (mut buffer, mut count) = ([0; 4096], 0);
    loop {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            length => count += length,
        }
        writeln!(io::stdout(), "{} sent {count} bytes", client.peer_addr()?)?;
    }
}

/// Silence is taken for the end.
fn gives_up_after_a_second(mut client: TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    let (mut buffer, mut count) = ([0; 4096], 0);
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        count += length;
    }
    writeln!(io::stdout(), "{} sent {count} bytes", client.peer_addr()?)
}

/// `count = length` instead of `count += length`.
fn counts_the_last_piece(mut client: TcpStream) -> io::Result<()> {
    let (mut buffer, mut count) = ([0; 4096], 0);
    loop {
        match client.read(&mut buffer)? {
            0 => break,
            length => count = length,
        }
    }
    writeln!(io::stdout(), "{} sent {count} bytes", client.peer_addr()?)
}

/// A text is made of letters, so letters are counted.
fn counts_letters(mut client: TcpStream) -> io::Result<()> {
    let mut all = Vec::new();
    client.read_to_end(&mut all)?;
    let count = String::from_utf8_lossy(&all).chars().count();
    writeln!(io::stdout(), "{} sent {count} bytes", client.peer_addr()?)
}

/// `read_to_string` fails at the first byte that isn't text, and `?` returns that.
fn wants_text(mut client: TcpStream) -> io::Result<()> {
    let mut text = String::new();
    client.read_to_string(&mut text)?;
    writeln!(io::stdout(), "{} sent {} bytes", client.peer_addr()?, text.len())
}

/// `from_utf8_lossy` replaces what isn't text by a character of three bytes.
fn makes_text_first(mut client: TcpStream) -> io::Result<()> {
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    writeln!(io::stdout(), "{} sent {} bytes", client.peer_addr()?, text.len())
}

/// Nothing came, so there is nothing to tell.
fn no_line_for_silence(mut client: TcpStream) -> io::Result<()> {
    match count(&mut client)? {
        0 => Ok(()),
        count => writeln!(io::stdout(), "{} sent {count} bytes", client.peer_addr()?),
    }
}

/// It tells the client how much came.
fn answers_too(mut client: TcpStream) -> io::Result<()> {
    let count = count(&mut client)?;
    writeln!(io::stdout(), "{} sent {count} bytes", client.peer_addr()?)?;
    writeln!(client, "you sent {count} bytes")
}

/// A list of all clients, with their connections.
fn keeps_the_connections(address: SocketAddr) -> io::Result<()> {
    let listener = listen(address)?;
    let mut clients = Vec::new();
    loop {
        let (mut client, peer) = listener.accept()?;
        let count = count(&mut client)?;
        writeln!(io::stdout(), "{peer} sent {count} bytes")?;
        clients.push(client);
    }
}
