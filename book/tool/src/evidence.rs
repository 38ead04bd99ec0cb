//! What only the whole book can tell: whether each snapshot is needed, each line of
//! step05 is shown, and each command is run by a test.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Result, ensure};

use crate::pages::{self, Page, What, inline_code};
use crate::{Sources, changes, exercises, listing};

/// Commands in the text that no session can run, and what does.
const TESTED_ELSEWHERE: [(&str, &str); 7] = [
    ("cargo test", ".ci/run, which calls the README's test command"),
    ("cargo test --workspace", ".ci/run"),
    (
        "cargo book",
        "the tests of the package `book`, which build, check and serve the book",
    ),
    ("cargo book build", "the tests of the package `book`"),
    ("cargo book check", "the tests of the package `book`"),
    (
        "cargo exercise check 03b -- python3 steps/04-respond/respond.py",
        "the tests of the package `judge`",
    ),
    ("mdbook serve book", "tests/book, which calls the preprocessor as mdBook does"),
];

/// What `cargo exercise` understands, as its own tests show.
const EXERCISE: [&str; 5] = ["", " watch", " doctor", " grade", " handout ../class"];
const FOR_ONE: [&str; 7] =
    ["check", "run", "watch", "hint", "solution", "solution --anyway", "reset"];

/// All commands that tests run: what stands behind `$ ` in a snapshot, and what the
/// tests of the exercises run.
fn tested_commands(sources: &Sources) -> Result<BTreeSet<String>> {
    let mut commands: BTreeSet<_> =
        TESTED_ELSEWHERE.iter().map(|(command, _)| (*command).into()).collect();
    commands.extend(EXERCISE.map(|rest| format!("cargo exercise{rest}")));
    for exercise in exercises::all(sources) {
        let id = exercise.id();
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
///
/// # Errors
/// When a snapshot cannot be read.
pub fn untested(sources: &Sources, pages: &[Page]) -> Result<Vec<String>> {
    let tested = tested_commands(sources)?;
    let untested = |page: &Page| {
        let commands = commands(page).into_iter();
        let untested = commands.filter(|(_, command)| !is_tested(&tested, command));
        let said = untested.map(|(line, command)| {
            let path = &page.path;
            format!(
                "book/src/{path}:{line}: no test runs `{command}`: add it to \
                 tests/sessions"
            )
        });
        said.collect::<Vec<_>>()
    };
    Ok(pages.iter().flat_map(untested).collect())
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

/// Looks at the pages together.
///
/// # Errors
/// With all that is missing, a line each.
pub fn check(sources: &Sources) -> Result<()> {
    let pages = read(sources)?;
    let mut problems = not_listed(sources, &pages)?;
    problems.extend(unneeded_snapshots(sources, &pages)?);
    problems.extend(not_shown_once(sources, &pages)?);
    let changed = changes::changed(sources)?.into_iter();
    problems.extend(changed.map(|path| format!("{path}: not what the tests pinned")));
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

/// The directives of all pages below `book/src`, by path.
fn read(sources: &Sources) -> Result<Vec<(String, Vec<Vec<String>>)>> {
    let mut pages = Vec::new();
    for path in sources.below("book/src", ".md") {
        if !path.ends_with("/SUMMARY.md") {
            let pieces = pages::read(&sources.read(&path)?).pieces;
            let directives = pieces.into_iter().filter_map(|piece| match piece.what {
                What::Directive(words) => Some(words),
                _ => None,
            });
            pages.push((path, directives.collect()));
        }
    }
    Ok(pages)
}

type Directives = [(String, Vec<Vec<String>>)];

/// Files that no reader gets to see, because `SUMMARY.md` does not name them.
fn not_listed(sources: &Sources, pages: &Directives) -> Result<Vec<String>> {
    let summary = sources.read("book/src/SUMMARY.md")?;
    let is_listed = |path: &str| {
        summary.contains(&format!("({})", path.trim_start_matches("book/src/")))
    };
    let missing = pages.iter().filter(|(path, _)| !is_listed(path));
    Ok(missing
        .map(|(path, _)| format!("{path}: SUMMARY.md does not name it"))
        .collect())
}

/// Snapshots that no page shows and no test names.
fn unneeded_snapshots(sources: &Sources, pages: &Directives) -> Result<Vec<String>> {
    let shown: BTreeSet<_> = pages
        .iter()
        .flat_map(|(_, directives)| directives)
        .filter_map(|words| words.get(1))
        .collect();
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
    Ok(unneeded
        .map(|path| format!("{path}: no page shows it, and no test names it"))
        .collect())
}

/// Lines of step05 that chapter 5 does not show, or shows twice.
fn not_shown_once(sources: &Sources, pages: &Directives) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in sources.below("steps/05-parse/src", ".rs") {
        let text = sources.read(&path)?;
        let mut times = vec![0; text.lines().count()];
        for lines in shown_lines(&path, &text, pages)? {
            times[lines].iter_mut().for_each(|times| *times += 1);
        }
        for (name, lines) in to_show(&text)? {
            let times = &times[lines];
            // Of reasons to refuse, a table shows each with what it is given for.
            let is_reason = path.ends_with("/rules.rs") && name == name.to_uppercase();
            if !is_reason && times.iter().any(|&times| times != 1) {
                let how = if times.contains(&0) { "not shown" } else { "shown twice" };
                problems.push(format!("{path}: {name} is {how} in chapter 5"));
            }
        }
    }
    Ok(problems)
}

/// The lines of a file that are shown by the pages of chapter 5.
fn shown_lines(
    path: &str,
    text: &str,
    pages: &Directives,
) -> Result<Vec<Range<usize>>> {
    let chapter = pages
        .iter()
        .filter(|(page, _)| page.trim_start_matches("book/src/").starts_with("05"));
    let parsed = syn::parse_file(text)?;
    let mut shown = Vec::new();
    for words in chapter.flat_map(|(_, directives)| directives) {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["item", step, file, ref names @ ..]
                if path == format!("steps/{step}/{file}") =>
            {
                for name in names {
                    shown.push(listing::item(&parsed, text, name)?);
                }
            }
            ["diff", step] if path == format!("steps/{step}/src/main.rs") => {
                shown.push(0..text.lines().count());
            }
            ["file", file] if path == file => shown.push(0..text.lines().count()),
            _ => {}
        }
    }
    Ok(shown)
}

/// What a reader must see of a file: its items, of `impl` blocks each method; not
/// imports, modules and tests.
fn to_show(text: &str) -> Result<Vec<(String, Range<usize>)>> {
    let mut items = Vec::new();
    for item in syn::parse_file(text)?.items {
        if let syn::Item::Impl(block) = &item {
            let header = listing::header(block);
            for inner in &block.items {
                let name = listing::method_name(inner).unwrap_or_default();
                let lines = listing::lines_with_comments(text, inner);
                items.push((format!("{name} of {header:?}"), lines));
            }
        } else if let Some(name) = listing::item_name(&item) {
            items.push((name, listing::lines_with_comments(text, &item)));
        }
    }
    Ok(items)
}
