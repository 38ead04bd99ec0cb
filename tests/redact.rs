//! What differs from run to run, replaced by something that does not. Nothing else is.

use std::net::SocketAddr;

/// Replaces the port the system chose by 4545, the one a reader gets without asking.
pub fn port(text: &str, address: SocketAddr) -> String {
    let chosen = address.port();
    text.replace(&format!(":{chosen}"), ":4545")
        .replace(&format!(" port {chosen}"), " port 4545")
}

/// Replaces the port of each client that a line begins with.
pub fn peers(text: &str) -> String {
    let redacted = text.split_inclusive('\n').map(|line| {
        let (peer, rest) = line.split_once(' ').unwrap_or((line, ""));
        match peer.parse::<SocketAddr>() {
            Ok(peer) => format!("{}:PORT {rest}", peer.ip()),
            Err(_) => line.into(),
        }
    });
    redacted.collect()
}

/// Replaces the value of each `Date` field by the example of RFC 9110, section 5.6.7,
/// when it has the form of that example (IMF-fixdate); any other form stays and so is
/// noticed.
pub fn date(text: &str) -> String {
    let redacted = text.split_inclusive('\n').map(|line| {
        let value = line.strip_prefix("Date: ").or(line.strip_prefix("< Date: "));
        match value.map(|value| value.trim_end().trim_end_matches("\\r\\n")) {
            Some(value) if is_imf_fixdate(value) => line.replace(value, EXAMPLE),
            _ => line.into(),
        }
    });
    redacted.collect()
}

const EXAMPLE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const DAYS: &str = "Mon Tue Wed Thu Fri Sat Sun";
const MONTHS: &str = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";

fn is_imf_fixdate(value: &str) -> bool {
    let same_shape = value.len() == EXAMPLE.len()
        && value.bytes().zip(EXAMPLE.bytes()).all(|(byte, example)| {
            if example.is_ascii_digit() {
                byte.is_ascii_digit()
            } else {
                byte == example || example.is_ascii_alphabetic()
            }
        });
    same_shape
        && DAYS.split(' ').any(|day| value.starts_with(day))
        && MONTHS.split(' ').any(|month| &value[8..11] == month)
        && value.ends_with("GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_port_is_replaced() {
        let address = "127.0.0.1:3999".parse().expect("an address");
        assert_eq!(
            port("http://127.0.0.1:3999/:1", address),
            "http://127.0.0.1:4545/:1"
        );
        assert_eq!(port("to ::1 port 3999", address), "to ::1 port 4545");
    }

    #[test]
    fn only_a_date_of_the_right_form_is_replaced() {
        let good = "Date: Mon, 23 Nov 2026 12:50:24 GMT\\r\\n\n";
        assert_eq!(date(good), format!("Date: {EXAMPLE}\\r\\n\n"));
        for bad in [
            "Date: Mon, 23 Nov 2026 12:50:24 UTC\\r\\n\n",
            "Date: Mon, 3 Nov 2026 12:50:24 GMT\\r\\n\n",
            "Date: Mon, 23 Foo 2026 12:50:24 GMT\\r\\n\n",
            "Date: Xyz, 23 Nov 2026 12:50:24 GMT\\r\\n\n",
            "Expires: Mon, 23 Nov 2026 12:50:24 GMT\\r\\n\n",
        ] {
            assert_eq!(date(bad), bad);
        }
    }
}
