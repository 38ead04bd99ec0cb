//! Step 4, seen from outside: every client gets the page, as soon as it has said
//! anything.

mod article;
mod clients;

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tests::{Client, PATIENCE, Program, REQUEST, pin};

fn rust() -> Command {
    Command::new(env!("CARGO_BIN_EXE_step04"))
}

fn python() -> Command {
    tests::python(concat!(env!("CARGO_MANIFEST_DIR"), "/respond.py"))
}

tests::command_line! { rust, python, NO_NAMES }

tests::checks! { rust, python:
    stdout
    page
    the_same_page_whatever_was_asked
    half_a_request_is_answered
    nothing_at_all_is_answered
    an_idle_client_holds_everybody_up
    survives_bad_clients
    #[cfg(target_os = "linux")] a_large_upload_ends_in_a_reset
    #[cfg(target_os = "linux")] the_side_that_closes_first_remembers_it_for_a_minute
    #[cfg(target_os = "linux")] ignores_sigpipe
    #[ignore = "needs curl: cargo test -- --ignored"] curl
    #[ignore = "needs Chromium: cargo test -- --ignored"] browser
}

fn stdout(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    tests::exchange(program.address(), REQUEST)?;
    tests::exchange(program.address(), REQUEST)?;
    pin!("stdout", output(program)?);
    Ok(())
}

/// All that the program has said, with its port redacted; nothing may be on stderr.
fn output(program: Program) -> Result<String> {
    let address = program.address();
    let ended = program.stop()?;
    ensure!(ended.stderr.is_empty(), "on stderr: {}", ended.stderr);
    Ok(tests::port(&ended.stdout, address))
}

/// The state of step 4: an answer. It has no `Content-Length`, a flaw that step 5
/// cures: only the end of the connection says where the page ends.
fn page(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    pin!("client", tests::exchange(program.address(), REQUEST)?);
    program.stop()?;
    Ok(())
}

/// A flaw that step 5 cures: nobody looks at the request.
fn the_same_page_whatever_was_asked(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    for request in
        ["GET /no/such/page HTTP/1.1\r\n\r\n", "BREW /pot HTCPCP/1.0\r\n\r\n", "?"]
    {
        pin!("client", tests::exchange(program.address(), request.as_bytes())?);
    }
    program.stop()?;
    Ok(())
}

/// A flaw that step 5 cures by reading until the blank line.
fn half_a_request_is_answered(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let seen = tests::exchange(program.address(), b"GET / HTTP/1.1\r\nHost: 127.0.")?;
    pin!("half_a_request", format!("{}{seen}", output(program)?));
    Ok(())
}

/// A flaw that step 5 cures: a client that only opens the connection, as browsers do in
/// advance, and closes its side has asked for nothing.
fn nothing_at_all_is_answered(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let mut client = Client::connect(program.address())?;
    client.half_close()?;
    pin!("client", client.read_to_end(PATIENCE));
    program.stop()?;
    Ok(())
}

/// A flaw that step 5 cures, and exercise 04d: the bytes that were never read turn the
/// close into a reset, while the client is still sending.
#[cfg(target_os = "linux")]
fn a_large_upload_ends_in_a_reset(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let mut client = Client::connect(program.address())?;
    client.send(
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 8000000\r\n\r\n",
    )?;
    let sent = client.send(&vec![b'a'; 8_000_000]);
    ensure!(sent.is_err(), "all of it was taken");
    // What the client could still read of the answer depends on when the reset came.
    let end = client.read_to_end(PATIENCE).end;
    pin!("upload", format!("the upload breaks off\n{end}"));
    program.stop()?;
    Ok(())
}

/// TIME-WAIT: in proc(5), state 06, and the time left in hundredths of a second. The
/// server closes first, so it's the server's address that is kept.
#[cfg(target_os = "linux")]
fn the_side_that_closes_first_remembers_it_for_a_minute(
    program: fn() -> Command,
) -> Result<()> {
    let program = Program::start(program())?;
    let mut client = Client::connect(program.address())?;
    let of = |address: SocketAddr| format!(" 0100007F:{:04X} ", address.port());
    let (server, peer) = (of(program.address()), of(client.local_addr()?));
    client.send(REQUEST)?;
    client.read_to_end(PATIENCE);
    drop(client);
    let mut left = None;
    tests::wait_until("both sides have closed", || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
        let kept = format!("{server}{} 06 00000000:00000000 03:", peer.trim());
        let after = table.split_once(&*kept).map(|(_, after)| after[..8].to_string());
        left = after.and_then(|left| u32::from_str_radix(&left, 16).ok());
        left.is_some()
    })?;
    ensure!(left.is_some_and(|left| (5_000..=6_000).contains(&left)), "{left:?}");
    program.stop()?;
    Ok(())
}

/// Bit 12 of what proc(5) calls `SigIgn` is signal 13. Rust's library sees to that
/// before `main`, and so does Python.
#[cfg(target_os = "linux")]
fn ignores_sigpipe(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id()))?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.context("no SigIgn")?.trim(), 16)?;
    ensure!(ignored & 1 << 12 != 0, "{ignored:x}");
    program.stop()?;
    Ok(())
}

/// A flaw: one client at a time. Step 5 sets the idle one a deadline, exercise 06b
/// serves two at once.
fn an_idle_client_holds_everybody_up(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let (while_idle, once_left) = tests::behind_an_idle_client(program.address())?;
    pin!("idle", format!("while it is idle: {while_idle}\nonce it left:\n{once_left}"));
    program.stop()?;
    Ok(())
}

fn survives_bad_clients(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    tests::bad_clients(program.address())?;
    program.wait_for_stderr("lost a client: ")?;
    pin!("client", tests::exchange(program.address(), REQUEST)?);
    program.stop()?;
    Ok(())
}

/// Steps 1 and 2 take no names; here the standard library looks them up.
#[test]
fn localhost_is_an_address() -> Result<()> {
    Program::start_at("localhost:0", rust())?.stop()?;
    Ok(())
}

/// A flaw that step 5 cures: where nothing can be printed, as after `cargo run | head
/// -1`, `println!` panics.
#[test]
#[cfg(unix)]
fn a_closed_stdout_ends_it() -> Result<()> {
    pin!("closed_stdout", tests::with_a_closed_stdout(rust())?);
    Ok(())
}

/// The twin goes on. But its `print` fails as a socket does, so the client is to blame,
/// and gets no page.
#[test]
#[cfg(unix)]
#[ignore = "needs python3: cargo test -- --ignored"]
fn the_twin_blames_the_client_for_a_closed_stdout() -> Result<()> {
    let program = Program::start_before_head_1(python())?;
    tests::exchange(program.address(), REQUEST)?;
    let seen = tests::exchange(program.address(), REQUEST)?;
    // The connection is closed before the line is printed.
    program.wait_for_stderr("\nlost a client: [Errno 32] Broken pipe\n")?;
    pin!("closed_stdout_python", format!("{seen}\n{}", program.stop()?.stderr));
    Ok(())
}

fn curl(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    pin!("curl", tests::curl(program.address(), "/", &[])?);
    program.stop()?;
    Ok(())
}

/// Visits in a row, five at least, and the server lives. The browser ends as soon as it
/// has its page, sometimes before it has asked for an icon.
fn browser(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    for visit in 0..30 {
        let document = tests::chromium(&format!("http://{}/", program.address()))?;
        pin!("browser", document);
        if visit >= 4 && program.said().contains("/favicon.ico") {
            break;
        }
    }
    let shown = output(program)?;
    let asked: BTreeSet<_> =
        shown.lines().filter(|line| line.starts_with("GET ")).collect();
    pin!("browser_asks", Vec::from_iter(asked).join("\n"));
    pin!("browser_request", of_any_version(&shown)?);
    Ok(())
}

/// The first request of Chromium, but for what is another in each version of it.
fn of_any_version(shown: &str) -> Result<String> {
    let start = shown.find("GET / ").context("no request")?;
    let end = shown[start..].find("\n\\r\\n\n").context("no end")?;
    let lines = shown[start..=start + end].lines().map(|line| {
        let line = line.replace("\\\"", "\"");
        if line.starts_with("sec-ch-ua: ") {
            return r#"sec-ch-ua: "Chromium";v="156"\r\n"#.into();
        }
        let Some((before, after)) = line.split_once("Chrome/") else { return line };
        let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{before}Chrome/156{after}")
    });
    Ok(lines.collect::<Vec<String>>().join("\n") + "\n\\r\\n\n")
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow() -> Result<()> {
    tests::keeps_its_memory(rust(), |received| {
        received.bytes.ends_with(b"<h1>Hello world</h1>")
    })
}
