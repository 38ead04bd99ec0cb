//! The packets of a recording as a capture file, for Wireshark: one each millisecond,
//! with valid checksums. The format is that of libpcap, the packets begin with IP.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::recording::{Event, Kind, Recording, unquoted};

const LINKTYPE_RAW: u32 = 101;
/// The most data that an IP packet has room for, in round numbers.
const MOST: usize = 65_000;

/// Returns the packets of a recording as a capture file.
///
/// # Errors
/// When a recording doesn't tell what was sent.
pub fn capture(recording: &Recording) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    for word in [0xA1B2_C3D4, 2 | 4 << 16, 0, 0, 1 << 18, LINKTYPE_RAW] {
        file.extend(u32::to_le_bytes(word));
    }
    let mut clients = Clients::default();
    let mut time = 0;
    for event in &recording.events {
        time += if event.text.contains(", again after ") { 1_000_000 } else { 1000 };
        let packets = clients.packets(event);
        for packet in packets.with_context(|| event.text.to_string())? {
            let length = u32::try_from(packet.len())?;
            for word in [time / 1_000_000, time % 1_000_000, length, length] {
                file.extend(u32::to_le_bytes(word));
            }
            file.extend(packet);
        }
    }
    Ok(file)
}

/// Of each client the port, and where the client and the server are in what they send.
#[derive(Default)]
struct Clients(BTreeMap<String, (u16, [u32; 2])>);

impl Clients {
    /// Returns what an event is on the wire, in pieces.
    fn packets(&mut self, event: &Event) -> Result<Vec<Vec<u8>>> {
        let &Event { kind, from, to, text, .. } = event;
        if !matches!(kind, Kind::Network | Kind::Lost) {
            return Ok(Vec::new());
        }
        let is_servers = from == "kernel";
        let client = if is_servers { to } else { from };
        let port = 50001 + u16::try_from(self.0.len())?;
        let (port, sent) = self.0.entry(client.into()).or_insert((port, [0, 0]));
        let words: Vec<_> = text.split(' ').collect();
        let flags = match words[0].trim_end_matches(',') {
            "SYN" => 0x02,
            "SYN+ACK" => 0x12,
            "ACK" => 0x10,
            "FIN" => 0x11,
            "RST" | "RST+ACK" => 0x14,
            "data" => 0x18,
            other => bail!("no packet is called {other:?}"),
        };
        let data = if flags == 0x18 { data(text)? } else { Vec::new() };
        let ack = if flags == 0x02 { 0 } else { sent[usize::from(!is_servers)] };
        let sent = &mut sent[usize::from(is_servers)];
        // A SYN that is sent again.
        if flags == 0x02 {
            *sent = 0;
        }
        let mut packets = Vec::new();
        for piece in data.chunks(MOST).chain(data.is_empty().then_some(&[][..])) {
            let ports = if is_servers { [4545, *port] } else { [*port, 4545] };
            packets.push(packet(ports, [*sent, ack], flags, piece)?);
            *sent += u32::try_from(piece.len())?;
        }
        // SYN and FIN count as a byte.
        *sent += u32::from(flags & 0x03 > 0);
        Ok(packets)
    }
}

fn data(text: &str) -> Result<Vec<u8>> {
    let at = text.find('"').context("what was sent isn't told")?;
    let at = text[..at].rfind(' ').map_or(at, |space| space + 1);
    let text = text[at..].trim_end_matches('…');
    unquoted(text).context("what was sent isn't told")
}

/// RFC 791, 3.1, and RFC 9293, 3.1.
fn packet(
    ports: [u16; 2],
    numbers: [u32; 2],
    flags: u8,
    data: &[u8],
) -> Result<Vec<u8>> {
    let addresses = [127, 0, 0, 1, 127, 0, 0, 1];
    let mut tcp: Vec<u8> = ports.iter().flat_map(|it| it.to_be_bytes()).collect();
    tcp.extend(numbers.iter().flat_map(|it| it.to_be_bytes()));
    tcp.extend([5 << 4, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
    tcp.extend(data);
    let length = u16::try_from(tcp.len())?;
    let [high, low] = length.to_be_bytes();
    let pseudo = [&addresses[..], &[0, 6, high, low], &tcp].concat();
    tcp[16..18].copy_from_slice(&checksum(&pseudo));

    let [high, low] = (20 + length).to_be_bytes();
    let mut ip = vec![0x45, 0, high, low, 0, 0, 0x40, 0, 64, 6, 0, 0];
    ip.extend(addresses);
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum);
    ip.extend(tcp);
    Ok(ip)
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut sum = 0;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |&low| u32::from(low));
    }
    while sum >> 16 > 0 {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    #[expect(clippy::cast_possible_truncation, reason = "it has 16 bits by now")]
    let sum = !(sum as u16);
    sum.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071() {
        assert_eq!(checksum(&[0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7]), [0x22, 0x0d]);
    }
}
