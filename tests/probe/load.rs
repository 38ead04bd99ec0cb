//! What the kernel says of a process and of those that it has started, in proc(5).
//! Linux alone does; elsewhere all of them seem to sleep, and none listens.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Processor time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// All of it.
    pub total: Duration,
    /// Of it, what the program has had itself, and none that it has started.
    pub own: Duration,
    /// Of it, what the system has needed to do what it was asked for.
    pub system: Duration,
}

impl Used {
    /// Returns what was used since then.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            total: self.total.saturating_sub(before.total),
            own: self.own.saturating_sub(before.own),
            system: self.system.saturating_sub(before.system),
        }
    }
}

/// Returns a process and all that it has started. From proc(5); elsewhere it alone.
pub fn family(id: u32) -> Vec<u32> {
    let theirs = started_by(id).flat_map(family);
    [id].into_iter().chain(theirs).collect()
}

/// A thread of it, or of what it has started, runs, or waits to run or for a disk.
pub fn is_busy(id: u32) -> bool {
    threads(id).any(|it| is_thread_busy(&it) || children(&it).any(is_busy))
}

fn threads(id: u32) -> impl Iterator<Item = PathBuf> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten();
    threads.flatten().map(|thread| thread.path())
}

/// Returns whether a thread runs, or waits to run or for a disk.
pub fn is_thread_busy(thread: &Path) -> bool {
    let stat = fs::read_to_string(thread.join("stat")).unwrap_or_default();
    matches!(field(&stat, 3), Some("R" | "D"))
}

/// The processor time that the program has had, and those that it has started.
pub fn used(id: u32) -> Used {
    let process = Path::new("/proc").join(id.to_string());
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    let [user, system] = [14, 15].map(|number| {
        let ticks: Option<u64> =
            field(&stat, number).and_then(|ticks| ticks.parse().ok());
        // In hundredths of a second, whatever the kernel itself counts in.
        Duration::from_millis(10 * ticks.unwrap_or(0))
    });
    let own = Used { total: user + system, own: user + system, system };
    started_by(id).map(used).fold(own, |all, more| Used {
        total: all.total + more.total,
        system: all.system + more.system,
        ..all
    })
}

/// Returns what a process has started itself.
pub fn started_by(id: u32) -> impl Iterator<Item = u32> {
    threads(id).flat_map(|thread| children(&thread))
}

fn children(thread: &Path) -> impl Iterator<Item = u32> + use<> {
    let list = fs::read_to_string(thread.join("children")).unwrap_or_default();
    let ids = list.split_whitespace().filter_map(|id| id.parse().ok());
    ids.collect::<Vec<_>>().into_iter()
}

/// Counted from 1; the second is a name in parentheses, which may contain any.
fn field(stat: &str, number: usize) -> Option<&str> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(number - 3)
}

/// Returns the addresses of IPv4 at which a process, or one that it has started,
/// listens. From proc(5); elsewhere none.
pub fn listening(id: u32) -> Vec<SocketAddr> {
    let rows = crate::listeners();
    let processes = family(id);
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
