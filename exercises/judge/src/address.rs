//! Where a program is: by its own words, and by the system's.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};

/// Returns the first address at which a client can be let in: one with a port. The one
/// that was asked for may come before it.
pub fn named_address(text: &str) -> Option<SocketAddr> {
    let mut named = named_addresses(text).into_iter().map(|(_, address)| address);
    named.find(|address| address.port() != 0)
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

/// Returns whether a process has the port at all addresses of this machine. Linux only.
pub fn has_all_addresses(id: u32, address: SocketAddr) -> bool {
    if !cfg!(target_os = "linux") || !address.is_ipv4() || address.ip().is_unspecified()
    {
        return false;
    }
    let listening = listening(id);
    if listening.contains(&address) {
        return false;
    }
    let all = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
    listening.contains(&all) || probe::is_taken(SocketAddr::new(nobodys(), all.port()))
}

/// Returns an address that nobody has: all that begins with 127 is this machine.
fn nobodys() -> IpAddr {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    let [high, low] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let ours = u8::try_from(100 + std::process::id() % 100).unwrap_or(100);
    Ipv4Addr::new(127, ours, high, low.max(1)).into()
}

/// Returns the port from which on a system chooses when it is asked for any.
pub fn first_free_port() -> u16 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let first =
        range.ok().and_then(|range| range.split_whitespace().next()?.parse().ok());
    first.unwrap_or(10_000)
}

/// Returns the addresses of IPv4 at which a process, or one that it has started,
/// listens. From proc(5); elsewhere none.
pub fn listening(id: u32) -> Vec<SocketAddr> {
    let rows = probe::listeners();
    let processes = crate::patience::family(id);
    let sockets: Vec<String> = processes.into_iter().flat_map(sockets).collect();
    let addresses = rows.iter().filter_map(|row| {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let [_, local, _, _, _, _, _, _, _, socket, ..] = fields[..] else {
            return None;
        };
        let (ip, port) = local.split_once(':')?;
        let ip = u32::from_str_radix(ip, 16).ok()?.to_ne_bytes();
        let port = u16::from_str_radix(port, 16).ok()?;
        let is_its_own = sockets.iter().any(|own| own == socket);
        is_its_own.then(|| SocketAddr::from((ip, port)))
    });
    addresses.collect()
}

/// Returns the numbers of the sockets that a process has open.
fn sockets(id: u32) -> Vec<String> {
    let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    let targets = open.filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
    let numbers = targets.filter_map(|target| {
        let number = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        Some(number.into())
    });
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::{named_address, named_addresses};

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
            let found = named_address(&format!("ready\n{line}\n"));
            assert_eq!(found.map(|it| it.to_string()).as_deref(), Some(address));
        }
        for line in ["ready: go, 12:30\n", "127.0.0.1:80 (no line end)", "127.0.0.1\n"]
        {
            assert_eq!(named_address(line), None, "{line}");
        }
        let (offset, _) = named_addresses("\x1b[1mat 127.0.0.1:80\n")[0];
        assert_eq!(offset, "\x1b[1mat ".len());
    }
}
