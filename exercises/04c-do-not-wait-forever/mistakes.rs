//! What usually goes wrong in exercise 04c.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::Mistake;
use crate::Mistake::{Handler, Program, Threaded};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n";
const LATE: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
const SECOND: Duration = Duration::from_secs(1);

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("sleeps-first", Threaded(sleeps_first)),
    ("looks-at-the-clock-between-reads", Handler(looks_at_the_clock_between_reads)),
    ("one-clock-for-all", Program(one_clock_for_all)),
    ("ends-with-the-client", Program(ends_with_the_client)),
    ("unwraps", Handler(unwraps)),
    ("a-thread-for-each", Threaded(a_thread_for_each)),
    ("answers-nobody", Handler(answers_nobody)),
    ("blames-who-says-nothing", Handler(blames_who_says_nothing)),
    ("waits-for-the-first-byte", Threaded(waits_for_the_first_byte)),
    ("hangs-up", Handler(hangs_up)),
    ("takes-half-for-all", Handler(takes_half_for_all)),
    ("calls-it-bad", Handler(calls_it_bad)),
    ("says-it-and-stays", Threaded(says_it_and_stays)),
    ("times-each-read", Handler(times_each_read)),
    ("counts-from-the-first-byte", Handler(counts_from_the_first_byte)),
    ("loses-patience", Handler(loses_patience)),
    ("six-tenths", Handler(six_tenths)),
    ("counts-reads", Handler(counts_reads)),
    ("right-in-threads", Threaded(in_threads)),
    ("right-with-a-watchdog", Handler(with_a_watchdog)),
];

/// All of a request, or what came of it in time.
enum Came {
    All,
    Part(Vec<u8>),
}

/// Reads as one should, for so long in all.
fn read_for(client: &mut TcpStream, time: Duration) -> io::Result<Came> {
    let until = Instant::now() + time;
    read(client, |_| until.saturating_duration_since(Instant::now()))
}

/// Reads; before each `read`, `left` says how long it may wait, given what has come.
fn read(client: &mut TcpStream, left: impl Fn(&[u8]) -> Duration) -> io::Result<Came> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let left = left(&head);
        if left.is_zero() {
            return Ok(Came::Part(head));
        }
        client.set_read_timeout(Some(left))?;
        match client.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => head.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Ok(Came::Part(head));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Came::All)
}

fn answer(mut client: TcpStream, came: &Came) -> io::Result<()> {
    client.write_all(if matches!(came, Came::All) { PAGE } else { LATE })
}

/// A second is a second, even for a client that's ready.
fn sleeps_first(mut client: TcpStream) -> io::Result<()> {
    thread::sleep(SECOND);
    client.set_nonblocking(true)?;
    let mut buffer = [0; 4096];
    match client.read(&mut buffer) {
        Ok(length) if buffer[..length].ends_with(b"\r\n\r\n") => client.write_all(PAGE),
        _ => client.write_all(LATE),
    }
}

/// A client that says nothing at all keeps it from looking.
fn looks_at_the_clock_between_reads(mut client: TcpStream) -> io::Result<()> {
    let begun = Instant::now();
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.ends_with(b"\r\n\r\n") {
        if begun.elapsed() > SECOND {
            return client.write_all(LATE);
        }
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    client.write_all(PAGE)
}

/// The deadline is computed once, before the loop.
fn one_clock_for_all(address: SocketAddr) -> io::Result<()> {
    let until = Instant::now() + SECOND;
    crate::serve(address, |mut client| {
        let came =
            read(&mut client, |_| until.saturating_duration_since(Instant::now()))?;
        answer(client, &came)
    })
}

/// `?` takes the error of one client out of the loop.
fn ends_with_the_client(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{}/", listener.local_addr()?)?;
    loop {
        let (mut client, _) = listener.accept()?;
        client.set_read_timeout(Some(SECOND))?;
        crate::read_head(&mut client)?;
        client.write_all(PAGE)?;
    }
}

/// That nothing came is an error too.
#[expect(clippy::unwrap_used, reason = "that is the mistake")]
fn unwraps(mut client: TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(SECOND))?;
    crate::read_head(&mut client).unwrap();
    client.write_all(PAGE)
}

/// No client waits for another, and none is ever let go.
fn a_thread_for_each(mut client: TcpStream) -> io::Result<()> {
    crate::read_head(&mut client)?;
    client.write_all(PAGE)
}

/// The time is over, the loop ends, the page is sent.
fn answers_nobody(mut client: TcpStream) -> io::Result<()> {
    read_for(&mut client, SECOND)?;
    client.write_all(PAGE)
}

/// If there's no request, it must be a bad one.
fn blames_who_says_nothing(mut client: TcpStream) -> io::Result<()> {
    match read_for(&mut client, SECOND)? {
        Came::Part(head) if head.is_empty() => {
            client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }
        came => answer(client, &came),
    }
}

/// Once something has come, the rest will surely follow.
fn waits_for_the_first_byte(mut client: TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(SECOND))?;
    client.peek(&mut [0])?;
    client.set_read_timeout(None)?;
    crate::read_head(&mut client)?;
    client.write_all(PAGE)
}

/// The error goes to the log, and the client gets nothing.
fn hangs_up(mut client: TcpStream) -> io::Result<()> {
    match read_for(&mut client, SECOND)? {
        Came::All => client.write_all(PAGE),
        Came::Part(_) => Err(ErrorKind::TimedOut.into()),
    }
}

/// A silent client is let go; one that has said something gets the page.
fn takes_half_for_all(mut client: TcpStream) -> io::Result<()> {
    match read_for(&mut client, SECOND)? {
        Came::Part(head) if head.is_empty() => Ok(()),
        _ => client.write_all(PAGE),
    }
}

/// All that goes wrong is the client's fault.
fn calls_it_bad(mut client: TcpStream) -> io::Result<()> {
    match read_for(&mut client, SECOND)? {
        Came::All => client.write_all(PAGE),
        Came::Part(head) if head.is_empty() => Ok(()),
        Came::Part(_) => {
            client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }
    }
}

/// It sends its 408 and goes on reading.
fn says_it_and_stays(mut client: TcpStream) -> io::Result<()> {
    if let Came::Part(_) = read_for(&mut client, SECOND)? {
        client.write_all(LATE)?;
        client.set_read_timeout(None)?;
        crate::read_head(&mut client)?;
    }
    client.write_all(PAGE)
}

/// A limit for each `read`, and as many reads as the client likes.
fn times_each_read(mut client: TcpStream) -> io::Result<()> {
    let came = read(&mut client, |_| SECOND)?;
    answer(client, &came)
}

/// The second begins when the client does.
fn counts_from_the_first_byte(mut client: TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(SECOND))?;
    client.peek(&mut [0])?;
    let came = read_for(&mut client, SECOND)?;
    answer(client, &came)
}

/// Half a second of silence is taken for the end, whatever the clock says.
fn loses_patience(mut client: TcpStream) -> io::Result<()> {
    let until = Instant::now() + SECOND;
    let came = read(&mut client, |_| {
        until.saturating_duration_since(Instant::now()).min(SECOND / 2)
    })?;
    answer(client, &came)
}

/// A little early, to be on the safe side.
fn six_tenths(mut client: TcpStream) -> io::Result<()> {
    let came = read_for(&mut client, SECOND * 6 / 10)?;
    answer(client, &came)
}

/// Ten reads of a tenth of a second each make a second, if each of them waits.
fn counts_reads(mut client: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    client.set_read_timeout(Some(SECOND / 10))?;
    for _ in 0..10 {
        match client.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => head.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if head.ends_with(b"\r\n\r\n") {
            return client.write_all(PAGE);
        }
    }
    client.write_all(LATE)
}

fn in_threads(mut client: TcpStream) -> io::Result<()> {
    match read_for(&mut client, SECOND)? {
        Came::Part(head) if head.is_empty() => Ok(()),
        came => answer(client, &came),
    }
}

/// Another thread ends what takes too long.
fn with_a_watchdog(mut client: TcpStream) -> io::Result<()> {
    let mut other = client.try_clone()?;
    thread::spawn(move || {
        thread::sleep(SECOND);
        if other.write_all(LATE).is_ok() {
            // Wakes the thread that reads.
            let _ = other.shutdown(Shutdown::Both);
        }
    });
    if crate::read_head(&mut client)?.ends_with(b"\r\n\r\n") {
        client.write_all(PAGE)?;
    }
    client.shutdown(Shutdown::Both)
}
