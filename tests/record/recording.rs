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

use std::fmt::Write as _;

/// Returns bytes as a recording has them.
pub fn quoted(bytes: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        let run = rest.iter().take_while(|&&byte| byte == first).count();
        let length = if run >= 50 { run } else { before_a_run(rest) };
        let (part, others) = rest.split_at(length);
        parts.push(if run >= 50 {
            format!("{run}×\"{}\"", escaped(&[first]))
        } else {
            format!("\"{}\"", escaped(part))
        });
        rest = others;
    }
    parts.join(" ")
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

/// Returns how many bytes there are before 50 equal ones.
fn before_a_run(bytes: &[u8]) -> usize {
    let is_run = |window: &[u8]| window.iter().all(|&byte| byte == window[0]);
    bytes.windows(50).position(is_run).unwrap_or(bytes.len())
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        let _ = match byte {
            b'\'' => write!(text, "'"),
            _ => write!(text, "{}", byte.escape_ascii()),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_what_they_were() {
        let bytes = [b"a\r\n\t\"'\\\0\xff ".as_slice(), &[b'"'; 60], b"5\xd7"].concat();
        let text = quoted(&bytes);
        assert_eq!(text, r#""a\r\n\t\"'\\\x00\xff " 60×"\"" "5\xd7""#);
        assert_eq!(unquoted(&text), Some(bytes));
        assert_eq!(unquoted("\"GET / HT\"…"), None);
    }
}
