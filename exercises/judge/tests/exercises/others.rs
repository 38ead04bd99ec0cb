//! Programs that nobody wrote for these checks.

#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::net::{SocketAddr, TcpListener};
#[cfg(unix)]
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use judge::{Report, Submission};
use tests::pin;

use crate::built::{built, chosen, root};
use crate::text;

/// Judges a program by an exercise; `None` when another one is looked at.
fn judge(id: &str, command: &[String]) -> Option<Report> {
    let exercise = chosen().find(|exercise| exercise.id == id);
    exercise.map(|exercise| exercise.judge(&Submission::new(command.to_vec())))
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
#[ignore = "needs python3: cargo test --workspace -- --ignored"]
fn python_passes() -> Result<()> {
    passes("03b", &python("exercises/judge/tests/python/ex03b.py"))?;
    passes("04a", &python("exercises/judge/tests/python/ex04a.py"))?;
    passes("01b", &python("exercises/judge/tests/python/ex01b.py"))
}

/// The twin of step 4 has the flaw that 03b is about: it gets the message of the
/// starter.
#[test]
#[ignore = "needs python3: cargo test --workspace -- --ignored"]
fn the_python_twin_fails_as_its_step_does() -> Result<()> {
    let Some(report) = judge("03b", &python("steps/04-respond/respond.py")) else {
        return Ok(());
    };
    let Some(failure) = report.first_failure().and_then(|row| row.failure) else {
        bail!("it passes")
    };
    pin!("python_twin", failure.meaning);
    Ok(())
}

#[test]
fn a_server_that_many_use_passes() -> Result<()> {
    let peer =
        built()?.path("peer").context("cargo build --package judge --example peer")?;
    passes("03b", std::slice::from_ref(&peer))?;
    passes("04a", &[peer])
}

/// Every command that a message suggests, beside the solution: it can be typed as it
/// stands, ends by itself, and shows something.
#[test]
#[ignore = "needs curl and nc: cargo test --workspace -- --ignored"]
#[cfg(unix)]
fn commands_to_try_by_hand_work() -> Result<()> {
    for exercise in chosen() {
        let path = built()?.path(&format!("ex{}-solution", exercise.id))?;
        for check in exercise.checks {
            let (line, output) = match check.reproduce.split_once("\n{then}\n") {
                Some((first, second)) => in_two_terminals(&path, first, second)?,
                None => beside(&path, check.reproduce)?,
            };
            let shown = [output.stdout, output.stderr].concat();
            let shown = String::from_utf8_lossy(&shown);
            let is_known = !shown.contains("not found") && !shown.contains("usage");
            ensure!(is_known && !shown.contains("yntax error"), "{line}\n{shown}");
        }
    }
    Ok(())
}

/// What a message says one sees by hand, one sees by hand.
#[test]
#[ignore = "needs curl and nc: cargo test --workspace -- --ignored"]
#[cfg(unix)]
fn what_is_to_be_seen_is_seen() -> Result<()> {
    let cases = crate::mistakes()?;
    let mut wrong = Vec::new();
    let mut count = 0;
    for (case, report) in crate::judge_all(&cases) {
        let Some(failure) = report.first_failure().and_then(|row| row.failure) else {
            continue;
        };
        let Some(seen) = judge::report::seen_by_hand(failure) else { continue };
        // To see nothing takes as long as somebody looks, and what the program prints
        // isn't in this terminal.
        let is_printed = format!("{:?}", failure.place).starts_with("Printed");
        if is_printed || seen.shows.starts_with("nothing") {
            continue;
        }
        let server = Submission::new(case.command.clone()).start();
        let server = server.map_err(|failure| anyhow::anyhow!(failure.meaning))?;
        let line = filled_in(&seen.command, "", server.address());
        let output = shell(&format!("timeout 20 sh -c {}", judge::quoted(&line)));
        let output = { output }.stdin(Stdio::null()).output()?;
        let shows = probe::escape(&output.stdout);
        count += 1;
        if !shows.contains(seen.shows.trim_end_matches('…')) {
            wrong.push(format!(
                "{} {}: {line}\n{}\n{shows}",
                case.folder, case.name, seen.shows
            ));
        }
    }
    ensure!(wrong.is_empty() && count > 0, "{count} seen\n{}", wrong.join("\n"));
    Ok(())
}

/// Runs the command while the program runs as it does without arguments.
#[cfg(unix)]
fn beside(path: &str, reproduce: &str) -> Result<(String, Output)> {
    let server = Submission::new(vec![path.into()]).start();
    let server = server.map_err(|failure| anyhow::anyhow!(failure.meaning))?;
    let line = filled_in(reproduce, path, server.address());
    Ok((line.clone(), tests::run(shell(&line)).context(line)?))
}

/// Runs the second command while the first one, which starts the program, runs.
#[cfg(unix)]
fn in_two_terminals(path: &str, first: &str, second: &str) -> Result<(String, Output)> {
    // Nobody else gets this port so soon.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = shell(&filled_in(first, path, address));
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    // Some programs wait for Enter.
    let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let said = BufReader::new(server.stdout.take().context("no stdout")?);
    let port = format!(":{}", address.port());
    let is_ready = said.lines().map_while(Result::ok).any(|line| line.contains(&port));
    let line = filled_in(second, path, address);
    let output = tests::run(shell(&line)).with_context(|| line.clone());
    // The shell and all that it has started.
    let group = format!("-{}", server.id());
    Command::new("kill").args(["-KILL", "--", &group]).status()?;
    server.wait()?;
    ensure!(is_ready, "{first} does not serve");
    Ok((line, output?))
}

#[cfg(unix)]
fn filled_in(reproduce: &str, path: &str, address: SocketAddr) -> String {
    reproduce
        .replace("127.0.0.1:4545", &address.to_string())
        .replace("127.0.0.1 4545", &format!("127.0.0.1 {}", address.port()))
        .replace(":4545", &format!(":{}", address.port()))
        .replace("{command}", &format!("{path} {address}"))
        .replace("{program}", path)
}

/// A command as a person types it, at the root of the repository.
#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(root());
    command
}
