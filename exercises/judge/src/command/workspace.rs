//! Where things are.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use judge::{EXERCISES, Exercise, MINE, report};

use super::handout::collect;
use super::progress::Progress;

/// Where learners type.
const OWN: &str = "exercises/mine";

/// The repository, or a handout of it.
#[derive(Debug)]
pub struct Workspace {
    pub root: PathBuf,
    /// Where the learner's programs are: those of this copy, or of another one.
    pub mine: PathBuf,
    /// Where they are built.
    pub target: PathBuf,
    /// What limits the programs of another copy, and their builds: a script.
    sandbox: Option<String>,
    pub progress: Progress,
}

impl Workspace {
    /// Asks Cargo where this package is, or else looks for it from here upward. What is
    /// compiled in may be another copy: several can share a folder for what is built.
    pub fn find() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = package.and_then(|path| Some(path.ancestors().nth(2)?.to_owned()));
        let here = env::current_dir().unwrap_or_default();
        let mut roots = root.into_iter().chain(here.ancestors().map(Into::into));
        let is_root =
            |root: &PathBuf| root.join("exercises/judge/Cargo.toml").is_file();
        let root = roots.find(is_root).context(
            "The exercises aren't in this folder, nor in one above it. Change to the \
             folder of the project, and type: cargo exercise",
        )?;
        // Where this program was built, what it builds is built too.
        let here = env::current_exe().ok();
        let target = here.and_then(|path| Some(path.ancestors().nth(2)?.to_owned()));
        let target = target.unwrap_or_else(|| "target".into());
        let mine = root.join(OWN);
        let progress = Progress::kept_in(&mine);
        Ok(Self { root, mine, target, sandbox: None, progress })
    }

    /// Takes the programs out of another copy, and nothing else: our manifest builds
    /// them, without a build script, and our judge judges them.
    pub fn of_copy(&self, copy: &Path) -> Result<Self> {
        let target = self.target.join("class");
        let mine = target.join("mine");
        let _ = fs::remove_dir_all(&mine);
        let folders = [copy.join(OWN).join("src"), copy.join("src")];
        let theirs = folders.into_iter().find(|it| it.is_dir());
        let theirs = theirs.with_context(|| format!("there is no {OWN}/src in it"))?;
        let mut files = Vec::new();
        collect(&theirs, Path::new(""), &mut files)?;
        for file in files {
            let to = mine.join("src").join(&file);
            fs::create_dir_all(to.parent().unwrap_or(&mine))?;
            fs::copy(theirs.join(&file), to)?;
        }
        let root = self.root.display().to_string().replace('\\', "/");
        let manifest = read(&self.mine.join("Cargo.toml"))?
            .replace("\"../../", &format!("\"{root}/"))
            .replace("\"../", &format!("\"{root}/exercises/"));
        fs::write(mine.join("Cargo.toml"), manifest)?;
        fs::copy(self.mine.join("Cargo.lock"), mine.join("Cargo.lock"))?;
        let script = self.root.join("exercises/judge/sandbox.sh");
        let sandbox = cfg!(target_os = "linux").then(|| script.display().to_string());
        let (root, progress) = (self.root.clone(), Progress::kept_in(&mine));
        Ok(Self { root, mine, target, sandbox, progress })
    }

    /// Returns what comes before a command in the sandbox, if there is one.
    pub fn sandboxed<'a>(&'a self, what: &'a str) -> Vec<&'a str> {
        self.sandbox.iter().flat_map(|script| ["sh", script, what]).collect()
    }

    pub fn file(&self, exercise: &Exercise, name: &str) -> PathBuf {
        self.root.join(Self::name(exercise, name))
    }

    /// Returns a file of an exercise as a person names it, from the root.
    pub fn name(exercise: &Exercise, name: &str) -> String {
        format!("exercises/{}/{name}", exercise.folder())
    }

    /// Returns the learner's own program, as a person names it.
    pub fn own_name(exercise: &Exercise) -> String {
        match &*Self::program(exercise) {
            "mine" => format!("{OWN}/src/main.rs"),
            name => format!("{OWN}/src/bin/{name}.rs"),
        }
    }

    /// Returns what Cargo calls the learner's own program.
    pub fn program(exercise: &Exercise) -> String {
        let begin = if exercise.id == MINE.id { "" } else { "ex" };
        format!("{begin}{}", exercise.id)
    }

    pub fn own(&self, exercise: &Exercise) -> PathBuf {
        let name = Self::own_name(exercise);
        self.mine.join(name.trim_start_matches(OWN).trim_start_matches('/'))
    }

    fn starter(&self, exercise: &Exercise) -> Result<String> {
        read(&self.file(exercise, "starter.rs"))
    }

    /// Puts the starter where the learner types, unless there is something, and says
    /// so.
    pub fn begin(&self, exercise: &Exercise) -> Result<bool> {
        let path = self.own(exercise);
        if path.exists() {
            return Ok(false);
        }
        let starter = self.starter(exercise)?;
        let folder = path.parent().unwrap_or(&path);
        let written =
            fs::create_dir_all(folder).and_then(|()| fs::write(&path, starter));
        written.with_context(|| {
            let name = Self::own_name(exercise);
            format!("{name} is where you type, and it can't be written")
        })?;
        Ok(true)
    }

    /// Returns whether the learner's program is the starter still, or not even that.
    /// How its lines end is the editor's affair, or git's.
    pub fn is_untouched(&self, exercise: &Exercise) -> bool {
        let own = read(&self.own(exercise));
        own.is_err() || own.ok() == self.starter(exercise).ok()
    }

    /// Returns a number for all that the learner's programs are built from: another
    /// one as soon as a letter of it is another one.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for path in ["Cargo.toml", "src"] {
            hash(&self.mine.join(path), &mut hasher);
        }
        hasher.finish()
    }
}

/// Hashes a file, or all files in a folder.
fn hash(path: &Path, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    let Ok(entries) = fs::read_dir(path) else {
        return fs::read(path).unwrap_or_default().hash(hasher);
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        hash(&path, hasher);
    }
}

/// Reads a text; its lines end as they do on Unix.
pub fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.replace("\r\n", "\n"))
}

/// Returns the exercise that a person means: `03b`, `3b`, `ex03b`, its name, its folder
/// or a file in it, or `.` in one of these.
pub fn find(id: &str) -> Result<&'static Exercise> {
    if let Some(exercise) = known(id) {
        return Ok(exercise);
    }
    let ids: Vec<&str> = EXERCISES.iter().map(|exercise| exercise.id).collect();
    let known = report::wrap(
        &format!("There are {}, and mine.", ids.join(", ")),
        report::width(),
    );
    bail!("There is no exercise {id:?}.\n{}", known.trim_end())
}

/// As [`find`].
pub fn known(id: &str) -> Option<&'static Exercise> {
    let here = env::current_dir().unwrap_or_default();
    let is_path = id.starts_with('.') || id.contains(['/', '\\']);
    let path = if is_path { here.join(id) } else { id.into() };
    let parts = path.iter().rev().filter_map(|part| part.to_str());
    parts.map(str::to_lowercase).find_map(|part| {
        let part = part.strip_suffix(".rs").unwrap_or(&part);
        let short = part.strip_prefix("ex").unwrap_or(part);
        judge::all().find(|exercise| {
            let id = exercise.id;
            [id, id.trim_start_matches('0'), exercise.name].contains(&short)
                || exercise.folder() == part
        })
    })
}
