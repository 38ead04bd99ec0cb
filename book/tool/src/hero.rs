//! The first page: the reader's own request, four doors, and the stairs.
//!
//! Only the steps' names and the drawings are written here. What each of them asks of
//! the kernel more than the one before, and what its client sees, comes from what the
//! tests have pinned.

use anyhow::{Context, Result};

use crate::html::escape;

/// Folder, name, and what clients of it have seen.
const STEPS: [(&str, &str, &[&str]); 5] = [
    ("01-bind", "Bind", &["client"]),
    ("02-listen", "Listen", &["client"]),
    ("03-accept", "Accept", &["client"]),
    ("04-respond", "Respond", &["client"]),
    ("05-parse", "Parse", &["home", "not_found", "half_then_silence"]),
];

/// Gives the body of a snapshot by its path.
type Snapshot<'a> = &'a dyn Fn(&str) -> Result<String>;

/// The five programs, from the socket up: what each asks of its kernel, with what is
/// new marked, and what a client sees of it.
///
/// # Errors
/// When a snapshot is missing or empty.
pub fn stairs(snapshot: Snapshot<'_>) -> Result<String> {
    let (mut steps, mut before) = (String::new(), Vec::new());
    for (number, (folder, name, clients)) in (1..).zip(STEPS) {
        let calls = calls(&snapshot(&path(folder, "system_calls"))?);
        let seen = clients.iter().map(|client| seen(folder, client, snapshot));
        let seen = seen.collect::<Result<Vec<_>>>()?;
        let call = |(call, is_new): &(String, bool)| {
            let new = if *is_new { " class=\"new\"" } else { "" };
            format!("<li{new}>{}</li>", escape(call))
        };
        steps += &format!(
            "<li><span class=\"seen\"><b>{number} {name}</b> {}</span>\n\
             <ul>{}</ul></li>\n",
            escape(&in_short(&seen)),
            marked(&before, &calls).iter().map(call).collect::<String>()
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

/// The doors of the first four programs, and what a visitor finds there.
///
/// # Errors
/// When a snapshot is missing or empty.
pub fn doors(snapshot: Snapshot<'_>) -> Result<String> {
    let mut doors = String::new();
    let drawn = DRAWINGS.lines().zip(BEHIND);
    for (number, ((folder, name, _), (drawing, behind))) in
        (1..).zip(STEPS.iter().zip(drawn))
    {
        let seen = seen(folder, "client", snapshot)?;
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
    "A page in your browser, and five flaws behind it.",
];

/// Where the first page shows a request: this begins and ends what `serve.rs` replaces
/// by the reader's own.
pub const YOURS: (&str, &str) = ("<section class=\"yours\">", "</section>");

/// The wire view of a request that a test has recorded.
pub fn recorded(wire: &str) -> String {
    let (begin, end) = YOURS;
    format!(
        "{begin}\n<p class=\"claim\">Your browser has just sent something like \
         <em>this</em>. You never saw it.</p>\n{wire}\
         <p class=\"aside\">This is what curl sends. Your browser’s own request shows here \
         when the book comes from your machine: <code>cargo book</code> serves it.</p>\n\
         {end}\n"
    )
}

/// The wire view of the reader's own request, which this page answers.
pub fn yours(wire: &str) -> String {
    let (begin, end) = YOURS;
    format!(
        "{begin}\n<p class=\"claim\">You have just sent <em>this</em>. You never saw \
         it.</p>\n{wire}{end}\n"
    )
}

fn path(folder: &str, name: &str) -> String {
    format!("tests/{folder}/snapshots/{name}.snap")
}

fn calls(trace: &str) -> Vec<String> {
    let names = trace.lines().filter_map(|line| line.split_once('('));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// The calls, and whether they are new: there more often than before.
fn marked(before: &[String], calls: &[String]) -> Vec<(String, bool)> {
    let mut left = before.to_vec();
    let mark = |call: &String| {
        let known = left.iter().position(|made| made == call);
        if let Some(index) = known {
            left.remove(index);
        }
        (call.clone(), known.is_none())
    };
    calls.iter().map(mark).collect()
}

/// The first line of what a client saw: the end of a sentence, if it is one.
fn seen(folder: &str, client: &str, snapshot: Snapshot<'_>) -> Result<String> {
    let path = path(folder, client);
    let text = snapshot(&path)?;
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

    fn snapshot(path: &str) -> Result<String> {
        let body = match path {
            "tests/01-bind/snapshots/system_calls.snap" => {
                "bind(3) = 0\nclose(3) = 0\n"
            }
            "tests/01-bind/snapshots/client.snap" => "connect to a:1: refused\n",
            "tests/02-listen/snapshots/client.snap" => "(open, and silent)\n",
            "tests/05-parse/snapshots/system_calls.snap" => {
                "bind(3) = 0\nlisten(3) = 0\nbind(3) = 0\n"
            }
            _ if path.ends_with("system_calls.snap") => "bind(3) = 0\nlisten(3) = 0\n",
            _ if path.ends_with(".snap") => "HTTP/1.1 404 <&>\\r\\n\n",
            _ => return None.context("no snapshot"),
        };
        Ok(body.into())
    }

    #[test]
    fn tells_what_each_step_adds_and_its_clients_see() {
        let stairs = stairs(&snapshot).unwrap();
        for step in [
            "<b>1 Bind</b> refused</span>\n<ul><li class=\"new\">bind</li><li \
             class=\"new\">close</li></ul>",
            "<b>2 Listen</b> open, and silent</span>\n<ul><li>bind</li><li \
             class=\"new\">listen</li></ul>",
            "<b>4 Respond</b> 404 &lt;&amp;&gt;</span>\n<ul><li>bind</li>",
            "<b>5 Parse</b> 404, 404, 404</span>\n<ul><li>bind</li><li>listen</li><li \
             class=\"new\">bind</li></ul>",
        ] {
            assert!(stairs.contains(step), "{stairs}");
        }
        let doors = doors(&snapshot).unwrap();
        assert!(doors.contains("<b>2</b> Listen</a> <samp>(open, and silent)</samp>"));
        assert!(
            !(stairs + &doors).contains("\n\n"),
            "Markdown would end the HTML here"
        );
    }

    #[test]
    fn needs_every_snapshot() {
        for missing in ["client", "system_calls", "home"] {
            let result = stairs(&|path| match path.contains(missing) {
                true => Ok(String::new()),
                false => snapshot(path),
            });
            // A step that makes no call is odd, but no error: it shows.
            assert_eq!(result.is_err(), missing != "system_calls", "{missing}");
        }
    }
}
