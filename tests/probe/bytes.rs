//! Bytes as text that hides nothing.

/// Bytes as they stand in a snapshot: `\r`, `\n`, `\t`, `\\` and `\xNN` for what has no
/// picture, quotes as they are, and a real line break after each `\n`.
///
/// The result ends with a line break unless `bytes` is empty, whether or not the bytes
/// do: a last line without `\n` shown is a last line without one sent.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        for &byte in line {
            match byte {
                b'"' | b'\'' => text.push(char::from(byte)),
                _ => text.extend(std::ascii::escape_default(byte).map(char::from)),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn shows_every_byte() {
        assert_eq!(escape(b""), "");
        assert_eq!(escape(b"a\r\n\r\nb"), "a\\r\\n\n\\r\\n\nb\n");
        assert_eq!(escape(b"a\n"), "a\\n\n");
        assert_eq!(escape(b"\\n \"'\t\0\x1b\xff"), "\\\\n \"'\\t\\x00\\x1b\\xff\n");
    }
}
