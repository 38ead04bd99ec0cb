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
    let points = format!("{} of {} points", report.points(), exercise.points());
    let gap = width().saturating_sub(title.len() + points.len()).max(1);
    let mut text = format!("{}{:gap$}{points}\n\n", bold(&title), "");
    let rows = report.rows();
    let marks: Vec<&str> = rows.iter().map(|row| mark(row.failure)).collect();
    let column = marks.iter().map(|mark| mark.len()).max().unwrap_or(0);
    for (row, mark) in rows.iter().zip(marks) {
        let mark = format!("{mark:column$}");
        let mark = if row.failure.is_none() { good(&mark) } else { bad(&mark) };
        let _ = writeln!(text, "  {mark}  {}", hanging(&row.demand, column + 4));
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
    let mut text = paragraph(mark(Some(failure)), &row.demand);
    text = text.replacen(
        &bold(&format!("{}:", mark(Some(failure)))),
        &bad(&format!("{}:", mark(Some(failure)))),
        1,
    ) + "\n";
    text += &paragraph("What it means", &failure.meaning);
    text += &paragraph("Why", &failure.why);
    let _ = writeln!(text, "\n{}", bold("What happened:"));
    text += &events(failure);
    if let Some((wanted, came)) = &failure.difference {
        text += &difference(wanted, came);
    }
    text += "\n";
    text += &to_try(failure, row.check, submission);
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
    let command = match (&failure.reproduce, &seen) {
        (Some(command), _) => command.as_str(),
        (None, Some(seen)) => &seen.command,
        (None, None) => check.reproduce,
    };
    let mut text = by_hand_text(command, submission);
    if let Some(seen) = &seen {
        text += &paragraph("You see", &seen.shows);
    }
    if let Some(should) = &failure.should_see {
        text += &paragraph("You should see", should);
    }
    text
}

/// What to type: the program in one terminal, and what goes with it in another; or only
/// one of them.
fn by_hand_text(reproduce: &str, submission: &Submission) -> String {
    let title = bold("By hand:");
    let command = submission.fill_in(reproduce).replace('\n', "\n    ");
    if reproduce.contains("{program}") {
        let command = command.replace("    {then}", "  and in a second terminal:");
        return format!("{title}\n    {command}\n");
    }
    let shown = submission.shown();
    if reproduce.is_empty() {
        return format!("{title}\n    {shown}\n");
    }
    format!("{title}\n    {shown}\n  and in a second terminal:\n    {command}\n")
}

/// A text whose first line begins at a column, and the others below it.
pub fn hanging(text: &str, column: usize) -> String {
    let wrapped = wrap(text, width().saturating_sub(column));
    wrapped.trim_end().replace('\n', &format!("\n{:column$}", ""))
}

/// `Title: text`, in lines that fit.
pub fn paragraph(title: &str, text: &str) -> String {
    let wrapped = wrap(&format!("{title}: {text}"), width());
    wrapped.replacen(&format!("{title}:"), &bold(&format!("{title}:")), 1)
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

/// What happened, with the place marked.
fn events(failure: &Failure) -> String {
    let several =
        failure.events.iter().filter_map(|event| event.what.client()).max() > Some(1);
    let shown = shown_events(failure);
    let mut text = String::new();
    let mut left_out = 0;
    for (index, event) in failure.events.iter().enumerate() {
        if !shown.contains(&index) {
            left_out += 1;
            continue;
        }
        if left_out > 0 {
            let _ =
                writeln!(text, "  {}", faint(&format!("… {left_out} more events …")));
            left_out = 0;
        }
        let here = failure.place == Place::Moment && index == moment(failure);
        text += &event_text(event, several, here);
        text += &event_bytes(failure, index);
    }
    text
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

/// Which events are shown: those at both ends, and that of the place.
fn shown_events(failure: &Failure) -> Vec<usize> {
    let count = failure.events.len();
    let place = (0..count).find(|&index| offset_in(failure, index).is_some());
    let is_shown = |&index: &usize| {
        index < FIRST_EVENTS || index + LAST_EVENTS >= count || Some(index) == place
    };
    (0..count).filter(is_shown).collect()
}

fn event_text(event: &Event, several: bool, here: bool) -> String {
    let client = |number: &usize| match several {
        true => format!("client {number}"),
        false => "the client".into(),
    };
    let at = format!("{:7.3} s", event.at.as_secs_f64());
    let said = match &event.what {
        What::Paused(..) => return String::new(),
        What::Started(command) => format!("$ {command}"),
        What::Printed(_) => "your program prints".into(),
        What::Connected(number) => format!("{} connects", client(number)),
        What::Refused(number) => format!("{} is refused", client(number)),
        What::NotLetIn(number) => format!("{} is not let in", client(number)),
        What::Sent(number, _) => format!("{} sends", client(number)),
        What::Stuck(number, left) => {
            format!("{} cannot send the last {left} bytes", client(number))
        }
        What::HalfClosed(number) => {
            format!("{} will send no more (FIN)", client(number))
        }
        What::Left(number, false) => format!("{} leaves", client(number)),
        What::Left(number, true) => {
            format!("{} throws the connection away (RST)", client(number))
        }
        What::Received(number, _) if several => {
            format!("your program sends to client {number}")
        }
        What::Received(..) => "your program sends".into(),
        What::Closed(number) if several => {
            format!("your program closes client {number} (FIN)")
        }
        What::Closed(_) => "your program closes (FIN)".into(),
        What::Reset(number) if several => {
            format!("the connection of client {number} is thrown away (RST)")
        }
        What::Reset(_) => "the connection is thrown away (RST)".into(),
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
    let rows = wrap(&said, width() - INDENT);
    let rows = rows.trim_end().replace('\n', &format!("\n{:INDENT$}", ""));
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
    let marked = place.map(|offset| row_of(&rows, offset));
    let mut text = String::new();
    let mut left_out = 0;
    for (number, row) in rows.iter().enumerate() {
        let near = marked.is_some_and(|marked| marked.abs_diff(number) <= ROWS_AROUND);
        let is_inside = number >= FIRST_ROWS && number + LAST_ROWS < rows.len();
        if (is_inside || row.is_inside_a_line) && !near {
            left_out += row.bytes.len();
            continue;
        }
        if left_out > 0 {
            let more = faint(&format!("… {left_out} more bytes …"));
            let _ = writeln!(text, "{:INDENT$}{more}", "");
            left_out = 0;
        }
        let line = format!("{mark} {}", shown(&bytes[row.bytes.clone()]));
        let _ = writeln!(text, "{:INDENT$}{}", "", styled(style, &line));
        if let Some(offset) = place.filter(|_| marked == Some(number)) {
            let before = shown(&bytes[row.bytes.start..offset]).len();
            let indent = INDENT + 2 + before;
            let _ = writeln!(text, "{:indent$}{}", "", bad("^ here"));
        }
    }
    text
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
    let wanted = |what: &What| match (what, failure.place) {
        (What::Received(client, bytes), Place::Received(number, _))
        | (What::Sent(client, bytes), Place::Sent(number, _))
            if *client == number =>
        {
            Some(bytes.len())
        }
        (What::Printed(bytes), Place::Printed(_)) => Some(bytes.len()),
        _ => None,
    };
    let (Place::Received(_, offset) | Place::Sent(_, offset) | Place::Printed(offset)) =
        failure.place
    else {
        return None;
    };
    let events = failure.events.iter().map(|event| wanted(&event.what));
    let lengths: Vec<Option<usize>> = events.collect();
    let before: usize = lengths[..index].iter().flatten().sum();
    let length = lengths[index]?;
    let is_last = lengths[index + 1..].iter().flatten().next().is_none();
    let within = offset.checked_sub(before)?;
    // The place behind the last byte belongs to the last event.
    (within < length || is_last && within == length).then_some(within)
}

/// Every byte as it is shown.
static PICTURES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let picture = |byte| probe::escape(&[byte]).trim_end_matches('\n').to_string();
    (0..=u8::MAX).map(picture).collect()
});

fn picture(byte: u8) -> &'static str {
    &PICTURES[usize::from(byte)]
}

fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| picture(byte)).collect()
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
            let (columns, offset) = (picture(byte).len(), start + offset);
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

/// The row with the byte, or the last one.
fn row_of(rows: &[Row], offset: usize) -> usize {
    rows.iter().rposition(|row| row.bytes.start <= offset).unwrap_or(0)
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
        let line = change.value().trim_end_matches('\n');
        let room = width() - INDENT - 3;
        let line = match line.char_indices().nth(room) {
            Some((end, _)) => format!("{mark} {}…", &line[..end]),
            None => format!("{mark} {line}"),
        };
        let _ = writeln!(text, "{:INDENT$}{}", "", styled(style, &line));
    }
    text
}
