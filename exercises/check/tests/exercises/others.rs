//! Programs that nobody wrote for these checks.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use check::{Report, Subject};
use tests::pin;

use crate::built::{built, chosen, root};
use crate::text;

/// Judges a program by an exercise; `None` when another one is looked at.
fn judge(id: &str, command: &[String]) -> Option<Report> {
    let exercise = chosen().find(|exercise| exercise.id == id);
    exercise.map(|exercise| exercise.judge(&Subject::new(command.to_vec())))
}

fn passes(id: &str, command: &[String]) -> Result<()> {
    let Some(report) = judge(id, command) else { return Ok(()) };
    ensure!(report.has_passed(), "{command:?}\n{}", text(&report));
    Ok(())
}

fn python(file: &str) -> Vec<String> {
    vec!["python3".into(), root().join(file).display().to_string()]
}

#[test]
#[ignore = "needs python3: cargo test -- --ignored"]
fn python_passes() -> Result<()> {
    passes("03b", &python("exercises/check/tests/python/ex03b.py"))?;
    passes("04a", &python("exercises/check/tests/python/ex04a.py"))?;
    // The twin of step 1 has what 01b is about.
    passes("01b", &python("steps/01-bind/bind.py"))
}

/// The twin of step 4 has the flaw that 03b is about: it gets the message of the starter.
#[test]
#[ignore = "needs python3: cargo test -- --ignored"]
fn the_python_twin_fails_as_its_step_does() -> Result<()> {
    let Some(report) = judge("03b", &python("steps/04-respond/respond.py")) else {
        return Ok(());
    };
    let Some((_, failure)) = report.first_failure() else { bail!("it passes") };
    pin!("python_twin", failure.meaning);
    Ok(())
}

#[test]
fn a_server_that_many_use_passes() -> Result<()> {
    let peer =
        built()?.path("peer").context("cargo build --package check --example peer")?;
    passes("03b", std::slice::from_ref(&peer))?;
    passes("04a", &[peer])
}

/// Every command that a message suggests, beside the solution: it can be typed as it stands,
/// ends by itself, and shows something.
#[test]
#[ignore = "needs curl and nc: cargo test -- --ignored"]
#[cfg(unix)]
fn commands_to_try_by_hand_work() -> Result<()> {
    for exercise in chosen() {
        let path = built()?.path(&format!("{}-solution", exercise.package()))?;
        for check in exercise.checks {
            let server = Subject::new(vec![path.clone()]).start();
            let server = server.map_err(|failure| anyhow::anyhow!(failure.meaning))?;
            let (address, port) = (server.address(), server.address().port());
            let line = check
                .by_hand
                .replace("127.0.0.1:4545", &address.to_string())
                .replace("127.0.0.1 4545", &format!("127.0.0.1 {port}"))
                .replace("{command}", &format!("{path} {address}"))
                .replace("{program}", &path);
            let mut shell = Command::new("sh");
            shell.args(["-c", &line]);
            let output = tests::run(shell).with_context(|| line.clone())?;
            let shown = [output.stdout, output.stderr].concat();
            let shown = String::from_utf8_lossy(&shown);
            let is_known = !shown.contains("not found") && !shown.contains("usage");
            ensure!(is_known && !shown.contains("yntax error"), "{line}\n{shown}");
        }
    }
    Ok(())
}
