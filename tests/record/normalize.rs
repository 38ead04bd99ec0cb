//! What was seen in one run, as a text that is the same for every run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::segments::{Segment, Sent, segments};
use crate::trace::{Call, calls};
use crate::world::{Program, Raw};

/// A line of the recording, and when it happened.
type Event = (u64, String);

/// Returns the recording.
pub fn normalize(
    raw: &Raw,
    title: &str,
    program: &Program,
    root: &Path,
) -> Result<String> {
    let sent = sends(raw);
    let mut wire = segments(&raw.packets, &sent, &raw.guests);
    // At the same time, the first connection comes first.
    let number = |port| raw.clients.iter().position(|(_, it)| *it == port);
    wire.sort_by_key(|it| (it.time, number(it.port)));
    let mut events: Vec<Event> = wire.iter().map(|it| arrow(it, &wire, raw)).collect();
    let mut made_at = BTreeSet::new();
    for trace in &raw.traces {
        let mut calls = calls(trace, program.file.as_deref(), root)?;
        calls.retain(|call| call.name != "getsockname");
        for line in calls.iter_mut().flat_map(|call| &mut call.lines) {
            let name = line.rsplit('/').next().unwrap_or_default().into();
            made_at.insert(std::mem::replace(line, name));
        }
        let (idle, busy) = idle_threads(calls);
        events.extend(idle);
        events.extend(busy.iter().flat_map(|call| shown(call, raw)));
    }
    events.extend(notes(raw, &wire));
    events.retain(|(time, _)| *time < raw.end);
    // Those of the same time stay in their order.
    events.sort_by_key(|(time, _)| *time);
    let lines: Vec<_> = events.into_iter().map(|(_, line)| line).collect();
    let lines = folded(&lines).into_iter();
    let lines: Vec<_> = if raw.guests.is_empty() {
        lines.collect()
    } else {
        lines.map(|line| without_length(&line)).collect()
    };
    let clients: String =
        raw.clients.iter().map(|(it, _)| format!("{it} | ")).collect();
    let head = format!(
        "title: {title}\nlanes: {clients}kernel | program = {}\n",
        program.name
    );
    Ok(format!("{head}\n{}\n{}", lines.join("\n"), source(&made_at, root)?))
}

/// Returns the lines of source in which calls were made, so that a recording tells when
/// it's no longer the one of its program.
fn source(made_at: &BTreeSet<String>, root: &Path) -> Result<String> {
    let mut places: Vec<(&str, usize)> = Vec::new();
    for place in made_at {
        let (path, number) = place.rsplit_once(':').context("a line has a number")?;
        places.push((path, number.parse()?));
    }
    places.sort_unstable();
    let mut text = String::new();
    for (path, number) in places {
        let file =
            fs::read_to_string(root.join(path)).with_context(|| path.to_string())?;
        let line = file.lines().nth(number - 1).unwrap_or_default().trim();
        text += &format!("source: {path}:{number}: {line}\n");
    }
    Ok(text)
}

/// A browser's request is as long as its version wants.
fn without_length(line: &str) -> String {
    for (before, after) in [
        ("kernel --> program: ", ", \"GET "),
        ("program: the same again and again, ", " bytes"),
    ] {
        if let Some(rest) = line.strip_prefix(before)
            && let Some((_, rest)) = rest.split_once(after)
        {
            return format!("{before}N{after}{rest}");
        }
    }
    match line.split_once(" ~> kernel: FIN seq ") {
        Some((client, _)) => format!("{client} ~> kernel: FIN seq N"),
        None => line.into(),
    }
}

fn sends(raw: &Raw) -> Vec<Sent> {
    let sent = raw.notes.iter().filter_map(|note| {
        let length =
            note.text.strip_prefix("send ")?.split(' ').next()?.parse().ok()?;
        Some((note.time, port(raw, &note.lane)?, length))
    });
    sent.collect()
}

fn port(raw: &Raw, client: &str) -> Option<u16> {
    raw.clients.iter().find(|(name, _)| name == client).map(|(_, port)| *port)
}

fn name(raw: &Raw, port: u16) -> &str {
    raw.clients.iter().find(|(_, it)| *it == port).map_or("?", |(name, _)| name)
}

fn arrow(segment: &Segment, wire: &[Segment], raw: &Raw) -> Event {
    let (client, text) = (name(raw, segment.port), &segment.text);
    let is_answered = wire.iter().any(|it| it.port == segment.port && !it.is_clients);
    let line = match (segment.is_clients, is_answered) {
        (true, true) => format!("{client} ~> kernel: {text}"),
        (true, false) => format!("{client} ~>x kernel: {text}"),
        (false, _) => format!("kernel ~> {client}: {text}"),
    };
    (segment.time, line)
}

fn notes(raw: &Raw, wire: &[Segment]) -> Vec<Event> {
    let notes = raw.notes.iter().map(|note| {
        let mut time = note.time;
        if note.is_result {
            // Right behind the last packet that the client's kernel got, or answered by
            // itself.
            let of = |it: &&Segment| {
                Some(it.port) == port(raw, &note.lane)
                    && it.time < note.time
                    && (it.is_own || !it.is_clients)
            };
            time = wire.iter().filter(of).map(|it| it.time + 1).max().unwrap_or(time);
        }
        (time, format!("{}: {}", note.lane, note.text))
    });
    notes.collect()
}

/// Tells the calls of threads that have nothing to do, and wait in the same call to the
/// end, from the others. What a thread calls without us, as it begins, is left out.
fn idle_threads(mut calls: Vec<Call>) -> (Option<Event>, Vec<Call>) {
    let main = calls[0].thread;
    calls.retain(|call| call.name != "---");
    calls.retain(|call| call.thread == main || !call.lines.is_empty());
    let works = |call: &&Call| call.thread == main || call.returned.is_some();
    let busy: BTreeSet<_> = calls.iter().filter(works).map(|it| it.thread).collect();
    let (busy, idle): (Vec<_>, Vec<_>) =
        calls.into_iter().partition(|call| busy.contains(&call.thread));
    let event = idle.iter().map(|call| call.time).max().map(|time| {
        let (number, call) = (idle.len(), entry(&idle[0]));
        (time, format!("program: {number} threads more wait in {call}"))
    });
    (event, busy)
}

/// Returns a call, and, just before the next one, what it returned.
fn shown(call: &Call, raw: &Raw) -> Vec<Event> {
    if call.name == "+++" {
        let end = call.arguments.trim_end_matches(" +++");
        return vec![(call.time, format!("program: {end}"))];
    }
    let mut entry = format!("program -> kernel: {}", entry(call));
    if !call.lines.is_empty() {
        entry += &format!("  @ {}", call.lines.join(" < "));
    }
    let returned = call.returned.iter().map(|(result, time)| {
        (*time, format!("kernel --> program: {}", returned(call, result, raw)))
    });
    [(call.time, entry)].into_iter().chain(returned).collect()
}

/// What a call brings belongs to its return, and how long a deadline is differs each
/// time.
fn entry(call: &Call) -> String {
    let (name, arguments) = (&call.name, &call.arguments);
    if is_tls(arguments) && name == "writev" {
        return format!(
            "{name}({}, TLS)",
            arguments.split(',').next().unwrap_or_default()
        );
    }
    let first = arguments.split(',').next().unwrap_or_default();
    match &**name {
        "accept" | "accept4" => format!("{name}({first})"),
        "recvfrom" | "read" => {
            let rest = arguments.trim_end_matches(", 0, NULL, NULL");
            let size = rest.rsplit(", ").next().unwrap_or_default();
            format!("{name}({first}, {size})")
        }
        "setsockopt" if arguments.contains("TIMEO") => {
            let option = arguments.split(", ").nth(2).unwrap_or_default();
            let option = option.trim_end_matches("_OLD");
            format!("{name}({first}, SOL_SOCKET, {option}, TIME)")
        }
        _ => {
            let arguments = without_date(&with_addresses(arguments));
            let arguments = without_key(&arguments.replace("\"...", "\"…"));
            format!("{name}({})", arguments.trim_end_matches(", NULL, 0"))
        }
    }
}

fn returned(call: &Call, result: &str, raw: &Raw) -> String {
    if result.starts_with('-') {
        return result.split(" (").next().unwrap_or_default().into();
    }
    match &*call.name {
        "accept" | "accept4" => {
            let port =
                between(&call.arguments, "htons(", ")").and_then(|it| it.parse().ok());
            format!("{result}, for {}", name(raw, port.unwrap_or(0)))
        }
        "recvfrom" | "read" if is_tls(&call.arguments) => format!("{result}, TLS"),
        "recvfrom" | "read" if result != "0" => {
            let start = call.arguments.find('"').unwrap_or(0);
            let end = call.arguments.rfind('"').unwrap_or(0);
            let is_cut = call.arguments[end..].starts_with("\"...");
            let cut = if is_cut { "…" } else { "" };
            format!("{result}, {}{cut}", &call.arguments[start..=end])
        }
        _ => result.into(),
    }
}

/// Whether the first bytes are those of a TLS record; what is in it nobody can read.
fn is_tls(arguments: &str) -> bool {
    let kind = between(arguments, "\"\\", "\\3");
    kind.is_some_and(|kind| matches!(kind, "24" | "25" | "26" | "27"))
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

/// Writes `{sa_family=AF_INET, …}` as `127.0.0.1:4545`.
fn with_addresses(arguments: &str) -> String {
    let Some(address) = between(arguments, "{sa_family=AF_INET, ", "}") else {
        return arguments.into();
    };
    let port = between(address, "htons(", ")").unwrap_or_default();
    let ip = between(address, "inet_addr(\"", "\"").unwrap_or_default();
    arguments
        .replace(&format!("{{sa_family=AF_INET, {address}}}"), &format!("{ip}:{port}"))
}

/// A certificate, in letters, is a new one each time.
fn without_key(arguments: &str) -> String {
    let begin = "-----BEGIN CERTIFICATE-----\\n";
    match (arguments.find(begin), arguments.find("\"…")) {
        (Some(at), Some(end)) => {
            arguments[..at + begin.len()].to_string() + &arguments[end..]
        }
        _ => arguments.into(),
    }
}

fn without_date(arguments: &str) -> String {
    let Some((before, after)) = arguments.split_once("\\nDate: ") else {
        return arguments.into();
    };
    let end = after.find(['\\', '"']).unwrap_or(after.len());
    format!("{before}\\nDate: …{}", &after[end..])
}

/// Makes one round, and a sum, of four or more rounds of the same call, or the same two
/// calls, that brought or took bytes.
fn folded(lines: &[String]) -> Vec<String> {
    let mut folded = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let mut fold = None;
        for size in [2, 4] {
            fold = fold.or_else(|| rounds(rest, size));
        }
        if let Some((size, length, bytes)) = fold {
            folded.extend_from_slice(&rest[..size]);
            folded
                .push(format!("program: the same again and again, {bytes} bytes more"));
            rest = &rest[length..];
        } else {
            folded.push(first.clone());
            rest = &rest[1..];
        }
    }
    folded
}

/// Returns, where four or more rounds of `size` lines begin: the size of one, how many
/// lines are all, and the bytes of all but the first.
fn rounds(lines: &[String], size: usize) -> Option<(usize, usize, u64)> {
    let mut rounds = lines.chunks_exact(size).map_while(round);
    let (first, _) = rounds.next()?;
    let others = rounds.take_while(|(calls, _)| *calls == first);
    let (count, bytes) =
        others.fold((0, 0), |(count, bytes), (_, more)| (count + 1, bytes + more));
    (count >= 3).then_some((size, size * (count + 1), bytes))
}

/// Returns the calls of a round, without what they took, and the bytes of its last one.
fn round(lines: &[String]) -> Option<(Vec<String>, u64)> {
    let mut calls = Vec::new();
    let mut bytes = 0;
    for pair in lines.chunks_exact(2) {
        let call = pair[0].strip_prefix("program -> kernel: ")?;
        if call.starts_with("write(2, ") {
            return None; // what it complains of comes in pieces
        }
        let result = pair[1].strip_prefix("kernel --> program: ")?;
        bytes = result.split(',').next()?.parse().ok()?;
        let (call, lines) = call.rsplit_once("  @ ").unwrap_or((call, ""));
        let without_data = call.split('"').next().unwrap_or_default();
        calls.push(format!("{without_data} @ {lines}"));
    }
    (bytes > 0).then_some((calls, bytes))
}
