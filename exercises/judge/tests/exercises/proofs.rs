//! What the solutions promise beside what their checks demand, seen by other people's
//! programs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use probe::Process;
use tests::{PATIENCE, Program};

use crate::built::{built, root};
use crate::mine::build_the_book;

/// The solution of an exercise with these arguments, as a program.
fn solution(package: &str, arguments: &[&str]) -> Result<Program> {
    let mut command = Command::new(built()?.path(&format!("{package}-solution"))?);
    command.arg("127.0.0.1:0").args(arguments).current_dir(root());
    Program::start(command)
}

/// Pages, fonts and the search of the real book.
#[test]
#[ignore = "needs Chromium: cargo test --workspace -- --ignored"]
fn the_book_comes_from_06a() -> Result<()> {
    build_the_book()?;
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

/// Three times as many requests a second as step05, which hangs up after each. What is
/// built is what a reader would measure, with `--release`.
#[test]
#[ignore = "measures, so nothing else should run: cargo test --workspace -- --ignored"]
fn an_open_line_is_three_times_as_fast() -> Result<()> {
    let built = tests::cargo()
        .args(["build", "--release", "--package", "step05", "--package", "answers"])
        .args(["--bin", "step05", "--bin", "ex06c-solution"])
        .current_dir(root())
        .status()?;
    ensure!(built.success(), "cargo build --release");
    let start = |name: &str| {
        let program = root().join("target/release").join(name);
        Program::start(Command::new(program))
    };
    let (closing, keeping) = (start("step05")?, start("ex06c-solution")?);
    // The best of several turns: whatever else the machine does, it does to both.
    let (mut one, mut many) = (Duration::MAX, Duration::MAX);
    for _ in 0..10 {
        one = one.min(time(closing.address(), 1)?);
        many = many.min(time(keeping.address(), REQUESTS)?);
    }
    ensure!(one > 3 * many, "{REQUESTS} requests: {one:?} and, on one line, {many:?}");
    Ok(())
}

const REQUESTS: u32 = 500;

/// How long [`REQUESTS`] requests take, so many on each connection.
fn time(address: SocketAddr, on_each: u32) -> Result<Duration> {
    let begun = Instant::now();
    for _ in 0..REQUESTS / on_each {
        let mut server = TcpStream::connect(address)?;
        server.set_nodelay(true)?;
        for _ in 0..on_each {
            server.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
            read_answer(&mut server)?;
        }
    }
    Ok(begun.elapsed())
}

/// Reads to the end of the body, and no further.
fn read_answer(server: &mut TcpStream) -> Result<()> {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = server.read(&mut buffer)?;
        ensure!(length > 0, "half an answer: {}", answer.escape_ascii());
        answer.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        ensure!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let wanted = head.split_once("Content-Length: ").context("no length")?.1;
        let wanted = wanted.split("\r\n").next().unwrap_or_default();
        if body.len() >= wanted.parse()? {
            return Ok(());
        }
    }
}

/// curl, which trusts the certificate that 06d prints, gets byte for byte what step 4
/// sends.
#[test]
#[ignore = "needs curl: cargo test --workspace -- --ignored"]
fn curl_opens_the_padlock_of_06d() -> Result<()> {
    // The certificate comes first, and the address in the last line.
    let mut command = Command::new(built()?.path("ex06d-solution")?);
    command.arg("127.0.0.1:0");
    let server = Process::start(command, [Box::new(|_| true), Box::new(|_| true)])?;
    let is_last = |line: &str| line.contains("serving ") && line.ends_with('\n');
    server.stdout.wait_for(PATIENCE, |said| {
        String::from_utf8_lossy(said).split_inclusive('\n').any(is_last)
    });
    let fetched = fetch(&server.stdout.text());
    let step04 = fs::read_to_string(root().join("steps/04-respond/src/main.rs"))?;
    let answer = "HTTP/1.1 200 OK\\r\\n\\r\\n<h1>Hello world</h1>";
    ensure!(step04.contains(answer), "step 4 sends something else");
    ensure!(fetched?.escape_ascii().to_string() == answer, "06d sends something else");
    Ok(())
}

fn fetch(said: &str) -> Result<Vec<u8>> {
    let (certificate, rest) = said.split_once("serving ").context("no address")?;
    let pem = Path::new(env!("CARGO_TARGET_TMPDIR")).join("padlock.pem");
    fs::write(&pem, certificate)?;
    let mut curl = Command::new("curl");
    curl.args(["-q", "--noproxy", "*", "--silent", "--show-error", "--include"]);
    curl.arg("--cacert").arg(&pem).arg(rest.split(' ').next().unwrap_or_default());
    let output = tests::run(curl)?;
    ensure!(output.status.success(), "{output:?}");
    Ok(output.stdout)
}
