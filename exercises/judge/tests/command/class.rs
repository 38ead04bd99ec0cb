//! A class, graded in one command; and what limits its programs.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::{fs, hint};

use anyhow::{Context, Result, ensure};
use judge::EXERCISES;
use serde_json::Value;
use tests::pin;

use crate::copy::{Copy, Said, own, root, said};
use crate::{has, schema};

/// What it starts would be there for a day.
const FLOODS_AND_FORKS: &str = r#"
use std::io::Write;
use std::process::Command;
fn main() {
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "listening on http://127.0.0.1:1/");
    for _ in 0..100 {
        let _ = Command::new("sleep").arg("86411").spawn();
        let _ = Command::new("setsid").args(["sleep", "86411"]).spawn();
    }
    while stdout.write_all(&[b'x'; 4096]).is_ok() {}
    loop {}
}
"#;

/// Makes five copies: one is good, one is untouched, one doesn't compile, one floods
/// and forks, and one has a file less. Only what is in `src` is theirs.
fn five(copy: &Copy) -> Result<()> {
    let class = copy.beside("class");
    if class.exists() {
        fs::remove_dir_all(&class)?;
    }
    for exercise in EXERCISES {
        let folder = root().join("exercises").join(exercise.folder());
        let read = |name| fs::read_to_string(folder.join(name));
        let programs = [
            ("ana", read("solution.rs")?),
            ("ben", read("starter.rs")?),
            ("cleo", "fn main() { oh no }".into()),
            ("dora", FLOODS_AND_FORKS.into()),
            ("emil", read("solution.rs")?),
        ];
        for (student, text) in programs {
            let path = class.join(student).join(own(exercise.id));
            fs::create_dir_all(path.parent().context("no folder")?)?;
            fs::write(path, text)?;
        }
    }
    fs::write(class.join("dora/exercises/mine/Cargo.toml"), "oh no")?;
    fs::remove_file(class.join("emil").join(own("03b")))?;
    Ok(())
}

fn grade(copy: &Copy, more: &str) -> Result<Said> {
    let students = ["ana", "ben", "cleo", "dora", "emil"];
    let folders: Vec<String> =
        students.iter().map(|student| format!("../class/{student}/")).collect();
    copy.exercise(&format!("grade {} {more}", folders.join(" ")))
}

/// Returns how many programs there are with this argument.
#[cfg(target_os = "linux")]
fn running(argument: &str) -> Result<usize> {
    let mut count = 0;
    for process in fs::read_dir("/proc")?.flatten() {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        count +=
            usize::from(line.split(|&b| b == 0).any(|it| it == argument.as_bytes()));
    }
    Ok(count)
}

/// Its limits are those of Linux; elsewhere, what forks would go on.
#[cfg(target_os = "linux")]
#[test]
fn a_class_is_graded_in_one_command() -> Result<()> {
    let copy = Copy::new()?;
    five(&copy)?;
    let graded = grade(&copy, "01a 03b 04a --format csv")?;
    let rows = "\"student\",points,1a,3b,4a\n\"ana\",19,7,7,5\n\
                \"ben\",0,.,.,.\n\"cleo\",0,!,!,!\n\"dora\",0,0,0,0\n\
                \"emil\",12,7,.,5\n\"of\",19,7,7,5\n";
    ensure!(graded.stdout == rows, "{graded:?}");
    // Of cleo's, none could be judged.
    ensure!(graded.code == Some(2), "{graded:?}");
    has(&graded.stderr, &["Warning", "what other people wrote", "ana …"])?;
    ensure!(running("86411")? == 0, "something is left behind");

    let one = copy.exercise("grade ../class/ana 01a")?;
    ensure!(one.code == Some(0), "{one:?}");
    has(&one.stdout, &["7 of  7 points", "7 of 7 points above"])?;
    let some = copy.exercise("grade ../class/ana ../class/emil 03b")?;
    ensure!(some.code == Some(1), "{some:?}");
    has(&some.stdout, &["student points 3b\n", "ana          7  7\n"])?;
    has(&some.stdout, &["emil         0  .\n", "not begun"])?;

    let json = copy.exercise("grade ../class/ana ../class/cleo 03b --format json")?;
    let json: Value = serde_json::from_str(&json.stdout)?;
    for (at, student) in ["ana", "cleo"].into_iter().enumerate() {
        schema::check(&json[at])?;
        ensure!(json[at]["student"] == student, "{json}");
    }
    let junit = copy.exercise("grade ../class/ana ../class/cleo 03b --format junit")?;
    for suite in ["<testsuite name=\"ana 03b until", "<testsuite name=\"cleo 03b until"]
    {
        ensure!(junit.stdout.contains(suite), "{junit:?}");
    }
    ensure!(junit.stdout.matches("<testsuites ").count() == 1, "{junit:?}");
    // What was graded isn't one's own.
    ensure!(!copy.exercise("list")?.stdout.contains("passed"));
    Ok(())
}

/// What isn't a copy has a row too.
#[test]
fn a_folder_without_programs_is_told() -> Result<()> {
    let copy = Copy::new()?;
    five(&copy)?;
    fs::create_dir(copy.beside("class/fritz"))?;
    let graded =
        copy.exercise("grade ../class/fritz ../class/ben 03b --format json")?;
    ensure!(graded.code == Some(2), "{graded:?}");
    let json: Value = serde_json::from_str(&graded.stdout)?;
    let message = json[0]["exercises"][0]["message"].as_str().unwrap_or_default();
    has(message, &["there is no exercises/mine/src in it"])?;
    let typo = copy.exercise("grade ../class/frizt")?;
    ensure!(typo.code == Some(2) && typo.stdout.is_empty(), "{typo:?}");
    Ok(())
}

/// All exercises, three times, while something else wants the processor.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes minutes: cargo test --workspace -- --ignored"]
fn a_class_is_graded_on_a_busy_machine() -> Result<()> {
    let copy = Copy::new()?;
    five(&copy)?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        let graded: Vec<_> = (0..3).map(|_| grade(&copy, "")).collect();
        is_over.store(true, Ordering::Relaxed);
        for graded in graded {
            let Said { stdout, stderr, code } = graded?;
            ensure!(code == Some(2), "{code:?}");
            pin!(
                "class",
                format!("$ cargo exercise grade ../class/*\n{stderr}{stdout}")
            );
        }
        ensure!(running("86411")? == 0, "something is left behind");
        Ok(())
    })
}

/// What a program of somebody else's can't do.
#[cfg(target_os = "linux")]
#[test]
fn the_sandbox_has_limits() -> Result<()> {
    let script = root().join("exercises/judge/sandbox.sh");
    let run = |line: &str| -> Result<Said> {
        let mut command = Command::new("sh");
        command.arg(&script).args(["run", "sh", "-c", line]);
        command.env("SECRET", "told").env("SANDBOX_SECONDS", "2");
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        said(command)
    };
    let fine = run("echo $((6 * 7)) $SECRET")?;
    ensure!(fine.code == Some(0) && fine.stdout == "42\n", "{fine:?}");
    let memory = run("head -c 300000000 /dev/zero | tail -c 300000000 | wc -c")?;
    ensure!(memory.stdout == "0\n" && memory.stderr.contains("memory"), "{memory:?}");
    // Where a user of no rights may write.
    let file = std::env::temp_dir().join(format!("sandbox-{}", std::process::id()));
    run(&format!("head -c 30000000 /dev/zero > {}", file.display()))?;
    let length = fs::metadata(&file)?.len();
    fs::remove_file(&file)?;
    ensure!(length == 16 << 20, "{length}");
    let forks = run("for i in $(seq 100); do sleep 86412 & done")?;
    ensure!(forks.stderr.contains("fork"), "{forks:?}");
    let loops = run("while :; do :; done")?;
    ensure!(loops.code.is_none(), "{loops:?}");
    let waits = run("sleep 86412")?;
    ensure!(waits.code.is_none(), "{waits:?}");
    ensure!(running("86412")? == 0, "something is left behind");
    Ok(())
}
