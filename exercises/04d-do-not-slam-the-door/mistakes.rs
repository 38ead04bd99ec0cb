//! What usually goes wrong in exercise 04d.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::Mistake;
use crate::Mistake::{Handler, Threaded};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n";
const REFUSAL: &[u8] =
    b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno\n";
const SECOND: Duration = Duration::from_secs(1);

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("ignores-the-goodbye", Handler(ignores_the_goodbye)),
    ("does-not-refuse", Handler(does_not_refuse)),
    ("sleeps-before-it-closes", Handler(sleeps_before_it_closes)),
    ("says-no-fin", Handler(says_no_fin)),
    ("only-says-fin", Handler(only_says_fin)),
    ("reads-a-little", Handler(reads_a_little)),
    ("reads-what-it-can-name", Handler(reads_what_it_can_name)),
    ("gives-up-at-a-pause", Handler(gives_up_at_a_pause)),
    ("unwraps", Handler(unwraps)),
    ("reads-the-body-first", Handler(reads_the_body_first)),
    ("lingers-forever", Handler(lingers_forever)),
    ("times-each-read", Handler(times_each_read)),
    ("waits-in-threads", Threaded(reads_the_body_first)),
    ("lingers-in-threads", Threaded(lingers_forever)),
    ("times-each-read-in-threads", Threaded(times_each_read)),
    ("sleeps-a-second", Handler(sleeps_a_second)),
    ("right-in-threads", Threaded(in_threads)),
    ("right-reads-first", Handler(reads_first)),
];

/// Answers as one should.
fn answer(client: &mut TcpStream) -> io::Result<()> {
    let head = crate::read_head(client)?;
    client.write_all(if head.starts_with(b"POST ") { REFUSAL } else { PAGE })
}

/// Reads and drops, so long in all and so long for each `read`.
fn drain(client: &mut TcpStream, all: Duration, each: Duration) -> io::Result<()> {
    let until = Instant::now() + all;
    loop {
        let left = until.saturating_duration_since(Instant::now()).min(each);
        if left.is_zero() {
            return Ok(());
        }
        client.set_read_timeout(Some(left))?;
        if client.read(&mut [0; 4096])? == 0 {
            return Ok(());
        }
    }
}

/// A second is a second, whatever `read` returns.
fn ignores_the_goodbye(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    client.shutdown(Shutdown::Write)?;
    let until = Instant::now() + SECOND;
    while Instant::now() < until {
        client.set_read_timeout(Some(SECOND / 10))?;
        if client.read(&mut [0; 4096]).is_ok_and(|length| length == 0) {
            thread::sleep(SECOND / 10);
        }
    }
    Ok(())
}

/// A name is looked for as it's usually written.
fn reads_what_it_can_name(mut client: TcpStream) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    let is_named = String::from_utf8_lossy(&head).contains("\nContent-Length: ");
    let rest = if is_named { rest_of_body(&head) } else { 0 };
    client.set_read_timeout(Some(SECOND))?;
    client.read_exact(&mut vec![0; rest])?;
    client.write_all(if head.starts_with(b"POST ") { REFUSAL } else { PAGE })
}

/// It closes gently, and takes whatever comes.
fn does_not_refuse(mut client: TcpStream) -> io::Result<()> {
    crate::read_head(&mut client)?;
    client.write_all(PAGE)?;
    client.shutdown(Shutdown::Write)?;
    drain(&mut client, SECOND, SECOND)
}

/// The answer gets a moment to arrive. The bytes stay unread.
fn sleeps_before_it_closes(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    thread::sleep(Duration::from_millis(1));
    Ok(())
}

/// A second for what's still to come, spent asleep.
fn sleeps_a_second(mut client: TcpStream) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    client.write_all(if head.starts_with(b"POST ") { REFUSAL } else { PAGE })?;
    if rest_of_body(&head) > 0 {
        thread::sleep(SECOND);
    }
    Ok(())
}

/// It reads on, and the client isn't told that the answer is complete.
fn says_no_fin(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    drain(&mut client, SECOND, SECOND)
}

/// Half of a gentle close.
fn only_says_fin(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    client.shutdown(Shutdown::Write)
}

/// More than enough.
fn reads_a_little(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    client.shutdown(Shutdown::Write)?;
    client.set_read_timeout(Some(SECOND))?;
    client.take(100_000).read_to_end(&mut Vec::new()).map(drop)
}

/// Nothing for half a second, so nothing will come.
fn gives_up_at_a_pause(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    client.shutdown(Shutdown::Write)?;
    drain(&mut client, SECOND, SECOND / 2)
}

/// A read can fail, even if its bytes are thrown away.
#[expect(clippy::unwrap_used, reason = "that is the mistake")]
fn unwraps(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    client.shutdown(Shutdown::Write)?;
    client.set_read_timeout(Some(SECOND))?;
    while client.read(&mut [0; 4096]).unwrap() > 0 {}
    Ok(())
}

/// The length of the body, as far as it is not among the first bytes.
fn rest_of_body(head: &[u8]) -> usize {
    let text = String::from_utf8_lossy(head);
    let text = text.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    let body = head.windows(4).position(|window| window == b"\r\n\r\n");
    length.saturating_sub(head.len() - body.map_or(head.len(), |at| at + 4))
}

/// All of it, however long that takes; then the answer.
fn reads_the_body_first(mut client: TcpStream) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    client.read_exact(&mut vec![0; rest_of_body(&head)])?;
    client.write_all(if head.starts_with(b"POST ") { REFUSAL } else { PAGE })
}

/// The client will surely close at some time.
fn lingers_forever(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    client.shutdown(Shutdown::Write)?;
    client.read_to_end(&mut Vec::new()).map(drop)
}

/// A limit for each `read`, and as many reads as the client likes.
fn times_each_read(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    client.shutdown(Shutdown::Write)?;
    client.set_read_timeout(Some(SECOND))?;
    client.read_to_end(&mut Vec::new()).map(drop)
}

fn in_threads(mut client: TcpStream) -> io::Result<()> {
    answer(&mut client)?;
    client.shutdown(Shutdown::Write)?;
    drain(&mut client, SECOND, SECOND)
}

/// The body first, as far as it comes in time; then the answer.
fn reads_first(mut client: TcpStream) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    let mut left = rest_of_body(&head);
    let until = Instant::now() + SECOND;
    while left > 0 && Instant::now() < until {
        let time = until.saturating_duration_since(Instant::now());
        client.set_read_timeout(Some(time.max(Duration::from_millis(1))))?;
        let mut buffer = vec![0; left.min(4096)];
        match client.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => left -= length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    client.write_all(if head.starts_with(b"POST ") { REFUSAL } else { PAGE })
}
