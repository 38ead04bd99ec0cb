//! What an exercise is, and what becomes of judging a program by it.

use std::iter;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, mpsc};
use std::thread::{self, ScopedJoinHandle};

use crate::failure::{Failure, Kind, Verdict};
use crate::submission::Submission;

/// A check by the clock that was too late itself is tried again, so often.
const TRIES: usize = 12;

/// Checks run side by side; one that is tried again runs alone.
static ROOM: RwLock<()> = RwLock::new(());

/// One exercise, as a table.
#[derive(Debug)]
pub struct Exercise {
    /// `03b`.
    pub id: &'static str,
    /// `until-the-blank-line`. The folder is `exercises/03b-until-the-blank-line`.
    pub name: &'static str,
    /// The points that the starter gets.
    pub given: u32,
    /// The task: how long it takes, and what is checked.
    pub readme: &'static str,
    /// How it is checked: a check for each item of the README's list.
    pub checks: &'static [Check],
}

/// How one demand is checked.
#[derive(Debug)]
pub struct Check {
    /// What it is worth.
    pub points: u32,
    /// A command for a second terminal to see it by hand, with the program at
    /// 127.0.0.1:4545; empty, if what the client did says it, or it is enough to start
    /// the program. `{command}` starts the program once more, `{program} …` does so
    /// with other arguments, and alone.
    pub reproduce: &'static str,
    /// Judges a program. It starts one of its own.
    pub run: fn(&Submission) -> Verdict,
}

/// What became of an exercise.
#[derive(Debug)]
pub struct Report {
    /// Which one.
    pub exercise: &'static Exercise,
    /// What each of its checks says, in their order.
    pub verdicts: Vec<Verdict>,
}

#[derive(Clone, Debug)]
pub struct Judged<'a> {
    pub check: &'static Check,
    pub demand: String,
    pub failure: Option<&'a Failure>,
}

impl Exercise {
    /// Returns its folder, below `exercises`.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.id, self.name)
    }

    /// Returns how long it takes, in minutes: the README's `doing`.
    pub fn minutes(&self) -> u32 {
        self.header("doing: ").parse().unwrap_or(0)
    }

    /// Returns the page of the book to read, below `book/src`: the README's `chapter`.
    pub fn page(&self) -> &'static str {
        self.header("chapter: ")
    }

    fn header(&self, name: &str) -> &'static str {
        self.readme.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default()
    }

    /// Returns what is demanded, a sentence for each check: the README's list.
    pub fn demands(&self) -> Vec<String> {
        let list = self.readme.split_once("\n## What is checked\n");
        let items = list.map_or("", |(_, list)| list).split("\n- ").skip(1);
        let texts = items.map(|item| item.split("\n\n").next().unwrap_or_default());
        texts.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Returns what is counted: points, or the stages of the server that grows.
    pub fn unit(&self) -> &'static str {
        if self.id == "mine" { "stages" } else { "points" }
    }

    /// Returns all points there are.
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.points).sum()
    }

    /// Judges a program by all checks.
    pub fn judge(&'static self, submission: &Submission) -> Report {
        self.judge_by(0..self.checks.len(), submission)
    }

    /// Judges a program by these checks. As soon as it has started once, all run at
    /// once; if it doesn't start, that is said once.
    pub fn judge_by(
        &'static self,
        checks: Range<usize>,
        submission: &Submission,
    ) -> Report {
        let (tell, started) = mpsc::sync_channel(1);
        let telling = submission.clone().telling(tell.clone());
        let (first, rest) = self.checks[checks].split_at(1);
        let verdicts = thread::scope(|scope| {
            let first = scope.spawn(move || {
                let verdict = first[0].judge(&telling);
                // It may not have had to start.
                let _ = tell.try_send(true);
                verdict
            });
            let first = match started.recv() {
                Ok(false) => Ok(end(first)),
                _ => Err(first),
            };
            if let Ok(Err(failure)) = &first
                && failure.kind == Kind::AtStart
            {
                let unreached = rest.iter().map(|_| failure.clone().unreached());
                return iter::once(failure.clone()).chain(unreached).map(Err).collect();
            }
            let begin = |check: &'static Check| scope.spawn(|| check.judge(submission));
            let rest: Vec<_> = rest.iter().map(begin).collect();
            let first = first.unwrap_or_else(end);
            iter::once(first).chain(rest.into_iter().map(end)).collect()
        });
        submission.end_strays();
        Report { exercise: self, verdicts }
    }
}

/// What a check says. If it has panicked, so do we.
pub fn end(check: ScopedJoinHandle<Verdict>) -> Verdict {
    check.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Check {
    fn judge(&self, submission: &Submission) -> Verdict {
        let side_by_side = ROOM.read().unwrap_or_else(PoisonError::into_inner);
        let mut verdict = (self.run)(submission);
        drop(side_by_side);
        let mut tries = 1;
        while matches!(&verdict, Err(it) if it.kind == Kind::Inconclusive)
            && tries < TRIES
        {
            tries += 1;
            let _alone = ROOM.write().unwrap_or_else(PoisonError::into_inner);
            verdict = (self.run)(submission);
        }
        verdict
    }
}

impl Report {
    /// Nothing is wrong.
    pub fn has_passed(&self) -> bool {
        self.verdicts.len() == self.exercise.checks.len()
            && self.verdicts.iter().all(Result::is_ok)
    }

    /// The points of the checks that passed.
    pub fn points(&self) -> u32 {
        let checks = self.exercise.checks.iter().zip(&self.verdicts);
        let passed = checks.filter(|(_, verdict)| verdict.is_ok());
        passed.map(|(check, _)| check.points).sum()
    }

    /// Returns each check with its demand, and with what is wrong, if anything.
    pub fn rows(&self) -> Vec<Judged<'_>> {
        let checks = self.exercise.checks.iter().zip(self.exercise.demands());
        let rows = checks.zip(&self.verdicts).map(|((check, demand), verdict)| {
            Judged { check, demand, failure: verdict.as_ref().err().map(AsRef::as_ref) }
        });
        rows.collect()
    }

    /// Returns the first thing that is wrong, and the check that found it.
    pub fn first_failure(&self) -> Option<Judged<'_>> {
        let failed = self.rows().into_iter().filter(|row| row.failure.is_some());
        // `false` comes before `true`, and of equals the first one is taken.
        failed
            .min_by_key(|row| row.failure.is_some_and(|it| it.kind == Kind::Unreached))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Check;
    use crate::failure::{Log, Place, Verdict};
    use crate::submission::Submission;

    static TRIED: AtomicUsize = AtomicUsize::new(0);

    /// Too late for the first two times, and right at the third.
    fn late_twice(_: &Submission) -> Verdict {
        match TRIED.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => always_late(&Submission::new(Vec::new())),
            _ => Ok(()),
        }
    }

    fn always_late(_: &Submission) -> Verdict {
        Err(Log::new().failure(Place::Moment, "", "").inconclusive())
    }

    #[test]
    fn who_was_too_late_does_not_judge() {
        let judge = |run| {
            let check = Check { points: 1, reproduce: "", run };
            check.judge(&Submission::new(Vec::new()))
        };
        assert!(judge(late_twice).is_ok());
        assert_eq!(TRIED.load(Ordering::SeqCst), 3);
        let failure = judge(always_late).expect_err("it never came in time");
        let meaning = failure.meaning;
        assert!(meaning.starts_with("This computer was so busy"), "{meaning}");
    }
}
