//! What the solutions promise beside what their checks demand, seen by other people's programs.

use std::env;
use std::process::Command;

use anyhow::{Result, ensure};
use tests::Program;

use crate::built::{built, root};

/// The solution of an exercise with these arguments, as a program.
fn solution(package: &str, arguments: &[&str]) -> Result<Program> {
    let mut command = Command::new(built()?.path(&format!("{package}-solution"))?);
    command.arg("127.0.0.1:0").args(arguments).current_dir(root());
    Program::start(command)
}

/// Pages, fonts and the search of the real book.
#[test]
#[ignore = "needs Chromium: cargo test -- --ignored"]
fn the_book_comes_from_06a() -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let built =
        Command::new(cargo).args(["book", "build"]).current_dir(root()).status()?;
    ensure!(built.success(), "cargo book build");
    let program = solution("ex06a", &["target/book"])?;
    let url = format!("http://{}/04-respond.html?search=socket", program.address());
    let page = tests::chromium(&url)?;
    ensure!(page.contains("<h1 id=\"respond\">"), "another page: {page}");
    ensure!(page.contains("results for 'socket'"), "no search results: {page}");
    let log = program.stop()?.stdout;
    for file in [".css", ".woff2", ".js", "/searchindex"] {
        let request = log.lines().find(|line| line.contains(file));
        ensure!(request.is_some_and(|line| line.contains(" 200 ")), "{file}: {log}");
    }
    ensure!(!log.contains(" 404 "), "{log}");
    Ok(())
}
