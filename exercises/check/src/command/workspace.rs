//! Where things are.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use check::{EXERCISES, Exercise, report};

/// The repository, or a handout of it.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Where Cargo says that this package is; without Cargo, where it was built.
    pub fn find() -> Self {
        let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let is_ours = |path: &PathBuf| path.ends_with(Path::new("exercises/check"));
        let package =
            package.filter(is_ours).unwrap_or(env!("CARGO_MANIFEST_DIR").into());
        Self { root: package.ancestors().nth(2).unwrap_or(&package).into() }
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where Cargo puts what it builds, and we what we remember.
    pub fn target(&self) -> PathBuf {
        let chosen = env::var_os("CARGO_TARGET_DIR").map(|path| self.root.join(path));
        chosen.unwrap_or_else(|| self.root.join("target"))
    }

    /// A file of an exercise.
    pub fn file(&self, exercise: &Exercise, name: &str) -> PathBuf {
        self.root.join("exercises").join(exercise.folder()).join(name)
    }

    /// A file of an exercise as a person names it, from the root.
    pub fn name(exercise: &Exercise, name: &str) -> String {
        format!("exercises/{}/{name}", exercise.folder())
    }

    /// The starter as it was.
    pub fn starter(&self, exercise: &Exercise) -> Result<String> {
        let name = format!("exercises/check/starters/{}.rs", exercise.package());
        fs::read_to_string(self.root.join(&name)).context(name)
    }

    /// Nobody has typed anything yet. How its lines end is the editor's affair, or
    /// git's.
    pub fn is_untouched(&self, exercise: &Exercise) -> Result<bool> {
        let plain = |text: String| text.replace("\r\n", "\n");
        let yours = fs::read_to_string(self.file(exercise, "src/main.rs"));
        let starter = plain(self.starter(exercise)?);
        Ok(yours.is_ok_and(|yours| plain(yours) == starter))
    }
}

/// The exercise that a person means: `03b`, `3b`, `ex03b`, or its name.
pub fn find(id: &str) -> Result<&'static Exercise> {
    let wanted =
        id.trim_end_matches('/').rsplit('/').next().unwrap_or(id).to_lowercase();
    let short = wanted.strip_prefix("ex").unwrap_or(&wanted);
    let found = EXERCISES.iter().find(|exercise| {
        let id = exercise.id;
        [id, id.trim_start_matches('0'), exercise.name].contains(&short)
            || exercise.folder() == wanted
    });
    if let Some(exercise) = found {
        return Ok(exercise);
    }
    let ids: Vec<&str> = EXERCISES.iter().map(|exercise| exercise.id).collect();
    let known = report::wrap(&format!("There are {}.", ids.join(", ")), 80);
    bail!("There is no exercise {id:?}.\n{}", known.trim_end())
}
