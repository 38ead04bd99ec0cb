//! An event in few words, for where there is little room.

use crate::recording::{Event, Kind, unquoted};

/// Returns the name of a call.
pub fn name(call: &str) -> &str {
    call.split(['(', ':']).next().unwrap_or_default()
}

/// Returns what is said at an arrow. `is_alone`: there is one client only, which needs
/// no name.
pub fn label(event: &Event, is_alone: bool) -> String {
    let text = event.text;
    match event.kind {
        Kind::Call => called(text),
        Kind::Return => returned(text),
        Kind::Note if event.from == "kernel" => {
            let changes = text.split(", ").map(|change| {
                let (name, state) = change.split_once(' ').unwrap_or((change, ""));
                held(if is_alone && name != "waiting" { "" } else { name }, state)
            });
            changes.collect::<Vec<_>>().join("; ")
        }
        Kind::Note => text.into(),
        Kind::Network | Kind::Lost => packet(text),
    }
}

/// Returns what the kernel holds: of `waiting 1`, of `client ESTABLISHED 35 unread`.
pub fn held(name: &str, state: &str) -> String {
    if name == "waiting" {
        return format!("{state} waiting for accept");
    }
    let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
    match state.strip_suffix(" unread").and_then(|it| it.rsplit_once(' ')) {
        Some((state, unread)) => format!("{name}{state}, {unread} bytes unread"),
        None => format!("{name}{state}"),
    }
}

/// A call with what tells it from others: which descriptor, which option, how much.
fn called(text: &str) -> String {
    let Some((name, rest)) = text.split_once('(') else { return text.into() };
    let inside = rest.trim_end_matches(')');
    let first = inside.split(", ").next().unwrap_or_default();
    let arguments: Vec<_> = inside.rsplit(", ").collect();
    match (name, &arguments[..]) {
        ("socket", _) => name.into(),
        ("bind", [_, address, ..]) => format!("bind({first}, {address})"),
        ("sendto", [_, size, ..]) | ("write", [size, ..]) => {
            format!("{name}({first}, {size} bytes)")
        }
        ("setsockopt", [.., option, _, _]) => format!("{name}({first}, {option})"),
        _ => text.into(),
    }
}

fn returned(text: &str) -> String {
    match text.split_once(", ") {
        Some((client, whose)) if whose.starts_with("for ") => {
            format!("{client}, {whose}")
        }
        Some(("1", _)) => "1 byte".into(),
        Some((length, _)) => format!("{length} bytes"),
        None if text == "0" => "0 bytes".into(),
        None => text.trim_start_matches("-1 ").into(),
    }
}

/// `SYN seq 0 ack 1` or `data seq 1..35 "GET / HTTP/1.1\r\n…"`, without numbers.
fn packet(text: &str) -> String {
    let Some(data) = text.strip_prefix("data seq ") else {
        let (kind, again) = text.split_once(", ").unwrap_or((text, ""));
        let kind = kind.split(' ').next().unwrap_or_default();
        let again = if again.is_empty() { String::new() } else { format!(", {again}") };
        return format!("{kind}{again}");
    };
    let Some(at) = data.find('"') else {
        return data.split_once(' ').map_or(data, |(_, inside)| inside).into();
    };
    let string = data[at..].split(" \"").next().unwrap_or_default();
    let bytes = unquoted(string.trim_end_matches('…')).unwrap_or_default();
    let is_run = data[..at].ends_with('×');
    let first = bytes.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    if is_run {
        let times = data[..at].trim_end_matches('×').rsplit(' ').next();
        format!("{} bytes", times.unwrap_or_default())
    } else if first.len() == bytes.len() {
        format!("{first:?}")
    } else {
        format!("{first} …")
    }
}

#[cfg(test)]
mod tests {
    use super::{held, label};
    use crate::recording::parse;

    /// Each line of a recording, and its label.
    const TABLE: [(&str, &str); 21] = [
        (
            "program -> kernel: socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP)",
            "socket",
        ),
        (
            "program -> kernel: setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4)",
            "setsockopt(3, SO_REUSEADDR)",
        ),
        (
            "program -> kernel: setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, TIME)",
            "setsockopt(4, SO_RCVTIMEO)",
        ),
        ("program -> kernel: bind(3, 127.0.0.1:4545, 16)", "bind(3, 127.0.0.1:4545)"),
        (
            "program -> kernel: sendto(4, \"a, b\"…, 39, MSG_NOSIGNAL)",
            "sendto(4, 39 bytes)",
        ),
        ("program -> kernel: write(1, \"\\n, \", 5)", "write(1, 5 bytes)"),
        ("program -> kernel: recvfrom(4, 4096)", "recvfrom(4, 4096)"),
        ("kernel --> program: 4, for client", "4, for client"),
        ("kernel --> program: 35, \"GET\"", "35 bytes"),
        ("kernel --> program: 1, \"\\n\"", "1 byte"),
        ("kernel --> program: 0", "0 bytes"),
        ("kernel --> program: -1 EAGAIN", "EAGAIN"),
        ("client ~> kernel: SYN seq 0, again after 1 s", "SYN, again after 1 s"),
        ("kernel ~> client: SYN+ACK seq 0 ack 1", "SYN+ACK"),
        (
            "client ~> kernel: data seq 1..35 \"GET / HTTP/1.1\\r\\n\\r\\n\"",
            "GET / HTTP/1.1 …",
        ),
        ("client ~> kernel: data seq 1..8 \"GET / HT\"", "\"GET / HT\""),
        ("client ~> kernel: data seq 1..90 \"POST /\\r\\n\" 70×\"a\"", "POST / …"),
        ("client ~> kernel: data seq 1..5000 5000×\"a\"", "5000 bytes"),
        (
            "client ~> kernel: data seq 1..N \"GET / HTTP/1.1\\r\\n\"…",
            "GET / HTTP/1.1 …",
        ),
        ("client ~> kernel: data seq 1..90 TLS: handshake 85", "TLS: handshake 85"),
        (
            "kernel: waiting 1, client ESTABLISHED 35 unread",
            "1 waiting for accept; ESTABLISHED, 35 bytes unread",
        ),
    ];

    #[test]
    fn a_label_is_short() {
        for (line, expected) in TABLE {
            let text = format!("title: T\nlanes: client | kernel | program\n{line}");
            let recording = parse(&text).unwrap();
            assert_eq!(label(&recording.events[0], true), expected, "{line}");
        }
    }

    #[test]
    fn clients_have_names() {
        assert_eq!(held("idle", "TIME_WAIT"), "idle: TIME_WAIT");
        assert_eq!(held("waiting", "2"), "2 waiting for accept");
    }
}
