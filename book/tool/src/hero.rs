//! The first page: the reader's own request, four doors, and the stairs.
//!
//! Only the drawings and what is behind the doors are written here. What each step asks
//! of the kernel more than the one before, and what its client sees, comes from what
//! the tests have pinned.

use anyhow::{Context, Result};

use crate::html::escape;
use crate::recording::{self, Kind};
use crate::{Sources, figure};

/// Folder, name, what clients of it have seen, and the recording of a visit.
const STEPS: [(&str, &str, &[&str], &str); 5] = [
    ("01-bind", "Bind", &["client"], "refused"),
    ("02-listen", "Listen", &["client"], "kept"),
    ("03-accept", "Accept", &["client"], "empty"),
    ("04-respond", "Respond", &["client"], "page"),
    ("05-parse", "Parse", &["home", "not_found", "half_then_silence"], "normal"),
];

/// The five programs, from the socket up: what each asks of its kernel, with what is
/// new marked, and what a client sees of it.
pub fn stairs(sources: &Sources) -> Result<String> {
    let (mut steps, mut before) = (String::new(), Vec::new());
    for (number, (folder, name, clients, recording)) in (1..).zip(STEPS) {
        let seen = clients.iter().map(|client| seen(sources, folder, client));
        let seen = seen.collect::<Result<Vec<_>>>()?;
        let calls = calls(&sources.read(&figure::path(recording))?)?;
        steps += &format!(
            "<li><span class=\"seen\"><b>{number} {name}</b> {}</span>\n\
             <ul>{}</ul></li>\n",
            escape(&in_short(&seen)),
            marked(&before, &calls)
        );
        before = calls;
    }
    Ok(format!(
        "<figure class=\"stairs\">\n<ol>\n{steps}</ol>\n\
         <figcaption>From the socket up: what each program asks of its kernel, read \
         from below, and what a client sees of it. Filled: what the program before \
         didn’t ask.</figcaption>\n</figure>\n"
    ))
}

/// The names of the calls on sockets, up to the first close: those that aren't about
/// stdin, stdout or stderr.
fn calls(recording: &str) -> Result<Vec<String>> {
    let events = recording::parse(recording)?.events;
    let calls = events.iter().filter(|event| event.kind == Kind::Call);
    let mut calls = calls.filter_map(|call| call.text.split_once('('));
    let mut names = Vec::new();
    while names.last().is_none_or(|last| last != "close") {
        let Some((name, arguments)) = calls.next() else { break };
        if !arguments.starts_with(['0', '1', '2']) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The calls as a list; those are new that are there more often than before.
fn marked(before: &[String], calls: &[String]) -> String {
    let times = |calls: &[String], call: &String| {
        calls.iter().filter(|made| *made == call).count()
    };
    let mark = |(index, call): (usize, &String)| {
        let is_new = times(&calls[..=index], call) > times(before, call);
        let new = if is_new { " class=\"new\"" } else { "" };
        format!("<li{new}>{}</li>", escape(call))
    };
    calls.iter().enumerate().map(mark).collect()
}

/// The doors of the first four programs, and what a visitor finds there.
pub fn doors(sources: &Sources) -> Result<String> {
    let mut doors = String::new();
    let drawn = DRAWINGS.lines().zip(BEHIND);
    for (number, ((folder, name, ..), (drawing, behind))) in
        (1..).zip(STEPS.iter().zip(drawn))
    {
        let seen = seen(sources, folder, "client")?;
        let who = if seen.starts_with("HTTP/") { " class=\"served\"" } else { "" };
        doors += &format!(
            "<li{who}><svg viewBox=\"0 0 150 126\" aria-hidden=\"true\">\
             <path class=\"ground\" d=\"M4 112H146\"/>{drawing}</svg>\
             <a href=\"{folder}.md\"><b>{number}</b> {name}</a> <samp>{}</samp> \
             <p>{behind}</p></li>\n",
            escape(&seen)
        );
    }
    Ok(format!("<ul class=\"doors\">\n{doors}</ul>\n"))
}

/// Of each door a line: what is drawn. The visitor is a disc.
const DRAWINGS: &str = include_str!("doors.html");
const BEHIND: [&str; 4] = [
    "An address, and nobody listening there.",
    "The kernel lets you in. No line of code does.",
    "The program hears you out, and hangs up.",
    "A page in your browser, and six flaws with it.",
];

/// Where the first page shows a request: this begins and ends what `serve.rs` replaces
/// by the reader's own.
pub const YOURS: (&str, &str) = ("<section class=\"yours\">", "</section>");

/// The wire view of a request that a test has recorded.
pub fn recorded(wire: &str) -> String {
    section(
        "Your browser has just sent something like",
        wire,
        "This is what Chromium sent in a test. When <code>cargo book</code> serves the \
         book from your machine, your browser’s own request is here.",
    )
}

/// The wire view of the reader's own request, which this page answers.
pub fn yours(wire: &str) -> String {
    section(
        "You have just sent",
        wire,
        "step05, the last of the five programs below, has read every byte of it, and \
         answered with this page.",
    )
}

fn section(claim: &str, wire: &str, aside: &str) -> String {
    let (begin, end) = YOURS;
    format!(
        "{begin}\n<p class=\"claim\">{claim} <em>this</em>. You never saw it.</p>\n\
         {wire}<p class=\"aside\">{aside}</p>\n{end}\n"
    )
}

fn path(folder: &str, name: &str) -> String {
    format!("tests/{folder}/snapshots/{name}.snap")
}

/// The first line of what a client saw: the end of a sentence, if it is one.
fn seen(sources: &Sources, folder: &str, client: &str) -> Result<String> {
    let path = path(folder, client);
    let text = sources.snapshot(&path)?;
    let line = text.lines().next().with_context(|| format!("{path} is empty"))?;
    let line = line.trim_end_matches("\\r\\n");
    let fate = line.strip_prefix("connect to ").and_then(|line| line.split_once(": "));
    Ok(fate.map_or(line, |(_, fate)| fate).into())
}

/// Where there is little room: of several status lines, only the numbers.
fn in_short(seen: &[String]) -> String {
    let short = |line: &String| {
        let line = line.trim_matches(['(', ')']);
        let line = line.strip_prefix("HTTP/1.1 ").unwrap_or(line);
        let number = line.split(' ').next().unwrap_or_default();
        (if seen.len() > 1 { number } else { line }).to_owned()
    };
    seen.iter().map(short).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_new_that_was_not_made_so_often() {
        let calls =
            |names: &str| names.split(' ').map(String::from).collect::<Vec<_>>();
        assert_eq!(
            marked(&calls("bind listen"), &calls("bind bind listen")),
            "<li>bind</li><li class=\"new\">bind</li><li>listen</li>"
        );
    }
}
