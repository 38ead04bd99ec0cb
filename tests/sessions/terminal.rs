//! A terminal in the folder of this repository, in which a command is really run.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use tempfile::{NamedTempFile, TempDir};
use tests::{PATIENCE, wait_until};

/// Takes back what was left open by whoever started these tests, so that a program's
/// first socket is 3.
const NOTHING_ELSE_OPEN: &str = "exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-";

/// A shell that runs one command, and what has appeared on its screen. Dropping it ends
/// the command with all its parts, and clients end with their server.
///
/// The screen is a file and not the pipes of a `Process`: jobs in the background would
/// hold these open, and nobody could say when all of a line's output has come.
pub struct Terminal {
    shell: Child,
    screen: NamedTempFile,
    _home: TempDir,
}

impl Terminal {
    /// Starts `command` with `keyboard` to type at; `curlrc` is what curl is told
    /// beside it.
    pub fn run(command: &str, keyboard: Stdio, curlrc: &str) -> Result<Self> {
        build()?;
        let screen = NamedTempFile::new()?;
        let home = TempDir::new()?;
        fs::write(home.path().join(".curlrc"), curlrc)?;
        let shell = Command::new("sh")
            .args(["-c", &format!("{NOTHING_ELSE_OPEN}; {command}")])
            .current_dir(repository())
            .env("PATH", path()?)
            .env("CURL_HOME", home.path())
            // Of cargo only the program that it runs.
            .env("CARGO_TERM_QUIET", "true")
            .env_remove("CARGO_TARGET_DIR")
            // Line by line, as into a terminal.
            .env("PYTHONUNBUFFERED", "1")
            // As before a reader who has not asked for more.
            .env_remove("RUST_BACKTRACE")
            // What it starts can be ended together with it.
            .process_group(0)
            .stdin(keyboard)
            .stdout(append_to(&screen)?)
            .stderr(append_to(&screen)?)
            .spawn()
            .with_context(|| format!("starting {command}"))?;
        Ok(Self { shell, screen, _home: home })
    }

    /// What is on the screen by now.
    pub fn screen(&self) -> String {
        let bytes = fs::read(self.screen.path()).unwrap_or_default();
        // A terminal does not show that a line ends with CR.
        String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
    }

    /// The number of the shell, and of what has taken its place.
    pub fn id(&self) -> u32 {
        self.shell.id()
    }

    /// Sends a signal to it.
    #[cfg(target_os = "linux")]
    pub fn signal(&self, name: &str) -> Result<()> {
        let id = self.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &id]).status()?;
        ensure!(status.success(), "kill -{name}: {status}");
        Ok(())
    }

    /// Presses Enter.
    #[cfg(target_os = "linux")]
    pub fn press_enter(&mut self) -> Result<()> {
        let keyboard = self.shell.stdin.as_mut().context("there is no keyboard")?;
        Ok(std::io::Write::write_all(keyboard, b"\n")?)
    }

    /// Whether the command is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.shell.try_wait(), Ok(None))
    }

    /// Waits for the command to end by itself.
    pub fn wait(&mut self) -> Result<()> {
        wait_until("the command ends", || !self.is_running())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.is_running() {
            // SIGTERM: killed more harshly, strace leaves its program behind.
            let group = format!("-{}", self.shell.id());
            let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
            let _ = self.wait();
        }
        // It has ended, but for a command that cannot be asked to.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

fn append_to(screen: &NamedTempFile) -> Result<fs::File> {
    Ok(fs::File::options().append(true).open(screen.path())?)
}

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Where commands are looked for: `cargo` is the one that runs these tests.
fn path() -> Result<std::ffi::OsString> {
    let cargo = Path::new(env!("CARGO")).parent().context("where cargo is")?;
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths([cargo.into()].into_iter().chain(env::split_paths(&path)))?)
}

/// Builds the steps, which after a whole `cargo test` has nothing to do, so that no
/// command has to wait for it.
fn build() -> Result<()> {
    static COMPLAINT: OnceLock<String> = OnceLock::new();
    let complaint = COMPLAINT.get_or_init(|| {
        let output = assert_cmd::Command::new(env!("CARGO"))
            .args(["build", "--quiet", "-p", "step*"])
            .current_dir(repository())
            .env_remove("CARGO_TARGET_DIR")
            .timeout(10 * PATIENCE)
            .output();
        match output {
            Ok(output) if output.status.success() => String::new(),
            Ok(output) => format!("building the steps: {output:?}"),
            Err(error) => format!("building the steps: {error}"),
        }
    });
    ensure!(complaint.is_empty(), "{complaint}");
    Ok(())
}
