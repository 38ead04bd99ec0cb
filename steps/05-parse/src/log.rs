//! What the terminal shows of each request. Every byte is printable: no client can write
//! control characters into a reader's terminal.

use std::fmt::Display;

use crate::ParseError;

/// How much of an offending line is shown before and after the caret, in bytes.
const BEFORE: usize = 60;
const AFTER: usize = 16;

/// One line: peer, request line, status, bytes of the answer.
pub fn line(peer: impl Display, head: &[u8], status: u16, length: usize) -> String {
    let request_line =
        head.split(|byte| b"\r\n".contains(byte)).find(|line| !line.is_empty());
    let shown = request_line.unwrap_or_default();
    let cut = if shown.len() > BEFORE + AFTER { "..." } else { "" };
    let shown = shown[..shown.len().min(BEFORE + AFTER)].escape_ascii();
    format!("{peer} \"{shown}{cut}\" {status} {length}\n")
}

/// The offending line with a caret under the byte, and what is wrong with it.
pub fn caret(bytes: &[u8], error: &ParseError) -> String {
    let offset = error.offset.min(bytes.len());
    let (before, after) = bytes.split_at(offset);
    let line_start =
        before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let start = line_start.max(offset.saturating_sub(BEFORE));
    let line_end =
        after.iter().position(|&byte| byte == b'\n').map_or(after.len(), |at| at + 1);
    let shown_before = bytes[start..offset].escape_ascii().to_string();
    let shown_after = after[..line_end.min(AFTER)].escape_ascii();
    let indent = " ".repeat(shown_before.len());
    format!("    {shown_before}{shown_after}\n    {indent}^ {error}\n")
}
