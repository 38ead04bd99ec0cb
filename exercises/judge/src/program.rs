//! A program that runs, as its server and its clients see it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::failure::{Fault, Kind, Log, Place, Str, Verdict, What};
use crate::patience::{self, Found, Look, RESPONSE_TIMEOUT, Silence};
use crate::process::{Output, Process};

/// How long to look whether a program has ended.
const MOMENT: Duration = Duration::from_millis(30);

/// One that runs, or has ended. All that hold it hold the same one.
#[derive(Clone, Debug)]
pub struct Program {
    process: Arc<Mutex<Process>>,
    /// It hasn't ended by itself.
    was_ended: Arc<AtomicBool>,
    /// This one, or another start of it, has used the processor in vain.
    circles: Arc<AtomicBool>,
    pub id: u32,
    pub stdout: Output,
    pub stderr: Output,
    pub log: Log,
}

/// How a program ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; none when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    log: Log,
}

impl Program {
    pub fn new(process: Process, log: Log, circles: Arc<AtomicBool>) -> Self {
        let (stdout, stderr) = (process.stdout.clone(), process.stderr.clone());
        let (id, process) = (process.id(), Arc::new(Mutex::new(process)));
        Self { process, was_ended: Arc::default(), circles, id, stdout, stderr, log }
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_flooding(&self) -> bool {
        self.process().is_flooding()
    }

    pub fn is_over(&self) -> bool {
        self.process().ended().is_some()
    }

    /// Returns whether it has ended, after a moment in which it could.
    pub fn has_ended(&self) -> bool {
        self.wait_for_end(MOMENT).is_ok()
    }

    /// Waits until `look` has found something, or it has had `quiet` to do it.
    pub fn wait<T>(&self, quiet: Duration, look: impl Look<T>) -> Found<T> {
        let waited = match self.circles.load(Ordering::SeqCst) {
            true => patience::wait_again(self.id, quiet, look),
            false => patience::wait(self.id, quiet, look),
        };
        if let Err(Silence::Busy) = waited {
            self.circles.store(true, Ordering::SeqCst);
        }
        waited
    }

    pub fn wait_for_end(&self, quiet: Duration) -> Found<()> {
        self.wait(quiet, |tick| look(tick, || self.is_over()))
    }

    /// Types a line into it, or ends its input.
    pub fn type_in(&self, line: Option<&str>) {
        self.log.add(What::Typed(line.map(Into::into)));
        // One that has ended doesn't hear it, and its status tells.
        let _ = self.process().input(line);
    }

    pub fn end(&self) {
        self.was_ended.store(!self.is_over(), Ordering::SeqCst);
        self.process().end();
    }

    /// Waits for its last words, and returns how it ended.
    pub fn ended(&self) -> Ended {
        self.wait_for_all_output();
        self.note_output();
        let status = self.process().ended();
        let (stdout, stderr) = (self.stdout.text(), self.stderr.text());
        let shown = status.map(|status| status.to_string()).unwrap_or_default();
        self.log.add(What::Ended(shown, stderr.clone()));
        let code = status.and_then(|status| status.code());
        Ended { code, stdout, stderr, log: self.log.clone() }
    }

    /// Waits for its last words, but not long: what it leaves may hold its output open.
    pub fn wait_for_all_output(&self) {
        let _ = self.wait(RESPONSE_TIMEOUT, |tick| {
            look(tick, || self.stdout.has_ended() && self.stderr.has_ended())
        });
    }

    /// Notes what it has printed, unless that is noted already.
    pub fn note_output(&self) {
        let text = self.stdout.text();
        let is_noted =
            self.log.events().iter().any(|it| matches!(it.what, What::Printed(_)));
        if !is_noted && !text.is_empty() {
            self.log.add_first(What::Printed(text.into_bytes()));
        }
    }

    pub fn wrong(&self, meaning: impl Str, why: impl Str) -> Fault {
        self.log.failure(Place::Moment, meaning, why)
    }

    /// Returns what is greater than anything that a client can find: that the program
    /// has ended, that a thread of it has given up, or that it prints without end.
    pub fn crash(&self) -> Option<Fault> {
        if self.was_ended.load(Ordering::SeqCst) {
            return None;
        }
        let failure = if self.is_flooding() {
            self.flood()
        // A program that is dying needs the processor for it, and so is waited for.
        } else if self.has_ended() {
            self.early_end()
        } else {
            let stderr = self.stderr.text();
            let (place, instead) = panic_in(&stderr)?;
            self.log.add(What::Complained(stderr.clone()));
            let rule = "Whatever a client sends or leaves out, it must not end \
                        anything but its own connection.";
            self.wrong(
                format!("A thread of your program has given up: {place}."),
                format!("{rule} {instead}"),
            )
        };
        Some(failure.of_kind(Kind::Crash))
    }

    pub fn flood(&self) -> Fault {
        self.log.add(What::Note("it has printed a megabyte".into()));
        self.wrong(
            "Your program prints without end, more than anyone can read. It has been \
             stopped.",
            "A loop that goes on after an error or after the end of its input does \
             that: read(2) returns 0 at the end, again and again.",
        )
    }

    fn early_end(&self) -> Fault {
        let ended = self.ended();
        match (panic_in(&ended.stderr), ended.code) {
            (Some((place, instead)), _) => self.wrong(
                format!("Your program has crashed: {place}."),
                format!(
                    "Whatever a client sends or leaves out, the server must go on for \
                     the others. {instead}"
                ),
            ),
            (None, None) => self.wrong(
                "A signal has ended your program.",
                "signal(7): SIGSEGV, SIGABRT and SIGPIPE are the usual ones.",
            ),
            (None, Some(_)) => self.wrong(
                "Your program has ended, but a server goes on until Ctrl-C.",
                "`accept` lets in one client; the next one needs another `accept`: a \
                 loop. And an error that concerns one client must not end that loop.",
            ),
        }
    }
}

impl Ended {
    pub fn wrong(&self, meaning: impl Str, why: impl Str) -> Fault {
        self.log.failure(Place::Moment, meaning, why)
    }

    /// Checks that it has not panicked: that tells a user nothing.
    pub fn expect_no_panic(&self) -> Verdict {
        let Some((place, _)) = panic_in(&self.stderr) else { return Ok(()) };
        Err(self.wrong(
            format!(
                "It panics, {place}. That is a message for whoever wrote the program; \
                 its user needs a sentence."
            ),
            "`unwrap` and `expect` are for what can't happen, and this happens to \
             everyone.",
        ))
    }
}

/// Looks whether something is so; if it isn't, waits a little.
pub fn look(tick: Duration, is_so: impl FnOnce() -> bool) -> Option<()> {
    let found = is_so().then_some(());
    if found.is_none() {
        thread::sleep(tick.min(Duration::from_millis(2)));
    }
    found
}

/// Returns where a thread has panicked, `at src/main.rs:12:34`, and what to do instead.
pub fn panic_in(stderr: &str) -> Option<(&str, &'static str)> {
    let line = stderr.lines().find(|line| line.contains("panicked at"))?;
    let place = line.split_once("panicked ").map_or(line, |(_, place)| place);
    let says = |words: &[&str]| words.iter().any(|word| stderr.contains(word));
    let instead = if says(&["overflow"]) {
        "Arithmetic with numbers from elsewhere can overflow; `checked_add` and its \
         like return `None` then."
    } else if says(&["out of range", "out of bounds", "char boundary", "slice index"]) {
        "An index or a range that doesn't fit panics; `get` returns `None` then."
    } else {
        "`unwrap` and `expect` are for what can't happen."
    };
    Some((place.trim_end_matches(':'), instead))
}
