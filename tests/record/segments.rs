//! Of the packets, what is worth showing, each once.

use std::collections::{BTreeMap, BTreeSet};

use crate::clients::PORT;
use crate::quote::quoted;
use crate::tls::records;
use crate::wire::{FIN, Packet, RST, SYN};

/// An arrow on the wire.
pub struct Segment {
    pub time: u64,
    /// The client's.
    pub port: u16,
    pub is_clients: bool,
    /// An answer that a kernel gives by itself, at once.
    pub is_own: bool,
    pub text: String,
    data: Option<(u32, Vec<u8>)>,
}

/// Something that a client gave its kernel to send: when, from which port, how much.
pub type Sent = (u64, u16, usize);

/// What has been seen of a connection.
#[derive(Default)]
struct Connection {
    first: BTreeMap<bool, u32>,
    /// Up to where each side has sent, counted from its SYN.
    sent: BTreeMap<bool, u32>,
    shown: BTreeSet<&'static str>,
    /// When the last packet came, and whether it was the client's.
    time: u64,
    was_clients: bool,
    /// How often the client had sent when the last data came.
    sends: usize,
}

/// Leaves out acknowledgments but the handshake's, what is sent again (but a SYN), and
/// resets of what is over already. What comes of one send is one arrow, and so are a
/// FIN and the data before it two.
pub fn segments(
    packets: &[Packet],
    sent: &[Sent],
    guests: &BTreeSet<u16>,
) -> Vec<Segment> {
    let mut connections: BTreeMap<u16, Connection> = BTreeMap::new();
    let mut segments = Vec::new();
    for packet in packets {
        let is_clients = packet.target == PORT;
        let port = if is_clients { packet.source } else { packet.target };
        let connection = connections.entry(port).or_default();
        connection.see(packet, port, is_clients, sent, &mut segments);
    }
    put_answers_behind_their_causes(&mut segments, guests);
    for segment in &mut segments {
        if let Some((seq, bytes)) = segment.data.take() {
            let before = |&&(time, port, _): &&Sent| {
                segment.is_clients && port == segment.port && time < segment.time
            };
            let whole = sent.iter().filter(before).map(|(.., length)| length).sum();
            segment.text = if segment.is_clients && guests.contains(&segment.port) {
                begin(seq, &bytes)
            } else {
                data(seq, bytes, whole)
            };
        }
    }
    segments
}

impl Connection {
    fn see(
        &mut self,
        packet: &Packet,
        port: u16,
        is_clients: bool,
        sent: &[Sent],
        segments: &mut Vec<Segment>,
    ) {
        let first = *self.first.entry(is_clients).or_insert(packet.seq);
        let seq = packet.seq.wrapping_sub(first);
        let mut show = |text: String, is_own, data| {
            let time = packet.time;
            segments.push(Segment { time, port, is_clients, is_own, text, data });
        };
        if let Some((text, is_own)) = self.control(packet, is_clients) {
            show(text, is_own, None);
        }
        (self.time, self.was_clients) = (packet.time, is_clients);

        let up_to = self.sent.entry(is_clients).or_insert(1);
        let again = up_to.saturating_sub(seq) as usize;
        let new = packet.payload.get(again..).unwrap_or_default();
        if !new.is_empty() && !self.shown.contains("RST") {
            let start = *up_to;
            *up_to = seq + u32::try_from(packet.payload.len()).unwrap_or(0);
            let is_before =
                |it: &&Sent| is_clients && it.1 == port && it.0 < packet.time;
            let sends = sent.iter().filter(is_before).count();
            let is_same =
                |it: &&mut Segment| it.port == port && it.is_clients == is_clients;
            let last = segments.iter_mut().rfind(is_same);
            match last.and_then(|it| it.data.as_mut()) {
                Some((_, bytes)) if sends > 0 && sends == self.sends => {
                    bytes.extend(new);
                }
                _ => {
                    let (time, data) = (packet.time, Some((start, new.to_vec())));
                    let (is_own, text) = (false, String::new());
                    segments.push(Segment {
                        time,
                        port,
                        is_clients,
                        is_own,
                        text,
                        data,
                    });
                }
            }
            self.sends = sends;
        }
        let name = if is_clients { "client's FIN" } else { "server's FIN" };
        if packet.has(FIN) && self.shown.insert(name) {
            let seq = seq + u32::try_from(packet.payload.len()).unwrap_or(0);
            let (time, is_own, text) = (packet.time, false, format!("FIN seq {seq}"));
            let data = None;
            segments.push(Segment { time, port, is_clients, is_own, text, data });
        }
    }

    /// Of a SYN, a reset or the handshake's ACK: what to show, and whether a kernel
    /// sent it by itself.
    fn control(&mut self, packet: &Packet, is_clients: bool) -> Option<(String, bool)> {
        let is_answered = self.shown.contains("SYN+ACK");
        let is_over =
            self.shown.contains("client's FIN") && self.shown.contains("server's FIN");
        let (once, text, is_own) = match (is_clients, packet.has(SYN)) {
            (true, true) if self.shown.contains("SYN") => {
                let seconds = (packet.time - self.time + 500_000_000) / 1_000_000_000;
                return Some((format!("SYN seq 0, again after {seconds} s"), false));
            }
            (true, true) => ("SYN", "SYN seq 0", false),
            (false, true) => ("SYN+ACK", "SYN+ACK seq 0 ack 1", true),
            _ if packet.has(RST) && is_over => return None,
            _ if packet.has(RST) && !is_answered => {
                ("RST", "RST+ACK seq 0 ack 1", true)
            }
            // A client's own reset answers nothing.
            _ if packet.has(RST) => ("RST", "RST", is_clients && !self.was_clients),
            (true, _)
                if is_answered && packet.payload.is_empty() && !packet.has(FIN) =>
            {
                ("ACK", "ACK seq 1 ack 1", true)
            }
            _ => return None,
        };
        self.shown.insert(once).then(|| (text.into(), is_own))
    }
}

/// An answer that a kernel gives by itself comes right behind the packet it answers. So
/// does all that guests do: it may be a reaction to what came on their other
/// connections, and nothing but that tells when in the program's time it happens.
fn put_answers_behind_their_causes(segments: &mut [Segment], guests: &BTreeSet<u16>) {
    let mut last = BTreeMap::new();
    // When guests last got an answer, and when they last opened a connection or asked.
    let (mut answered, mut asked) = (None, None);
    for segment in segments {
        let mut cause = last.get(&segment.port).copied();
        let is_guests = guests.contains(&segment.port);
        if is_guests && segment.is_clients && !segment.is_own {
            cause = cause.or(asked).max(answered);
        }
        if let Some(time) =
            cause.filter(|_| segment.is_own || is_guests && segment.is_clients)
        {
            segment.time = time + 1;
        }
        if is_guests && segment.is_clients {
            asked = Some(segment.time);
        } else if is_guests && !segment.is_own {
            answered = Some(segment.time);
        }
        last.insert(segment.port, segment.time);
    }
}

/// What a browser says, and so how long that is, differs from version to version.
fn begin(seq: u32, bytes: &[u8]) -> String {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n').take(2);
    format!(
        "data seq {seq}..N {}…",
        quoted(&lines.flatten().copied().collect::<Vec<_>>())
    )
}

/// `whole` is how much the client had sent in all. How much of an upload that breaks
/// off has come differs from run to run, and isn't told.
fn data(seq: u32, bytes: Vec<u8>, whole: usize) -> String {
    let bytes = with_a_date(bytes);
    let last = seq as usize + bytes.len() - 1;
    if whole > last {
        let (length, begin) = (whole + 1 - seq as usize, quoted(&bytes[..48]));
        return format!("data seq {seq}, the first of {length} bytes {begin}…");
    }
    let shown = records(&bytes).map(|records| format!("TLS: {}", records.join(", ")));
    format!("data seq {seq}..{last} {}", shown.unwrap_or_else(|| quoted(&bytes)))
}

/// Replaces the value of a Date field by the example of RFC 9110, 5.6.7, which is as
/// long as all others of that form.
fn with_a_date(mut bytes: Vec<u8>) -> Vec<u8> {
    const DATE: &[u8] = b"\r\nDate: ";
    const EXAMPLE: &[u8] = b"Sun, 06 Nov 1994 08:49:37 GMT";
    let at = bytes.windows(DATE.len()).position(|window| window == DATE);
    if let Some(at) = at.map(|at| at + DATE.len())
        && let Some(value) = bytes.get_mut(at..at + EXAMPLE.len())
        && value.ends_with(b" GMT")
    {
        value.copy_from_slice(EXAMPLE);
    }
    bytes
}
