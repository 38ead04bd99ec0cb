//! What a reader types in a terminal while this book is served to a browser, and sees.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;
use tests::{Client, GLANCE, Program, REQUEST, pin, run, wait_until};

/// A terminal beside the book's server, which the reader knows as 127.0.0.1:3000.
struct Terminal {
    folder: TempDir,
    server: Program,
    /// What was left running, with `&`.
    running: Vec<Child>,
    screen: String,
}

impl Terminal {
    fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        // What would be shown by a server that leaves its folder, `target/book`.
        fs::write(folder.path().join("Cargo.toml"), "[workspace]\n")?;
        fs::write(folder.path().join(".curlrc"), "noproxy = *\nno-progress-meter\n")?;
        let mut book = Command::new(env!("CARGO_BIN_EXE_book"));
        book.env("CARGO_TARGET_DIR", folder.path().join("target"));
        let server = Program::start(book)?;
        Ok(Self { folder, server, running: Vec::new(), screen: String::new() })
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }

    fn types(&mut self, line: &str) -> Result<()> {
        self.screen += &format!("$ {line}\n");
        let real = line.replace("3000", &self.address().port().to_string());
        let mut shell = Command::new("sh");
        shell.env("CURL_HOME", self.folder.path()).arg("-c");
        if let Some(real) = real.strip_suffix(" &") {
            shell
                .arg(format!("exec {real}"))
                .stdin(Stdio::null())
                .stdout(Stdio::null());
            self.running.push(shell.spawn().context("no sh")?);
            return Ok(());
        }
        shell.arg(format!("({real}) 2>&1"));
        let shown = run(shell)?.stdout;
        for line in String::from_utf8(shown)?.lines() {
            let line = line.split(" after ").next().unwrap_or_default();
            self.screen += &format!("{line}\n");
        }
        Ok(())
    }

    fn close(mut self) -> Result<String> {
        for child in &mut self.running {
            child.kill()?;
            child.wait()?;
        }
        self.server.stop()?;
        Ok(self.screen)
    }
}

#[test]
#[ignore = "needs curl: cargo test -- --ignored"]
fn curl_asks_for_files() -> Result<()> {
    let mut terminal = Terminal::new()?;
    for line in [
        "curl -sI http://127.0.0.1:3000/ | grep -e HTTP -e Type",
        "curl -sI http://127.0.0.1:3000/fonts/OPEN-SANS-LICENSE.txt | grep -e HTTP -e Type",
        "curl -sI --path-as-is http://127.0.0.1:3000/../../Cargo.toml | grep HTTP",
        "curl -sI http://127.0.0.1:3000/%2e%2e%2f%2e%2e%2fCargo.toml | grep HTTP",
    ] {
        terminal.types(line)?;
    }
    pin!("curl_files", terminal.close()?);
    Ok(())
}

/// Four threads: three silent clients leave one free, a fourth takes it.
#[test]
#[ignore = "needs curl, nc: cargo test -- --ignored"]
fn four_silent_clients() -> Result<()> {
    let mut terminal = Terminal::new()?;
    for _ in 0..3 {
        terminal.types("nc -d 127.0.0.1 3000 &")?;
    }
    terminal.types("curl -sI --max-time 5 http://127.0.0.1:3000/ | grep HTTP")?;
    terminal.types("nc -d 127.0.0.1 3000 &")?;
    let address = terminal.address();
    wait_until("all are held up", || {
        let mut client = Client::connect(address).expect("it listens");
        client.send(REQUEST).is_ok() && client.read_to_end(GLANCE).bytes.is_empty()
    })?;
    terminal.types("curl -I --max-time 1 http://127.0.0.1:3000/")?;
    pin!("four_silent", terminal.close()?);
    Ok(())
}
