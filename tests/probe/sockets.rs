//! What the kernel says of listening sockets. Linux alone does; elsewhere there are
//! none.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;

/// How many clients wait for an `accept` at an IPv4 address, which `ss -ltn` calls
/// Recv-Q; `None` when nobody listens there. From proc(5), `/proc/net/tcp`.
pub fn queue(address: SocketAddr) -> Option<usize> {
    let SocketAddr::V4(address) = address else { return None };
    // Each row: number, local address, remote address, state (0A is LISTEN), both
    // queues; the address as the machine holds it in memory, all in hexadecimal.
    let ip = u32::from_ne_bytes(address.ip().octets());
    let listening = format!(": {ip:08X}:{:04X} 00000000:0000 0A ", address.port());
    let row = listeners().into_iter().find(|row| row.contains(&listening))?;
    let (_, rest) = row.split_once(&listening)?;
    usize::from_str_radix(rest.get(9..17)?, 16).ok()
}

/// The rows of `/proc/net/tcp` that are about listening sockets. They come first; those
/// about connections, of which there may be thousands, are not asked for.
pub fn listeners() -> Vec<String> {
    let Ok(table) = File::open("/proc/net/tcp") else { return Vec::new() };
    let rows = BufReader::new(table).lines().skip(1).map_while(Result::ok);
    rows.take_while(|row| row.contains(" 0A ")).collect()
}
