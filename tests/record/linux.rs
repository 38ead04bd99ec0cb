//! The command, and what it needs: a program that is built for this, and a network of
//! its own.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::hint;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result, bail, ensure};

use crate::normalize::normalize;
use crate::scenarios::{Scenario, all, play};
use crate::world::{Program, World};

const NEEDED: [(&str, &str); 4] = [
    ("strace", "strace"),
    ("unshare", "util-linux"),
    ("ip", "iproute2"),
    ("addr2line", "binutils"),
];

pub fn run(words: &[&str]) -> Result<ExitCode> {
    match *words {
        [name] => print(&record(name, false)?),
        [name, "--python"] => print(&record(name, true)?),
        [name, "--times", number] => repeat(name, number.parse()?),
        ["--inside", name] => print(&inside(name, false)?),
        ["--inside", name, "--python"] => print(&inside(name, true)?),
        _ => bail!("{}", usage()),
    }
}

fn print(text: &str) -> Result<ExitCode> {
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn usage() -> String {
    let runs = all();
    let runs = runs.iter().map(|run| format!("\n  {:<10} {}", run.name, run.title));
    format!(
        "usage: record RUN [--python | --times NUMBER]\n       \
         record RECORDING.rec --pcap CAPTURE\nruns:{}",
        runs.collect::<String>()
    )
}

fn scenario(name: &str) -> Result<Scenario> {
    let found = all().into_iter().find(|scenario| scenario.name == name);
    found.with_context(|| format!("there is no scenario {name:?}\n{}", usage()))
}

/// Builds the program, and runs this one again in a network of its own.
fn record(name: &str, is_twin: bool) -> Result<String> {
    let scenario = scenario(name)?;
    for (tool, package) in NEEDED {
        ensure!(is_installed(tool), "this needs {tool}, of the package {package}");
    }
    if !is_twin {
        build(scenario.program)?;
    }
    let user = Command::new("id").arg("-u").output()?.stdout;
    let how = if user == b"0\n" { "-n" } else { "-rn" };
    let tried = Command::new("unshare").args([how, "true"]).output()?;
    ensure!(
        tried.status.success(),
        "this system lets you have no network of your own, or only with sudo \
         (unshare {how} true): {}",
        String::from_utf8_lossy(&tried.stderr).trim()
    );
    for _ in 0..50 {
        let text = run_inside(how, name, is_twin)?;
        if scenario.of_all_runs().iter().all(|words| text.contains(words)) {
            return Ok(text);
        }
    }
    bail!("not one of 50 runs had these words: {:?}", scenario.of_all_runs())
}

fn run_inside(how: &str, name: &str, is_twin: bool) -> Result<String> {
    // Some programs have deadlines, and each call is slow under strace. Before others,
    // if that's allowed, they keep them on a busy machine, too; else `nice` does
    // nothing.
    let mut again = Command::new("nice");
    // Who was started in the background may have to ignore Ctrl-C, and all it starts.
    again.args(["-n", "-15", "env", "--default-signal=INT", "unshare", how, "--"]);
    again.arg(env::current_exe()?).args(["--inside", name]);
    let output = again.args(is_twin.then_some("--python")).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", error.trim_end());
    Ok(String::from_utf8(output.stdout)?)
}

/// Records a scenario again and again, every second time beside four threads that keep
/// the processor busy, and prints how often which recording came.
fn repeat(name: &str, number: usize) -> Result<ExitCode> {
    let mut counts = BTreeMap::<String, [usize; 2]>::new();
    for time in 0..number {
        let text = record_beside(name, time % 2 == 1);
        let text = text.unwrap_or_else(|error| format!("{error:#}\n"));
        if !counts.is_empty() && !counts.contains_key(&text) {
            print!("another one:\n{text}");
        }
        counts.entry(text).or_default()[time % 2] += 1;
    }
    for [calm, busy] in counts.values() {
        println!("{name}: {calm} calm, {busy} busy");
    }
    Ok(if counts.len() > 1 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn record_beside(name: &str, busy: bool) -> Result<String> {
    let is_busy = AtomicBool::new(busy);
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                while is_busy.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        let recorded = record(name, false);
        is_busy.store(false, Ordering::Relaxed);
        recorded
    })
}

fn is_installed(tool: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(tool).exists())
}

/// Builds a program in a folder of its own, linked so that offsets in the file are the
/// addresses: else strace finds the callers of about half of the calls only.
fn build(program: &str) -> Result<()> {
    let package = if program.starts_with("step") { program } else { "answers" };
    let relay = (program == "ex06d-solution").then_some("--bin=ex06d-client");
    let status = probe::cargo()
        .args(["build", "--quiet", "--package", package, "--bin", program])
        .args(relay)
        .arg("--target-dir")
        .arg(folder())
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", "-Clink-arg=-Wl,-z,separate-loadable-segments")
        .current_dir(root())
        .status()?;
    ensure!(status.success(), "{program} can't be built");
    Ok(())
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).into()
}

fn folder() -> PathBuf {
    root().join("target/record")
}

fn inside(name: &str, is_twin: bool) -> Result<String> {
    let scenario = scenario(name)?;
    let mut program = if is_twin { twin(&scenario)? } else { rust(&scenario) };
    program.command.extend(scenario.arguments.iter().map(ToString::to_string));
    let folder = tempfile::tempdir()?;
    let mut world = World::start(&program, folder.path())?;
    play(&mut world, &scenario.script)?;
    normalize(&world.end()?, scenario.title, &program, &root())
}

fn rust(scenario: &Scenario) -> Program {
    let file = folder().join("debug").join(scenario.program);
    let command = vec![file.display().to_string()];
    let name = scenario.program.into();
    let threads =
        if let "ex06b-solution" | "ex06c-solution" = scenario.program { 16 } else { 1 };
    Program { name, command, file: Some(file), rests_in: rests_in(scenario), threads }
}

/// The step in Python. Nothing tells which of its lines has made a call.
fn twin(scenario: &Scenario) -> Result<Program> {
    let number = scenario.program.strip_prefix("step");
    let number = number.with_context(|| format!("{} has no twin", scenario.program))?;
    let folders = fs::read_dir(root().join("steps"))?.map_while(Result::ok);
    let mut files = folders
        .filter(|folder| folder.file_name().to_string_lossy().starts_with(number))
        .filter_map(|folder| fs::read_dir(folder.path()).ok())
        .flat_map(|files| files.map_while(Result::ok).map(|file| file.path()));
    let script = files.find(|path| path.extension().is_some_and(|it| it == "py"));
    let script = script.with_context(|| format!("{} has no twin", scenario.program))?;
    let name = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let script = script.display().to_string();
    let command = vec!["python3".into(), "-B".into(), script];
    Ok(Program { name, command, file: None, rests_in: rests_in(scenario), threads: 1 })
}

/// Steps 1 and 2 accept nobody, and wait for Enter.
fn rests_in(scenario: &Scenario) -> &'static str {
    if let "step01" | "step02" = scenario.program { "read(0" } else { "accept4(3" }
}
