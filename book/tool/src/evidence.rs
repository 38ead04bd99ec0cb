//! What only the whole book can tell: whether each snapshot is needed, each line of
//! step05 is shown, and each command is run by a test.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::Result;

use crate::pages::{Page, inline_code};
use crate::{Sources, changes, exercises, listing};

/// Commands in the text that no session can run, but these.
const TESTED_ELSEWHERE: [&str; 8] = [
    // .ci/run, which calls the README's test command too.
    "cargo test",
    "cargo test --workspace",
    // The tests of the package `book`.
    "cargo book",
    "cargo book build",
    "cargo book check",
    "cargo book pdf",
    "mdbook serve book",
    // Those of the package `judge`.
    "cargo exercise check 03b -- python3 steps/04-respond/respond.py",
];

/// Figures of what can't be recorded: a lost packet, two servers that disagree, and the
/// way through the rooms of a program.
const DRAWINGS: usize = 3;

/// What `cargo exercise` understands, as its own tests show.
const EXERCISE: [&str; 10] = [
    "",
    " watch",
    " doctor",
    " grade",
    " grade ../class/*",
    " grade ../class/ana",
    " handout ../class",
    " grade mine",
    " mine",
    " mine -- python3 steps/04-respond/respond.py",
];
const FOR_ONE: [&str; 7] =
    ["check", "run", "watch", "hint", "solution", "solution --anyway", "reset"];

/// All commands that tests run: what stands behind `$ ` in a snapshot, and what the
/// tests of the exercises run.
fn tested_commands(sources: &Sources) -> Result<BTreeSet<String>> {
    let mut commands: BTreeSet<_> = TESTED_ELSEWHERE.map(String::from).into();
    commands.extend(EXERCISE.map(|rest| format!("cargo exercise{rest}")));
    for folder in exercises::all(sources).into_iter().chain(["mine-".into()]) {
        let id = exercises::id(&folder);
        commands.extend(FOR_ONE.map(|command| {
            let (command, option) = command.split_once(' ').unwrap_or((command, ""));
            format!("cargo exercise {command} {id} {option}").trim_end().to_string()
        }));
    }
    for path in sources.below("tests", ".snap") {
        let body = sources.snapshot(&path)?;
        let typed = body.lines().filter_map(|line| line.strip_prefix("$ "));
        commands.extend(typed.map(String::from));
    }
    Ok(commands)
}

/// Commands on the pages that no test runs.
pub fn untested(sources: &Sources, pages: &[Page]) -> Result<Vec<String>> {
    let tested = tested_commands(sources)?;
    let mut untested = Vec::new();
    for page in pages {
        for (line, command) in commands(page) {
            if !is_tested(&tested, command) {
                untested.push(format!(
                    "book/src/{}:{line}: no test runs `{command}`: add it to \
                     tests/sessions",
                    page.path
                ));
            }
        }
    }
    Ok(untested)
}

fn is_tested(tested: &BTreeSet<String>, command: &str) -> bool {
    let program = command.split(" -- ").next().unwrap_or_default();
    tested.contains(command)
        || program.starts_with("cargo exercise run ") && tested.contains(program)
}

/// Commands in the running text: what they begin with.
const PROGRAMS: [&str; 12] = [
    "cargo ", "curl ", "git ", "lsof ", "mdbook ", "nc ", "printf ", "python3 ",
    "rustup ", "ss ", "strace ", "kill ",
];

/// The commands that a page tells its reader to type, with line numbers.
fn commands(page: &Page) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, text) in page.prose().chain(page.fences("choose")) {
        let code = inline_code(text);
        let commands = code
            .filter(|code| PROGRAMS.iter().any(|program| code.starts_with(program)));
        found.extend(commands.map(|command| (line, command)));
    }
    found
}

/// What is wrong with the pages together, a line each.
pub fn problems(sources: &Sources, pages: &[Page]) -> Vec<String> {
    let mut problems = not_listed(sources, pages);
    problems.extend(figures(sources, pages));
    let changed = changes::changed(sources);
    let changed = changed.map(|changed| {
        let what = |path| format!("{path}: not what the tests pinned");
        changed.into_iter().map(what).collect()
    });
    for found in
        [unneeded_snapshots(sources, pages), not_shown_once(sources, pages), changed]
    {
        problems.extend(found.unwrap_or_else(|error| vec![format!("{error:#}")]));
    }
    problems
}

/// Files that no reader gets to see, because `SUMMARY.md` does not name them.
fn not_listed(sources: &Sources, pages: &[Page]) -> Vec<String> {
    let listed: BTreeSet<_> =
        pages.iter().map(|page| format!("book/src/{}", page.path)).collect();
    let files = sources.below("book/src", ".md").into_iter();
    let is_missing =
        |path: &String| !path.ends_with("/SUMMARY.md") && !listed.contains(path);
    let missing = files.filter(is_missing);
    missing.map(|path| format!("{path}: SUMMARY.md does not name it")).collect()
}

/// Recordings that no page shows, and drawings that there are too many of: what can be
/// recorded isn't drawn.
fn figures(sources: &Sources, pages: &[Page]) -> Vec<String> {
    let shown: Vec<_> = pages.iter().flat_map(|page| page.fences("recorded")).collect();
    let is_shown = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rec");
        let line = format!("recording: {name}\n");
        shown.iter().any(|(_, fence)| fence.starts_with(&line))
    };
    let recordings = sources.below("tests/recordings", ".rec").into_iter();
    let unneeded = recordings.filter(|path| !is_shown(path));
    let drawn = pages.iter().flat_map(|page| page.fences("drawn")).count();
    let too_many = (drawn > DRAWINGS).then(|| {
        format!("{drawn} figures are drawn, not recorded: there may be {DRAWINGS}")
    });
    unneeded.map(|path| format!("{path}: no page shows it")).chain(too_many).collect()
}

/// Snapshots that no page shows and no test names.
fn unneeded_snapshots(sources: &Sources, pages: &[Page]) -> Result<Vec<String>> {
    // The teachers' pages, which show some, aren't in a handout.
    if exercises::is_handout(sources) {
        return Ok(Vec::new());
    }
    let directives = pages.iter().flat_map(Page::directives);
    let shown: BTreeSet<_> = directives.filter_map(|(_, words)| words.get(1)).collect();
    let mut tests = String::new();
    for path in sources.below("tests", ".rs") {
        tests += &sources.read(&path)?;
    }
    let is_needed = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let name = name.trim_end_matches(".snap");
        shown.contains(path) || tests.contains(&format!("\"{name}\""))
    };
    let snapshots = sources.below("tests", ".snap").into_iter();
    let unneeded = snapshots.filter(|path| !is_needed(path));
    let what = |path| format!("{path}: no page shows it, and no test names it");
    Ok(unneeded.map(what).collect())
}

/// Lines of step05 that chapter 5 does not show, or shows twice.
fn not_shown_once(sources: &Sources, pages: &[Page]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in sources.below("steps/05-parse/src", ".rs") {
        let text = sources.read(&path)?;
        let items = listing::items_in(&text, &path)?;
        let mut times = vec![0; text.lines().count()];
        for lines in shown_lines(&path, &items, times.len(), pages)? {
            times[lines].iter_mut().for_each(|times| *times += 1);
        }
        for (name, lines) in items {
            let times = &times[lines];
            // Of reasons to refuse, a table shows each with what it is given for. Of a
            // block, each method must be shown.
            let is_exempt = name.starts_with("impl ")
                || path.ends_with("/rules.rs") && name == name.to_uppercase();
            if !is_exempt && times.iter().any(|&times| times != 1) {
                let how = if times.contains(&0) { "not shown" } else { "shown twice" };
                problems.push(format!("{path}: {name} is {how} in chapter 5"));
            }
        }
    }
    Ok(problems)
}

/// The lines of a file, which has that many and these items, that chapter 5 shows.
fn shown_lines(
    path: &str,
    items: &listing::Items,
    length: usize,
    pages: &[Page],
) -> Result<Vec<Range<usize>>> {
    let chapter = pages.iter().filter(|page| page.path.starts_with("05"));
    let mut shown = Vec::new();
    for (_, words) in chapter.flat_map(Page::directives) {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["item", step, file, ref names @ ..]
                if path == format!("steps/{step}/{file}") =>
            {
                for name in names {
                    shown.push(listing::item(items, name)?);
                }
            }
            ["diff", step] if path == format!("steps/{step}/src/main.rs") => {
                shown.push(0..length);
            }
            ["file", file] if path == file => shown.push(0..length),
            _ => {}
        }
    }
    Ok(shown)
}
