//! Visits that a server has to get through, and visits that show how it stands.

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::{Client, GLANCE, PATIENCE, Program, Received};

/// A request as short as HTTP/1.1 allows.
pub const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// Every way to be a bad client, a hundred times each: says nothing, sends what is not
/// UTF-8, throws the connection away, leaves before the answer.
///
/// # Errors
/// When a connection cannot be made: the server is gone.
pub fn bad_clients(address: SocketAddr) -> Result<()> {
    for round in 0..100 {
        drop(Client::connect(address)?);

        let mut client = Client::connect(address)?;
        client.send(b"\xff\xfe\x80 \xc3\x28\r\n\r\n")?;
        client.read_to_end(PATIENCE);

        // Every other one resets while the server waits for its first byte.
        let mut client = Client::connect(address)?;
        if round % 2 == 0 {
            client.send(b"GET / HTT")?;
        }
        client.reset()?;

        let mut client = Client::connect(address)?;
        client.send(REQUEST)?;
        drop(client);
    }
    Ok(())
}

/// What the second client sees while the first one is connected and silent, and what it
/// sees once the first one has left.
///
/// # Errors
/// When a connection cannot be made.
pub fn behind_an_idle_client(address: SocketAddr) -> Result<(Received, Received)> {
    let idle = Client::connect(address)?;
    let mut second = Client::connect(address)?;
    second.send(REQUEST)?;
    let while_idle = second.read_to_end(GLANCE);
    drop(idle);
    Ok((while_idle, second.read_to_end(PATIENCE)))
}

/// A visit to a program whose output nobody reads any more, as after `| head -1`, and
/// which does not get over that: what the client sees, what ends the program, what the
/// next client sees.
///
/// # Errors
/// When the program goes on.
pub fn with_a_closed_stdout(command: Command) -> Result<String> {
    let program = Program::start_before_head_1(command)?;
    let address = program.address();
    let seen = crate::exchange(address, REQUEST)?;
    // It does not read its input: it ends because of what it could not print.
    let ended = program.end_input()?;
    let status = ended.status.code().unwrap_or(-1);
    let why = ended.stderr.lines().find(|line| line.starts_with("failed printing"));
    let why = why.unwrap_or(&ended.stderr);
    let next = crate::connect(address, PATIENCE);
    Ok(format!("{seen}\n{why}\n(exit status {status})\nthe next client: {next}"))
}

/// Visits the program a thousand times, and then a thousand times more, for which it
/// must need no more memory: as little as 64 bytes that each leaves behind are seen.
/// Linux only.
///
/// # Errors
/// When its memory grows, or an answer is not as it should be.
#[cfg(target_os = "linux")]
pub fn keeps_its_memory(
    command: Command,
    is_right: impl Fn(&Received) -> bool,
) -> Result<()> {
    let program = Program::start(command)?;
    let after_1000 = || {
        for _ in 0..1000 {
            let received = crate::exchange(program.address(), REQUEST)?;
            ensure!(is_right(&received), "another answer: {received}");
        }
        crate::memory(program.id())
    };
    let (before, after) = (after_1000()?, after_1000()?);
    ensure!(after < 5_000, "{after} kB");
    ensure!(after < before + 64, "{before} kB, then {after} kB");
    program.stop()?;
    Ok(())
}

/// Starts the program at an address whose last connection was closed by the server a
/// moment ago, as it is after Ctrl-C. Linux only: the address is one of 127.0.0.0/8 of
/// which only Linux has more than one, so that no other test can take it in between.
///
/// # Errors
/// When the program cannot start there.
#[cfg(target_os = "linux")]
pub fn restart(program: fn() -> Command) -> Result<()> {
    use std::net::{Ipv4Addr, TcpListener};

    let [.., high, low] = std::process::id().to_be_bytes();
    let listener = TcpListener::bind((Ipv4Addr::new(127, 77, high, low), 0))?;
    let address = listener.local_addr()?;
    let mut client = Client::connect(address)?;
    let (server_side, _) = listener.accept()?;
    // Whoever closes first keeps the address in TIME-WAIT.
    drop(server_side);
    client.read_to_end(PATIENCE);
    drop((client, listener));
    // A program that another thread is starting has our sockets until it runs.
    wait_until("nobody listens there any more", || crate::queue(address).is_none())?;
    let program = Program::start_at(&address.to_string(), program())?;
    ensure!(program.address() == address, "another address: {}", program.address());
    program.stop()?;
    Ok(())
}

/// The program at the IPv6 address of this machine: it says so, or, where there is
/// none, fails as at any address that is not this machine's.
///
/// # Errors
/// When it does neither.
pub fn ipv6(program: fn() -> Command) -> Result<()> {
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        let program = Program::start_at("[::1]:0", program())?;
        ensure!(program.address().is_ipv6(), "not IPv6: {}", program.address());
        program.stop()?;
    } else {
        crate::mistakes::failure(program(), "[::1]:0");
    }
    Ok(())
}

/// Waits until the kernel holds `count` clients for a listening program that has not
/// accepted them. Linux only.
///
/// # Errors
/// When it does not within [`PATIENCE`].
#[cfg(target_os = "linux")]
pub fn wait_for_queue(address: SocketAddr, count: usize) -> Result<()> {
    wait_until("the kernel holds the clients", || crate::queue(address) == Some(count))
}

/// Waits until `condition` holds; `what` names it.
///
/// # Errors
/// When it does not within [`PATIENCE`].
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !condition() {
        ensure!(Instant::now() < until, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
