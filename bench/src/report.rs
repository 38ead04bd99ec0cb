//! Figures as Markdown: where they come from, the table, the goals, the words.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, io, thread};

/// What one command has to say.
#[derive(Debug)]
pub struct Report {
    /// Everything in words and tables.
    pub markdown: String,
    /// The main figures as a picture.
    pub svg: String,
}

impl Report {
    /// Writes `name.md` and `name.svg`.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn write(&self, folder: &Path, name: &str) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(name).with_extension("md"), &self.markdown)?;
        fs::write(folder.join(name).with_extension("svg"), &self.svg)
    }
}

/// A ratio to be reached.
#[derive(Debug)]
pub struct Goal {
    /// What is divided by what.
    pub what: String,
    /// What came out.
    pub ratio: f64,
    /// What should.
    pub limit: Limit,
}

/// The side on which a ratio should be.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Less than this.
    Below(f64),
}

impl Goal {
    fn is_met(&self) -> bool {
        match self.limit {
            Limit::AtLeast(limit) => self.ratio >= limit,
            Limit::AtMost(limit) => self.ratio <= limit,
            Limit::Below(limit) => self.ratio < limit,
        }
    }

    fn wanted(&self) -> String {
        match self.limit {
            Limit::AtLeast(limit) => format!("at least {limit:.2}"),
            Limit::AtMost(limit) => format!("at most {limit:.2}"),
            Limit::Below(limit) => format!("below {limit:.2}"),
        }
    }
}

/// The goals as a table, and a sentence that counts those that were missed.
pub fn goals(goals: &[Goal]) -> String {
    let mut text =
        String::from("| goal | wanted | measured | verdict |\n|---|---|--:|---|\n");
    for goal in goals {
        let verdict = if goal.is_met() { "met" } else { "**missed**" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {:.3} | {verdict} |",
            goal.what,
            goal.wanted(),
            goal.ratio
        );
    }
    let missed = goals.iter().filter(|goal| !goal.is_met()).count();
    let _ = match missed {
        0 => writeln!(text, "\nThis run reached every goal."),
        1 => writeln!(text, "\n**This run missed one goal of {}.**", goals.len()),
        _ => writeln!(text, "\n**This run missed {missed} goals of {}.**", goals.len()),
    };
    text
}

/// When, and on what machine.
pub fn circumstances(effort: crate::Effort) -> String {
    let warning = match effort {
        crate::Effort::Full => "",
        crate::Effort::Quick => {
            "**A quick look, too short for its figures to mean anything.**\n\n"
        }
    };
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let cpu = cpu_model().unwrap_or_else(|| "of unknown model".into());
    let versions = [version("rustc"), version("python3")].join(", ");
    format!("{warning}Measured on {}, {cores} cores ({cpu}), {versions}.\n", today())
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// What a program says of itself, without the name of a commit.
fn version(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let text = text.split('(').next().unwrap_or_default().trim();
    if text.is_empty() { format!("no {program}") } else { text.to_owned() }
}

/// The date in UTC, such as 2025-11-23.
fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (year, month, day) = date(since.as_secs() / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// Year, month and day of a day counted from 1970.
fn date(mut days: u64) -> (u64, u64, u64) {
    let is_leap = |year: u64| {
        year.is_multiple_of(4)
            && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}
