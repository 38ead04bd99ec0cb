//! Waiting that is fair on a slow machine. Only such time counts in which the program
//! could have run and had nothing to do: not when it was running or waiting for a
//! processor, and not when we ourselves got none.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use probe::load::{self, Used};

/// How long to wait for what must happen: an answer takes a thousandth of that.
pub const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// As [`RESPONSE_TIMEOUT`], for a start. Some look at themselves first, or at the
/// network, and a system may look at a new program.
pub const START_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to look at what must not happen.
pub const SILENCE_WINDOW: Duration = Duration::from_millis(60);

const TICK: Duration = Duration::from_millis(20);

/// The least time to look for; what is asked to wait for no time may wait for ever.
const SHORT: Duration = Duration::from_millis(1);

/// A program that has used the processor for so long, and asked the system for
/// something all the time, goes round in circles: it reads nothing, and reads.
const MAX_CIRCLING: Duration = Duration::from_secs(1);
/// Without the system, it may still be computing, slowly. After this, nobody waits.
const MAX_CPU: Duration = Duration::from_secs(5);
/// What a program starts, before it says where it is, may need more: a compiler.
const MAX_CPU_OF_OTHERS: Duration = Duration::from_secs(100);
/// Where one wait for a program has ended so, the others need not take as long.
const MAX_CPU_AGAIN: Duration = Duration::from_millis(300);

/// Nobody needs longer than this before the next client may come.
const TO_SETTLE: Duration = Duration::from_millis(50);

/// No wait is longer, even with a hundred programs for each processor.
const MAX_WAIT: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The program had its time, and slept.
    Asleep,
    /// The program was running all the time.
    Busy,
}

/// Looks for something, waits a little for it, and for at most the time it is given.
pub trait Look<T>: FnMut(Duration) -> Option<T> {}
impl<T, F: FnMut(Duration) -> Option<T>> Look<T> for F {}

/// What was waited for, or why it wasn't seen.
pub type Found<T> = Result<T, Silence>;

/// Looks until there is something, or the program `id` has had `quiet` to do it.
pub fn wait<T>(id: u32, quiet: Duration, look: impl Look<T>) -> Found<T> {
    wait_longer(id, || quiet, |used| used.total > MAX_CPU || is_circling(used), look)
}

/// As [`wait`], for one whose like has been seen to go round in circles.
pub fn wait_again<T>(id: u32, quiet: Duration, look: impl Look<T>) -> Found<T> {
    wait_longer(id, || quiet, |used| used.total > MAX_CPU_AGAIN, look)
}

/// As [`wait`], for a start: as long as `quiet` says at the time.
pub fn wait_for_start<T>(
    id: u32,
    look: impl Look<T>,
    quiet: impl Fn() -> Duration,
) -> Found<T> {
    let is_busy = |used: Used| used.own > MAX_CPU || used.total > MAX_CPU_OF_OTHERS;
    wait_longer(id, quiet, is_busy, look)
}

/// Waits until the program `id` has done what it had to do for now, and sleeps.
pub fn wait_until_asleep(id: u32) {
    // To ask costs two files for each of its threads, and most programs sleep already.
    if !load::is_busy(id) {
        return;
    }
    let begun = Instant::now();
    let used_before = load::used(id);
    while load::is_busy(id)
        && load::used(id).since(used_before).total < TO_SETTLE
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

/// Waits, but not for ever, until a thread of ours sleeps, or is `done`.
pub fn wait_until_thread_sleeps(thread: &Path, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while load::is_thread_busy(thread) && !done() && begun.elapsed() < MAX_WAIT {
        thread::sleep(SHORT);
    }
}

fn wait_longer<T>(
    id: u32,
    quiet: impl Fn() -> Duration,
    is_busy: impl Fn(Used) -> bool,
    mut look: impl Look<T>,
) -> Found<T> {
    let begun = Instant::now();
    // Asked for when the first look has found nothing: most find what they look for.
    let mut used_before = None;
    let mut asleep = Duration::ZERO;
    while asleep < quiet() {
        let tick = Instant::now();
        while tick.elapsed() < TICK {
            let left = TICK.saturating_sub(tick.elapsed());
            if let Some(found) = look(left.max(SHORT)) {
                return Ok(found);
            }
        }
        if !load::is_busy(id) {
            // Who gets so little of it has threads that get none, and hears late.
            let is_late = tick.elapsed() > TICK * 3 / 2;
            asleep += if is_late { TICK / 4 } else { tick.elapsed() };
        }
        let used = load::used(id);
        let used = used.since(*used_before.get_or_insert(used));
        if is_busy(used) {
            return Err(Silence::Busy);
        }
        if begun.elapsed() > MAX_WAIT {
            break;
        }
    }
    // What came in the last moment came in time.
    look(SHORT).ok_or(Silence::Asleep)
}

fn is_circling(used: Used) -> bool {
    used.total > MAX_CIRCLING && used.system * 5 > used.total
}
