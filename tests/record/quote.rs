//! Bytes as a recording has them: one that is written must be read again.

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
    use super::quoted;
    use crate::recording::unquoted;

    #[test]
    fn bytes_are_what_they_were() {
        let bytes = [b"a\r\n\t\"'\\\0\xff ".as_slice(), &[b'"'; 60], b"5\xd7"].concat();
        let text = quoted(&bytes);
        assert_eq!(text, r#""a\r\n\t\"'\\\x00\xff " 60×"\"" "5\xd7""#);
        assert_eq!(unquoted(&text), Some(bytes));
        assert_eq!(unquoted("\"GET / HT\"…"), None);
    }
}
