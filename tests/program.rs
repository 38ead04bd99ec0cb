//! A program under test: started on a port of its own, watched, and always ended.

use std::io::{self, Read};
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, bail, ensure};

use crate::{PATIENCE, wait_until};

/// A running program that serves, or at least holds, one TCP address. Dropping it ends
/// it.
#[derive(Debug)]
pub struct Program {
    child: Child,
    stdout: Stream,
    stderr: Stream,
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
        Self::spawn(address, command, (reader, writer.into()), |_| true)
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
        let program =
            Self::spawn("127.0.0.1:0", command, ends, |bytes| !has_line(bytes))?;
        ensure!(program.stdout.wait_for_end(), "stdout is still read");
        Ok(program)
    }

    fn spawn(
        address: &str,
        mut command: Command,
        (stdout, writer): (impl Read + Send + 'static, Stdio),
        goes_on: fn(&[u8]) -> bool,
    ) -> Result<Self> {
        command
            .arg(address)
            // What a reader's shell may have set must not change what is seen here.
            .env("RUST_BACKTRACE", "1")
            .env_remove("PYTHONUNBUFFERED")
            .stdin(Stdio::piped())
            .stdout(writer)
            .stderr(Stdio::piped());
        let mut child =
            command.spawn().with_context(|| format!("starting {command:?}"))?;
        // It has the writing end of stdout, which else would never end.
        drop(command);
        let stdout = Stream::follow(stdout, goes_on);
        let stderr =
            Stream::follow(child.stderr.take().context("no stderr")?, |_| true);
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut program = Self { child, stdout, stderr, address: unknown };
        program.address = program.first_address()?;
        Ok(program)
    }

    fn first_address(&mut self) -> Result<SocketAddr> {
        if !self.stdout.wait_for(has_line) {
            let said = self.stderr.text();
            bail!("the program never named its address; on stderr it said: {said:?}");
        }
        let text = self.stdout.text();
        let line = text.lines().next().unwrap_or_default();
        address_in(line)
            .filter(|address| address.port() != 0)
            .with_context(|| format!("no real address in the first line, {line:?}"))
    }

    /// The address that the program said it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What has come on standard output so far.
    pub fn said(&self) -> String {
        self.stdout.text()
    }

    /// Waits until standard output contains `text`.
    ///
    /// # Errors
    /// When it does not within [`PATIENCE`].
    pub fn wait_for_stdout(&self, text: &str) -> Result<()> {
        self.stdout.wait_for_text(text)
    }

    /// Waits until standard error contains `text`.
    ///
    /// # Errors
    /// When it does not within [`PATIENCE`].
    pub fn wait_for_stderr(&self, text: &str) -> Result<()> {
        self.stderr.wait_for_text(text)
    }

    /// Presses Enter and waits for the program to end by itself.
    ///
    /// # Errors
    /// When it goes on for longer than [`PATIENCE`].
    pub fn press_enter(mut self) -> Result<Ended> {
        use std::io::Write;
        let mut stdin = self.child.stdin.take().context("stdin is closed")?;
        stdin.write_all(b"\n").context("pressing Enter")?;
        // Still open: what ends the program is the line, not the end of its input.
        let ended = self.wait();
        drop(stdin);
        ended
    }

    /// Ends the input (Ctrl-D in a terminal) and waits for the program to end by
    /// itself.
    ///
    /// # Errors
    /// When it goes on for longer than [`PATIENCE`].
    pub fn end_input(mut self) -> Result<Ended> {
        drop(self.child.stdin.take());
        self.wait()
    }

    fn wait(&mut self) -> Result<Ended> {
        wait_until("the program ends", || !matches!(self.child.try_wait(), Ok(None)))?;
        self.collect()
    }

    /// Ends the program. It must still be running: a server that died fails here.
    ///
    /// # Errors
    /// When it had ended by itself before.
    pub fn stop(mut self) -> Result<Ended> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the program had ended by itself, {status}: {}", self.stderr.text());
        }
        self.child.kill()?;
        self.collect()
    }

    fn collect(&mut self) -> Result<Ended> {
        let status = self.child.wait()?;
        Ok(Ended { stdout: self.stdout.finish(), stderr: self.stderr.finish(), status })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
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

/// The first word of `line` that is an address or a URL with one.
fn address_in(line: &str) -> Option<SocketAddr> {
    line.split_whitespace().find_map(|word| {
        let word = word.strip_prefix("http://").unwrap_or(word);
        word.trim_end_matches(['/', ',', '.', ';']).parse().ok()
    })
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// One output of a program, read as it comes by a thread, so that the program never has
/// to wait for us.
#[derive(Debug)]
struct Stream {
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    ended: bool,
}

impl Stream {
    /// Reads to the end, or until `goes_on` says no to all bytes so far.
    fn follow(
        mut source: impl Read + Send + 'static,
        goes_on: fn(&[u8]) -> bool,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = source.read(&mut buffer) {
                let mut state = theirs.lock();
                state.bytes.extend_from_slice(&buffer[..length]);
                theirs.changed.notify_all();
                if !goes_on(&state.bytes) {
                    break;
                }
            }
            drop(source);
            theirs.lock().ended = true;
            theirs.changed.notify_all();
        });
        Self { shared, reader: Some(reader) }
    }

    /// Waits until the bytes so far fulfil `condition`; `false` when they never will or
    /// do not within [`PATIENCE`].
    fn wait_for(&self, condition: impl Fn(&[u8]) -> bool) -> bool {
        let state = self.wait_while(|state| !condition(&state.bytes) && !state.ended);
        condition(&state.bytes)
    }

    fn wait_for_text(&self, text: &str) -> Result<()> {
        let found = self.wait_for(|bytes| contains(bytes, text));
        ensure!(found, "no {text:?} in {:?}", self.text());
        Ok(())
    }

    /// Waits until nothing is read any more; `false` when that does not happen within
    /// [`PATIENCE`].
    fn wait_for_end(&self) -> bool {
        self.wait_while(|state| !state.ended).ended
    }

    fn wait_while(
        &self,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'_, State> {
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(state, PATIENCE, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shared.lock().bytes).into_owned()
    }

    /// Everything, once the program has ended.
    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            // The reader cannot panic, and a text cut short would be noticed.
            let _ = reader.join();
        }
        self.text()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn finds_the_address_in_a_sentence() {
        let v4 = "127.0.0.1:80".parse().ok();
        assert_eq!(address_in("bound to 127.0.0.1:80, nobody listens"), v4);
        assert_eq!(address_in("serving http://127.0.0.1:80/ until Ctrl-C"), v4);
        assert_eq!(address_in("at [::1]:80."), "[::1]:80".parse().ok());
        assert_eq!(address_in("ready"), None);
    }
}
