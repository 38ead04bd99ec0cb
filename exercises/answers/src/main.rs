//! All mistakes of the exercises in one program, those people really make. Each has a
//! name, and is a few lines: what all have in common is here. A name that begins with
//! `right-` belongs to a program that looks unlike the solution, and has to pass.
//!
//! `mistakes 03b/read-to-end [ADDRESS]`; without a name, it lists them.

#[path = "../../01a-which-port/mistakes.rs"]
mod ex01a;
#[path = "../../01b-address-taken/mistakes.rs"]
mod ex01b;
#[path = "../../02a-waiting-room/mistakes.rs"]
mod ex02a;
#[path = "../../03a-who-called/mistakes.rs"]
mod ex03a;
#[path = "../../03b-until-the-blank-line/mistakes.rs"]
mod ex03b;
#[path = "../../03c-survive-anything/mistakes.rs"]
mod ex03c;
#[path = "../../04a-count-bytes/mistakes.rs"]
mod ex04a;
#[path = "../../04b-say-what-it-is/mistakes.rs"]
mod ex04b;
#[path = "../../04c-do-not-wait-forever/mistakes.rs"]
mod ex04c;
#[path = "../../04d-do-not-slam-the-door/mistakes.rs"]
mod ex04d;
#[path = "../../05a-request-line/mistakes.rs"]
mod ex05a;
#[path = "../../05b-header-fields/mistakes.rs"]
mod ex05b;
#[path = "../../05c-right-answer/mistakes.rs"]
mod ex05c;
#[path = "../../05d-read-the-body/mistakes.rs"]
mod ex05d;
#[path = "../../05e-percent/mistakes.rs"]
mod ex05e;
#[path = "../../06a-serve-the-book/mistakes.rs"]
mod ex06a;
#[path = "../../06b-two-at-once/mistakes.rs"]
mod ex06b;
#[path = "../../06c-keep-the-line-open/mistakes.rs"]
mod ex06c;
#[path = "../../06d-padlock/mistakes.rs"]
mod ex06d;
mod general;

/// The one server that grows.
mod mine {
    include!(concat!(env!("OUT_DIR"), "/mine.rs"));
}

use std::env;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

use Mistake::{Answer, Handler, Program, Threaded};

/// Where in a program the mistake is.
#[derive(Clone, Copy, Debug)]
enum Mistake {
    /// In what it does with a client. Clients are served one after the other.
    Handler(fn(TcpStream) -> io::Result<()>),
    /// As [`Handler`], but each client gets a thread.
    Threaded(fn(TcpStream) -> io::Result<()>),
    /// In what it answers, which is always this.
    Answer(&'static [u8]),
    /// Elsewhere: this is the whole program but for its command line.
    Program(fn(SocketAddr) -> io::Result<()>),
}

/// Mistakes and their names.
type Mistakes = &'static [(&'static str, Mistake)];

/// By exercise; the last ones can be made in all of them.
const ALL: &[(&str, Mistakes)] = &[
    ("01a", ex01a::MISTAKES),
    ("01b", ex01b::MISTAKES),
    ("02a", ex02a::MISTAKES),
    ("03a", ex03a::MISTAKES),
    ("03b", ex03b::MISTAKES),
    ("03c", ex03c::MISTAKES),
    ("04a", ex04a::MISTAKES),
    ("04b", ex04b::MISTAKES),
    ("04c", ex04c::MISTAKES),
    ("04d", ex04d::MISTAKES),
    ("05a", ex05a::MISTAKES),
    ("05b", ex05b::MISTAKES),
    ("05c", ex05c::MISTAKES),
    ("05d", ex05d::MISTAKES),
    ("05e", ex05e::MISTAKES),
    ("06a", ex06a::MISTAKES),
    ("06b", ex06b::MISTAKES),
    ("06c", ex06c::MISTAKES),
    ("06d", ex06d::MISTAKES),
    ("general", general::MISTAKES),
];

/// Makes the mistake that the first argument names, at the address that the second one
/// is.
fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let named = ALL.iter().flat_map(|&(exercise, mistakes)| {
        mistakes.iter().map(move |(name, it)| (format!("{exercise}/{name}"), it))
    });
    let Some((_, mistake)) = named.clone().find(|(known, _)| *known == name) else {
        let grown = mine::MINE.iter().find(|(known, _)| *known == name);
        if let Some((_, main)) = grown {
            return main().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
        let names = named.map(|(name, _)| name);
        for name in names.chain(mine::MINE.iter().map(|(name, _)| (*name).into())) {
            let _ = writeln!(io::stdout(), "{name}");
        }
        return ExitCode::from(2);
    };
    let address = arguments.next().unwrap_or("127.0.0.1:4545".into());
    let ended =
        address.parse().map_err(io::Error::other).and_then(|address| match *mistake {
            Handler(handle) => serve(address, handle),
            Threaded(handle) => serve(address, move |client| {
                thread::spawn(move || report(handle(client)));
                Ok(())
            }),
            Answer(bytes) => serve(address, |mut client| {
                read_head(&mut client)?;
                client.write_all(bytes)
            }),
            Program(program) => program(address),
        });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{address}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says where it is and hands each client to `handle`, as step04 does.
///
/// # Errors
/// When the address cannot be had.
fn serve(
    address: SocketAddr,
    handle: impl Fn(TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "serving http://{address}/ until you press Ctrl-C")?;
    loop {
        report(listener.accept().and_then(|(client, _)| handle(client)));
    }
}

fn report(handled: io::Result<()>) {
    if let Err(error) = handled {
        let _ = writeln!(io::stderr(), "a client was lost: {error}");
    }
}

/// Reads, as one should, until the blank line has come or the client sends no more.
/// What came after it is there too.
///
/// # Errors
/// As `read(2)`.
fn read_head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => break,
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    Ok(head)
}
