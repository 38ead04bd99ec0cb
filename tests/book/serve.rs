//! `cargo book`, seen from outside: step05 serves the real book.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tests::{Client, PATIENCE, Program, Received, exchange, refusal};

fn book() -> Command {
    Command::new(env!("CARGO_BIN_EXE_book"))
}

fn request(method: &str, path: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// Status line, type and body of an answer.
fn parts(received: &Received) -> Result<(&str, &str, &[u8])> {
    let bytes = &received.bytes;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.context("no blank line")? + 4);
    let head = str::from_utf8(head)?;
    let status = head.lines().next().unwrap_or_default();
    let content_type =
        head.lines().find_map(|line| line.strip_prefix("Content-Type: "));
    Ok((status, content_type.unwrap_or_default(), body))
}

/// The folder is not that of a book which somebody reads while the tests run.
#[test]
fn the_book_is_served_to_every_kind_of_client() -> Result<()> {
    let target = TempDir::new()?;
    let mut command = book();
    command.env("CARGO_TARGET_DIR", target.path());
    let program = Program::start(command)?;
    let address = program.address();

    for (path, status, content_type, piece) in [
        ("/", "200 OK", "text/html; charset=utf-8", "HTTP from the Socket Up"),
        (
            "/05-parse/transport.html?a=b",
            "200 OK",
            "text/html; charset=utf-8",
            "deadline",
        ),
        ("/print.html", "200 OK", "text/html; charset=utf-8", "<h1"),
        ("/fonts/OPEN-SANS-LICENSE.txt", "200 OK", "text/plain; charset=utf-8", ""),
        (
            "/none/such",
            "404 Not Found",
            "text/html; charset=utf-8",
            "<base href=\"/\">",
        ),
        ("/%2e%2e/.rustc_info.json", "404 Not Found", "text/html; charset=utf-8", ""),
    ] {
        let received = exchange(address, &request("GET", path))?;
        let (found, found_type, body) = parts(&received)?;
        assert_eq!((found, found_type), (&*format!("HTTP/1.1 {status}"), content_type));
        let has_piece = String::from_utf8_lossy(body).contains(piece);
        ensure!(has_piece, "no {piece:?} in {path}");
        let received = exchange(address, &request("HEAD", path))?;
        assert_eq!(parts(&received)?, (found, found_type, b"".as_slice()));
    }

    // Browsers open connections in advance; with three of them, one more is served.
    let idle = [(); 3].map(|()| Client::connect(address));
    for path in ["/", "/01-bind.html"] {
        let received = exchange(address, &request("GET", path))?;
        ensure!(parts(&received)?.0 == "HTTP/1.1 200 OK", "{received}");
    }
    drop(idle);

    tests::bad_clients(address)?;
    let mut client = Client::connect(address)?;
    client.send(&request("GET", "/"))?;
    ensure!(parts(&client.read_to_end(PATIENCE))?.0 == "HTTP/1.1 200 OK");

    let taken = refusal(book(), &address.to_string());
    let start = format!(
        "cannot bind {address} (stop what uses it, or try cargo book 127.0.0.1:0): "
    );
    ensure!(taken.starts_with(&start), "{taken}");

    let ended = program.stop()?;
    let first = ended.stdout.lines().next().unwrap_or_default();
    let line = format!("the book is at http://{address}/ until you press Ctrl-C");
    assert_eq!(first, line);
    let logged = "\"GET /01-bind.html HTTP/1.1\" 200 ";
    ensure!(ended.stdout.contains(logged), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
    Ok(())
}

#[test]
fn what_is_no_address_is_named() {
    assert_eq!(
        refusal(book(), "localhost:3000"),
        "\"localhost:3000\" is not an IP address and a port, such as 127.0.0.1:3000\n"
    );
}

/// Linux only: there, whoever is first in PATH is the browser.
#[test]
#[cfg(target_os = "linux")]
fn a_browser_is_opened_if_there_is_one() -> Result<()> {
    let folder = TempDir::new()?;
    let open = || {
        let mut command = book();
        command.arg("--open").env("CARGO_TARGET_DIR", folder.path());
        command.env("PATH", folder.path()).current_dir(folder.path());
        command
    };
    let program = Program::start(open())?;
    program.wait_for_stderr("cannot open a browser (go to http://127.0.0.1:")?;
    let received = exchange(program.address(), &request("GET", "/"))?;
    ensure!(parts(&received)?.0 == "HTTP/1.1 200 OK", "{received}");
    program.stop()?;

    // Not written by this process: what a process has open for writing cannot be run, and
    // another thread may be starting a program that shares it.
    let script =
        "printf '#!/bin/sh\\necho \"$@\" > seen' > xdg-open; chmod +x xdg-open";
    let mut shell = Command::new("sh");
    ensure!(shell.args(["-c", script]).current_dir(&folder).status()?.success());
    let program = Program::start(open())?;
    let url = format!("http://{}/\n", program.address());
    tests::wait_until("the browser has the address", || {
        std::fs::read_to_string(folder.path().join("seen"))
            .is_ok_and(|seen| seen == url)
    })?;
    assert_eq!(program.stop()?.stderr, "");
    Ok(())
}
