//! Writes what the terminal shows of each request. Every byte of it is printable, so no
//! client can send commands to the terminal of whoever reads it.

use crate::ParseError;

/// How many bytes of an offending line are shown before and after the caret.
const BEFORE: usize = 60;
const AFTER: usize = 16;

/// Returns one line: peer, request line, status, length of the answer in bytes.
pub fn line(peer: &str, head: &[u8], status: u16, length: usize) -> String {
    let request_line =
        head.split(|byte| b"\r\n".contains(byte)).find(|line| !line.is_empty());
    let shown = request_line.unwrap_or_default();
    let cut = if shown.len() > BEFORE + AFTER { "..." } else { "" };
    let shown = shown[..shown.len().min(BEFORE + AFTER)].escape_ascii();
    format!("{peer} \"{shown}{cut}\" {status} {length}\n")
}

/// Returns the offending line, with a caret under the byte, and what's wrong with it.
pub fn caret(bytes: &[u8], error: &ParseError) -> String {
    let (before, after) = bytes.split_at(error.offset.min(bytes.len()));
    let is_end = |byte: &u8| *byte == b'\n';
    let before = before.rsplit(is_end).next().unwrap_or_default();
    let after = after.split_inclusive(is_end).next().unwrap_or_default();
    let shown =
        before[before.len().saturating_sub(BEFORE)..].escape_ascii().to_string();
    let indent = " ".repeat(shown.len());
    let after = after[..after.len().min(AFTER)].escape_ascii();
    format!("    {shown}{after}\n    {indent}^ {error}\n")
}
