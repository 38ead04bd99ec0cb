//! A program that runs: its outputs are read as they come, and it ends when it is
//! dropped.

use std::env;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Is asked before each read, with all bytes so far, whether to read on. It may wait.
pub type GoesOn = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// A running program. Dropping it ends it, but not what it has started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What it prints on standard output.
    pub stdout: Output,
    /// What it prints on standard error.
    pub stderr: Output,
}

impl Process {
    /// Starts `command`, with its standard input open and empty, and reads its standard
    /// output and standard error as long as these two say.
    ///
    /// # Errors
    /// When there is no such program, or it cannot be run.
    pub fn start(command: Command, goes_on: [GoesOn; 2]) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Self::start_printing_to(command, (reader, writer.into()), goes_on)
    }

    /// As [`Process::start`], with both ends of what its standard output goes to.
    ///
    /// # Errors
    /// As [`Process::start`].
    pub fn start_printing_to(
        mut command: Command,
        (stdout, writer): (impl Read + Send + 'static, Stdio),
        [of_stdout, of_stderr]: [GoesOn; 2],
    ) -> io::Result<Self> {
        let (stderr, other_writer) = io::pipe()?;
        command.stdin(Stdio::piped()).stdout(writer).stderr(other_writer);
        let child = command.spawn()?;
        // It has the writing ends, of which the reading ends else would never end.
        drop(command);
        let stdout = Output::follow(stdout, of_stdout);
        let stderr = Output::follow(stderr, of_stderr);
        Ok(Self { child, stdout, stderr })
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns how it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Types a line, or, without one, ends the input (Ctrl-D in a terminal).
    ///
    /// # Errors
    /// When it no longer reads, or has ended.
    pub fn input(&mut self, line: Option<&str>) -> io::Result<()> {
        match (line, &mut self.child.stdin) {
            (Some(line), Some(stdin)) => writeln!(stdin, "{line}"),
            (Some(_), None) => Err(io::ErrorKind::BrokenPipe.into()),
            (None, stdin) => {
                drop(stdin.take());
                Ok(())
            }
        }
    }

    /// Ends it, if it has not ended by itself, and returns how that happened.
    ///
    /// # Errors
    /// As `kill(2)` and `wait(2)`.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// One output of a program, read as it comes by a thread, so that the program never has
/// to wait for us.
#[derive(Clone, Debug)]
pub struct Output {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    has_ended: bool,
}

impl Output {
    fn follow(mut source: impl Read + Send + 'static, mut goes_on: GoesOn) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        // Not joined: what the program has left behind may hold the other end forever.
        thread::spawn(move || {
            // Apart, because `goes_on` may wait while others look at what there is.
            let mut bytes = Vec::new();
            let mut buffer = [0; 8192];
            while goes_on(&bytes)
                && let Ok(length @ 1..) = source.read(&mut buffer)
            {
                bytes.extend_from_slice(&buffer[..length]);
                theirs.lock().bytes.extend_from_slice(&buffer[..length]);
                theirs.changed.notify_all();
            }
            drop(source);
            theirs.lock().has_ended = true;
            theirs.changed.notify_all();
        });
        Self { shared }
    }

    /// Returns all that has been read so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.shared.lock().bytes).into_owned()
    }

    /// Returns how many bytes have been read so far.
    pub fn byte_count(&self) -> usize {
        self.shared.lock().bytes.len()
    }

    /// Returns whether nothing more is read.
    pub fn has_ended(&self) -> bool {
        self.shared.lock().has_ended
    }

    /// Waits until the bytes so far fulfill `condition`; `false` when they never will
    /// or do not within `patience`.
    pub fn wait_for(
        &self,
        patience: Duration,
        condition: impl Fn(&[u8]) -> bool,
    ) -> bool {
        let state =
            self.wait_while(patience, |it| !condition(&it.bytes) && !it.has_ended);
        condition(&state.bytes)
    }

    /// Waits until nothing more is read; `false` when that does not happen within
    /// `patience`.
    pub fn wait_for_end(&self, patience: Duration) -> bool {
        self.wait_while(patience, |state| !state.has_ended).has_ended
    }

    fn wait_while(
        &self,
        patience: Duration,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'_, State> {
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(state, patience, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns Cargo, as a person calls it. A program that Cargo has started knows its
/// package from the environment; handed on, that makes some build scripts run again,
/// for minutes.
pub fn cargo() -> Command {
    cargo_by(&[])
}

/// Returns [`cargo`] with these words before it: a command that runs the one after it.
pub fn cargo_by(words: &[&str]) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let mut words = words.iter().map(OsString::from).chain([cargo]);
    let mut cargo = Command::new(words.next().unwrap_or_default());
    cargo.args(words);
    for (name, _) in env::vars_os() {
        let is_of_package = |begin| name.to_string_lossy().starts_with(begin);
        if is_of_package("CARGO_PKG_") || is_of_package("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

#[cfg(test)]
mod tests {
    #[test]
    fn cargo_hears_nothing_of_our_package() {
        let cargo = super::cargo();
        let kept = |name: &str| !cargo.get_envs().any(|it| it == (name.as_ref(), None));
        assert!(!kept("CARGO_MANIFEST_DIR") && !kept("CARGO_PKG_NAME"));
        assert!(kept("PATH"));
    }
}
