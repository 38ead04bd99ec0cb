//! Wrong programs, many in one binary: the mistakes people really make in an exercise.
//! Each has a name, and is a few lines: what is right about it stands here. A name that
//! begins with `right-` is that of a program which looks unlike the solution, and has
//! to pass all the same.
//!
//! `ex03b-wrong NAME [ADDRESS]`; without a name, it lists them.

use std::env;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

use Mistake::{Answer, Handler, Program, Threaded};

/// Where in a program the mistake is.
#[derive(Clone, Copy, Debug)]
pub enum Mistake {
    /// In what it does with a client. Clients are served one after the other.
    Handler(fn(TcpStream) -> io::Result<()>),
    /// As [`Handler`], but each client gets a thread.
    Threaded(fn(TcpStream) -> io::Result<()>),
    /// In what it answers, which is always this.
    Answer(&'static [u8]),
    /// Elsewhere: this is the whole program but for its command line.
    Program(fn(SocketAddr) -> io::Result<()>),
}

/// The program: makes the mistake that the first argument names, at the address that
/// the second one is.
pub fn run(mistakes: &[(&str, Mistake)]) -> ExitCode {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let Some((_, mistake)) = mistakes.iter().find(|(known, _)| *known == name) else {
        for (name, _) in mistakes {
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
pub fn serve(
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
pub fn read_head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
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
