//! Addresses in what programs print.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Returns the addresses in a line, alone, in a URL or in a sentence.
pub fn addresses_in(line: &str) -> impl Iterator<Item = SocketAddr> {
    named_addresses(&format!("{line}\n")).into_iter().map(|(_, address)| address)
}

/// Returns the addresses in the complete lines of a text, and where they begin. What
/// comes next may still change a line that has not ended.
pub fn named_addresses(text: &str) -> Vec<(usize, SocketAddr)> {
    let complete = text.rfind('\n').map_or("", |end| &text[..=end]);
    let letters = without_colors(complete);
    (0..letters.len()).filter_map(|start| address_at(&letters, start)).collect()
}

/// Returns each letter with its offset, but for the escape sequences that color a
/// terminal: ESC, `[`, and all up to a letter.
fn without_colors(text: &str) -> Vec<(usize, char)> {
    let mut letters = text.char_indices().peekable();
    let mut plain = Vec::new();
    while let Some((offset, letter)) = letters.next() {
        if letter != '\x1b' {
            plain.push((offset, letter));
        } else if letters.next_if(|(_, next)| *next == '[').is_some() {
            while letters.next().is_some_and(|(_, it)| !it.is_ascii_alphabetic()) {}
        }
    }
    plain
}

/// Returns the address that begins here, in one of the ways in which programs write it:
/// `127.0.0.1:4545`, `localhost:4545`, `[::1]:4545`, `('127.0.0.1', 4545)`.
fn address_at(letters: &[(usize, char)], start: usize) -> Option<(usize, SocketAddr)> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
    let before = start.checked_sub(1).map(|before| letters[before].1);
    if before.is_some_and(is_word) {
        return None;
    }
    let text: String = letters[start..].iter().map(|(_, it)| it).take(80).collect();
    let (ip, rest) = host(&text)?;
    let rest = rest.trim_start_matches(['\'', '"']);
    let rest = rest.strip_prefix([':', ','])?.trim_start_matches(' ');
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let port = rest[..digits].parse().ok()?;
    Some((letters[start].0, SocketAddr::new(ip, port)))
}

/// Returns the host at the beginning of a text, and what comes after it.
fn host(text: &str) -> Option<(IpAddr, &str)> {
    if let Some(rest) = text.strip_prefix("localhost") {
        return Some((Ipv4Addr::LOCALHOST.into(), rest));
    }
    if let Some((ip, rest)) = text.strip_prefix('[').and_then(|it| it.split_once(']'))
        && let Ok(ip) = ip.parse::<Ipv6Addr>()
    {
        return Some((ip.into(), rest));
    }
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let (ip, rest) = text.split_at(text.bytes().take_while(is_part).count());
    Some((ip.parse::<Ipv4Addr>().ok()?.into(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first at which a client can be let in.
    fn first(text: &str) -> Option<SocketAddr> {
        let mut named = named_addresses(text).into_iter().map(|(_, address)| address);
        named.find(|address| address.port() != 0)
    }

    #[test]
    fn finds_the_address_however_it_is_written() {
        for (line, address) in [
            ("bound to 127.0.0.1:80, but nobody listens", "127.0.0.1:80"),
            ("serving http://127.0.0.1:80/ until Ctrl-C", "127.0.0.1:80"),
            ("at [::1]:80.", "[::1]:80"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("(\"127.0.0.1:80\")", "127.0.0.1:80"),
            ("Listening on:127.0.0.1:40123", "127.0.0.1:40123"),
            ("[127.0.0.1:40123]", "127.0.0.1:40123"),
            ("('127.0.0.1', 40123)", "127.0.0.1:40123"),
            ("{ address: '127.0.0.1', family: 'IPv4' } 127.0.0.1:7", "127.0.0.1:7"),
            ("\x1b[1m127.0.0.1\x1b[0m:\x1b[32m40123\x1b[0m", "127.0.0.1:40123"),
            ("http://localhost:40123/", "127.0.0.1:40123"),
            ("asked for 127.0.0.1:0, got 127.0.0.1:80", "127.0.0.1:80"),
            ("v1.2.3.4:80 at 127.0.0.1:90.", "127.0.0.1:90"),
        ] {
            let found = first(&format!("ready\n{line}\n"));
            assert_eq!(found.map(|it| it.to_string()).as_deref(), Some(address));
        }
        for line in ["ready: go, 12:30\n", "127.0.0.1:80 (no line end)", "127.0.0.1\n"]
        {
            assert_eq!(first(line), None, "{line}");
        }
        let (offset, _) = named_addresses("\x1b[1mat 127.0.0.1:80\n")[0];
        assert_eq!(offset, "\x1b[1mat ".len());
    }
}
