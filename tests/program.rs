//! A program under test: started on a port of its own, watched, and always ended.

use std::io::{self, Read};
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result, bail, ensure};
use probe::{GoesOn, Output, Process, addresses_in};

use crate::{PATIENCE, wait_until};

/// A running program that serves, or at least holds, one TCP address. Dropping it ends
/// it.
#[derive(Debug)]
pub struct Program {
    process: Process,
    address: SocketAddr,
}

/// What a program said in its life, and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
    /// How it ended: by itself or by a signal.
    pub status: ExitStatus,
}

impl Program {
    /// Starts `command 127.0.0.1:0` and waits for its first line, which names the
    /// address.
    ///
    /// # Errors
    /// When it cannot be started, ends at once, or names no address within
    /// [`PATIENCE`].
    pub fn start(command: Command) -> Result<Self> {
        Self::start_at("127.0.0.1:0", command)
    }

    /// As [`Program::start`], at another address.
    ///
    /// # Errors
    /// As [`Program::start`].
    pub fn start_at(address: &str, command: Command) -> Result<Self> {
        let (reader, writer) = io::pipe()?;
        Self::spawn(address, command, (reader, writer.into()), Box::new(|_| true))
    }

    /// As [`Program::start`], with nobody to read what it prints after the first line,
    /// as before `| head -1`. When this returns, the reading end is closed.
    ///
    /// # Errors
    /// As [`Program::start`].
    pub fn start_before_head_1(command: Command) -> Result<Self> {
        #[cfg(unix)]
        let (reader, writer) = socket()?;
        #[cfg(not(unix))]
        let (reader, writer) =
            io::pipe().map(|(reader, writer)| (reader, writer.into()))?;
        let ends = (reader, writer);
        let until_a_line: GoesOn = Box::new(|bytes| !has_line(bytes));
        let program = Self::spawn("127.0.0.1:0", command, ends, until_a_line)?;
        ensure!(program.process.stdout.wait_for_end(PATIENCE), "stdout is still read");
        Ok(program)
    }

    /// As [`Program::start`], with nobody who reads what it prints after the first line
    /// until the second value is dropped. The pipe stays open.
    ///
    /// # Errors
    /// As [`Program::start`].
    pub fn start_unread(command: Command) -> Result<(Self, Sender<()>)> {
        let (pause, dropped) = mpsc::channel();
        let goes_on: GoesOn = Box::new(move |bytes| {
            if has_line(bytes) {
                // It fails as soon as the other end is gone.
                let _ = dropped.recv();
            }
            true
        });
        let (reader, writer) = io::pipe()?;
        let program =
            Self::spawn("127.0.0.1:0", command, (reader, writer.into()), goes_on)?;
        Ok((program, pause))
    }

    fn spawn(
        address: &str,
        mut command: Command,
        stdout: (impl Read + Send + 'static, Stdio),
        goes_on: GoesOn,
    ) -> Result<Self> {
        command
            .arg(address)
            // What a reader's shell may have set must not change what is seen here.
            .env("RUST_BACKTRACE", "1")
            .env_remove("PYTHONUNBUFFERED");
        let what = format!("starting {command:?}");
        let process =
            Process::start_printing_to(command, stdout, [goes_on, Box::new(|_| true)])
                .context(what)?;
        let address = first_address(&process)?;
        Ok(Self { process, address })
    }

    /// The address that the program said it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What has come on standard output so far.
    pub fn said(&self) -> String {
        self.process.stdout.text()
    }

    /// Waits until standard output contains `text`.
    ///
    /// # Errors
    /// When it does not within [`PATIENCE`].
    pub fn wait_for_stdout(&self, text: &str) -> Result<()> {
        wait_for_text(&self.process.stdout, text)
    }

    /// Waits until standard error contains `text`.
    ///
    /// # Errors
    /// When it does not within [`PATIENCE`].
    pub fn wait_for_stderr(&self, text: &str) -> Result<()> {
        wait_for_text(&self.process.stderr, text)
    }

    /// Presses Enter and waits for the program to end by itself.
    ///
    /// # Errors
    /// When it goes on for longer than [`PATIENCE`].
    pub fn press_enter(mut self) -> Result<Ended> {
        self.process.input(Some("")).context("pressing Enter")?;
        // Its input is still open: what ends the program is the line.
        self.wait()
    }

    /// Ends the input (Ctrl-D in a terminal) and waits for the program to end by
    /// itself.
    ///
    /// # Errors
    /// When it goes on for longer than [`PATIENCE`].
    pub fn end_input(mut self) -> Result<Ended> {
        self.process.input(None)?;
        self.wait()
    }

    fn wait(mut self) -> Result<Ended> {
        wait_until("the program ends", || self.process.ended().is_some())?;
        self.collect()
    }

    /// Ends the program. It must still be running: a server that died fails here.
    ///
    /// # Errors
    /// When it had ended by itself before.
    pub fn stop(mut self) -> Result<Ended> {
        if let Some(status) = self.process.ended() {
            let said = self.process.stderr.text();
            bail!("the program had ended by itself, {status}: {said}");
        }
        self.collect()
    }

    fn collect(&mut self) -> Result<Ended> {
        let status = self.process.end()?;
        let all = |output: &Output| {
            ensure!(output.wait_for_end(PATIENCE), "it has left somebody who prints");
            Ok(output.text())
        };
        let (stdout, stderr) = (all(&self.process.stdout)?, all(&self.process.stderr)?);
        Ok(Ended { stdout, stderr, status })
    }
}

/// Two ends that do as those of a pipe. But what nobody reads any more is closed at
/// once: an end of a pipe is open until no process has it, nor one that another thread
/// is starting.
#[cfg(unix)]
fn socket() -> io::Result<(ReadingEnd, Stdio)> {
    let (reader, writer) = UnixStream::pair()?;
    Ok((ReadingEnd(reader), OwnedFd::from(writer).into()))
}

#[cfg(unix)]
struct ReadingEnd(UnixStream);

#[cfg(unix)]
impl Read for ReadingEnd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

#[cfg(unix)]
impl Drop for ReadingEnd {
    fn drop(&mut self) {
        // It fails when the other end is closed already.
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }
}

fn has_line(bytes: &[u8]) -> bool {
    bytes.contains(&b'\n')
}

fn first_address(process: &Process) -> Result<SocketAddr> {
    if !process.stdout.wait_for(PATIENCE, has_line) {
        let said = process.stderr.text();
        bail!("the program never named its address; on stderr it said: {said:?}");
    }
    let text = process.stdout.text();
    let line = text.lines().next().unwrap_or_default();
    let address = addresses_in(line).next().filter(|address| address.port() != 0);
    address.with_context(|| format!("no real address in the first line, {line:?}"))
}

fn wait_for_text(output: &Output, text: &str) -> Result<()> {
    let has_text =
        |bytes: &[u8]| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    let found = output.wait_for(PATIENCE, has_text);
    ensure!(found, "no {text:?} in {:?}", output.text());
    Ok(())
}
