//! `cargo exercise`, as learners and teachers type it.

mod copy;
mod schema;

use std::fs;

use anyhow::{Context, Result, ensure};
use judge::EXERCISES;
use probe::{GoesOn, Process};
use serde_json::Value;
use tests::{PATIENCE, pin};

use copy::{Copy, root, said};

const MAIN: &str = "exercises/01b-address-taken/src/main.rs";

fn has(text: &str, parts: &[&str]) -> Result<()> {
    for part in parts {
        ensure!(text.contains(part), "no {part:?} in\n{text}");
    }
    let wide = text.lines().find(|line| line.chars().count() > 80);
    ensure!(wide.is_none(), "wider than 80: {wide:?}");
    Ok(())
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
    has(
        &said.stdout,
        &["not yet", "What it means: It panics", "By hand:", "Read: book/"],
    )?;
    has(
        &said.stdout,
        &["Hint: cargo exercise hint 01b", &format!("Your program: {MAIN}")],
    )?;
    has(&copy.exercise("")?.stdout, &["01b  address-taken", "1 of 6 points"])?;

    for number in 1..=3 {
        let said = copy.exercise("hint 1b")?;
        has(&said.stdout, &[&format!("Hint {number} of 3 for 01b")])?;
        ensure!(said.stdout.matches("Hint").count() == 1, "{said:?}");
    }
    ensure!(copy.exercise("hint ex01b")?.stdout.matches("Hint").count() == 3);

    copy.solve("01b-address-taken")?;
    let said = copy.exercise("check address-taken")?;
    ensure!(said.code == Some(0), "{said:?}");
    has(
        &said.stdout,
        &["6 of 6 points", "Passed.", "cargo exercise solution 01b", "Next: "],
    )?;
    has(&copy.exercise("list")?.stdout, &["passed"])
}

#[test]
fn compiler_errors_are_those_of_cargo() -> Result<()> {
    let copy = Copy::new()?;
    copy.write(MAIN, "fn main() { let x: u8 = \"\"; }\n")?;
    let said = copy.exercise("check 01b")?;
    ensure!(said.code == Some(1), "{said:?}");
    ensure!(said.stderr.contains("error[E0308]: mismatched types"), "{said:?}");
    ensure!(said.stderr.contains("-->"), "{said:?}");
    has(&said.stdout, &["It does not compile", MAIN, "first error"])
}

#[test]
fn nothing_typed_is_lost() -> Result<()> {
    let copy = Copy::new()?;
    let starter = copy.read(MAIN)?;
    has(&copy.exercise("reset 01b")?.stdout, &["is the starter already"])?;
    for mine in ["// first\n", "// second\n", "// third\n"] {
        copy.write(MAIN, mine)?;
        has(
            &copy.exercise("reset 01b")?.stdout,
            &["is the starter again", "Yours is kept"],
        )?;
        ensure!(copy.read(MAIN)? == starter);
    }
    for (number, mine) in [(1, "// first\n"), (2, "// second\n"), (3, "// third\n")] {
        let name =
            format!("exercises/01b-address-taken/src/main-before-reset-{number}.rs");
        ensure!(copy.read(&name)? == mine, "{name}");
    }
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
    let folder = copy.path("exercises/01b-address-taken/src/bin");
    fs::create_dir_all(&folder)?;
    let solution = root().join("exercises/01b-address-taken/src/bin/solution.rs");
    fs::copy(&solution, folder.join("solution.rs"))?;

    let refused = copy.exercise("solution 01b")?;
    ensure!(refused.code == Some(1), "{refused:?}");
    has(&refused.stdout, &["hint 01b", "--anyway"])?;
    let solution = fs::read_to_string(solution)?;
    ensure!(copy.exercise("solution 01b --anyway")?.stdout.contains(&solution));
    let diff = copy.exercise("solution 01b --anyway --diff")?.stdout;
    ensure!(diff.contains("- yours") && diff.contains("\n+ fn run()"), "{diff}");
    copy.solve("01b-address-taken")?;
    ensure!(copy.exercise("check 01b")?.code == Some(0));
    ensure!(copy.exercise("solution 01b")?.stdout.contains(&solution));
    Ok(())
}

#[test]
fn colours_only_where_they_are_wanted() -> Result<()> {
    let copy = Copy::new()?;
    let is_coloured = |name: &str, value: &str| -> Result<bool> {
        let mut command = copy.command(&["list"]);
        command.env(name, value);
        Ok(said(command)?.stdout.contains('\x1b'))
    };
    ensure!(!is_coloured("NOTHING", "1")?, "into a pipe");
    ensure!(is_coloured("CLICOLOR_FORCE", "1")?, "forced");
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
    Ok(())
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
    ensure!(
        !said.stdout.contains("src/main.rs"),
        "that is not their program: {said:?}"
    );
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
    wait_for("9 of 9 points")?;
    wait_for("Waiting until you save exercises/03b")?;
    copy.write("exercises/04a-count-bytes/src/main.rs", "fn main() { oh no }")?;
    wait_for("It does not compile")?;
    wait_for("Waiting until you save exercises/04a")
}

#[test]
fn grades_count_points_and_survive_what_does_not_compile() -> Result<()> {
    let copy = Copy::new()?;
    copy.solve("03b-until-the-blank-line")?;
    copy.write("exercises/04a-count-bytes/src/main.rs", "fn main() { oh no }")?;
    let said = copy.exercise("grade 01b 03b 04a --format json")?;
    ensure!(said.code == Some(0), "{said:?}");
    let grade: Value = serde_json::from_str(&said.stdout)?;
    schema::check(&grade)?;
    ensure!(grade["points"] == 10 && grade["max_points"] == 21, "{grade}");
    let statuses: Vec<_> =
        (0..3).map(|index| &grade["exercises"][index]["status"]).collect();
    ensure!(statuses == ["failed", "passed", "error"], "{statuses:?}");
    let untouched: Vec<_> =
        (0..3).map(|index| &grade["exercises"][index]["untouched"]).collect();
    ensure!(untouched == [true, false, false], "{untouched:?}");
    let broken = grade["exercises"][2]["message"].as_str().unwrap_or_default();
    ensure!(broken.contains("error"), "{broken}");
    has(&copy.exercise("")?.stdout, &["1 of 6 points", "passed"])?;

    let text = copy.exercise("grade 01b 03b 04a")?.stdout;
    let untouched = "01b  address-taken              1 of  6 points, as handed out";
    has(&text, &["10 of 21 points", "does not compile", untouched])?;
    copy.write(MAIN, &(copy.read(MAIN)? + "// mine\n"))?;
    let text = copy.exercise("grade 01b 03b 04a")?.stdout;
    has(&text, &["10 of 21 points", "does not compile", "It panics"])?;
    ensure!(!text.contains("as handed out"), "{text}");

    let junit = copy.exercise("grade 01b 03b 04a --format junit")?.stdout;
    let (_, suites) = junit.split_once("<testsuites ").context("no suites")?;
    let (counts, _) = suites.split_once('>').context("no end")?;
    for count in ["tests=\"15\"", "failures=\"4\"", "errors=\"4\""] {
        ensure!(counts.contains(count), "{counts}");
    }
    ensure!(junit.matches("<testcase ").count() == 15, "{junit}");
    Ok(())
}

/// The workflow's own jq program, as GitHub would run it.
#[test]
#[ignore = "needs jq: cargo test --workspace -- --ignored"]
fn classroom_reads_the_grade() -> Result<()> {
    let copy = Copy::new()?;
    let workflow = copy.read(".github/workflows/classroom.yml")?;
    let (_, program) = workflow.split_once("jq '").context("no jq")?;
    let (program, _) = program.split_once("' grade.json").context("no end")?;
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
    for exercise in EXERCISES {
        let folder = format!("exercises/{}", exercise.folder());
        ensure!(!copy.path(&folder).join("src/bin").exists(), "{folder}");
        ensure!(
            copy.read(&format!("{folder}/src/main.rs"))?.contains("TODO"),
            "{folder}"
        );
    }
    for gone in ["exercises/gallery", "exercises/judge/tests", "target", ".git"] {
        ensure!(!copy.path(gone).exists(), "{gone}");
    }
    let manifests = copy.read("Cargo.toml")? + &copy.read("Cargo.lock")?;
    ensure!(!manifests.contains("gallery"), "{manifests}");
    // Cargo has nothing to add to it, nor to take away.
    let mut build = tests::cargo();
    build.args(["build", "--quiet", "--locked", "--package", "ex01b"]);
    build.env("CARGO_TARGET_DIR", copy.path("../target")).current_dir(copy.path(""));
    let said = said(build)?;
    ensure!(said.code == Some(0), "{}", said.stderr);
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
        command.env("CARGO_TARGET_DIR", copy.path("../target"));
        let said = said(command)?;
        ensure!(said.code == Some(code), "{arguments}: {said:?}");
    }
    Ok(())
}
