//! A recording: what one run of a program was, as a text that is the same every time.
//!
//! ```text
//! title: the page, and the end of the page
//! lanes: client | kernel | program = step04
//!
//! LANE: TEXT                       what a client did or saw, what the kernel holds,
//!                                  what happened to the program
//! CLIENT ~> kernel: PACKET         a packet of the client's
//! CLIENT ~>x kernel: PACKET        one that the kernel doesn't answer
//! kernel ~> CLIENT: PACKET         a packet of the server's
//! program -> kernel: CALL  @ LINE < LINE       a system call, and where it was made,
//!                                              the innermost line of source first
//! kernel --> program: RESULT       what it returned; without one, it's still waiting
//! ```
//!
//! - PACKET is `SYN seq 0`, `SYN seq 0, again after 1 s`, `SYN+ACK seq 0 ack 1`, `ACK
//!   seq 1 ack 1` (the handshake's, the only one shown), `RST+ACK seq 0 ack 1`, `RST`,
//!   `FIN seq N`, or `data seq FIRST..LAST BYTES`. Both sides count from their SYN. Of
//!   an upload that breaks off, it's `data seq 1, the first of N bytes BYTES…`.
//! - BYTES are strings, with `\r`, `\n`, `\t`, `\"`, `\\` and `\x7f`; `5000×"a"` is a
//!   string that repeats. Inside of TLS they are secret and differ each time: the
//!   packet is then `data seq FIRST..LAST TLS: handshake 211, application data 69`,
//!   each record with its length, and in a call it's `TLS`. What was inside is told by
//!   the client: `client: inside of TLS: BYTES`.
//! - CALL is as strace(1) has it, but what a call brings is in its RESULT:
//!   `recvfrom(4, 4096)` returns `35, "GET / …"`, and `accept4(3)` returns
//!   `4, for client`. A failure is `-1 EAGAIN`. `…` behind a string: it goes on.
//! - A letter `N` for a number (`FIN seq N`, `data seq 1..N "GET / …"…`): a browser's
//!   request is as long as its version wants.
//! - What the kernel holds is told where it has changed, at moments when the program
//!   sleeps: `kernel: waiting 1, client ESTABLISHED 35 unread, other gone`. `waiting`
//!   is how many wait for `accept`; of each client, it's the server's side of its
//!   connection.
//! - `program: the same again and again, N bytes more`: the call, or the two calls,
//!   before this were made again at least three times. `program: 15 threads more wait
//!   in accept4(3)`: to the end. `program: exited with 0`, `killed by SIGINT`, `is
//!   started again`, `somebody presses Enter`.
//! - At the end, `source: PATH:NUMBER: TEXT` for each line of source that is named.

use anyhow::{Context, Result, bail, ensure};

/// What a recording says.
#[derive(Debug, Default)]
pub struct Recording<'a> {
    pub title: &'a str,
    /// Of each lane its name, and what is shown for it.
    pub lanes: Vec<(&'a str, &'a str)>,
    pub events: Vec<Event<'a>>,
    /// Path, number and text of the lines of source that events name.
    pub source: Vec<(&'a str, usize, &'a str)>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    pub kind: Kind,
    pub from: &'a str,
    /// The same as `from` for what happened in one lane.
    pub to: &'a str,
    pub text: &'a str,
    /// Where a call was made, the innermost line first: `main.rs:14`.
    pub made_at: Vec<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Note,
    Call,
    Return,
    Network,
    Lost,
}

/// Reads a recording.
///
/// # Errors
/// When a line can't be understood; the message names it.
pub fn parse(text: &str) -> Result<Recording<'_>> {
    let mut recording = Recording::default();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        recording.add(line).with_context(|| format!("line {}, `{line}`", index + 1))?;
    }
    ensure!(!recording.title.is_empty(), "there is no line `title: …`");
    ensure!(!recording.events.is_empty(), "nothing happens");
    Ok(recording)
}

impl<'a> Recording<'a> {
    fn add(&mut self, line: &'a str) -> Result<()> {
        let (head, rest) = line.split_once(": ").context("there is no `: `")?;
        match head {
            "title" => self.title = rest,
            "lanes" => self.lanes = lanes(rest),
            "source" => self.source.push(source(rest).context("no PATH:NUMBER: TEXT")?),
            _ => {
                let event = event(head, rest)?;
                for name in [event.from, event.to] {
                    let is_lane = self.lanes.iter().any(|(lane, _)| *lane == name);
                    ensure!(is_lane, "no lane is called `{name}`");
                }
                self.events.push(event);
            }
        }
        Ok(())
    }
}

/// Reads `client | kernel | program = step04`.
pub fn lanes(list: &str) -> Vec<(&str, &str)> {
    let lanes = list.split('|').map(|lane| {
        let (name, shown) = lane.split_once('=').unwrap_or((lane, lane));
        (name.trim(), shown.trim())
    });
    lanes.collect()
}

fn source(line: &str) -> Option<(&str, usize, &str)> {
    let (path, rest) = line.split_once(':')?;
    let (number, text) = rest.split_once(':')?;
    Some((path, number.parse().ok()?, text.trim_start()))
}

/// Reads an event: who, and what.
///
/// # Errors
/// When it isn't told who did it.
pub fn event<'a>(head: &'a str, rest: &'a str) -> Result<Event<'a>> {
    let words: Vec<_> = head.split(' ').collect();
    let (from, kind, to) = match words[..] {
        [lane] => (lane, Kind::Note, lane),
        [from, "->", to] => (from, Kind::Call, to),
        [from, "-->", to] => (from, Kind::Return, to),
        [from, "~>", to] => (from, Kind::Network, to),
        [from, "~>x", to] => (from, Kind::Lost, to),
        _ => bail!("expected a lane, or two with `->`, `-->`, `~>` or `~>x` between"),
    };
    let (text, lines) = rest.rsplit_once("  @ ").unwrap_or((rest, ""));
    let made_at = lines.split(" < ").filter(|line| !line.is_empty()).collect();
    Ok(Event { kind, from, to, text, made_at })
}

/// Returns the bytes again. `None` when they aren't told to the end.
pub fn unquoted(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (count, after) = rest.split_once('"')?;
        let count = count.trim_start().trim_end_matches('×');
        let count = if count.is_empty() { 1 } else { count.parse().ok()? };
        let (part, after) = string(after)?;
        (0..count).for_each(|_| bytes.extend(&part));
        rest = after;
    }
    Some(bytes)
}

/// Reads a string to its closing quote, and returns what is behind it, too.
fn string(text: &str) -> Option<(Vec<u8>, &str)> {
    let mut bytes = Vec::new();
    let mut letters = text.chars();
    loop {
        bytes.push(match letters.next()? {
            '"' => return Some((bytes, letters.as_str())),
            '\\' => match letters.next()? {
                'r' => b'\r',
                'n' => b'\n',
                't' => b'\t',
                'x' => {
                    let hex: String = letters.by_ref().take(2).collect();
                    u8::from_str_radix(&hex, 16).ok()?
                }
                other => u8::try_from(other).ok()?,
            },
            other => u8::try_from(other).ok()?,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title: T\nlanes: client | program = step02\n\n";

    #[test]
    fn an_event_is_what_its_line_says() -> Result<()> {
        let text = format!(
            "{HEAD}program -> client: close(3: a)  @ a.rs:7 < b.rs:8\n\
             client ~>x program: SYN\nclient: connect\nsource: x/a.rs:7: b: c\n"
        );
        let recording = parse(&text)?;
        assert_eq!(recording.lanes, [("client", "client"), ("program", "step02")]);
        assert_eq!(recording.source, [("x/a.rs", 7, "b: c")]);
        let [call, packet, note] = &recording.events[..] else {
            bail!("{recording:?}");
        };
        assert_eq!((call.kind, call.text), (Kind::Call, "close(3: a)"));
        assert_eq!(call.made_at, ["a.rs:7", "b.rs:8"]);
        assert_eq!((packet.kind, packet.to), (Kind::Lost, "program"));
        assert_eq!((note.kind, note.from, note.to), (Kind::Note, "client", "client"));
        Ok(())
    }

    #[test]
    fn errors_name_the_line() {
        for (line, error) in [
            ("what", "line 4, `what`: there is no `: `"),
            ("other: x", "line 4, `other: x`: no lane is called `other`"),
            ("a => b: x", "line 4, `a => b: x`: expected a lane, or two with `->`"),
            ("source: x", "line 4, `source: x`: no PATH:NUMBER: TEXT"),
            ("", "nothing happens"),
        ] {
            let refused = format!("{:#}", parse(&format!("{HEAD}{line}")).unwrap_err());
            assert!(refused.starts_with(error), "{refused}");
        }
    }
}
