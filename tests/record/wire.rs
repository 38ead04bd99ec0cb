//! The wire: every packet on `lo`, with the kernel's time of its sending, by packet(7).

use std::io::IoSliceMut;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::clients::PORT;
use anyhow::{Context, Result, bail};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol,
    SockType, recvmsg, setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeSpec, TimeVal};

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;

/// From `linux/if_packet.h`: a packet that leaves. On `lo` the same one comes in again.
const PACKET_OUTGOING: u8 = 4;

/// A TCP segment, as it was sent.
#[derive(Clone, Debug)]
pub struct Packet {
    /// In nanoseconds since 1970.
    pub time: u64,
    pub source: u16,
    pub target: u16,
    pub seq: u32,
    pub flags: u8,
    pub payload: Vec<u8>,
}

impl Packet {
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Sees all packets from its start to its stop.
pub struct Wire {
    packets: Arc<Mutex<Vec<Packet>>>,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Wire {
    pub fn start() -> Result<Self> {
        let tap = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::EthAll,
        )
        .context("listening to all packets")?;
        setsockopt(&tap, sockopt::ReceiveTimestampns, &true)?;
        setsockopt(&tap, sockopt::RxqOvfl, &1)?;
        setsockopt(&tap, sockopt::RcvBuf, &(1 << 22))?;
        setsockopt(&tap, sockopt::ReceiveTimeout, &TimeVal::new(0, 100_000))?;
        let (packets, is_over) = (Arc::default(), Arc::<AtomicBool>::default());
        let (theirs, must_stop) = (Arc::clone(&packets), Arc::clone(&is_over));
        let thread = thread::spawn(move || watch(&tap, &theirs, &must_stop));
        Ok(Self { packets, is_over, thread })
    }

    /// Returns how many packets with this flag have come from that port so far.
    pub fn count(&self, port: u16, flag: u8) -> usize {
        let packets = self.packets.lock().unwrap_or_else(PoisonError::into_inner);
        packets.iter().filter(|it| it.source == port && it.has(flag)).count()
    }

    /// Returns the port of the first client that isn't among these.
    pub fn stranger(&self, known: &[u16]) -> Option<u16> {
        let packets = self.packets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut clients = packets.iter().filter(|it| it.target == PORT);
        clients.find(|it| !known.contains(&it.source)).map(|it| it.source)
    }

    pub fn stop(self) -> Result<Vec<Packet>> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("it doesn't panic")?;
        let packets = self.packets.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(packets.clone())
    }
}

fn watch(
    tap: &impl AsRawFd,
    packets: &Mutex<Vec<Packet>>,
    must_stop: &AtomicBool,
) -> Result<()> {
    let mut bytes = vec![0; 1 << 17];
    let mut control = cmsg_space!(TimeSpec, u32);
    loop {
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::empty();
        let room = Some(&mut control[..]);
        let got = match recvmsg::<LinkAddr>(tap.as_raw_fd(), &mut parts, room, flags) {
            Ok(got) => got,
            Err(Errno::EAGAIN) if must_stop.load(Ordering::Relaxed) => return Ok(()),
            Err(Errno::EAGAIN | Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        };
        let (mut time, length) = (None, got.bytes);
        for message in got.cmsgs()? {
            match message {
                ControlMessageOwned::ScmTimestampns(it) => time = Some(it),
                ControlMessageOwned::RxqOvfl(lost) => bail!("{lost} packets not seen"),
                _ => {}
            }
        }
        let leaves = got.address.is_some_and(|it| it.pkttype() == PACKET_OUTGOING);
        let time = time.context("a packet without a time")?;
        let time = 1_000_000_000 * u64::try_from(time.tv_sec())?
            + u64::try_from(time.tv_nsec())?;
        if leaves && let Some(packet) = segment(&bytes[..length], time) {
            packets.lock().unwrap_or_else(PoisonError::into_inner).push(packet);
        }
    }
}

/// Returns what is behind the Ethernet header (14 bytes) and the IP header: RFC 791,
/// 3.1, and RFC 9293, 3.1. Of what isn't TCP to or from
/// the server, nothing.
fn segment(frame: &[u8], time: u64) -> Option<Packet> {
    let ip = frame.strip_prefix(frame.get(..14)?)?;
    if frame[12..14] != [8, 0] || *ip.get(9)? != 6 {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    let tcp = ip.get(4 * usize::from(ip[0] % 16)..length)?;
    let port = |at: usize| u16::from_be_bytes([tcp[at], tcp[at + 1]]);
    let payload = tcp.get(4 * usize::from(tcp.get(12)? >> 4)..)?.to_vec();
    let seq = u32::from_be_bytes(tcp[4..8].try_into().ok()?);
    let (source, target, flags) = (port(0), port(2), tcp[13]);
    let is_servers = source == PORT || target == PORT;
    is_servers.then_some(Packet { time, source, target, seq, flags, payload })
}
