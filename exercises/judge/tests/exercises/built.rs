//! The exercises' programs, built once for all tests.

use std::collections::BTreeMap;
use std::env;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};
use judge::{EXERCISES, Exercise};
use serde_json::Value;

/// The root of the repository.
pub fn root() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    path.canonicalize().unwrap_or(path)
}

/// All exercises, or the one that `EXERCISE` names.
pub fn chosen() -> impl Iterator<Item = &'static Exercise> {
    let wanted = env::var("EXERCISE").ok();
    EXERCISES.iter().filter(move |exercise| {
        wanted.as_ref().is_none_or(|wanted| exercise.id == wanted)
    })
}

/// What Cargo has made of the exercises.
pub struct Built {
    programs: BTreeMap<String, String>,
    pub warnings: Vec<String>,
}

/// Builds them, at the first call.
pub fn built() -> Result<&'static Built> {
    static BUILT: OnceLock<Result<Built, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    judge::set_tls_client(tls_client);
    built.as_ref().map_err(|error| anyhow!("{error}"))
}

fn tls_client() -> Result<String> {
    built()?.path("ex06d-client")
}

fn build() -> Result<Built> {
    let mut command = tests::cargo();
    command
        .args(["build", "--quiet", "--bins", "--examples", "--message-format=json"])
        .args(["--package", "answers", "--package", "judge"])
        .current_dir(root());
    let output = command.output().context("running cargo")?;
    let mut built = Built { programs: BTreeMap::new(), warnings: Vec::new() };
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: Value = serde_json::from_str(line)?;
        if let Some(path) = message["executable"].as_str() {
            let name = message["target"]["name"].as_str().unwrap_or_default();
            built.programs.insert(name.into(), path.into());
        }
        if let Some(rendered) = message["message"]["rendered"].as_str() {
            built.warnings.push(rendered.into());
        }
    }
    ensure!(output.status.success(), "{}", built.warnings.concat());
    Ok(built)
}

impl Built {
    /// Where the program is.
    pub fn path(&self, name: &str) -> Result<String> {
        self.programs.get(name).cloned().with_context(|| format!("no program {name}"))
    }

    /// The names of the mistakes of an exercise, or of the general ones.
    pub fn mistakes(&self, folder: &str) -> Result<Vec<String>> {
        let output = Command::new(self.path("mistakes")?).output()?;
        let list = String::from_utf8(output.stdout)?;
        let names = list.lines().filter_map(|name| name.strip_prefix(folder));
        Ok(names.filter_map(|name| name.strip_prefix('/')).map(Into::into).collect())
    }

    /// The program that makes this mistake.
    pub fn mistake(&self, folder: &str, name: &str) -> Result<Vec<String>> {
        Ok(vec![self.path("mistakes")?, format!("{folder}/{name}")])
    }
}

/// An address of this machine for one program alone: on Linux, all that begins with
/// 127. is this machine. It is as long as 127.0.0.1, so that lines break in the same
/// places.
pub fn own_ip(number: usize) -> IpAddr {
    if !cfg!(target_os = "linux") {
        return Ipv4Addr::LOCALHOST.into();
    }
    // Tests that run elsewhere at the same time begin elsewhere.
    let number = number + 7 * std::process::id() as usize;
    let digit = |of: usize| u8::try_from(1 + number / of % 9).unwrap_or(1);
    Ipv4Addr::new(127, digit(1), digit(9), digit(81)).into()
}

/// 127.0.0.1 in place of [`own_ip`].
fn without_own_ip(line: &str) -> String {
    let mut pieces = line.split("127.");
    let mut text = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let own = matches!(
            piece.as_bytes(),
            [b'1'..=b'9', b'.', b'1'..=b'9', b'.', b'1'..=b'9', ..]
        );
        text += "127.";
        text += &if own { format!("0.0.1{}", &piece[5..]) } else { piece.to_string() };
    }
    text
}

/// The text without times, ports and thread numbers.
pub fn redacted(text: &str) -> String {
    let mut in_certificate = false;
    let lines = text.lines().filter(|line| {
        // Each one is another one.
        in_certificate &= !line.contains("-----END CERTIFICATE");
        let is_kept = !in_certificate;
        in_certificate |= line.contains("-----BEGIN CERTIFICATE");
        is_kept
    });
    let lines = lines.map(|line| {
        // These tests run in the folder of this package, and people at the root.
        let line = without_date(&without_time(line))
            .replace("../../target/", "target/")
            .replace("exercises/answers/src/../../", "exercises/");
        let line = without_own_ip(&line);
        let line = without_numbers(&line, "127.0.0.1:", "PORT");
        let line = without_numbers(&line, "127.0.0.2:", "PORT");
        let line = without_numbers(&line, "0.0.0.0:", "PORT");
        let line = without_numbers(&line, "bound to port ", "PORT");
        without_numbers(&line, "' (", "1").trim_end().to_string() + "\n"
    });
    lines.collect()
}

/// `  1.234 s the client …` becomes `  0.000 s the client …`.
fn without_time(line: &str) -> String {
    let is_time = |time: &str| {
        time.split_once('.').is_some_and(|(whole, parts)| {
            parts.len() == 3
                && [whole, parts].concat().bytes().all(|b| b.is_ascii_digit())
        })
    };
    match line.trim_start().split_once(" s ") {
        Some((time, rest)) if is_time(time) => format!("  0.000 s {rest}"),
        _ => line.into(),
    }
}

/// The moment of an answer is always that of the RFC's example.
fn without_date(line: &str) -> String {
    match line.split_once("< Date: ") {
        Some((before, _)) => {
            format!("{before}< Date: Sun, 06 Nov 1994 08:49:37 GMT\\r\\n")
        }
        None => line.into(),
    }
}

/// What the system chose behind `before`; 0 and 4545 are ours.
fn without_numbers(line: &str, before: &str, instead: &str) -> String {
    let mut pieces = line.split(before);
    let mut text = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let rest = piece.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let number = &piece[..piece.len() - rest.len()];
        let shown = if ["0", "4545", ""].contains(&number) { number } else { instead };
        text += &format!("{before}{shown}{rest}");
    }
    text
}

/// A message without its numbers: which ones they are does not make it another one.
pub fn without_digits(text: &str) -> String {
    text.replace(|letter: char| letter.is_ascii_digit(), "")
}
