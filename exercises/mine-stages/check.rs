//! One server that grows: what the exercises check, stage by stage, of one program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use probe::stages::{self, Task};

use super::{
    ex01a, ex03b, ex03c, ex04a, ex04b, ex04c, ex04d, ex05a, ex05b, ex05c, ex05d, ex06a,
    ex06b, ex06c,
};
use crate::exercise::end;
use crate::failure::Log;
use crate::report::{bold, paragraph};
use crate::{
    Check, Client, Exercise, Failure, Kind, Place, Report, Server, Submission, Verdict,
    What, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "mine",
    name: "stages",
    given: 0,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: stage::<0> },
        Check { points: 1, reproduce: "", run: stage::<1> },
        Check { points: 1, reproduce: "", run: stage::<2> },
        Check { points: 1, reproduce: "", run: stage::<3> },
        Check { points: 1, reproduce: "", run: stage::<4> },
        Check { points: 1, reproduce: "", run: stage::<5> },
        Check { points: 1, reproduce: "", run: stage::<6> },
        Check { points: 1, reproduce: "", run: stage::<7> },
        Check { points: 1, reproduce: "", run: stage::<8> },
        Check { points: 1, reproduce: "", run: stage::<9> },
        Check { points: 1, reproduce: "", run: stage::<10> },
        Check { points: 1, reproduce: "", run: stage::<11> },
        Check { points: 1, reproduce: "", run: stage::<12> },
        Check { points: 1, reproduce: BY_HAND, run: serves_the_book },
    ],
};

/// Some checks of an exercise, by their places in its list.
type Part = (&'static Exercise, &'static [usize]);

/// What each stage but the last consists of. What's left out, one server can't do
/// beside all the rest, or another exercise checks it better.
const STAGES: [&[Part]; 13] = [
    // It isn't told to end by a line.
    &[(&ex01a::EXERCISE, &[0, 1, 2, 3])],
    &[(&ex03b::EXERCISE, &[0]), (&ex04b::EXERCISE, &[0])],
    // Whether the connection closes, the last stages decide.
    &[(&ex04a::EXERCISE, &[0, 1, 2, 3]), (&ex04b::EXERCISE, &[1, 2])],
    &[(&ex03b::EXERCISE, &[1, 2, 3, 4, 5])],
    // What it prints doesn't matter.
    &[(&ex03c::EXERCISE, &[1, 2, 3, 4, 5, 6])],
    &[(&ex05c::EXERCISE, &[0, 1, 2, 3, 4, 5, 6, 7])],
    // It has other pages than one that shows the request line.
    &[
        (&ex05a::EXERCISE, &[3, 4, 5, 6]),
        (&ex05b::EXERCISE, &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ],
    &[(&ex04c::EXERCISE, &[0, 1, 2, 3, 4, 5])],
    &[(&ex04d::EXERCISE, &[0, 1, 2, 3, 4, 5, 6, 7])],
    &[(&ex05d::EXERCISE, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])],
    &[(&ex06a::EXERCISE, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])],
    &[(&ex06b::EXERCISE, &[0, 1, 2, 3, 4, 5, 6])],
    &[(&ex06c::EXERCISE, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])],
];

/// These keep times that the program is judged by, and know themselves when they were
/// late.
const BY_THE_CLOCK: [&str; 3] = ["04c", "04d", "06c"];

/// Of the checks of a stage, so many run at the same time.
const AT_A_TIME: usize = 5;

/// Judges a stage by its checks, and returns what the first of them says that fails.
fn stage<const NUMBER: usize>(submission: &Submission) -> Verdict {
    let submission = &submission.clone().grown();
    let parts = STAGES[NUMBER].iter();
    let checks = parts.flat_map(|part| part.1.iter().map(|&place| (part.0, place)));
    let checks: Vec<_> = checks.collect();
    let mut failures = Vec::new();
    for some in checks.chunks(AT_A_TIME) {
        thread::scope(|scope| {
            let begin = |&(exercise, place)| {
                scope.spawn(move || run(exercise, place, submission))
            };
            let running: Vec<_> = some.iter().map(begin).collect();
            failures.extend(running.into_iter().filter_map(|check| end(check).err()));
        });
    }
    // Of equals, the first one is taken.
    let failed = failures.into_iter().min_by_key(|failure| match failure.kind {
        Kind::Unreached => 2,
        Kind::Inconclusive => 1,
        _ => 0,
    });
    failed.map_or(Ok(()), Err)
}

/// As good as over.
const A_MOMENT: Duration = Duration::from_millis(100);

/// Runs one check of an exercise; a failure remembers whose it is.
fn run(exercise: &'static Exercise, place: usize, submission: &Submission) -> Verdict {
    (exercise.checks[place].run)(submission).map_err(|mut failure| {
        let time = submission.time_for_a_request() - A_MOMENT;
        if !BY_THE_CLOCK.contains(&exercise.id) && has_waited(&failure, time) {
            failure = failure.inconclusive();
        }
        failure.found_by = Some((exercise, place));
        failure
    })
}

/// Returns whether a client heard something when its time was over: on a busy machine,
/// it may have been too late with its request.
fn has_waited(failure: &Failure, time: Duration) -> bool {
    let (mut connected, mut waits) = (BTreeMap::new(), BTreeSet::new());
    failure.events.iter().any(|event| match event.what {
        What::Connected(client) => {
            connected.insert(client, event.at);
            !waits.insert(client)
        }
        // It has said that it's done, to see what becomes of it.
        What::HalfClosed(client) => {
            waits.remove(&client);
            false
        }
        What::Received(client, _) | What::Closed(client) | What::Reset(client) => {
            waits.contains(&client) && event.at >= connected[&client] + time
        }
        _ => false,
    })
}

const BY_HAND: &str = "{program} 127.0.0.1:4545 target/book\n{then}\n\
                       curl -i http://127.0.0.1:4545/";

/// After so many bytes, a client takes another connection.
const ON_A_LINE: usize = 500_000;

const BOOK: &str = "The task: started with an address and a folder, it serves what is \
                    in that folder. A browser asks for some fifty files of this one \
                    before it shows a page, many of them over the same connection.";

/// Every file of the book arrives, over a few connections, as browsers ask for them.
fn serves_the_book(submission: &Submission) -> Verdict {
    let folder = book();
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    if !files.iter().any(|file| file.ends_with("index.html")) {
        let meaning = "There is no book to serve: target/book has no index.html.";
        let why = "`cargo book build` puts it there. Build it, and check again.";
        return Err(Log::new().failure(Place::Moment, meaning, why).unreached());
    }
    let start = || submission.start_with(&[&folder.display().to_string()]);
    says_what_is_missing(&mut start()?, &folder)?;
    let mut server = start()?;
    let mut client = server.connect()?;
    let mut begun = Instant::now();
    for file in &files {
        if client.received().len() > ON_A_LINE {
            client = server.connect()?;
        }
        if let Err(failure) = arrives(&mut client, &folder, file) {
            // It may have been silent for so long that its connection was ended.
            if begun.elapsed() > Duration::from_secs(2) {
                return Err(failure.inconclusive());
            }
            // Alone, so that no other file is in the way of its report.
            let mut server = start()?;
            return arrives(&mut server.connect()?, &folder, file).and(Err(failure));
        }
        begun = Instant::now();
    }
    Ok(())
}

const MISSING: &str = "The task: what's missing gets 404 and the folder's own page. \
                       RFC 9110, section 15.5.5: the status says it to programs, and \
                       the page to people.";

fn says_what_is_missing(server: &mut Server, folder: &Path) -> Verdict {
    let answer = server.ask(&get("/no-such-page"))?;
    let meaning = "This page is missing, and the book has one that says so, 404.html. \
                   It should come, with the status that says the same to programs.";
    answer.expect_status(&[404], meaning, MISSING)?;
    if fs::read(folder.join("404.html")).is_ok_and(|page| page != answer.body) {
        return Err(answer.wrong_in_body(0, meaning, MISSING));
    }
    ex06a::has_its_type(&answer, "404.html")
}

/// Returns where `cargo book` puts it.
fn book() -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    let is_root = |path: &&Path| path.join("exercises/judge/Cargo.toml").is_file();
    here.ancestors().find(is_root).unwrap_or(&here).join("target/book")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => collect(&path, files),
            path => files.push(path),
        }
    }
}

fn arrives(client: &mut Client, folder: &Path, file: &Path) -> Verdict {
    let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
    let request = format!("GET /{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    client.send(request.as_bytes())?;
    let gone = "A browser asks for many files over one connection, and your program \
                doesn't answer for all of them.";
    client.closing_means(gone, BOOK);
    client.waiting_means(gone, BOOK);
    let answer = client.next_response_to("GET")?;
    let meaning = format!("A file of the book doesn't come as it is: {name}");
    answer.expect_status(&[200], &meaning, BOOK)?;
    if fs::read(file).is_ok_and(|bytes| bytes != answer.body) {
        return Err(answer.wrong_in_body(0, meaning, BOOK));
    }
    ex06a::has_its_type(&answer, &name)
}

/// Returns how far a server has come, which stage is broken, and what to do next; so
/// many stages have passed before, as far as is known.
pub fn what_next(report: &Report, before: usize) -> String {
    let passed = |number: &usize| report.verdicts[number - 1].is_ok();
    let (known, all) = (report.verdicts.len(), EXERCISE.checks.len());
    let Some(open) = (1..=known).find(|number| !passed(number)) else {
        let run = bold("cargo exercise run mine -- 127.0.0.1:4545 target/book");
        return format!(
            "\nAll {all} stages. Read the book from your own server:\n  {run}\n"
        );
    };
    let Task { title, task, page, .. } = stages::tasks(EXERCISE.readme)[open - 1];
    let mut said = Vec::new();
    if before >= open {
        said.push(
            "It had passed before, so what you have added since has broken it.".into(),
        );
    } else if let Some(later) = (open..=known).rfind(passed) {
        said.push(format!(
            "Stage {later} comes after it, and is there: what you added for that has \
             broken this one, or came too early."
        ));
    }
    let text = if said.is_empty() {
        paragraph("Next", &format!("stage {open} of {all}, \"{title}\" {task}"))
    } else {
        said.push("Fix it before you go on.".into());
        paragraph("Broken", &format!("stage {open}, \"{title}\" {}", said.join(" ")))
    };
    format!("\n{text}{} book/src/{page}\n", bold("Read:"))
}
