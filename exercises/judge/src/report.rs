//! A failure as a text for a person: what happened, where it went wrong, what that
//! means, why, and what to do next. Written with colours; `anstream` takes them away
//! where nobody wants them.

use std::fmt::Write;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use crate::exercise::{Check, Exercise, Judged, Report};
use crate::failure::{Event, Failure, Kind, Place, What};
use crate::reproduce::{Reproduction, reproduction};
use crate::submission::Submission;

/// No line of ours is wider, where nothing is known of the terminal.
const WIDTH: usize = 80;
/// Where the bytes of an event begin.
const INDENT: usize = 11;
/// What stands behind the moment that went wrong.
const HERE: &str = "  <-- here";
/// Of the bytes of one event, so many rows are shown at its beginning and at its end.
const FIRST_ROWS: usize = 12;
const LAST_ROWS: usize = 2;
/// Of one long line, so many rows.
const ROWS_OF_A_LINE: usize = 3;
/// Around the place that is wrong.
const ROWS_AROUND: usize = 2;
/// Of the events, so many are shown at the beginning and at the end.
const FIRST_EVENTS: usize = 6;
const LAST_EVENTS: usize = 14;
/// Of what a program complains, so many lines.
const LAST_WORDS: usize = 8;

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const HEAD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const SENT: Style = AnsiColor::Cyan.on_default();

/// A text in a style.
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// In the style of what is right.
pub fn good(text: &str) -> String {
    styled(GOOD, text)
}

/// In the style of what is wrong.
pub fn bad(text: &str) -> String {
    styled(BAD, text)
}

/// In the style of what stands out.
pub fn bold(text: &str) -> String {
    styled(HEAD, text)
}

/// In the style of what may be overlooked.
pub fn faint(text: &str) -> String {
    styled(FAINT, text)
}

static TERMINAL: OnceLock<usize> = OnceLock::new();

/// Sets how wide the terminal is, in columns, once and for all.
pub fn set_width(columns: usize) {
    // Narrower, and a table is no table any more; wider, and a line is no line.
    let _ = TERMINAL.set(columns.clamp(40, 100));
}

/// Returns how wide a line may be, in columns.
pub fn width() -> usize {
    *TERMINAL.get().unwrap_or(&WIDTH)
}

/// What a learner reads after `check`.
pub fn report(report: &Report, submission: &Submission) -> String {
    let exercise = report.exercise;
    let title = format!("{} {}", exercise.id, exercise.name);
    let (unit, all) = (exercise.unit(), exercise.points());
    let points = format!("{} of {all} {unit}", report.points());
    let gap = width().saturating_sub(title.len() + points.len()).max(1);
    let mut text = format!("{}{:gap$}{points}\n\n", bold(&title), "");
    let rows = report.rows();
    let marks: Vec<&str> = rows.iter().map(|row| mark(row.failure)).collect();
    let column = marks.iter().map(|mark| mark.len()).max().unwrap_or(0);
    for (number, (row, mark)) in (1..).zip(rows.iter().zip(marks)) {
        let number =
            if unit == "stages" { format!("  {number:2}") } else { String::new() };
        let mark = format!("{mark:column$}{number}");
        let mark = if row.failure.is_none() { good(&mark) } else { bad(&mark) };
        let demand = hanging(&row.demand, column + number.len() + 4);
        let _ = writeln!(text, "  {mark}  {demand}");
    }
    let more = exercise.checks.len() - rows.len();
    if more > 0 {
        let _ = writeln!(text, "  {}", faint(&format!("… and {more} more to come")));
    }
    if let Some(row) = report.first_failure() {
        text += "\n";
        text += &failure(exercise, &row, submission);
    }
    text
}

fn mark(failure: Option<&Failure>) -> &'static str {
    match failure.map(|failure| failure.kind) {
        None => "passed",
        Some(Kind::Unreached) => "not reached",
        Some(_) => "not yet",
    }
}

/// All that is to be said about a failure.
pub fn failure(exercise: &Exercise, row: &Judged, submission: &Submission) -> String {
    let Some(failure) = row.failure else { return String::new() };
    // Of a stage, the check of an exercise that has found it.
    let (exercise, check, demand) = match failure.found_by {
        Some((other, place)) => {
            let demand = format!("{} {}", row.demand, other.demands()[place]);
            (other, &other.checks[place], demand)
        }
        None => (exercise, row.check, row.demand.clone()),
    };
    let mut text = titled(BAD, mark(row.failure), &demand) + "\n";
    text += &paragraph("What it means", &failure.meaning);
    text += &paragraph("Why", &failure.why);
    let _ = writeln!(text, "\n{}", bold("What happened:"));
    text += &events(failure);
    if let Some((wanted, came)) = &failure.difference {
        text += &difference(wanted, came);
    }
    text += "\n";
    text += &to_try(failure, check, submission);
    let _ = writeln!(text, "{} book/src/{}", bold("Read:"), exercise.page());
    let _ = writeln!(text, "{} cargo exercise hint {}", bold("Hint:"), exercise.id);
    text
}

/// Returns what a person does in place of the client that has failed, unless the check
/// knows better.
pub fn seen_by_hand(failure: &Failure) -> Option<Reproduction> {
    let is_told = failure.reproduce.is_some();
    (!is_told).then(|| reproduction(failure, moment(failure))).flatten()
}

/// What to type: the program in one terminal, and what goes with it in another; or only
/// one of them. And what there is to see.
fn to_try(failure: &Failure, check: &Check, submission: &Submission) -> String {
    let seen = seen_by_hand(failure);
    let told = failure.reproduce.as_deref();
    let known = told.or(seen.as_ref().map(|seen| seen.command.as_str()));
    let template = known.unwrap_or(check.reproduce);
    let command = submission.fill_in(template).replace('\n', "\n    ");
    let second = "  and in a second terminal:";
    let mut text = format!("{}\n    ", bold("By hand:"));
    text += &match submission.shown() {
        _ if template.contains("{program}") => command.replace("    {then}", second),
        shown if template.is_empty() => shown,
        shown => format!("{shown}\n{second}\n    {command}"),
    };
    text += "\n";
    if let Some(seen) = &seen {
        text += &paragraph("You see", &seen.shows);
    }
    if let Some(should) = &failure.should_see {
        text += &paragraph("You should see", should);
    }
    text
}

/// A text whose first line begins at a column, and the others below it.
pub fn hanging(text: &str, column: usize) -> String {
    let wrapped = wrap(text, width().saturating_sub(column));
    wrapped.trim_end().replace('\n', &format!("\n{:column$}", ""))
}

/// `Title: text`, in lines that fit.
pub fn paragraph(title: &str, text: &str) -> String {
    titled(HEAD, title, text)
}

fn titled(style: Style, title: &str, text: &str) -> String {
    let title = format!("{title}:");
    let wrapped = wrap(&format!("{title} {text}"), width());
    wrapped.replacen(&title, &styled(style, &title), 1)
}

/// The text in lines of at most `width`, where its words allow.
pub fn wrap(text: &str, width: usize) -> String {
    let mut wrapped = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            wrapped.push('\n');
            column = 0;
        } else if column > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped += word;
        column += length;
    }
    wrapped + "\n"
}

/// What is shown of many things, and how much is left out between.
fn abridged(
    parts: impl Iterator<Item = Result<String, usize>>,
    indent: usize,
    unit: &str,
) -> String {
    let mut text = String::new();
    let mut left_out = 0;
    for part in parts {
        match part {
            Ok(shown) => {
                if left_out > 0 {
                    let more = faint(&format!("… {left_out} more {unit} …"));
                    let _ = writeln!(text, "{:indent$}{more}", "");
                }
                left_out = 0;
                text += &shown;
            }
            Err(size) => left_out += size,
        }
    }
    text
}

fn events(failure: &Failure) -> String {
    let (events, count) = (&failure.events, failure.events.len());
    let several = events.iter().filter_map(|event| event.what.client()).max() > Some(1);
    let place = (0..count).find(|&index| offset_in(failure, index).is_some());
    let parts = events.iter().enumerate().map(|(index, event)| {
        let is_shown = index < FIRST_EVENTS || index + LAST_EVENTS >= count;
        let here = failure.place == Place::Moment && index == moment(failure);
        (is_shown || Some(index) == place)
            .then(|| event_text(event, several, here) + &event_bytes(failure, index))
            .ok_or(1)
    });
    abridged(parts, 2, "events")
}

/// The event at which it went wrong: the last one, or the silence after which the
/// client has only looked what the program was waiting for.
fn moment(failure: &Failure) -> usize {
    let is_probe = |event: &&Event| {
        matches!(
            event.what,
            What::HalfClosed(_) | What::Received(..) | What::Closed(_) | What::Reset(_)
        )
    };
    let last = failure.events.len().saturating_sub(1);
    let probes = failure.events.iter().rev().take_while(is_probe).count();
    let before = last.saturating_sub(probes);
    match failure.events.get(before).map(|event| &event.what) {
        Some(What::Nothing(_)) => before,
        _ => last,
    }
}

fn event_text(event: &Event, several: bool, here: bool) -> String {
    let number = event.what.client().unwrap_or(0);
    let name = format!("client {number}");
    let client = if several { &name } else { "the client" };
    // As in "closes client 2", where there are several.
    let whom =
        |before: &str| if several { before.to_string() + &name } else { String::new() };
    let at = format!("{:7.3} s", event.at.as_secs_f64());
    let said = match &event.what {
        What::Paused(..) => return String::new(),
        What::Started(command) => format!("$ {command}"),
        What::Printed(_) => "your program prints".into(),
        What::Connected(_) => format!("{client} connects"),
        What::Refused(_) => format!("{client} is refused"),
        What::NotLetIn(_) => format!("{client} is not let in"),
        What::Sent(..) => format!("{client} sends"),
        What::Stuck(_, left) => format!("{client} cannot send the last {left} bytes"),
        What::HalfClosed(_) => format!("{client} will send no more (FIN)"),
        What::Left(_, false) => format!("{client} leaves"),
        What::Left(_, true) => format!("{client} throws the connection away (RST)"),
        What::Received(..) => format!("your program sends{}", whom(" to ")),
        What::Closed(_) => format!("your program closes{} (FIN)", whom(" ")),
        What::Reset(_) => {
            format!("the connection{} is thrown away (RST)", whom(" of "))
        }
        What::Typed(Some(line)) if line.is_empty() => "somebody presses Enter".into(),
        What::Typed(Some(line)) => format!("somebody types {line}"),
        What::Typed(None) => "its input ends (Ctrl-D)".into(),
        What::Nothing(quiet) => {
            let text = format!("{:.1} s later: nothing", quiet.as_secs_f64());
            let mark = if here { bad(HERE) } else { String::new() };
            return format!("  {}{mark}\n", if here { bad(&text) } else { text });
        }
        What::Busy => "still nothing, and the processor is busy".into(),
        What::Complained(_) => "your program complains".into(),
        What::Ended(status, _) => format!("your program ends, {status}"),
        What::Note(text) => text.clone(),
    };
    let rows = hanging(&said, INDENT);
    let said = if here { format!("{}{}", bad(&rows), bad(HERE)) } else { rows };
    format!("{} {said}\n", faint(&at))
}

/// The bytes of an event, or the last words of a program, below its line.
fn event_bytes(failure: &Failure, index: usize) -> String {
    let (bytes, mark, style) = match &failure.events[index].what {
        What::Sent(_, bytes) => (bytes, '>', SENT),
        What::Received(_, bytes) => (bytes, '<', Style::new()),
        What::Printed(bytes) => (bytes, '|', Style::new()),
        What::Complained(stderr) | What::Ended(_, stderr) => return last_words(stderr),
        _ => return String::new(),
    };
    let rows = rows(bytes);
    let place = offset_in(failure, index);
    let is_marked = |row: &Row| place.is_some_and(|offset| row.bytes.start <= offset);
    let marked = rows.iter().rposition(is_marked);
    let parts = rows.iter().enumerate().map(|(number, row)| {
        let near = marked.is_some_and(|marked| marked.abs_diff(number) <= ROWS_AROUND);
        let is_inside = number >= FIRST_ROWS && number + LAST_ROWS < rows.len();
        if (is_inside || row.is_inside_a_line) && !near {
            return Err(row.bytes.len());
        }
        let line = format!("{mark} {}", shown(&bytes[row.bytes.clone()]));
        let mut text = format!("{:INDENT$}{}\n", "", styled(style, &line));
        if let Some(offset) = place.filter(|_| marked == Some(number)) {
            let before = shown(&bytes[row.bytes.start..offset]).len();
            let indent = INDENT + 2 + before;
            let _ = writeln!(text, "{:indent$}{}", "", bad("^ here"));
        }
        Ok(text)
    });
    abridged(parts, INDENT, "bytes")
}

fn last_words(stderr: &str) -> String {
    let says =
        |line: &&str| !line.is_empty() && !line.starts_with("note: run with `RUST_");
    let lines: Vec<&str> = stderr.lines().filter(says).collect();
    let last = lines.len().saturating_sub(LAST_WORDS);
    let shown = lines[last..].iter().map(|line| {
        // What would move the cursor or ring the bell is shown, not done.
        let visible = |letter: char| match letter.is_control() {
            true => letter.escape_default().to_string(),
            false => letter.to_string(),
        };
        let line: String = line.chars().map(visible).collect();
        let blanks = line.len() - line.trim_start().len();
        let wrapped = wrap(&line, width() - INDENT - 2 - blanks);
        let rows =
            wrapped.lines().map(|row| format!("{:INDENT$}! {:blanks$}{row}\n", "", ""));
        rows.collect::<String>()
    });
    shown.collect()
}

/// Where in the bytes of this event the place is, if it is there.
fn offset_in(failure: &Failure, index: usize) -> Option<usize> {
    let (Place::Received(_, offset) | Place::Sent(_, offset) | Place::Printed(offset)) =
        failure.place
    else {
        return None;
    };
    let length = |event: &Event| match (&event.what, failure.place) {
        (What::Received(client, bytes), Place::Received(number, _))
        | (What::Sent(client, bytes), Place::Sent(number, _)) => {
            (*client == number).then_some(bytes.len())
        }
        (What::Printed(bytes), Place::Printed(_)) => Some(bytes.len()),
        _ => None,
    };
    let (before, rest) = failure.events.split_at(index);
    let within = offset.checked_sub(before.iter().filter_map(length).sum())?;
    let mut lengths = rest.iter().map(length);
    let own = lengths.next()??;
    // The place behind the last byte belongs to the last event.
    let is_last = lengths.flatten().next().is_none();
    (within < own || is_last && within == own).then_some(within)
}

/// Every byte as it is shown.
static PICTURES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let picture = |byte| probe::escape(&[byte]).trim_end_matches('\n').to_string();
    (0..=u8::MAX).map(picture).collect()
});

fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| PICTURES[usize::from(byte)].as_str()).collect()
}

struct Row {
    bytes: Range<usize>,
    /// Neither one of the first of its line nor the last.
    is_inside_a_line: bool,
}

/// The bytes in rows that fit: one a line, more for long lines.
fn rows(bytes: &[u8]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut start = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let first = rows.len();
        let mut column = width();
        for (offset, &byte) in line.iter().enumerate() {
            let (columns, offset) = (PICTURES[usize::from(byte)].len(), start + offset);
            if column + columns > width() - INDENT - 2 {
                rows.push(Row { bytes: offset..offset, is_inside_a_line: false });
                column = 0;
            }
            column += columns;
            if let Some(row) = rows.last_mut() {
                row.bytes.end = offset + 1;
            }
        }
        start += line.len();
        let last = rows.len() - 1;
        for row in rows[first..last].iter_mut().skip(ROWS_OF_A_LINE) {
            row.is_inside_a_line = true;
        }
    }
    rows
}

/// Two texts, line by line: what should have come, and what did.
fn difference(wanted: &str, came: &str) -> String {
    let mut text = format!("\n           {} {}\n", good("+ wanted"), bad("- came"));
    for change in TextDiff::from_lines(came, wanted).iter_all_changes() {
        let (mark, style) = match change.tag() {
            ChangeTag::Delete => ('-', BAD),
            ChangeTag::Insert => ('+', GOOD),
            ChangeTag::Equal => (' ', Style::new()),
        };
        let line =
            shortened(change.value().trim_end_matches('\n'), width() - INDENT - 3);
        let line = format!("{mark} {line}");
        let _ = writeln!(text, "{:INDENT$}{}", "", styled(style, &line));
    }
    text
}

/// A line of at most so many letters, and `…` for the others.
pub fn shortened(line: &str, room: usize) -> String {
    match line.char_indices().nth(room) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into(),
    }
}
