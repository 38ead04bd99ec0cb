//! A program under judgement: in a process group of its own, its output bounded, ended
//! with all it has started whenever and however the judging ends.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};

use probe::GoesOn;

use crate::patience;

/// How many bytes a program may print before it is taken for one that never stops.
const MAX_OUTPUT: usize = 1024 * 1024;

/// The environment variable by which a program is known that has left its group.
const MARK: &str = "CARGO_EXERCISE_JUDGE";

/// A running program. Dropping it ends it, and its children.
#[derive(Debug)]
pub struct Process {
    process: probe::Process,
    guard: Option<Child>,
    pub stdout: Output,
    pub stderr: Output,
}

impl Process {
    /// Starts `command`, with its standard input open and empty. What it starts
    /// inherits `mark`; see [`end_strays`].
    pub fn start(mut command: Command, mark: &str) -> io::Result<Self> {
        command
            .env(MARK, mark)
            .env("RUST_BACKTRACE", "0")
            // What a program prints and forgets to flush, a person sees.
            .env("PYTHONUNBUFFERED", "1");
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let [(one, of_stdout), (other, of_stderr)] = [until_flooded(), until_flooded()];
        let process = probe::Process::start(command, [one, other])?;
        let guard = guard(process.id());
        let stdout = Output::of(&process.stdout, &of_stdout);
        let stderr = Output::of(&process.stderr, &of_stderr);
        Ok(Self { process, guard, stdout, stderr })
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.ended()
    }

    pub fn is_flooding(&self) -> bool {
        let outputs = [&self.stdout, &self.stderr];
        outputs.iter().any(|it| it.output.byte_count() > MAX_OUTPUT)
    }

    /// Types a line, or, without one, ends the input (Ctrl-D).
    pub fn input(&mut self, line: Option<&str>) -> io::Result<()> {
        self.process.input(line)
    }

    pub fn end(&mut self) {
        // First: no other group gets its number before its leader has been waited for.
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
        // Windows has no groups, but knows who started whom.
        #[cfg(windows)]
        let _ = Command::new("taskkill")
            .args(["/T", "/F", "/PID", &self.process.id().to_string()])
            .output();
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

/// Ends all that have this mark: who calls setsid(2) leaves the group, and is a daemon.
/// Only Linux tells.
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

/// The ids of all processes with this variable, proc(5).
fn marked(variable: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|process| {
        let environment = std::fs::read(process.path().join("environ")).ok()?;
        let has_it = environment.split(|&b| b == 0).any(|it| it == variable.as_bytes());
        has_it.then(|| process.file_name().to_string_lossy().into_owned())
    });
    ids.collect()
}

/// Says how long to read an output, and which thread reads it, where the system tells.
fn until_flooded() -> (GoesOn, Receiver<Option<PathBuf>>) {
    let (tell, reader) = mpsc::channel();
    let mut tell = Some(tell);
    let goes_on = move |bytes: &[u8]| {
        if let Some(tell) = tell.take() {
            // Whoever started us waits for this.
            let _ = tell.send(patience::this_thread());
        }
        bytes.len() <= MAX_OUTPUT
    };
    (Box::new(goes_on), reader)
}

/// One output of a program.
#[derive(Clone, Debug)]
pub struct Output {
    output: probe::Output,
    /// The thread that reads it, where the system tells.
    reader: Option<PathBuf>,
}

impl Output {
    fn of(output: &probe::Output, reader: &Receiver<Option<PathBuf>>) -> Self {
        Self { output: output.clone(), reader: reader.recv().ok().flatten() }
    }

    /// All that has been printed so far. On a busy machine some of it may have come and
    /// not been read: as soon as there is something, whoever reads it no longer sleeps.
    pub fn text(&self) -> String {
        if let Some(reader) = &self.reader {
            patience::wait_until_thread_sleeps(reader, || self.has_ended());
        }
        self.output.text()
    }

    pub fn has_ended(&self) -> bool {
        self.output.has_ended()
    }
}
