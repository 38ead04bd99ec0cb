//! Which of the steps are no longer those that the transcripts in the book come from.
//!
//! A test pins a checksum of each step's files beside the transcripts. So this needs no
//! history: it works in a copy without Git, and for a change that was committed.

use anyhow::Result;

use crate::Sources;
use crate::expand::{self, Problem};
use crate::html::escape;
use crate::pages::Page;

/// Where the test keeps them.
const PINNED: &str = "tests/book/snapshots/steps.snap";

/// Lists the files of the steps, each with its checksum.
///
/// # Errors
/// When one cannot be read.
pub fn checksums(sources: &Sources) -> Result<String> {
    let mut list = String::new();
    for path in sources.below("steps", "") {
        if path.ends_with(".rs") || path.ends_with(".py") || path.ends_with(".html") {
            list += &format!("{:020} {path}\n", checksum(&sources.read(&path)?));
        }
    }
    Ok(list)
}

/// Lists the files of the steps that aren't as they were when the tests pinned what the
/// book shows.
///
/// # Errors
/// When what they pinned can't be read, or a file of a step.
pub fn changed(sources: &Sources) -> Result<Vec<String>> {
    let (pinned, now) = (sources.snapshot(PINNED)?, checksums(sources)?);
    let changed =
        pinned.lines().filter(|line| !now.lines().any(|other| other == *line));
    let paths = changed.filter_map(|line| line.split_once(' '));
    Ok(paths.map(|(_, path)| path.into()).collect())
}

/// What the page says first, when it isn't what the tests pinned; else nothing.
pub fn notice(
    changed: &Result<Vec<String>>,
    page: &Page,
    problems: &[Problem],
) -> String {
    let mut lines = Vec::new();
    match changed {
        Ok(changed) => {
            let here = changed.iter().filter(|path| shows(page, path));
            let here = here.map(|path| format!("<code>{}</code>", escape(path)));
            let here: Vec<_> = here.collect();
            if !here.is_empty() {
                lines.push(format!(
                    "You changed {}. The transcripts on this page are those of the \
                     original.",
                    here.join(", ")
                ));
            }
        }
        Err(error) if shows(page, "") => lines.push(format!(
            "Whether the steps are those of the transcripts can't be told: {}",
            escape(&format!("{error:#}"))
        )),
        Err(_) => {}
    }
    for Problem { place, what, shown } in problems {
        let Some(shown) = shown else { continue };
        let line = format!("Something on this page is {shown}: {}", escape(what));
        // One mistake can be in the way of several things.
        if !lines.iter().any(|other| other.starts_with(&line)) {
            lines.push(format!("{line} ({place})"));
        }
    }
    if lines.is_empty() { String::new() } else { expand::notice(&lines.join("<br>")) }
}

/// Whether the page has transcripts, and shows something of the step that this file
/// belongs to: `04-respond` or `step04` is in one of its directives.
fn shows(page: &Page, path: &str) -> bool {
    let step = path.split('/').nth(1).unwrap_or_default();
    let number = format!("step{}", step.split('-').next().unwrap_or_default());
    let sources: Vec<_> = page.sources().collect();
    let has = |what: &str| sources.iter().any(|source| source.contains(what));
    has("stairs") || has("doors") || (has("tests/") && (has(step) || has(&number)))
}

/// FNV-1a with 64 bits: the same on every system, and with every version of Rust.
pub fn checksum(text: &str) -> u64 {
    let add = |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, add)
}
