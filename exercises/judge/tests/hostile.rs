//! Programs that hang, flood, fork or crash cost themselves a deadline and get a
//! message, and nothing of them is left behind. Unix only: they are scripts for its
//! shell.
#![cfg(unix)]

#[cfg(target_os = "linux")]
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use judge::{EXERCISES, Exercise, Submission};
use tests::wait_until;

/// No wait of the judge is longer than two minutes, whatever the machine does.
const BOUND: Duration = Duration::from_secs(180);

fn exercise() -> Result<&'static Exercise> {
    EXERCISES.iter().find(|exercise| exercise.id == "03b").context("no 03b")
}

/// What is said first about a shell script, and how long that took.
fn judge(script: &str) -> Result<(String, Duration)> {
    let begun = Instant::now();
    let command = ["sh", "-c", script, "sh"].map(Into::into).to_vec();
    let report = exercise()?.judge(&Submission::new(command));
    let first = report.first_failure().context("it passes")?;
    let meaning = first.failure.map(|failure| failure.meaning.clone());
    Ok((meaning.unwrap_or_default(), begun.elapsed()))
}

/// Whether a process runs whose command line contains this.
fn runs(text: &str) -> bool {
    let output = Command::new("ps").args(["-A", "-o", "args="]).output();
    let list = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&list).lines().any(|line| line.contains(text))
}

/// A number of seconds that nobody else sleeps for.
fn unique(number: u32) -> String {
    format!("{}.{number}", 400_000 + std::process::id())
}

#[test]
fn what_hangs_is_ended() -> Result<()> {
    let seconds = unique(1);
    let (meaning, took) = judge(&format!("sleep {seconds}"))?;
    ensure!(meaning.starts_with("Your program never says where it is"), "{meaning}");
    ensure!(took < BOUND, "{took:?}");
    wait_until("the sleeper is gone", || !runs(&seconds))
}

#[test]
fn what_floods_is_ended() -> Result<()> {
    let (meaning, _) = judge("while :; do echo 127.0.0.1:0 and so on; done")?;
    ensure!(meaning.starts_with("Your program prints without end"), "{meaning}");
    let (meaning, _) = judge("yes 1>&2")?;
    ensure!(meaning.starts_with("Your program prints without end"), "{meaning}");
    let (meaning, _) = judge("tr '\\0' x < /dev/zero")?;
    ensure!(meaning.starts_with("Your program prints without end"), "{meaning}");
    Ok(())
}

/// Children in the background, which hold the output open and ignore what they are
/// told.
#[test]
fn what_forks_is_ended_with_all_its_children() -> Result<()> {
    let seconds = unique(2);
    let script = format!(
        "for i in 1 2 3; do (trap '' TERM HUP INT; sleep {seconds}; sleep {seconds}) & \
         done; echo serving http://127.0.0.1:1/; exit 0"
    );
    judge(&script)?;
    wait_until("the children are gone", || !runs(&seconds))
}

/// Daemons, which have left the group of the program that started them.
#[test]
#[cfg(target_os = "linux")]
fn daemons_are_ended_too() -> Result<()> {
    let seconds = unique(4);
    let daemon = format!("setsid sh -c 'sleep {seconds}; sleep {seconds}' &");
    judge(&format!("{daemon} echo serving http://127.0.0.1:1/; exit 0"))?;
    ensure!(!runs(&seconds), "a daemon is left");
    Ok(())
}

#[test]
fn what_goes_in_circles_is_ended() -> Result<()> {
    let (meaning, took) = judge("while :; do :; done")?;
    ensure!(meaning.starts_with("Your program never says where it is"), "{meaning}");
    ensure!(took < BOUND, "{took:?}");
    Ok(())
}

#[test]
fn what_is_not_there_is_told() -> Result<()> {
    for program in ["/nowhere/at/all", "no-such-program", "/"] {
        let report = exercise()?.judge(&Submission::new(vec![program.into()]));
        let first = report.first_failure().context("it passes")?;
        let wanted = format!("no program \"{program}\"");
        ensure!(
            first.failure.is_some_and(|it| it.meaning.contains(&wanted)),
            "{first:?}"
        );
    }
    Ok(())
}

/// Ctrl-C ends us at once, and so does `kill -9`: no handler can tidy up.
#[test]
fn nothing_is_left_when_the_judge_is_killed() -> Result<()> {
    let seconds = unique(3);
    let script = format!("sleep {seconds} & sleep {seconds}");
    let mut judge = Command::new(env!("CARGO_BIN_EXE_judge"))
        .args(["check", "03b", "--", "sh", "-c", &script, "sh"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // The shell's own command line has the number too.
    let count = || {
        let output = Command::new("ps").args(["-A", "-o", "args="]).output();
        let list = output.map(|output| output.stdout).unwrap_or_default();
        let wanted = format!("sleep {seconds}");
        String::from_utf8_lossy(&list).lines().filter(|line| *line == wanted).count()
    };
    wait_until("the program runs", || count() >= 2)?;
    judge.kill()?;
    judge.wait()?;
    wait_until("the program is gone", || !runs(&seconds))
}

/// A program that has ended leaves no zombie.
#[test]
#[cfg(target_os = "linux")]
fn nobody_is_left_to_be_waited_for() -> Result<()> {
    for _ in 0..5 {
        judge("exit 3")?;
    }
    let us = std::process::id().to_string();
    let zombies = fs::read_dir("/proc")?.flatten().filter(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let mut fields = fields.split_whitespace();
        fields.next() == Some("Z") && fields.next() == Some(&us)
    });
    // Another test may be between the end of a program and waiting for it.
    ensure!(zombies.count() < 8, "zombies");
    Ok(())
}
