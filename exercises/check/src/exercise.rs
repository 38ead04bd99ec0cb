//! What an exercise is, and what becomes of judging a program by it.

use std::sync::{PoisonError, RwLock};
use std::thread::{self, ScopedJoinHandle};

use crate::failure::{Failure, Verdict};
use crate::subject::Subject;

/// A check by the clock that was too late itself is tried again, so often.
const TRIES: usize = 12;

/// Checks run side by side; one that is tried again runs alone.
static ROOM: RwLock<()> = RwLock::new(());

/// One exercise, as a table.
#[derive(Debug)]
pub struct Exercise {
    /// `03b`. The package is `ex03b`.
    pub id: &'static str,
    /// `until-the-blank-line`. The folder is `exercises/03b-until-the-blank-line`.
    pub name: &'static str,
    /// How long it takes, about.
    pub minutes: u32,
    /// The page of the book to read, below `book/src`.
    pub page: &'static str,
    /// What is demanded. The README says the same in the same words.
    pub checks: &'static [Check],
}

/// One demand.
#[derive(Debug)]
pub struct Check {
    /// The demand, as a sentence of the README: a capital, a full stop.
    pub demand: &'static str,
    /// What it is worth.
    pub points: u32,
    /// A command for a second terminal to see it by hand, with the program at
    /// 127.0.0.1:4545; empty, if it is enough to start that. `{command}` starts the
    /// program once more, `{program} …` does so with other arguments, and alone.
    pub by_hand: &'static str,
    /// Judges a program. It starts one of its own.
    pub run: fn(&Subject) -> Verdict,
}

/// What became of an exercise.
#[derive(Debug)]
pub struct Report {
    /// Which one.
    pub exercise: &'static Exercise,
    /// What each of its checks says, in their order.
    pub verdicts: Vec<Verdict>,
}

impl Exercise {
    /// Its package, and the binary in it.
    pub fn package(&self) -> String {
        format!("ex{}", self.id)
    }

    /// Its folder, below `exercises`.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.id, self.name)
    }

    /// All points there are.
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.points).sum()
    }

    /// Judges a program: all checks at once, so that several that wait take no longer
    /// than one.
    pub fn judge(&'static self, subject: &Subject) -> Report {
        let (first, rest) = self.checks.split_at(1);
        let verdicts = thread::scope(|scope| {
            let begin =
                |check: &'static Check| scope.spawn(move || check.judge(subject));
            let first: Vec<_> = first.iter().map(begin).collect();
            // Meanwhile, whether it starts at all.
            let Err(failure) = subject.start().map(drop) else {
                let rest: Vec<_> = rest.iter().map(begin).collect();
                return first.into_iter().chain(rest).map(end).collect();
            };
            let mut verdicts: Vec<Verdict> = first.into_iter().map(end).collect();
            // What does not start is the same in all checks, and is said once. Unless
            // it only misses the arguments that the checks give it.
            let is_same = |first: &Failure| first.meaning == failure.meaning;
            if verdicts
                .iter()
                .all(|verdict| verdict.as_ref().is_err_and(|it| is_same(it)))
            {
                return self.checks.iter().map(|_| Err(failure.clone())).collect();
            }
            let rest: Vec<_> = rest.iter().map(begin).collect();
            verdicts.extend(rest.into_iter().map(end));
            verdicts
        });
        subject.end_strays();
        Report { exercise: self, verdicts }
    }
}

/// What a check says. If it has panicked, so do we.
fn end(check: ScopedJoinHandle<Verdict>) -> Verdict {
    check.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Check {
    /// Judges a program by this demand alone.
    fn judge(&self, subject: &Subject) -> Verdict {
        let side_by_side = ROOM.read().unwrap_or_else(PoisonError::into_inner);
        let mut verdict = (self.run)(subject);
        drop(side_by_side);
        for _ in 1..TRIES {
            if !verdict.as_ref().is_err_and(|failure| failure.is_void) {
                break;
            }
            let _alone = ROOM.write().unwrap_or_else(PoisonError::into_inner);
            verdict = (self.run)(subject);
        }
        verdict
    }
}

impl Report {
    /// Nothing is wrong.
    pub fn has_passed(&self) -> bool {
        self.verdicts.iter().all(Result::is_ok)
    }

    /// The points of the checks that passed.
    pub fn points(&self) -> u32 {
        let passed = self.rows().filter(|(_, failure)| failure.is_none());
        passed.map(|(check, _)| check.points).sum()
    }

    /// Each check with what is wrong, if anything.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Check, Option<&Failure>)> {
        let failures = self.verdicts.iter().map(|verdict| verdict.as_ref().err());
        self.exercise
            .checks
            .iter()
            .zip(failures.map(|failure| failure.map(AsRef::as_ref)))
    }

    /// The first thing that is wrong, and the check that found it.
    pub fn first_failure(&self) -> Option<(&'static Check, &Failure)> {
        self.rows().find_map(|(check, failure)| Some((check, failure?)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Check;
    use crate::failure::{Log, Place, Verdict};
    use crate::subject::Subject;

    static TRIED: AtomicUsize = AtomicUsize::new(0);

    /// Too late for the first two times, and right at the third.
    fn late_twice(_: &Subject) -> Verdict {
        match TRIED.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => always_late(&Subject::new(Vec::new())),
            _ => Ok(()),
        }
    }

    fn always_late(_: &Subject) -> Verdict {
        Err(Log::new().failure(Place::Moment, "", "").void())
    }

    #[test]
    fn who_was_too_late_does_not_judge() {
        let judge = |run| {
            let check = Check { demand: "", points: 1, by_hand: "", run };
            check.judge(&Subject::new(Vec::new()))
        };
        assert!(judge(late_twice).is_ok());
        assert_eq!(TRIED.load(Ordering::SeqCst), 3);
        let failure = judge(always_late).expect_err("it never came in time");
        assert!(
            failure.meaning.starts_with("This computer was so busy"),
            "{failure:?}"
        );
    }
}
