//! What the RFCs ask and what step05 does: each request of `ledger.txt` is sent, its
//! status is the one that the ledger says, and the answer is pinned in full.

use std::fmt::Write;

use anyhow::{Context, Error, Result, ensure};
use tests::{Client, PATIENCE, Program, date, pin};

use crate::ledger::{self, Rule};

fn rules() -> Result<Vec<Rule<'static>>> {
    ledger::rules(include_str!("ledger.txt")).map_err(Error::msg)
}

/// Sends a request as a client that then closes its side: what is missing will not
/// come.
fn answer(program: &Program, request: &[u8]) -> Result<String> {
    let mut client = Client::connect(program.address())?;
    // A refusal may come while the rest is still being sent.
    let _ = client.send(request);
    client.half_close()?;
    Ok(date(&client.read_to_end(PATIENCE).to_string()))
}

/// The three digits of an escaped answer, 0 when there is none.
fn status(answer: &str) -> u16 {
    let code = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[test]
fn every_rule_is_kept() -> Result<()> {
    let program = Program::start(super::rust())?;
    let mut pinned = String::new();
    let mut answers: Vec<String> = Vec::new();
    let mut wrong = String::new();
    for Rule { section, level, asked, requests, .. } in rules()? {
        writeln!(pinned, "== {section} {level}: {asked}")?;
        for request in requests {
            let bytes = ledger::bytes(request.text).context("bytes")?;
            let answer = answer(&program, &bytes)?;
            let number = answers.len() + 1;
            let line = format!("{number}. {}", request.text);
            if status(&answer) != request.status {
                let first = answer.lines().next();
                writeln!(wrong, "{line}: {} expected, {first:?}", request.status)?;
            }
            let shown = match answers.iter().position(|earlier| *earlier == answer) {
                Some(earlier) => format!("(as {})", earlier + 1),
                None => answer.clone(),
            };
            writeln!(pinned, "{line}\n{shown}")?;
            answers.push(answer);
        }
    }
    program.stop()?;
    ensure!(wrong.is_empty(), "{wrong}");
    ensure!(answers.len() >= 250, "only {} requests", answers.len());
    pin!("rfcs", pinned);
    Ok(())
}

/// What is simplified or left out has its section and level beside it, and a reason.
#[test]
fn every_departure_says_why() -> Result<()> {
    for rule in rules()? {
        let is_whole = rule.state.starts_with("implemented");
        ensure!(is_whole || rule.state.contains(": "), "{rule:?}");
    }
    Ok(())
}

/// Every status that the server has, it sends: here, or in the test that waits for 408.
#[test]
fn every_status_appears() -> Result<()> {
    let source = include_str!("../../steps/05-parse/src/response.rs");
    let codes =
        source.split("Self(").skip(1).filter_map(|rest| rest.get(..3)?.parse().ok());
    let codes: Vec<u16> = codes.collect();
    ensure!(codes.len() >= 12, "only {codes:?} in response.rs");
    for code in codes {
        let sent =
            |rule: &Rule<'_>| rule.requests.iter().any(|sent| sent.status == code);
        ensure!(
            code == 408 || rules()?.iter().any(sent),
            "nothing is answered with {code}"
        );
    }
    Ok(())
}

/// Every reason that the source has for refusing a request is some answer's text.
#[test]
fn every_reason_appears() -> Result<()> {
    let source = include_str!("../../steps/05-parse/src/rules.rs");
    let (_, rest) = source.split_once("// Lines.").context("no list of rules")?;
    let (rules, _) = rest.split_once("const fn bad").context("no end of the list")?;
    let reasons =
        rules.split('"').skip(1).step_by(2).filter(|text| !text.starts_with("RFC "));
    let pinned = concat!(
        include_str!("snapshots/rfcs.snap"),
        include_str!("snapshots/trickler.snap")
    );
    let mut count = 0;
    for reason in reasons {
        ensure!(pinned.contains(reason), "no request is refused because {reason:?}");
        count += 1;
    }
    ensure!(count > 30, "only {count} reasons found");
    Ok(())
}
