//! Waiting that is fair on a slow machine. Only such time counts in which the program
//! could have run and had nothing to do: not when it was running or waiting for a
//! processor, and not when we ourselves got none.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for what must happen: an answer takes a thousandth of that.
pub const QUIET: Duration = Duration::from_secs(1);

/// As [`QUIET`], for a program that has only been started. Some systems look at a new
/// program before they let it run, and only Linux tells that it is not asleep
/// meanwhile.
pub const QUIET_AT_START: Duration =
    if cfg!(target_os = "linux") { QUIET } else { Duration::from_secs(10) };

/// How long to look at what must not happen.
pub const GLANCE: Duration = Duration::from_millis(60);

/// How often to look.
const TICK: Duration = Duration::from_millis(20);

/// The least time to look for; what is asked to wait for no time may wait for ever.
const SHORT: Duration = Duration::from_millis(1);

/// A program that has used the processor for so long over one request goes in circles.
const MAX_CPU: Duration = Duration::from_millis(300);
/// Some languages need more until their programs have started.
const MAX_CPU_AT_START: Duration = Duration::from_secs(3);

/// Nobody needs longer than this before the next client may come.
const TO_SETTLE: Duration = Duration::from_millis(50);

/// Whatever happens, no wait is longer. Where the machine has a hundred programs for
/// each processor, half a minute is not much.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// Why the waiting has ended without what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The program had its time, and slept.
    Asleep,
    /// The program was running all the time.
    Busy,
}

/// Looks again and again, until there is something or the program `id` has had `quiet`
/// to do it. `look` waits a little, and for at most the time it is given.
///
/// # Errors
/// When nothing came.
pub fn wait<T>(
    id: u32,
    quiet: Duration,
    look: impl FnMut(Duration) -> Option<T>,
) -> Result<T, Silence> {
    wait_longer(id, quiet, MAX_CPU, look)
}

/// As [`wait`], for a program that has only been started.
///
/// # Errors
/// When nothing came.
pub fn wait_for_start<T>(
    id: u32,
    look: impl FnMut(Duration) -> Option<T>,
) -> Result<T, Silence> {
    wait_longer(id, QUIET_AT_START, MAX_CPU_AT_START, look)
}

/// Waits until the program `id` sleeps: it has done what it had to do for now. One that
/// never does is not waited for.
pub fn wait_until_asleep(id: u32) {
    let begun = Instant::now();
    let used_before = load::used(id);
    while load::is_busy(id)
        && load::used(id).saturating_sub(used_before) < TO_SETTLE
        && begun.elapsed() < MAX_WAIT
    {
        thread::sleep(SHORT);
    }
}

/// The thread that calls this; none where the system does not tell.
pub fn this_thread() -> Option<PathBuf> {
    let link = Path::new("/proc/thread-self").read_link().ok()?;
    Some(Path::new("/proc").join(link))
}

/// Waits until a thread of ours sleeps, or is `done`. One that never does is not waited
/// for.
pub fn wait_until_thread_sleeps(thread: &Path, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while load::is_thread_busy(thread) && !done() && begun.elapsed() < MAX_WAIT {
        thread::sleep(SHORT);
    }
}

fn wait_longer<T>(
    id: u32,
    quiet: Duration,
    max_cpu: Duration,
    mut look: impl FnMut(Duration) -> Option<T>,
) -> Result<T, Silence> {
    let begun = Instant::now();
    let used_before = load::used(id);
    let mut asleep = Duration::ZERO;
    while asleep < quiet {
        let tick = Instant::now();
        while tick.elapsed() < TICK {
            let left = TICK.saturating_sub(tick.elapsed());
            if let Some(found) = look(left.max(SHORT)) {
                return Ok(found);
            }
        }
        if !load::is_busy(id) {
            // Who gets so little of the processor has threads that get none, and hears
            // late.
            let is_late = tick.elapsed() > TICK * 3 / 2;
            asleep += if is_late { TICK / 4 } else { tick.elapsed() };
        }
        let used = load::used(id).saturating_sub(used_before);
        if used > max_cpu {
            return Err(Silence::Busy);
        }
        if begun.elapsed() > MAX_WAIT {
            break;
        }
    }
    // What came in the last moment came in time.
    look(SHORT).ok_or(Silence::Asleep)
}

/// What Linux says about a program, proc(5).
#[cfg(target_os = "linux")]
mod load {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    /// A thread of the program, or of one that it has started, is running, waits for a
    /// processor or for a disk.
    pub fn is_busy(id: u32) -> bool {
        let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten();
        threads.flatten().any(|thread| {
            is_thread_busy(&thread.path())
                || children(&thread.path()).into_iter().any(is_busy)
        })
    }

    /// As [`is_busy`], for one thread.
    pub fn is_thread_busy(thread: &Path) -> bool {
        let stat = fs::read_to_string(thread.join("stat")).unwrap_or_default();
        matches!(field(&stat, 3), Some("R" | "D"))
    }

    /// The processor time that the program has had, and those that it has started.
    pub fn used(id: u32) -> Duration {
        let process = Path::new("/proc").join(id.to_string());
        let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
        let ticks = [14, 15].map(|number| {
            field(&stat, number).and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
        });
        // In hundredths of a second, whatever the kernel itself counts in.
        let own = Duration::from_millis(10 * ticks.iter().sum::<u64>());
        let theirs = started_by(id).into_iter().map(used);
        own + theirs.sum::<Duration>()
    }

    /// Whom any thread of the program has started.
    fn started_by(id: u32) -> Vec<u32> {
        let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten();
        threads.flatten().flat_map(|thread| children(&thread.path())).collect()
    }

    /// Whom this thread has started.
    fn children(thread: &Path) -> Vec<u32> {
        let list = fs::read_to_string(thread.join("children")).unwrap_or_default();
        list.split_whitespace().filter_map(|id| id.parse().ok()).collect()
    }

    /// Fields are counted from 1; the second is the program's name, in parentheses, and
    /// may contain anything.
    fn field(stat: &str, number: usize) -> Option<&str> {
        stat.rsplit_once(')')?.1.split_whitespace().nth(number - 3)
    }
}

/// Elsewhere it is not as easily asked.
#[cfg(not(target_os = "linux"))]
mod load {
    use std::path::Path;
    use std::time::Duration;

    pub fn is_busy(_: u32) -> bool {
        false
    }

    pub fn is_thread_busy(_: &Path) -> bool {
        false
    }

    pub fn used(_: u32) -> Duration {
        Duration::ZERO
    }
}
