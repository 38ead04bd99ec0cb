//! A handout to play in: the tests type there what learners and teachers type.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A handout, at the same place in every run, so that little has to be built again.
pub struct Copy {
    folder: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

/// Where a learner types.
pub fn own(id: &str) -> String {
    format!("exercises/mine/src/bin/ex{id}.rs")
}

/// What a command has said.
#[derive(Debug)]
pub struct Said {
    /// Its exit status.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Copy {
    /// A fresh one, for one test at a time.
    pub fn new() -> Result<Self> {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let above = Path::new(env!("CARGO_TARGET_TMPDIR")).join("handout");
        let folder = above.join("copy");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&above)?;
        let made = Command::new(env!("CARGO_BIN_EXE_judge"))
            .arg("handout")
            .arg(&folder)
            .output()
            .context("making a handout")?;
        ensure!(made.status.success(), "{made:?}");
        Ok(Self { folder, _alone: alone })
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file beside it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(name)
    }

    pub fn read(&self, name: &str) -> Result<String> {
        fs::read_to_string(self.path(name)).with_context(|| name.to_string())
    }

    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.path(name), text).with_context(|| name.to_string())
    }

    /// Solves an exercise.
    pub fn solve(&self, folder: &str) -> Result<()> {
        let solution = root().join(format!("exercises/{folder}/solution.rs"));
        let id = folder.split('-').next().unwrap_or_default();
        fs::create_dir_all(self.path("exercises/mine/src/bin"))?;
        self.write(&own(id), &fs::read_to_string(solution)?)
    }

    /// `cargo exercise ARGUMENTS`, as Cargo runs it there.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_judge"));
        command
            .args(arguments)
            .env("CARGO_MANIFEST_DIR", self.path("exercises/judge"))
            .env("CARGO_TARGET_DIR", self.beside("target"))
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("CARGO_TERM_COLOR")
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn exercise(&self, line: &str) -> Result<Said> {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        said(self.command(&arguments))
    }
}

/// Runs a command to its end.
pub fn said(mut command: Command) -> Result<Said> {
    let output = command.output()?;
    Ok(Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}
