//! Bytes into a command: what a check did, a person can do too.

/// A command that sends these bytes to 127.0.0.1:4545 and shows what comes back.
pub fn by_hand(request: &[u8]) -> String {
    let lines = request.split_inclusive(|&byte| byte == b'\n').map(for_printf);
    let lines: Vec<String> = lines.collect();
    let whole = lines.concat();
    // With all that stands around it, no line of the command is longer than 76.
    if whole.len() <= 47 {
        format!("printf '{whole}' | nc 127.0.0.1 4545")
    } else if whole.len() <= 65 {
        format!("printf '{whole}' |\n  nc 127.0.0.1 4545")
    } else {
        format!("({}) |\n  nc 127.0.0.1 4545", several(lines))
    }
}

/// As few `printf`s as possible, one below the other.
fn several(lines: Vec<String>) -> String {
    let mut printfs: Vec<String> = Vec::new();
    for line in lines {
        match printfs.last_mut() {
            Some(last) if last.len() + line.len() <= 63 => *last += &line,
            _ => printfs.push(line),
        }
    }
    let commands: Vec<String> =
        printfs.iter().map(|text| format!("printf '{text}'")).collect();
    commands.join("\n ")
}

/// As `printf` of every shell understands it: printf(1).
fn for_printf(bytes: &[u8]) -> String {
    let escaped = bytes.iter().map(|&byte| match byte {
        b'\r' => "\\r".into(),
        b'\n' => "\\n".into(),
        b'\t' => "\\t".into(),
        b'%' => "%%".into(),
        b'\\' | b'\'' | 0..b' ' | 0x7f.. => format!("\\{byte:03o}"),
        _ => char::from(byte).to_string(),
    });
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use super::by_hand;

    #[test]
    fn sends_what_the_client_sent() {
        assert_eq!(
            by_hand(b"GET /100% HTTP/1.1\r\n\r\n"),
            r"printf 'GET /100%% HTTP/1.1\r\n\r\n' | nc 127.0.0.1 4545"
        );
        let long =
            "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nWho:\tJ\u{fc}rgen\r\n\r\n";
        assert_eq!(
            by_hand(long.as_bytes()),
            r"(printf 'GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n'
 printf 'Who:\tJ\303\274rgen\r\n\r\n') |
  nc 127.0.0.1 4545"
        );
    }
}
