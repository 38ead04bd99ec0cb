//! Step 2, seen from outside: clients are let in, heard by nobody, and told nothing.

#[cfg(target_os = "linux")]
use std::io::ErrorKind;
#[cfg(target_os = "linux")]
use std::net::SocketAddr;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::{sync::mpsc, thread, time::Duration, time::Instant};

#[cfg(target_os = "linux")]
use anyhow::{Context, bail};
use anyhow::{Result, ensure};
#[cfg(target_os = "linux")]
use socket2::{Domain, Socket, Type};
use tests::{Client, GLANCE, PATIENCE, Program, REQUEST, pin};

fn rust() -> Command {
    Command::new(env!("CARGO_BIN_EXE_step02"))
}

fn python() -> Command {
    tests::python(concat!(env!("CARGO_MANIFEST_DIR"), "/listen.py"))
}

tests::command_line! { rust, python, NO_ADDRESSES }

tests::checks! { rust, python:
    stdout
    end_of_input
    silent
    refused_once_it_has_ended
    #[cfg(target_os = "linux")] waiting_clients_are_thrown_out_when_it_ends
    #[cfg(target_os = "linux")] backlog
    #[cfg(target_os = "linux")] who_leaves_is_not_missed
    #[cfg(target_os = "linux")] every_address_of_this_machine
    #[ignore = "needs curl: cargo test -- --ignored"] curl
    #[cfg(target_os = "linux")]
    #[ignore = "needs Chromium: cargo test -- --ignored"]
    browser
}

fn stdout(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let address = program.address();
    let ended = program.press_enter()?;
    ensure!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
    pin!("stdout", tests::port(&ended.stdout, address));
    Ok(())
}

fn end_of_input(program: fn() -> Command) -> Result<()> {
    let ended = Program::start(program())?.end_input()?;
    ensure!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
    Ok(())
}

/// The state of step 2, and its flaw; step 3's `accept` cures it.
fn silent(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let mut client = Client::connect(program.address())?;
    client.send(REQUEST)?;
    pin!("client", client.read_to_end(GLANCE));
    program.stop()?;
    Ok(())
}

/// The article's program ends after `listen`, and so its reader is refused.
fn refused_once_it_has_ended(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let address = program.address();
    program.press_enter()?;
    let seen = tests::connect(address, PATIENCE);
    pin!("ended", format!("connect to 127.0.0.1:4545: {seen}"));
    Ok(())
}

#[cfg(target_os = "linux")]
fn waiting_clients_are_thrown_out_when_it_ends(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let mut waiting = Client::connect(program.address())?;
    program.press_enter()?;
    pin!("thrown_out", waiting.read_to_end(PATIENCE));
    Ok(())
}

/// Lets clients in until one has to wait outside. The kernel tells how many it holds.
#[cfg(target_os = "linux")]
fn backlog(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let mut inside = Vec::new();
    let lines = let_in(program.address(), "connected", |client| inside.push(client))?;
    program.stop()?;
    pin!("backlog", lines);
    Ok(())
}

/// As many again, but each goes as soon as it is in.
#[cfg(target_os = "linux")]
fn who_leaves_is_not_missed(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let lines = let_in(program.address(), "connected and gone", drop)?;
    program.stop()?;
    pin!("gone", lines);
    Ok(())
}

/// Connects client after client, each of which does `next`, until one is not let in.
#[cfg(target_os = "linux")]
fn let_in(
    address: SocketAddr,
    done: &str,
    mut next: impl FnMut(Client),
) -> Result<String> {
    let mut lines = Vec::new();
    for number in 1..100 {
        match Client::connect_within(address, 2 * GLANCE) {
            Ok(client) => next(client),
            Err(error) => {
                ensure!(error.kind() == ErrorKind::TimedOut, "{error}");
                lines.push(format!("client {number}: not let in"));
                return Ok(lines.join("\n"));
            }
        }
        tests::wait_for_queue(address, number)?;
        lines.push(format!("client {number}: {done}, {number} waiting"));
    }
    bail!("there is no end to it")
}

/// 0.0.0.0 is every address of this machine, and 127.0.0.1 is one. Linux only: it has
/// all of 127.0.0.0/8.
#[cfg(target_os = "linux")]
fn every_address_of_this_machine(program: fn() -> Command) -> Result<()> {
    let mut lines = Vec::new();
    for address in ["127.0.0.1", "0.0.0.0"] {
        let program = Program::start_at(&format!("{address}:0"), program())?;
        let other = SocketAddr::from(([127, 0, 0, 2], program.address().port()));
        let seen = tests::connect(other, PATIENCE);
        lines.push(format!("at {address}: a client of 127.0.0.2 is {seen}"));
        program.stop()?;
    }
    pin!("every_address", lines.join("\n"));
    Ok(())
}

/// A socket of this test that listens, and its address.
#[cfg(target_os = "linux")]
fn listening(backlog: i32) -> Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(backlog)?;
    let address = socket.local_addr()?.as_socket().context("no IP address")?;
    Ok((socket, address))
}

/// A client whose SYN got no answer sends it again after a second. If there's a seat by
/// then, it gets it.
#[test]
#[cfg(target_os = "linux")]
fn a_client_asks_again_after_a_second() -> Result<()> {
    let (socket, address) = listening(0)?;
    let _inside = Client::connect(address)?;
    tests::wait_for_queue(address, 1)?;
    let start = Instant::now();
    let outside =
        thread::spawn(move || Client::connect(address).map(|_| start.elapsed()));
    tests::wait_until("it has asked", || has_asked(address))?;
    socket.accept()?;
    let waited = outside.join().expect("it does not panic")?;
    ensure!(waited > Duration::from_millis(900), "let in after {waited:?}");
    Ok(())
}

/// Whether a client has sent a SYN and waits for an answer: in proc(5), state 02.
#[cfg(target_os = "linux")]
fn has_asked(server: SocketAddr) -> bool {
    let asked = format!(" 0100007F:{:04X} 02 ", server.port());
    std::fs::read_to_string("/proc/net/tcp").is_ok_and(|table| table.contains(&asked))
}

/// Linux cuts a larger backlog down to `somaxconn`, listen(2). In what `ss` shows of a
/// socket that listens, the third column is the backlog.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs ss: cargo test -- --ignored"]
fn the_backlog_has_a_limit() -> Result<()> {
    let (_socket, address) = listening(i32::MAX)?;
    let mut ss = Command::new("ss");
    ss.args(["-Hltn", &format!("sport = :{}", address.port())]);
    let shown = String::from_utf8(tests::run(ss)?.stdout)?;
    let limit = std::fs::read_to_string("/proc/sys/net/core/somaxconn")?;
    ensure!(shown.split_whitespace().nth(2) == Some(limit.trim()), "{shown}, {limit}");
    Ok(())
}

fn curl(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    pin!("curl", tests::curl(program.address(), "/", &["--max-time", "1"])?);
    program.stop()?;
    Ok(())
}

/// The article's reader has another picture, because the article's program has ended.
#[cfg(target_os = "linux")]
fn browser(program: fn() -> Command) -> Result<()> {
    let program = Program::start(program())?;
    let address = program.address();
    let url = format!("http://{address}/");
    let (visit, visited) = mpsc::channel();
    let visitor = url.clone();
    thread::spawn(move || visit.send(tests::chromium(&visitor)));
    tests::wait_until("the browser is in", || tests::queue(address) > Some(0))?;
    let shown = visited.recv_timeout(5 * GLANCE);
    ensure!(shown.is_err(), "it has shown something: {shown:?}");
    program.press_enter()?;
    // What becomes of that visit is the browser's affair, but it must end.
    visited.recv_timeout(PATIENCE)??;
    let again = tests::chromium(&url)?;
    pin!(
        "browser",
        format!("while it listens: (still loading)\nonce it has ended: {again}")
    );
    Ok(())
}
