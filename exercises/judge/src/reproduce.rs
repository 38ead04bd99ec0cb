//! Bytes into a command: what a check did, a person can do too.

use crate::failure::{Event, Failure, Place, What};
use crate::report::shortened;

/// No longer commands: nobody would read them.
const MAX_BYTES: usize = 1500;

/// With all that's around it, no line of a command is longer than 76.
const LINE: usize = 63;

/// What a person does in place of the client that has failed.
#[derive(Debug, PartialEq, Eq)]
pub struct Reproduction {
    pub command: String,
    pub shows: String,
}

/// Returns what the client that failed has done, as a command, up to event `last`.
/// `None` when more than that was done: other clients came, or too much was sent.
pub fn reproduction(failure: &Failure, last: usize) -> Option<Reproduction> {
    let events = &failure.events[..=last.min(failure.events.len().checked_sub(1)?)];
    let client = match failure.place {
        Place::Received(client, _) | Place::Sent(client, _) => client,
        _ => events.iter().rev().find_map(|event| event.what.client())?,
    };
    let others = events.iter().filter_map(|event| event.what.client());
    if others.into_iter().any(|other| other != client) {
        return None;
    }
    let pieces = pieces(events)?;
    let shows = shows(failure, events);
    // Of anything else, curl may not show all.
    let is_seen_by_curl = shows.starts_with("HTTP/1.1 ");
    let stays = !events.iter().any(|event| matches!(event.what, What::HalfClosed(_)));
    Some(Reproduction { command: command(&pieces, stays, is_seen_by_curl), shows })
}

/// A piece that was sent, after a pause of so many seconds, or none.
type Piece<'a> = (Option<u64>, &'a [u8]);

fn pieces(events: &[Event]) -> Option<Vec<Piece<'_>>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut pause = None;
    for event in events {
        match &event.what {
            What::Paused(_, time) => pause = Some(time.as_secs().max(1)),
            What::Sent(_, bytes) => pieces.push((pause.take(), bytes)),
            What::Left(..) | What::Stuck(..) | What::Typed(_) | What::Note(_) => {
                return None;
            }
            _ => {}
        }
    }
    let bytes: usize = pieces.iter().map(|(_, bytes)| bytes.len()).sum();
    (1..=MAX_BYTES).contains(&bytes).then_some(pieces)
}

fn command(pieces: &[Piece], stays: bool, is_seen_by_curl: bool) -> String {
    let nc = if stays { "nc 127.0.0.1 4545" } else { "nc -N 127.0.0.1 4545" };
    let bytes: Vec<u8> = pieces.iter().flat_map(|(_, it)| it.iter().copied()).collect();
    let has_pauses = pieces.iter().any(|(pause, _)| pause.is_some());
    match plain_get(&bytes) {
        Some(path) if !has_pauses && stays && is_seen_by_curl => {
            let as_is = if path.contains("/.") { "--path-as-is " } else { "" };
            format!("curl -i {as_is}'http://127.0.0.1:4545{path}'")
                .replace("'http://127.0.0.1:4545/'", "http://127.0.0.1:4545/")
        }
        _ if !has_pauses => sending(&bytes, nc),
        _ => {
            let parts = pieces.iter().map(|(pause, bytes)| {
                let pause = pause.map(|seconds| format!("sleep {seconds}\n "));
                pause.unwrap_or_default() + &several(lines(bytes))
            });
            format!("({}) |\n  {nc}", parts.collect::<Vec<_>>().join("\n "))
        }
    }
}

/// Returns the path, if a client of every kind would send this for it.
fn plain_get(request: &[u8]) -> Option<&str> {
    let rest = request.strip_prefix(b"GET ")?;
    let end = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let path = str::from_utf8(rest.strip_suffix(end)?).ok()?;
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_~%?=&+".contains(&byte);
    (path.starts_with('/') && path.bytes().all(is_plain)).then_some(path)
}

/// Says what comes back, or what the program prints, where that's what is wrong.
fn shows(failure: &Failure, events: &[Event]) -> String {
    let is_printed = matches!(failure.place, Place::Printed(_));
    let parts = events.iter().filter_map(|event| match &event.what {
        What::Received(_, bytes) if !is_printed => Some(bytes.as_slice()),
        What::Printed(bytes) if is_printed => Some(bytes.as_slice()),
        _ => None,
    });
    let bytes = parts.collect::<Vec<_>>().concat();
    let has = |is_it: fn(&What) -> bool| events.iter().any(|event| is_it(&event.what));
    if bytes.is_empty() {
        let ends = has(|what| matches!(what, What::Closed(_) | What::Reset(_)));
        return if ends { "nothing: the connection ends" } else { "nothing" }.into();
    }
    let offset = match failure.place {
        Place::Received(_, offset) | Place::Printed(offset) => {
            offset.min(bytes.len() - 1)
        }
        _ => 0,
    };
    let start =
        bytes[..offset].iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    // What is missing is missed at the blank line, which says nothing.
    let start = if bytes[start..].starts_with(b"\r\n") { 0 } else { start };
    let line =
        bytes[start..].split_inclusive(|&b| b == b'\n').next().unwrap_or_default();
    shortened(probe::escape(line).trim_end_matches('\n'), 60)
}

/// Returns a command that sends these bytes to the program and shows what comes back.
pub fn reproduce(request: &[u8]) -> String {
    sending(request, "nc 127.0.0.1 4545")
}

fn sending(request: &[u8], nc: &str) -> String {
    let lines = lines(request);
    let whole = lines.concat();
    if whole.len() + nc.len() <= 64 {
        format!("printf '{whole}' | {nc}")
    } else if whole.len() <= 65 {
        format!("printf '{whole}' |\n  {nc}")
    } else {
        format!("({}) |\n  {nc}", several(lines))
    }
}

/// As few `printf`s as possible, one below the other.
fn several(lines: Vec<String>) -> String {
    let mut printfs: Vec<String> = Vec::new();
    for line in lines {
        match printfs.last_mut() {
            Some(last) if last.len() + line.len() <= LINE => *last += &line,
            _ => printfs.push(line),
        }
    }
    let commands: Vec<String> =
        printfs.iter().map(|text| format!("printf '{text}'")).collect();
    commands.join("\n ")
}

/// Returns the lines as `printf` of every shell understands them, long ones in pieces:
/// printf(1).
fn lines(bytes: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let mut text = String::new();
        for byte in line {
            let next = for_printf(*byte);
            if text.len() + next.len() > LINE {
                lines.push(std::mem::take(&mut text));
            }
            text += &next;
        }
        lines.push(text);
    }
    lines
}

fn for_printf(byte: u8) -> String {
    match byte {
        b'\r' => "\\r".into(),
        b'\n' => "\\n".into(),
        b'\t' => "\\t".into(),
        b'%' => "%%".into(),
        b'\\' | b'\'' | 0..b' ' | 0x7f.. => format!("\\{byte:03o}"),
        _ => char::from(byte).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::reproduce;

    #[test]
    fn sends_what_the_client_sent() {
        assert_eq!(
            reproduce(b"GET /100% HTTP/1.1\r\n\r\n"),
            r"printf 'GET /100%% HTTP/1.1\r\n\r\n' | nc 127.0.0.1 4545"
        );
        let long =
            "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nWho:\tJ\u{fc}rgen\r\n\r\n";
        assert_eq!(
            reproduce(long.as_bytes()),
            r"(printf 'GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n'
 printf 'Who:\tJ\303\274rgen\r\n\r\n') |
  nc 127.0.0.1 4545"
        );
    }
}
