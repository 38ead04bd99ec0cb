//! A program under judgement: in a process group of its own, its output bounded, ended
//! with all it has started whenever and however the judging ends.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use crate::patience;

/// How much a program may print, in bytes, before it is taken for one that never stops.
const MAX_OUTPUT: usize = 1024 * 1024;

/// The environment variable by which a program is known that has left its group.
const MARK: &str = "CARGO_EXERCISE_JUDGE";

/// A running program. Dropping it ends it, and its children.
#[derive(Debug)]
pub struct Process {
    child: Child,
    guard: Option<Child>,
    /// What it has printed on standard output.
    pub stdout: Output,
    /// What it has printed on standard error.
    pub stderr: Output,
}

impl Process {
    /// Starts `command`, with its standard input open and empty. What it starts
    /// inherits `mark`; see [`end_strays`].
    ///
    /// # Errors
    /// When there is no such program, or it cannot be run.
    pub fn start(mut command: Command, mark: &str) -> io::Result<Self> {
        command
            .env(MARK, mark)
            .env("RUST_BACKTRACE", "0")
            // A program that prints what it should, and forgets to flush, works by
            // hand.
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let guard = guard(child.id());
        let stdout = Output::follow(child.stdout.take());
        let stderr = Output::follow(child.stderr.take());
        Ok(Self { child, guard, stdout, stderr })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// It has printed more than anybody can read.
    pub fn is_flooding(&self) -> bool {
        self.stdout.is_flood() || self.stderr.is_flood()
    }

    /// Types a line, or, without one, ends the input (Ctrl-D).
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

    fn end(&mut self) {
        // The group first: as long as its leader has not been waited for, no other
        // group can have got its number.
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
        // Windows has no groups, but knows who started whom.
        #[cfg(windows)]
        let _ = Command::new("taskkill")
            .args(["/T", "/F", "/PID", &self.child.id().to_string()])
            .output();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends the whole group when its standard input ends: when we say so, or are no more,
/// however that came about (Ctrl-C, `kill -9`). So nothing is left behind.
#[cfg(unix)]
fn guard(group: u32) -> Option<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", "read -r _; kill -s KILL -- \"-$0\""]).arg(group.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C in the terminal is for us, and must not end the guard before its work.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().ok()
}

/// There is none on Windows: what is judged ends with the judging, or not at all.
#[cfg(not(unix))]
fn guard(_: u32) -> Option<Child> {
    None
}

/// Ends all that have been started with this mark and are still there: who calls
/// setsid(2) leaves the group, and is a daemon.
#[cfg(target_os = "linux")]
pub fn end_strays(mark: &str) {
    // While we look, they may start others.
    for _ in 0..10 {
        let strays = marked(&format!("{MARK}={mark}"));
        if strays.is_empty() {
            return;
        }
        let _ = Command::new("kill").arg("-KILL").args(strays).output();
    }
}

/// Elsewhere the system does not tell who has which environment.
#[cfg(not(target_os = "linux"))]
pub fn end_strays(_: &str) {}

/// The ids of all processes with this variable, proc(5).
#[cfg(target_os = "linux")]
fn marked(variable: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|process| {
        let environment = std::fs::read(process.path().join("environ")).ok()?;
        let has_it = environment.split(|&b| b == 0).any(|it| it == variable.as_bytes());
        has_it.then(|| process.file_name().to_string_lossy().into_owned())
    });
    ids.collect()
}

/// One output of a program, read by a thread as it comes, so that it never has to wait
/// for us.
#[derive(Clone, Debug)]
pub struct Output {
    state: Arc<Mutex<State>>,
    /// The thread that reads it, where the system tells.
    reader: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    is_flood: bool,
    has_ended: bool,
}

impl Output {
    fn follow(source: Option<impl Read + Send + 'static>) -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let theirs = Arc::clone(&state);
        let (tell, reader) = mpsc::channel();
        // Not joined: what the program has left behind may hold the other end for ever.
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            let mut source = source;
            // Whoever started us waits for this.
            let _ = tell.send(patience::this_thread());
            while let Some(Ok(length @ 1..)) =
                source.as_mut().map(|source| source.read(&mut buffer))
            {
                let mut state = lock(&theirs);
                state.bytes.extend_from_slice(&buffer[..length]);
                if state.bytes.len() > MAX_OUTPUT {
                    state.is_flood = true;
                    break;
                }
            }
            drop(source);
            lock(&theirs).has_ended = true;
        });
        Self { state, reader: reader.recv().ok().flatten() }
    }

    /// All that has been printed so far. On a busy machine some of it may have come and
    /// not been read: as soon as there is something, whoever reads it no longer sleeps.
    pub fn text(&self) -> String {
        if let Some(reader) = &self.reader {
            patience::wait_until_thread_sleeps(reader, || self.has_ended());
        }
        String::from_utf8_lossy(&lock(&self.state).bytes).into_owned()
    }

    /// Nothing more will come.
    pub fn has_ended(&self) -> bool {
        lock(&self.state).has_ended
    }

    fn is_flood(&self) -> bool {
        lock(&self.state).is_flood
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
