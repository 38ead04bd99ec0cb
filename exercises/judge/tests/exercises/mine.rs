//! The one server that grows: each stage passes and stops exactly there, and each
//! mistake of growing breaks a stage that was there before.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use judge::{MINE, Report, Submission, what_next};
use probe::Process;
use probe::stages::{self, Mistake};
use tests::{PATIENCE, insta, pin};

use crate::built::{built, own_ip, redacted, root};
use crate::{my_turn, next, text};

/// So many servers are judged at a time: each is asked by dozens of clients.
const AT_A_TIME: usize = 3;

fn solution() -> Result<String> {
    Ok(fs::read_to_string(root().join("exercises/mine-stages/solution.rs"))?)
}

/// Judges this program by the first stages.
fn judge(name: &str, stages: usize, number: usize) -> Result<Report> {
    let command = built()?.mistake("mine", name)?;
    let submission = Submission::of_exercise("mine", command).at(own_ip(number));
    Ok(MINE.judge_by(0..stages, &submission))
}

/// Does something with all of these, several at a time, and says of all what fails.
fn several<T: Send>(all: Vec<T>, it: impl Fn(T) -> Result<()> + Sync) -> Result<()> {
    let _turn = my_turn();
    let (queue, wrong) = (Mutex::new(all.into_iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(one) = next(&queue) {
                    let done = panic::catch_unwind(AssertUnwindSafe(|| it(one)));
                    let done = done.unwrap_or_else(|_| bail!("another message"));
                    if let Err(error) = done {
                        wrong.lock().expect("no panic").push(format!("{error:#}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn each_stage_stops_exactly_there() -> Result<()> {
    let (last, _) = (stages::last(&solution()?), built()?);
    ensure!(last == MINE.checks.len(), "{last} stages");
    several((1..last).collect(), |stage| {
        let name = format!("stage-{stage:02}");
        let report = judge(&name, stage + 1, 100 + stage)?;
        let passed = report.verdicts.iter().map(Result::is_ok);
        ensure!(
            passed.eq((1..=stage + 1).map(|it| it <= stage)),
            "{name}\n{}",
            text(&report)
        );
        let said = what_next(&report, 0);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted =
            format!("stage {} of {last}, \"{}", stage + 1, MINE.demands()[stage]);
        ensure!(said.contains("Next") && said.contains(&wanted), "{name}: {said}");
        Ok(())
    })
}

/// Builds it once: two at a time would be in each other's way.
pub fn build_the_book() -> Result<()> {
    static IS_BUILT: OnceLock<bool> = OnceLock::new();
    let build = || {
        let mut build = tests::cargo();
        build.args(["run", "--quiet", "--package", "book", "--", "build"]);
        build.current_dir(root()).env_remove("CARGO_TARGET_DIR").stdout(Stdio::null());
        build.status().is_ok_and(|status| status.success())
    };
    ensure!(*IS_BUILT.get_or_init(build), "no book");
    Ok(())
}

/// Its book is the real one.
#[test]
fn the_last_stage_serves_the_book() -> Result<()> {
    build_the_book()?;
    let _turn = my_turn();
    let last = format!("stage-{:02}", MINE.checks.len());
    let report = judge(&last, MINE.checks.len(), 99)?;
    ensure!(report.has_passed(), "{}", text(&report));
    let said = what_next(&report, 0);
    ensure!(said.contains("All 14 stages") && said.contains("target/book"), "{said}");
    Ok(())
}

/// One of another shape, written from the tasks.
#[test]
#[ignore = "needs python3: cargo test --workspace -- --ignored"]
fn a_server_in_python_passes() -> Result<()> {
    build_the_book()?;
    let _turn = my_turn();
    let file = root().join("exercises/judge/tests/python/mine.py");
    let command = vec!["python3".into(), file.display().to_string()];
    let report = MINE.judge(&Submission::new(command).at(own_ip(98)));
    ensure!(report.has_passed(), "{}", text(&report));
    Ok(())
}

/// The book's own checks in a browser pass against it. Some of them, for all take half
/// an hour: `BOOK_URL=http://127.0.0.1:4545/ npm test` runs those too.
#[test]
#[ignore = "needs npm, chromium: cargo test --workspace -- --ignored"]
fn a_browser_reads_the_book_from_it() -> Result<()> {
    build_the_book()?;
    let mut command = Command::new(built()?.path("mistakes")?);
    command.arg(format!("mine/stage-{:02}", MINE.checks.len()));
    command.args(["127.0.0.1:0", "target/book"]).current_dir(root());
    let server = Process::start(command, [Box::new(|_| true), Box::new(|_| true)])?;
    let is_ready = |bytes: &[u8]| bytes.ends_with(b"Ctrl-C\n");
    ensure!(server.stdout.wait_for(PATIENCE, is_ready), "it doesn't start");
    let said = server.stdout.text();
    let url = said.split_whitespace().find(|word| word.starts_with("http:"));
    let mut browser = Command::new("npm");
    browser.args(["test", "--silent", "--prefix", "book/browser", "--"]);
    browser.args([
        "--test-name-pattern",
        "each id|phone|search|keyboard|without JavaScript all",
    ]);
    browser.env("BOOK_URL", url.context("no address")?).current_dir(root());
    let output = browser.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "the words are those of Linux")]
fn growing_wrong_breaks_what_was_there() -> Result<()> {
    let (source, _) = (solution()?, built()?);
    let mistakes = stages::mistakes(&source);
    for entry in fs::read_dir(root().join("exercises/mine-stages/messages"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_known = mistakes.iter().any(|it| name.starts_with(it.name));
        ensure!(is_known, "{name} belongs to nothing");
    }
    // All of them, so that all that is to be done is seen at once.
    several(mistakes, |Mistake { name, stage, .. }| {
        let report = judge(name, stage, 120 + stage)?;
        let broken = report.verdicts.iter().position(Result::is_err);
        let broken = broken.with_context(|| format!("{name} breaks nothing"))? + 1;
        ensure!(broken < stage, "{name} breaks stage {broken}, not one before {stage}");
        // Its author had come as far as the stage before.
        let said = what_next(&report, stage - 1);
        let said = redacted(&anstream::adapter::strip_str(&said).to_string());
        ensure!(said.contains("Broken"), "{name}: {said}");
        insta::with_settings!(
            { snapshot_path => root().join("exercises/mine-stages/messages") },
            { pin!(name, text(&report) + &said) }
        );
        Ok(())
    })
}

/// Each stage is written as one writes Rust here.
#[test]
fn each_stage_is_formatted() -> Result<()> {
    let source = solution()?;
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("mine-stages");
    fs::create_dir_all(&folder)?;
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--check", "--edition", "2024", "--config-path"]).arg(root());
    for stage in 1..=stages::last(&source) {
        let file = folder.join(format!("{stage:02}.rs"));
        fs::write(&file, stages::program(&source, stage, None))?;
        rustfmt.arg(file);
    }
    for Mistake { name, stage, .. } in stages::mistakes(&source) {
        let file = folder.join(format!("{name}.rs"));
        fs::write(&file, stages::program(&source, stage, Some(name)))?;
        rustfmt.arg(file);
    }
    let output = rustfmt.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
