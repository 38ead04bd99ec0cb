//! `cargo exercise`, as learners and teachers type it.

mod class;
mod copy;
mod schema;

use std::fs;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use judge::EXERCISES;
use probe::{GoesOn, Process, stages};
use serde_json::Value;
use tests::{PATIENCE, pin};

use copy::{Copy, own, root, said};

const MINE: &str = "exercises/mine/src/bin/ex01b.rs";
const SOLUTION: &str = "exercises/01b-address-taken/solution.rs";

fn has(text: &str, parts: &[&str]) -> Result<()> {
    for part in parts {
        ensure!(text.contains(part), "no {part:?} in\n{text}");
    }
    let wide = text.lines().find(|line| line.chars().count() > 80);
    ensure!(wide.is_none(), "wider than 80: {wide:?}");
    Ok(())
}

/// A solution that has been broken in one place.
fn spoilt() -> Result<String> {
    let solution = fs::read_to_string(root().join(SOLUTION))?;
    Ok(solution.replace("FAILURE", "SUCCESS"))
}

#[test]
fn a_fresh_clone_says_where_to_start() -> Result<()> {
    let copy = Copy::new()?;
    let said = copy.exercise("")?;
    ensure!(said.code == Some(0) && said.stdout.lines().count() == 5, "{said:?}");
    let first = EXERCISES[0].id;
    let check = format!("cargo exercise check {first}");
    has(&said.stdout, &[&check, "README.md", "nothing is broken"])?;
    ensure!(copy.exercise("list")?.stdout.lines().count() > EXERCISES.len());
    Ok(())
}

#[test]
fn a_learner_fails_and_asks_and_passes() -> Result<()> {
    let copy = Copy::new()?;
    let said = copy.exercise("check 01b")?;
    ensure!(said.code == Some(1) && said.stderr.is_empty(), "{said:?}");
    has(&said.stdout, &[&format!("You type in {MINE}\n"), "not yet", "By hand:"])?;
    has(&said.stdout, &["What it means: It panics", "Read: book/"])?;
    has(&said.stdout, &["Hint: cargo exercise hint 01b"])?;
    has(&said.stdout, &[&format!("Your program: {MINE}")])?;
    let again = copy.exercise("check 01b")?;
    ensure!(!again.stdout.contains("You type in"), "{again:?}");
    has(&copy.exercise("")?.stdout, &["01b  address-taken", "1 of 6 points"])?;

    for number in 1..=3 {
        let said = copy.exercise("hint 1b")?;
        has(&said.stdout, &[&format!("Hint {number} of 3 for 01b")])?;
        ensure!(said.stdout.matches("Hint").count() == 1, "{said:?}");
        // A handout has no answers to send anyone to.
        ensure!(!said.stdout.contains("solution"), "{said:?}");
    }
    ensure!(copy.exercise("hint ex01b")?.stdout.matches("Hint").count() == 3);

    copy.solve("01b-address-taken")?;
    let said = copy.exercise("check address-taken")?;
    ensure!(said.code == Some(0), "{said:?}");
    has(
        &said.stdout,
        &["6 of 6 points", "Passed.", "cargo exercise solution 01b", "Next: "],
    )?;
    has(&copy.exercise("list")?.stdout, &["passed"])?;

    // The best counts, and that of the learner's own program.
    copy.write(MINE, "fn main() {}\n")?;
    ensure!(copy.exercise("check 01b")?.code == Some(1));
    ensure!(copy.exercise("check 01b -- no-such-program")?.code == Some(1));
    has(&copy.exercise("list")?.stdout, &["passed"])
}

/// However a person names an exercise.
#[test]
fn an_exercise_has_many_names() -> Result<()> {
    let copy = Copy::new()?;
    let folder = "exercises/01b-address-taken";
    let names = ["01b", "1b", "ex01b", "address-taken", folder, MINE];
    for name in names.into_iter().chain(["exercises/01b-address-taken/starter.rs"]) {
        has(&copy.exercise(name)?.stdout, &["01b address-taken"])?;
        has(&copy.exercise(&format!("check {name}"))?.stdout, &["01b address-taken"])?;
    }
    let mut command = copy.command(&["check", "."]);
    command.current_dir(copy.path(folder));
    has(&said(command)?.stdout, &["01b address-taken"])?;
    has(&copy.exercise("help")?.stdout, &["handout"])
}

#[test]
fn compiler_errors_are_those_of_cargo() -> Result<()> {
    let copy = Copy::new()?;
    copy.exercise("check 01b")?;
    copy.write(MINE, "fn main() { let x: u8 = \"\"; }\n")?;
    let said = copy.exercise("check 01b")?;
    ensure!(said.code == Some(1), "{said:?}");
    ensure!(said.stderr.contains("error[E0308]: mismatched types"), "{said:?}");
    ensure!(said.stderr.contains("-->"), "{said:?}");
    has(&said.stdout, &["It does not compile", MINE, "first error"])?;
    // Code without comments is nobody's business.
    copy.write(MINE, "pub fn a() {}\npub fn main() {}\n")?;
    let said = copy.exercise("check 01b")?;
    ensure!(said.stderr.is_empty(), "{said:?}");
    Ok(())
}

#[test]
fn nothing_typed_is_lost() -> Result<()> {
    let copy = Copy::new()?;
    copy.exercise("check 01b")?;
    let starter = copy.read(MINE)?;
    has(&copy.exercise("reset 01b")?.stdout, &["is the starter already"])?;
    for mine in ["// first\n", "// second\n", "// third\n"] {
        copy.write(MINE, mine)?;
        has(
            &copy.exercise("reset 01b")?.stdout,
            &["is the starter again", "Yours is kept"],
        )?;
        ensure!(copy.read(MINE)? == starter);
    }
    for (number, mine) in [(1, "// first\n"), (2, "// second\n"), (3, "// third\n")] {
        let name = format!("{MINE}.before-reset-{number}");
        ensure!(copy.read(&name)? == mine, "{name}");
    }
    Ok(())
}

/// Not what was built last: not a file's time, not another copy, not another name.
#[test]
fn what_is_in_the_file_is_judged() -> Result<()> {
    let copy = Copy::new()?;
    let passes = || Ok::<_, anyhow::Error>(copy.exercise("check 01b")?.code == Some(0));
    copy.solve("01b-address-taken")?;
    ensure!(passes()?, "the solution");
    // As unzip and rsync do: a file older than what was built.
    let solved = copy.read(MINE)?;
    copy.write(MINE, &spoilt()?)?;
    let long_ago = SystemTime::now() - Duration::from_secs(100_000);
    fs::File::options().write(true).open(copy.path(MINE))?.set_modified(long_ago)?;
    ensure!(!passes()?, "the old file");
    copy.exercise("reset 01b")?;
    ensure!(!passes()?, "the starter");
    fs::rename(copy.path(&format!("{MINE}.before-reset-1")), copy.path(MINE))?;
    ensure!(!passes()?, "the file that was kept");
    copy.write(MINE, &solved)?;
    ensure!(passes()?, "the solution again");

    // Another copy, with the same folder for what is built.
    let other = copy.beside("other");
    if other.exists() {
        fs::remove_dir_all(&other)?;
    }
    fs::rename(copy.path(""), &other)?;
    let mut command = copy.command(&["handout"]);
    command.arg(copy.path("")).current_dir(&other);
    command.env("CARGO_MANIFEST_DIR", other.join("exercises/judge"));
    let made = said(command)?;
    ensure!(made.code == Some(0), "{made:?}");
    copy.exercise("reset 01b")?;
    ensure!(!passes()?, "the starter of the second copy");
    let mut command = copy.command(&["check", "01b"]);
    command.env("CARGO_MANIFEST_DIR", other.join("exercises/judge"));
    command.current_dir(&other);
    let first = said(command)?;
    ensure!(first.code == Some(0), "the first copy again: {first:?}");
    Ok(())
}

/// In the repository itself: a handout has none.
#[test]
fn solutions_are_shown_when_wanted() -> Result<()> {
    let copy = Copy::new()?;
    has(
        &copy.exercise("solution 01b --anyway")?.stdout,
        &["This copy has no solutions"],
    )?;
    let solution = fs::read_to_string(root().join(SOLUTION))?;
    copy.write(SOLUTION, &solution)?;

    let refused = copy.exercise("solution 01b")?;
    ensure!(refused.code == Some(1), "{refused:?}");
    has(&refused.stdout, &["hint 01b", "--anyway"])?;
    ensure!(copy.exercise("solution 01b --anyway")?.stdout.contains(&solution));
    let diff = copy.exercise("solution 01b --anyway --diff")?.stdout;
    ensure!(diff.contains("- yours") && diff.contains("\n+ fn run()"), "{diff}");
    copy.solve("01b-address-taken")?;
    ensure!(copy.exercise("check 01b")?.code == Some(0));
    ensure!(copy.exercise("solution 01b")?.stdout.contains(&solution));
    // How lines end is no difference.
    copy.write(MINE, &copy.read(MINE)?.replace('\n', "\r\n"))?;
    let diff = copy.exercise("solution 01b --diff")?.stdout;
    ensure!(diff.lines().count() == 1, "{diff}");
    Ok(())
}

#[test]
fn colors_only_where_they_are_wanted() -> Result<()> {
    let copy = Copy::new()?;
    let is_colored = |name: &str, value: &str| -> Result<bool> {
        let mut command = copy.command(&["list"]);
        command.env(name, value);
        Ok(said(command)?.stdout.contains('\x1b'))
    };
    ensure!(!is_colored("NOTHING", "1")?, "into a pipe");
    ensure!(is_colored("CLICOLOR_FORCE", "1")?, "forced");
    let mut command = copy.command(&["list"]);
    command.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
    ensure!(!said(command)?.stdout.contains('\x1b'), "NO_COLOR");
    Ok(())
}

#[test]
fn mistakes_on_the_command_line_are_told() -> Result<()> {
    let copy = Copy::new()?;
    let said = copy.exercise("check 99z")?;
    ensure!(
        said.code == Some(2) && said.stderr.contains("no exercise \"99z\""),
        "{said:?}"
    );
    has(&said.stderr, &["06d"])?;
    ensure!(copy.exercise("chekc")?.stderr.contains("check"));
    ensure!(copy.exercise("handout .")?.stderr.contains("exists already"));
    pin!("help", copy.exercise("--help")?.stdout);
    let mut command = copy.command(&["list"]);
    command.env_remove("CARGO_MANIFEST_DIR").current_dir("/");
    let elsewhere = copy::said(command)?;
    ensure!(elsewhere.code == Some(2), "{elsewhere:?}");
    has(&elsewhere.stderr, &["aren't in this folder"])
}

#[test]
fn any_program_can_be_judged() -> Result<()> {
    let copy = Copy::new()?;
    let said = copy.exercise("check 01b -- no-such-program --flag")?;
    ensure!(said.code == Some(1), "{said:?}");
    has(
        &said.stdout,
        &["There is no program \"no-such-program\"", "$ no-such-program --flag"],
    )?;
    ensure!(!said.stdout.contains(MINE), "that is not their program: {said:?}");
    Ok(())
}

/// As the book says it, and also where there are no answers.
#[test]
#[ignore = "needs python3: cargo test --workspace -- --ignored"]
fn python_is_judged_like_rust() -> Result<()> {
    let copy = Copy::new()?;
    let said = copy.exercise("check 03b -- python3 steps/04-respond/respond.py")?;
    ensure!(said.code == Some(1), "{said:?}");
    has(&said.stdout, &["$ python3 steps/04-respond/respond.py 127.0.0.1:0"])?;
    let meaning = |text: &str| {
        let (_, rest) = text.split_once("What it means: ")?;
        rest.split_once("\nWhy: ").map(|(meaning, _)| meaning.to_string())
    };
    let rust = meaning(&copy.exercise("check 03b")?.stdout).context("no meaning")?;
    ensure!(meaning(&said.stdout).as_ref() == Some(&rust), "{rust}\n{said:?}");
    // The server that grows may be in any language too.
    let said = copy.exercise("mine -- python3 steps/04-respond/respond.py")?;
    has(&said.stdout, &["2 of 14 stages", "not yet: It answers."])
}

/// From nothing to the second stage, and one step back.
#[test]
fn a_server_grows() -> Result<()> {
    let copy = Copy::new()?;
    let file = "exercises/mine/src/main.rs";
    let said = copy.exercise("mine")?;
    ensure!(said.code == Some(1) && said.stderr.is_empty(), "{said:?}");
    has(&said.stdout, &[&format!("You type in {file}\n"), "0 of 14 stages"])?;
    has(&said.stdout, &["Next: stage 1 of 14", "Read: book/src/01-bind.md"])?;
    let all = fs::read_to_string(root().join("exercises/mine-stages/solution.rs"))?;
    copy.write(file, &stages::program(&all, 2, None))?;
    let said = copy.exercise("mine")?;
    has(
        &said.stdout,
        &["2 of 14 stages", "not yet   3  It counts", "11 more to come"],
    )?;
    has(&said.stdout, &["Next: stage 3 of 14", "Hint: cargo exercise hint 04a"])?;
    copy.write(file, &stages::program(&all, 2, Some("copies-the-line")))?;
    let said = copy.exercise("check mine")?;
    has(&said.stdout, &["Broken: stage 1", "had passed before"])?;
    has(&copy.exercise("list")?.stdout, &["mine", "2 of 14 stages"])?;
    has(&copy.exercise("grade mine")?.stdout, &["mine  stages", "0 of 14 points"])?;
    has(&copy.exercise("hint mine")?.stdout, &["Hint 1 of 3 for mine"])?;
    has(&copy.exercise("solution mine --anyway")?.stdout, &["has no solutions"])?;
    has(&copy.exercise("reset mine")?.stdout, &["main.rs.before-reset-1"])
}

#[test]
fn a_program_can_be_run() -> Result<()> {
    let copy = Copy::new()?;
    let to_the_end: fn() -> GoesOn = || Box::new(|_| true);
    let command = copy.command(&["run", "04a", "--", "127.0.0.1:0"]);
    let running = Process::start(command, [to_the_end(), to_the_end()])?;
    let is_ready =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("http://127.0.0.1:");
    let said = running.stdout.wait_for(PATIENCE, is_ready);
    ensure!(said, "{} {}", running.stdout.text(), running.stderr.text());
    Ok(())
}

#[test]
fn watching_checks_what_is_saved() -> Result<()> {
    let copy = Copy::new()?;
    let to_the_end: fn() -> GoesOn = || Box::new(|_| true);
    let watch = Process::start(copy.command(&["watch"]), [to_the_end(), to_the_end()])?;
    let mut seen = 0;
    let mut wait_for = |wanted: &str| {
        let end = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(&bytes[seen..]);
            text.find(wanted).map(|start| seen + start + wanted.len())
        };
        let has_come = watch.stdout.wait_for(PATIENCE, |bytes| end(bytes).is_some());
        let text = watch.stdout.text();
        ensure!(has_come, "waited in vain for {wanted:?} in {text}");
        seen = end(text.as_bytes()).unwrap_or(seen);
        Ok(())
    };
    wait_for("Waiting until you save")?;
    copy.solve("03b-until-the-blank-line")?;
    wait_for("\u{2500}\u{2500}")?;
    wait_for("9 of 9 points")?;
    wait_for("Waiting until you save exercises/mine/src/bin/ex03b.rs")?;
    // Both terminals know of the hint.
    has(&copy.exercise("hint 04a")?.stdout, &["Hint 1 of 3"])?;
    copy.write(&own("04a"), "fn main() { oh no }")?;
    wait_for("It does not compile")?;
    wait_for("Waiting until you save exercises/mine/src/bin/ex04a.rs")?;
    has(&copy.exercise("hint 04a")?.stdout, &["Hint 2 of 3"])?;
    // The folder goes, and comes back as another one.
    let bin = copy.path("exercises/mine/src/bin");
    fs::rename(&bin, copy.path("exercises/mine/src/before"))?;
    copy.solve("03b-until-the-blank-line")?;
    copy.write(&own("03b"), "fn main() { oh no }")?;
    wait_for("It does not compile")?;
    has(
        &copy.exercise("list")?.stdout,
        &["03b  until-the-blank-line      15 minutes  passed"],
    )
}

/// In a terminal, keys are taken one by one, and it is left as it was.
#[test]
#[ignore = "needs python3: cargo test --workspace -- --ignored"]
#[cfg(unix)]
fn watching_takes_keys() -> Result<()> {
    let copy = Copy::new()?;
    let mut command = std::process::Command::new("python3");
    command.arg(root().canonicalize()?.join("exercises/judge/tests/python/keys.py"));
    command.args([env!("CARGO_BIN_EXE_judge"), "watch", "01b"]);
    command.current_dir(copy.path("")).env_remove("CARGO_MANIFEST_DIR");
    command.env("CARGO_TARGET_DIR", copy.beside("target"));
    let said = said(command)?;
    let wanted = "- True\nh True\nc True\nn True\n\
                  single keys True\nq 0\nlines again True\n";
    ensure!(said.stdout == wanted, "{said:?}");
    Ok(())
}

#[test]
fn grades_count_points_above_the_starters() -> Result<()> {
    let copy = Copy::new()?;
    copy.solve("03b-until-the-blank-line")?;
    copy.write(&own("04a"), "fn main() { oh no }")?;
    let said = copy.exercise("grade 01b 03b 04a --format json")?;
    ensure!(said.code == Some(1), "{said:?}");
    let grade: Value = serde_json::from_str(&said.stdout)?;
    schema::check(&grade)?;
    ensure!(grade["earned"] == 7 && grade["max_earned"] == 17, "{grade}");
    let of_each = |name: &str| -> Vec<Value> {
        let exercises = grade["exercises"].as_array().cloned().unwrap_or_default();
        exercises.iter().map(|exercise| exercise[name].clone()).collect()
    };
    ensure!(of_each("status") == ["failed", "passed", "error"], "{grade}");
    ensure!(of_each("untouched") == [true, false, false], "{grade}");
    ensure!(of_each("points") == [1, 9, 0], "{grade}");
    let broken = grade["exercises"][2]["message"].as_str().unwrap_or_default();
    ensure!(broken.contains("error"), "{broken}");
    has(&copy.exercise("")?.stdout, &["not begun", "passed"])?;

    let text = copy.exercise("grade 01b 03b 04a")?.stdout;
    let untouched = "01b  address-taken              0 of  5 points, not begun";
    has(&text, &["7 of 17 points", "can't be built", untouched])?;
    copy.exercise("check 01b")?;
    has(&copy.exercise("grade 01b")?.stdout, &[untouched])?;
    copy.write(MINE, &(copy.read(MINE)? + "// mine\n"))?;
    let text = copy.exercise("grade 01b 03b 04a")?.stdout;
    has(&text, &["7 of 17 points", "can't be built", "It panics"])?;
    ensure!(!text.contains("not begun"), "{text}");

    ensure!(copy.exercise("grade 03b")?.code == Some(0), "all have passed");
    ensure!(copy.exercise("grade 04a")?.code == Some(2), "none can be built");
    let junit = copy.exercise("grade 01b 03b 04a --format junit")?.stdout;
    let (_, suites) = junit.split_once("<testsuites ").context("no suites")?;
    let (counts, _) = suites.split_once('>').context("no end")?;
    for count in ["tests=\"15\"", "errors=\"4\""] {
        ensure!(counts.contains(count), "{counts}");
    }
    ensure!(junit.matches("<testcase ").count() == 15, "{junit}");
    Ok(())
}

/// Whatever a program prints, and where nothing can be remembered.
#[test]
fn reports_come_whatever_happens() -> Result<()> {
    let copy = Copy::new()?;
    copy.exercise("check 01b")?;
    copy.write(MINE, "fn main() { eprintln!(\"\\u{fffe} \\x1b[1m ]]> & < \\0\"); }\n")?;
    let junit = copy.exercise("grade 01b --format junit")?.stdout;
    let is_allowed =
        |letter: char| letter == '\n' || letter >= ' ' && letter != '\u{fffe}';
    ensure!(junit.chars().all(is_allowed), "{junit:?}");
    ensure!(junit.contains("&amp; &lt;"), "{junit}");

    // A folder is where the file should be.
    fs::remove_file(copy.path("exercises/mine/progress.lock"))?;
    fs::create_dir(copy.path("exercises/mine/progress.lock"))?;
    let said = copy.exercise("check 01b")?;
    ensure!(said.code == Some(1), "{said:?}");
    has(&said.stdout, &["What it means: "])?;
    ensure!(said.stderr.contains("can't be remembered"), "{said:?}");
    has(&copy.exercise("hint 01b")?.stdout, &["Hint 1 of 3"])?;

    // And where the learner's program can't even be put.
    fs::remove_dir_all(copy.path("exercises/mine/src"))?;
    copy.write("exercises/mine/src", "no folder")?;
    let said = copy.exercise("check 06a")?;
    ensure!(said.code == Some(2) && said.stdout.is_empty(), "{said:?}");
    has(&said.stderr, &["exercises/mine/src/bin/ex06a.rs is where you type"])?;
    let said = copy.exercise("grade 01b 06a")?;
    ensure!(said.code == Some(1), "{said:?}");
    has(&said.stdout, &["0 of  5 points, not begun"])
}

/// The workflow's own jq program, as GitHub would run it.
#[test]
#[ignore = "needs jq: cargo test --workspace -- --ignored"]
fn classroom_reads_the_grade() -> Result<()> {
    let copy = Copy::new()?;
    let workflow = copy.read(".github/workflows/classroom.yml")?;
    let (_, program) = workflow.split_once("jq '").context("no jq")?;
    let (program, _) = program.split_once("' grade.json").context("no end")?;
    copy.exercise("check 01b")?;
    copy.write(MINE, &(copy.read(MINE)? + "// mine\n"))?;
    copy.write("grade.json", &copy.exercise("grade 01b --format json")?.stdout)?;
    let mut jq = std::process::Command::new("jq");
    jq.args([program, "grade.json"]).current_dir(copy.path(""));
    let said = said(jq)?;
    let result: Value =
        serde_json::from_str(&said.stdout).with_context(|| said.stderr)?;
    ensure!(result["max_score"] == 6 && result["status"] == "fail", "{result}");
    ensure!(
        result["tests"][0]["score"] == 1 && result["tests"][1]["score"] == 0,
        "{result}"
    );
    ensure!(result["tests"][1]["message"].is_string(), "{result}");
    Ok(())
}

#[test]
fn handouts_give_nothing_away() -> Result<()> {
    let copy = Copy::new()?;
    for exercise in judge::all() {
        let folder = copy.path(&format!("exercises/{}", exercise.folder()));
        let entries = fs::read_dir(&folder)?;
        let names: Result<Vec<String>> = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into()))
            .collect();
        let known = [
            "README.md",
            "hints.md",
            "starter.rs",
            "check.rs",
            "client.rs",
            "framing.rs",
        ];
        let other = names?.into_iter().find(|name| !known.contains(&name.as_str()));
        ensure!(other.is_none(), "{}: {other:?}", exercise.id);
    }
    for gone in ["exercises/answers", "exercises/judge/tests", "target", ".git", ".ci"]
    {
        ensure!(!copy.path(gone).exists(), "{gone}");
    }
    for page in ["teaching.md", "what-goes-wrong.md"] {
        ensure!(!copy.path("book/src").join(page).exists(), "{page}");
        ensure!(!copy.read("book/src/SUMMARY.md")?.contains(page), "{page}");
    }
    ensure!(!copy.read("book/src/02-listen.md")?.contains("\"teacher\""), "a note");
    let ignored = copy.read(".gitignore")?;
    ensure!(ignored.contains("/exercises/mine/progress.*"), "{ignored}");
    ensure!(!ignored.contains("/exercises/mine/*"), "{ignored}");
    ensure!(copy.path("AGENTS.md").exists(), "no AGENTS.md");
    let manifests = copy.read("Cargo.toml")? + &copy.read("Cargo.lock")?;
    ensure!(!manifests.contains("answers"), "{manifests}");
    // Cargo has nothing to add to it, nor to take away.
    let mut build = tests::cargo();
    build.args(["build", "--quiet", "--locked", "--package", "judge"]);
    build.env("CARGO_TARGET_DIR", copy.beside("target")).current_dir(copy.path(""));
    let built = said(build)?;
    ensure!(built.code == Some(0), "{}", built.stderr);
    Ok(())
}

/// What an editor leaves behind, what only looks like a file, and what goes wrong.
#[cfg(unix)]
#[test]
fn handouts_are_whole_or_not_there() -> Result<()> {
    let copy = Copy::new()?;
    let folder = "exercises/01b-address-taken";
    let left = ["starter.rs~", "#starter.rs#", ".starter.rs.swp", "starter.rs.orig"];
    for name in left {
        copy.write(&format!("{folder}/{name}"), "an answer")?;
    }
    std::os::unix::fs::symlink(
        "nowhere",
        copy.path(&format!("{folder}/.#starter.rs")),
    )?;
    std::os::unix::fs::symlink("nowhere", copy.path(&format!("{folder}/dangling.rs")))?;
    let fifo = copy.path(&format!("{folder}/fifo"));
    ensure!(std::process::Command::new("mkfifo").arg(&fifo).status()?.success());
    let made = copy.beside("h a'n d");
    if made.exists() {
        fs::remove_dir_all(&made)?;
    }
    let mut command = copy.command(&["handout"]);
    command.arg(&made);
    let output = said(command)?;
    ensure!(output.code == Some(0), "{output:?}");
    for name in left.into_iter().chain([".#starter.rs", "dangling.rs", "fifo"]) {
        let path = made.join(folder).join(name);
        ensure!(fs::symlink_metadata(&path).is_err(), "{name} is copied");
    }
    // The line that says how to try it can be pasted.
    let line = output.stdout.lines().find_map(|line| line.strip_prefix("Try it:"));
    let line = line.context("no line")?.replace("cargo exercise", "ls Cargo.toml");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &line]);
    ensure!(said(shell)?.stdout == "Cargo.toml\n", "{line}");
    fs::remove_dir_all(&made)?;

    // A page that can't be read: there is no half of a handout.
    fs::write(copy.path("README.md"), b"\xff")?;
    let mut command = copy.command(&["handout"]);
    command.arg(&made);
    let output = said(command)?;
    ensure!(
        output.code == Some(2) && output.stderr.contains("README.md"),
        "{output:?}"
    );
    ensure!(!made.exists(), "half a handout");
    Ok(())
}

/// As a class would use it: everything is built again.
#[test]
#[ignore = "takes a minute: cargo test --workspace -- --ignored"]
fn handouts_work_by_themselves() -> Result<()> {
    let copy = Copy::new()?;
    for (arguments, code) in [
        ("exercise", 0),
        ("exercise check 01b", 1),
        ("build --workspace", 0),
        ("book check", 0),
        // What README.md names is there.
        ("test --package tests --test readme", 0),
    ] {
        let mut command = tests::cargo();
        command.args(arguments.split(' ')).current_dir(copy.path(""));
        command.env("CARGO_TARGET_DIR", copy.beside("target"));
        let said = said(command)?;
        ensure!(said.code == Some(code), "{arguments}: {said:?}");
    }
    Ok(())
}
