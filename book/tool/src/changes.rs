//! Which of the steps are no longer those that the transcripts in the book come from.
//!
//! A test pins a checksum of each step's files beside the transcripts. So this needs no
//! history: it works in a copy without Git, and for a change that was committed.

use anyhow::Result;

use crate::Sources;
use crate::expand::{Missing, notice};
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
/// When what they pinned can't be read.
pub fn changed(sources: &Sources) -> Result<Vec<String>> {
    let pinned = sources.snapshot(PINNED)?;
    let pinned = pinned.lines().filter_map(|line| line.split_once(' '));
    let is_changed = |(sum, path): &(&str, &str)| {
        let text = sources.read(path);
        text.map_or(true, |text| *sum != format!("{:020}", checksum(&text)))
    };
    Ok(pinned.filter(is_changed).map(|(_, path)| path.into()).collect())
}

/// What a reader changed of the steps.
#[derive(Debug)]
pub struct Changes(Result<Vec<String>>);

impl Changes {
    /// Compares the steps with what the tests pinned.
    pub fn of(sources: &Sources) -> Self {
        Self(changed(sources))
    }

    /// What the page says first, when it isn't what the tests pinned; else nothing.
    pub fn notice(&self, page: &Page, missing: &[Missing]) -> String {
        let mut lines = Vec::new();
        match &self.0 {
            Ok(changed) => {
                let here: Vec<_> = changed
                    .iter()
                    .filter(|path| shows(page, path))
                    .map(|path| code(path))
                    .collect();
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
        for Missing { place, why, is_old } in missing {
            let what = if *is_old { "as it last was" } else { "missing" };
            let line = format!("Something on this page is {what}: {}", escape(why));
            // One mistake can be in the way of several things.
            if !lines.iter().any(|other| other.starts_with(&line)) {
                lines.push(format!("{line} ({place})"));
            }
        }
        if lines.is_empty() { String::new() } else { notice(&lines.join("<br>")) }
    }
}

fn code(path: &str) -> String {
    format!("<code>{}</code>", escape(path))
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

#[cfg(test)]
mod tests {
    /// From the authors' own list.
    #[test]
    fn checksums_are_those_of_fnv() {
        assert_eq!(super::checksum(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(super::checksum("foobar"), 0x8594_4171_f739_67e8);
    }
}
