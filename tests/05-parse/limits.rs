//! How long a client may take, how much it may send, and how it still gets its answer.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use step05::{Deadlines, MAX_BODY, MAX_HEAD, Response};
use tests::{Client, End, GLANCE, PATIENCE, Program, REQUEST, Received, date, pin};

use super::{rust, with_deadline};

/// The cure of step 4's upload: a refusal arrives whole, ninety times of ninety, and
/// then the connection ends cleanly, however much of the body nobody has read.
#[test]
fn refusals_arrive_whole() -> Result<()> {
    let program = Program::start(rust())?;
    for length in [5_000, 100_000, 1_000_000] {
        let body = vec![b'a'; length];
        let no_host = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
        for (name, head) in [
            ("upload_refused", no_host),
            ("upload_not_allowed", post(length)),
            ("upload_too_large", post(2_000_000)),
        ] {
            for _ in 0..10 {
                let mut client = Client::connect(program.address())?;
                client.send(head.as_bytes())?;
                client.send(&body)?;
                pin!(name, date(&client.read_to_end(PATIENCE).to_string()));
            }
        }
    }
    program.stop()?;
    Ok(())
}

fn post(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

/// Beyond [`step05::MAX_LINGER`] bytes nobody reads on, and the connection is thrown
/// away.
#[test]
#[cfg(target_os = "linux")]
fn who_sends_too_much_is_cut_off() -> Result<()> {
    let program = Program::start(rust())?;
    let mut client = Client::connect(program.address())?;
    client.send(post(80_000_000).as_bytes())?;
    let sent = client.send(&vec![b'a'; 80_000_000]);
    ensure!(sent.is_err(), "all of it was taken");
    ensure!(client.read_to_end(PATIENCE).end == End::Rst, "no reset");
    let kilobytes = tests::memory(program.id())?;
    ensure!(kilobytes < 5_000, "{kilobytes} kB");
    program.stop()?;
    Ok(())
}

/// A server of this process with a page of so many bytes. It ends with the process.
pub fn serve_page(length: usize, deadlines: Deadlines) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let handler = move |_: &step05::Request<'_>| Response::html(vec![b'a'; length]);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            step05::serve_connection(client, "client", deadlines, handler);
        }
    });
    Ok(address)
}

#[test]
fn a_large_page_reaches_a_client_that_sent_more_than_was_read() -> Result<()> {
    let address = serve_page(300_000, Deadlines::default())?;
    // Pipelined requests, which nobody reads.
    let request = REQUEST.repeat(1000);
    for _ in 0..100 {
        let Received { bytes, end } = tests::exchange(address, &request)?;
        ensure!(end == End::Fin, "{end}");
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        ensure!(
            head.map(|end| bytes.len() - end - 4) == Some(300_000),
            "{} bytes",
            bytes.len()
        );
    }
    Ok(())
}

/// What comes while a large page is still on its way, long after it was written, is
/// read too: closed with it unread, the page would be lost.
#[test]
fn a_large_page_survives_what_comes_late() -> Result<()> {
    let address = serve_page(300_000, Deadlines::default())?;
    for _ in 0..20 {
        let mut client = Client::connect_with_buffer(address, 4096)?;
        client.send(REQUEST)?;
        let first = client.read_until(PATIENCE, |bytes| !bytes.is_empty()).bytes;
        client.send(b"\r\n")?;
        let Received { bytes, end } = client.read_to_end(PATIENCE);
        ensure!(end == End::Fin, "{end}");
        ensure!(first.len() + bytes.len() > 300_000, "{} bytes", bytes.len());
    }
    Ok(())
}

/// Half a cure of step 4's idle client: it holds everybody up, but only until its
/// deadline. Exercise 06b cures the rest. Nobody waits for an answer, so none comes.
#[test]
fn an_idle_client_holds_everybody_up_until_its_deadline() -> Result<()> {
    let program = Program::start(with_deadline("1.5"))?;
    let start = Instant::now();
    let mut idle = Client::connect(program.address())?;
    let mut second = Client::connect(program.address())?;
    second.send(REQUEST)?;
    let while_idle = second.read_to_end(GLANCE);
    let closed = idle.read_to_end(PATIENCE);
    check_deadline(start, 1.5)?;
    pin!("idle", format!("while it is idle: {while_idle}\nthe idle one: {closed}"));
    pin!("home", date(&second.read_to_end(PATIENCE).to_string()));
    program.stop()?;
    Ok(())
}

/// The deadline was not early, and not so late that it could be another one. How
/// exactly it is kept is measured, not tested: machines that run tests are busy.
fn check_deadline(start: Instant, seconds: f64) -> Result<()> {
    let passed = start.elapsed();
    let expected = Duration::from_secs_f64(seconds);
    ensure!(passed >= expected, "early: {passed:?}");
    ensure!(passed < expected + PATIENCE / 2, "late: {passed:?}");
    Ok(())
}

/// A wrong request line is answered when it is there, not when the rest or the deadline
/// has come: the client waits for an answer, and this deadline is later than it waits.
#[test]
fn a_wrong_request_line_is_refused_at_once() -> Result<()> {
    let program = Program::start(with_deadline("60"))?;
    pin!(
        "bad_request",
        date(&tests::exchange(program.address(), b"BREW a pot\r\n")?.to_string())
    );
    program.stop()?;
    Ok(())
}

/// One byte after the other, each well in time: the deadline is for all of them
/// together.
#[test]
fn a_trickler_gets_408() -> Result<()> {
    let program = Program::start(with_deadline("0.5"))?;
    let start = Instant::now();
    let mut client = Client::connect(program.address())?;
    let mut answer = Vec::new();
    while answer.is_empty() {
        ensure!(start.elapsed() < PATIENCE, "no answer");
        // What has come is refused; sending more may fail, reading shows why.
        let _ = client.send(b"a");
        answer = client.read_to_end(Duration::from_millis(100)).bytes;
    }
    check_deadline(start, 0.5)?;
    let rest = client.read_to_end(PATIENCE);
    let received = Received { bytes: [answer, rest.bytes].concat(), end: rest.end };
    pin!("trickler", date(&received.to_string()));
    program.stop()?;
    Ok(())
}

/// Each silent client costs the next one a deadline, no more.
#[test]
fn three_silent_clients_cost_three_deadlines() -> Result<()> {
    let program = Program::start(with_deadline("0.2"))?;
    let start = Instant::now();
    let _silent = [(); 3].map(|()| Client::connect(program.address()));
    pin!("home", date(&tests::exchange(program.address(), REQUEST)?.to_string()));
    check_deadline(start, 0.6)?;
    program.stop()?;
    Ok(())
}

/// A client that asks and then does not read holds the others up for a deadline too.
#[test]
fn a_reader_that_does_not_read_is_cut_off() -> Result<()> {
    let deadlines =
        Deadlines { write: Duration::from_millis(500), ..Deadlines::default() };
    // More than any system keeps in its buffers for one connection.
    let address = serve_page(50_000_000, deadlines)?;
    let start = Instant::now();
    let mut deaf = Client::connect(address)?;
    deaf.send(REQUEST)?;
    let mut second = Client::connect(address)?;
    second.send(REQUEST)?;
    second.read_until(PATIENCE, |bytes| !bytes.is_empty());
    check_deadline(start, 0.5)
}

/// What chapter 5 says of the limits in figures of its own.
#[test]
fn what_the_book_reckons() {
    let Deadlines { head, write, linger } = Deadlines::default();
    assert_eq!((head + write + linger).as_secs(), 22);
    // One byte every nine seconds: almost a week, and with a body four months.
    let days = |bytes: usize| bytes * 9 / 86_400;
    assert_eq!((days(MAX_HEAD), days(MAX_HEAD + MAX_BODY)), (6, 116));
    // Lines of four bytes, and all that has come is parsed after each.
    let parsed: usize = (4..=MAX_HEAD).step_by(4).sum();
    assert_eq!(parsed / 1_000_000, 536);
}

/// Why a small answer needs no deadline: all of it fits into a send buffer that is
/// empty, even if the client never reads.
#[test]
fn a_small_answer_fits_into_an_empty_send_buffer() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let _client = Client::connect_with_buffer(listener.local_addr()?, 1)?;
    let (mut server, _) = listener.accept()?;
    server.set_nonblocking(true)?;
    ensure!(server.write(&[b'a'; 4096])? == 4096);
    Ok(())
}

/// A client that says nothing holds up one thread. Only when all have one each,
/// everybody waits, and no longer than a deadline.
#[test]
fn threads_and_silent_clients() -> Result<()> {
    let mut table =
        String::from("| threads | silent clients | one client more |\n|--:|--:|---|\n");
    for threads in [1, 4] {
        for silent in [threads - 1, threads] {
            let what = behind_silent_clients(threads, silent)?;
            table += &format!("| {threads} | {silent} | {what} |\n");
        }
    }
    pin!("threads", table);
    Ok(())
}

fn behind_silent_clients(threads: usize, silent: usize) -> Result<&'static str> {
    let all_wait = silent >= threads;
    // It must be seen that it passes, or else must not pass.
    let head = Duration::from_millis(if all_wait { 300 } else { 60_000 });
    let address = serve_on(threads, Deadlines { head, ..Deadlines::default() })?;
    let start = Instant::now();
    let silent: Vec<_> =
        (0..silent).map(|_| Client::connect(address)).collect::<Result<_>>()?;
    let mut client = Client::connect(address)?;
    client.send(REQUEST)?;
    pin!("home", date(&client.read_to_end(PATIENCE).to_string()));
    drop(silent);
    if all_wait {
        check_deadline(start, 0.3)?;
        return Ok("waits for a deadline");
    }
    Ok("is served")
}

/// As [`step05::serve`] on clones of one listener, but without a log. It ends with the
/// process.
fn serve_on(threads: usize, deadlines: Deadlines) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    for _ in 0..threads {
        let listener = listener.try_clone()?;
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                step05::serve_connection(client, "client", deadlines, step05::page);
            }
        });
    }
    Ok(listener.local_addr()?)
}

/// Interrupted by a stop and a continue (Ctrl-Z, `fg`), a read goes on waiting.
#[test]
#[cfg(target_os = "linux")]
fn a_stopped_and_continued_server_goes_on() -> Result<()> {
    let program = Program::start(rust())?;
    let mut client = Client::connect(program.address())?;
    client.send(&REQUEST[..10])?;
    for (signal, state) in [("-STOP", "T"), ("-CONT", "S")] {
        let mut kill = std::process::Command::new("kill");
        kill.args([signal, &program.id().to_string()]);
        ensure!(kill.status()?.success(), "kill {signal}");
        let status = format!("/proc/{}/stat", program.id());
        tests::wait_until("it is stopped, or goes on", || {
            let stat = std::fs::read_to_string(&status).unwrap_or_default();
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(state))
        })?;
    }
    client.send(&REQUEST[10..])?;
    pin!("home", date(&client.read_to_end(PATIENCE).to_string()));
    program.stop()?;
    Ok(())
}
