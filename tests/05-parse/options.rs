//! The edges of what the command line takes, and of what the terminal does.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};
use tests::{Client, End, GLANCE, PATIENCE, Program, REQUEST, complaint, pin};

use super::{rust, with_deadline};

/// A deadline that cannot be kept is refused at the start, not when the first client comes.
#[test]
fn deadlines_that_are_refused() {
    let mut transcript = String::new();
    let texts = [
        "", "x", "10s", "1,5", "-1", "0", "-0", "nan", "inf", "1e19", "1e400", "86401",
        "86400.1", "0.0009", "1e-10",
    ];
    for text in texts {
        let message = complaint(with_deadline(text), "127.0.0.1:0");
        transcript += &format!("--head-deadline {text:?}\n{message}");
    }
    let mut missing = rust();
    missing.arg("127.0.0.1:0");
    transcript += &format!("no value\n{}", complaint(missing, "--head-deadline"));
    for (one, other) in [("x", "10"), ("10", "x")] {
        let mut twice = with_deadline(one);
        twice.args(["--head-deadline", other]);
        let message = complaint(twice, "127.0.0.1:0");
        transcript += &format!("first {one:?}, then {other:?}\n{message}");
    }
    pin!("deadlines", transcript);
}

/// The least and the most, and of two the last.
#[test]
fn deadlines_that_are_taken() -> Result<()> {
    for text in ["86400", "8.64e4", "10.5", "+10", "0.001"] {
        let program = Program::start(with_deadline(text))?;
        // With the shortest, whole requests may well come too late; that is no end.
        for _ in 0..3 {
            let received = tests::exchange(program.address(), REQUEST)?;
            let is_late = text == "0.001";
            ensure!(
                is_late || received.bytes.starts_with(b"HTTP/1.1 200 "),
                "{received}"
            );
        }
        program.stop()?;
    }
    let mut twice = with_deadline("86400");
    twice.args(["--head-deadline", "0.5"]);
    let program = Program::start(twice)?;
    // Closed by the server: the long deadline is beyond what this waits for.
    let closed = Client::connect(program.address())?.read_to_end(PATIENCE);
    ensure!(closed.end == End::Fin, "{closed}");
    program.stop()?;
    Ok(())
}

/// A flaw that step 5 keeps: when nobody reads what it prints, and the pipe is full, it waits,
/// and so do its clients, until somebody reads on.
#[test]
fn a_stdout_that_nobody_reads_stops_the_server() -> Result<()> {
    let mut server = Unread::start()?;
    // Each is logged in three lines; a pipe has room for far less.
    let request = b"GET  / HTTP/1.1\r\n\r\n".as_slice();
    const MOST: usize = 20_000;
    let mut waiting = None;
    for _ in 0..MOST {
        let mut client = Client::connect(server.address)?;
        client.send(request)?;
        if client.read_to_end(GLANCE).end == End::Deadline {
            waiting = Some(client);
            break;
        }
    }
    let mut waiting =
        waiting.with_context(|| format!("{MOST} requests were answered"))?;
    let mut stdout = server.stdout.take().context("stdout")?;
    let reader = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let received = waiting.read_to_end(PATIENCE);
    ensure!(received.bytes.starts_with(b"HTTP/1.1 400 "), "{received}");
    drop(server);
    // It had really printed as much as a pipe takes, and lost none of it.
    let text = reader.join().ok().context("the reader")??;
    ensure!(text.len() > 4096, "only {} bytes", text.len());
    // The last entry may have been cut off by the end of the server.
    let entries = text.lines().step_by(3).count() - 1;
    let mut entries = text.lines().step_by(3).take(entries);
    ensure!(entries.all(|line| line.contains("\" 400 ")), "{text}");
    Ok(())
}

/// The server, with only the first line of what it prints read.
struct Unread {
    child: Child,
    stdout: Option<BufReader<std::process::ChildStdout>>,
    address: SocketAddr,
}

impl Unread {
    fn start() -> Result<Self> {
        let mut command: Command = rust();
        command.arg("127.0.0.1:0").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdout =
            BufReader::with_capacity(1, child.stdout.take().context("stdout")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line
            .split(['/', ' '])
            .find_map(|word| word.parse().ok())
            .with_context(|| format!("no address in {line:?}"));
        let mut server = Self {
            child,
            stdout: Some(stdout),
            address: SocketAddr::from(([0; 4], 0)),
        };
        server.address = address?;
        Ok(server)
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
