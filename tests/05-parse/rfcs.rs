//! What the RFCs ask and what step05 does: each request of `ledger.txt` is sent, its
//! status is the one that the ledger says, and the answer is pinned in full.

use std::fmt::{self, Write};

use anyhow::{Context, Error, Result, bail, ensure};
use tests::{Client, PATIENCE, Program, REQUEST, date, pin};

use crate::asking::{Refusals, asked, rfc, slug};
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
            let bytes = ledger::bytes(request.text).map_err(Error::msg)?;
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

/// Every reason that the source has for refusing a request is given to some client, and
/// a table shows one: that with the line about as long as `GET / HTTP/1.1\r\n`. The
/// reason leads to where it can be tried.
#[test]
fn every_reason_appears() -> Result<()> {
    let carets = carets()?;
    let refusals = Refusals::find(include_str!("ledger.txt")).map_err(Error::msg)?;
    let source = include_str!("../../steps/05-parse/src/rules.rs");
    let (_, rest) = source.split_once("// Lines.").context("no list of rules")?;
    let (rules, _) = rest.split_once("const fn bad").context("no end of the list")?;
    let mut table = String::from("**Lines**\n\n");
    table += HEADER;
    let mut count = 0;
    for part in rules.split("pub const ").skip(1) {
        let mut texts = part.split('"').skip(1).step_by(2);
        let reason = texts.next().context("no reason")?;
        let section = texts.next().unwrap_or("RFC 6585, 5");
        let shown = |caret: &&Caret| caret.what == format!("{reason} ({section})");
        let Some(caret) =
            carets.iter().filter(shown).min_by_key(|c| c.line.len().abs_diff(18))
        else {
            bail!("no request is refused because {reason:?}");
        };
        let place = section.trim_start_matches("RFC ");
        let (line, what) = (&caret.line, &caret.what);
        let log = format!("    {line}\n    {}^ {what}", " ".repeat(caret.offset));
        let linked = match refusals.request(&log, what) {
            Some(text) => format!("[{reason}]({})", asked(text)),
            None => reason.into(),
        };
        let id = slug(reason);
        writeln!(
            table,
            "| {caret} | {} | <span id=\"{id}\">{linked}</span> | [{place}]({}) |",
            caret.status,
            rfc(section)
        )?;
        if let Some((_, group)) = part.split_once("// ") {
            write!(table, "\n**{}**\n\n{HEADER}", group.trim().trim_end_matches('.'))?;
        }
        count += 1;
    }
    ensure!(count > 30, "only {count} reasons found");
    pin!("reasons", table);
    Ok(())
}

const HEADER: &str = "| where | status | reason | RFC |\n|---|--:|---|---|\n";

/// What the log says of a refusal.
struct Caret {
    status: String,
    /// The line it points at, and the place in it.
    line: String,
    offset: usize,
    /// The reason and the section.
    what: String,
}

/// Of every refused request of the ledger, and of one that comes too late.
fn carets() -> Result<Vec<Caret>> {
    let mut log = String::new();
    let program = Program::start(super::rust())?;
    for request in rules()?.into_iter().flat_map(|rule| rule.requests) {
        answer(&program, &ledger::bytes(request.text).map_err(Error::msg)?)?;
    }
    // What is logged of a visit is there when the next one is served.
    tests::exchange(program.address(), REQUEST)?;
    log += &program.stop()?.stdout;
    let program = Program::start(super::with_deadline("0.2"))?;
    tests::exchange(program.address(), b"GET / HT")?;
    program.wait_for_stdout(" ^ ")?;
    log += &program.stop()?.stdout;
    let lines: Vec<_> = log.lines().collect();
    let carets = lines.windows(3).filter_map(|three| {
        let [visit, line, caret] = three else { return None };
        let (before, what) = caret.strip_prefix("    ")?.split_once("^ ")?;
        let status = visit.rsplit(' ').nth(1)?.into();
        let line = line.get(4..)?.into();
        (before.trim().is_empty()).then(|| Caret {
            status,
            line,
            offset: before.len(),
            what: what.into(),
        })
    });
    Ok(carets.collect())
}

/// In a cell of a table: a line of the log is too long for that.
impl fmt::Display for Caret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.offset.saturating_sub(20);
        let cut = if start > 0 { "…" } else { "" };
        let end = self.line.len().min(start + 26);
        let shown: String = self.line[start..end].chars().map(in_html).collect();
        let indent = " ".repeat(self.offset - start + cut.chars().count());
        write!(f, "<pre>{cut}{shown}&#10;{indent}^</pre>")
    }
}

/// What means something in HTML or Markdown, as a number.
fn in_html(c: char) -> String {
    if c.is_alphanumeric() || r" /:.,-\".contains(c) {
        c.into()
    } else {
        format!("&#{};", u32::from(c))
    }
}
