//! A large upload, refused gently.

use std::time::{Duration, Instant};

use probe::End;

use crate::{
    Check, Client, Exercise, SILENCE_WINDOW, Server, Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "04d",
    name: "do-not-slam-the-door",
    given: 7,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/",
            run: get_is_served,
        },
        Check {
            points: 1,
            reproduce: "curl -i -d name=value http://127.0.0.1:4545/",
            run: post_is_refused,
        },
        Check { points: 3, reproduce: SOME_BYTES, run: some_bytes },
        Check { points: 2, reproduce: MANY_BYTES, run: many_bytes },
        Check { points: 2, reproduce: WITH_A_PAUSE, run: with_a_pause },
        Check { points: 1, reproduce: LEAVES_IN_THE_MIDDLE, run: leaves_in_the_middle },
        Check { points: 2, reproduce: STOPS_IN_THE_MIDDLE, run: stops_in_the_middle },
        Check { points: 2, reproduce: GOES_ON, run: goes_on },
    ],
};

// curl would not show it: it reads while it sends, and leaves as soon as it is refused.
const SOME_BYTES: &str = r#"python3 -c "import socket, time; \
c = socket.create_connection('127.0.0.1 4545'.split()); \
c.sendall(b'POST / HTTP/1.1\r\nContent-Length: 64000\r\n\r\n'); \
[(c.sendall(bytes(n)), time.sleep(0.1)) for n in (60000, 2000, 2000)]; \
print(c.recv(999))""#;
const MANY_BYTES: &str = r#"python3 -c "import socket, time; \
c = socket.create_connection('127.0.0.1 4545'.split()); \
c.sendall(b'POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n'); \
[(c.sendall(bytes(n)), time.sleep(0.1)) for n in (996000, 2000, 2000)]; \
print(c.recv(999))""#;
const WITH_A_PAUSE: &str = r#"python3 -c "import socket, time; \
c = socket.create_connection('127.0.0.1 4545'.split()); \
c.sendall(b'POST / HTTP/1.1\r\nContent-Length: 64000\r\n\r\n'); \
[(c.sendall(bytes(n)), time.sleep(0.4)) for n in (60000, 2000, 2000)]; \
print(c.recv(999))""#;
// With bytes that nobody has read, its connection ends with RST too.
const LEAVES_IN_THE_MIDDLE: &str = r#"python3 -c "import socket, time; \
c = socket.create_connection('127.0.0.1 4545'.split()); \
c.sendall(b'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc'); \
c.recv(1)"
curl -i http://127.0.0.1:4545/"#;
const STOPS_IN_THE_MIDDLE: &str = r#"python3 -c "import socket, time; \
c = socket.create_connection('127.0.0.1 4545'.split()); \
c.sendall(b'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n'); \
c.sendall(b'abc'); time.sleep(3)" &
sleep 0.5; curl -i -m 2 http://127.0.0.1:4545/"#;
const GOES_ON: &str = r#"python3 -c "import socket, time; \
c = socket.create_connection('127.0.0.1 4545'.split()); \
c.sendall(b'POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n'); \
[(c.sendall(b'x'), time.sleep(0.3)) for _ in range(12)]" &
sleep 0.5; curl -i -m 2 http://127.0.0.1:4545/"#;

const SECOND: Duration = Duration::from_secs(1);
/// Nearly: what the client does behind it takes time too.
const HALF: Duration = Duration::from_millis(400);
/// The second, and half as much again.
const LATE: Duration = Duration::from_millis(1500);
/// The pauses of a client that goes on sending. So short that nobody takes them for its
/// end.
const PAUSE: Duration = Duration::from_millis(20);

const RESET: &str = "RFC 9112, section 9.6: a system that closes a connection with \
                     unread bytes in it sends RST, which may destroy an answer before \
                     the client has read it. Close only your own direction, then read \
                     on.";
const PATIENCE: &str = "The task: patience for one second in all. RFC 9112, section \
                        9.6 has the server read until the client closes, or until it \
                        is reasonably certain that the client has its answer.";

fn get_is_served(submission: &Submission) -> Verdict {
    submission.start()?.ask(&get("/"))?.expect_success()
}

fn post_is_refused(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&[head(10).as_slice(), b"name=value"].concat())?;
    let answer = client.response()?;
    answer.expect_status(
        &[413],
        "This is an upload, and the status does not say that it is refused for its \
         size.",
        "RFC 9110, section 15.5.14: 413 (Content Too Large) says that the server does \
         not take as much. The task: each POST gets it.",
    )?;
    client.expect_close()
}

fn head(length: usize) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n")
        .into()
}

/// A piece of a body, and the pause behind it.
type Piece = (usize, Duration);

/// What it means when the connection is thrown away: after a FIN, and without one.
type Meanings = [&'static str; 2];

/// Sends a body in these pieces. Nothing may be thrown away, and the refusal must
/// arrive.
fn upload(submission: &Submission, pieces: &[Piece], meanings: Meanings) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    upload_by(&mut client, pieces, meanings).map_err(|failure| {
        // A client that had sent all of it in its second was wronged; later, nobody
        // knows.
        if client.is_late() {
            failure.inconclusive()
        } else {
            failure.if_sent_within(SECOND * 4 / 5)
        }
    })
}

fn upload_by(client: &mut Client, pieces: &[Piece], meanings: Meanings) -> Verdict {
    let mut bytes = head(pieces.iter().map(|(length, _)| length).sum());
    let [after_fin, at_once] = meanings;
    client.closing_means(at_once, RESET);
    for (length, pause) in pieces {
        let is_half_closed = client.end() == Some(End::Fin);
        // The first piece comes together with the head: some of it is always unread.
        bytes.resize(bytes.len() + length, b'x');
        client.send(&bytes)?;
        client.pause(*pause);
        if client.end() == Some(End::Rst) {
            let meaning = if is_half_closed { after_fin } else { at_once };
            return Err(client.wrong(meaning, RESET));
        }
        bytes.clear();
    }
    let answer = client.response()?;
    answer.expect_status(
        &[413],
        "A small upload is refused with 413, and this one is not.",
        "RFC 9110, section 15.5.14: 413 (Content Too Large) says that the server does \
         not take as much.",
    )?;
    client.expect_close().map_err(|failure| match client.end() {
        Some(End::Rst) => failure.because(
            "Your program waits before it closes, and does not read meanwhile. All \
             that the client has sent is still unread then, and the connection is \
             thrown away.",
            RESET,
        ),
        _ => failure,
    })
}

fn some_bytes(submission: &Submission) -> Verdict {
    let meanings = [
        "The answer is complete, and your program says so. But then it closes, and \
         does not read what the client is still sending: that is thrown away, and the \
         connection with it.",
        "Your program has answered and closed the connection, with bytes in it that it \
         has not read. This client found the answer all the same; one that is slower, \
         or farther away, finds only the reset.",
    ];
    upload(submission, &[(60_000, PAUSE), (2_000, PAUSE), (2_000, PAUSE)], meanings)
}

fn many_bytes(submission: &Submission) -> Verdict {
    let meaning = "Your program reads on after its answer, or before it, but not far \
                   enough: this client had more to send.";
    upload(
        submission,
        &[(996_000, PAUSE), (2_000, PAUSE), (2_000, PAUSE)],
        [meaning; 2],
    )
}

fn with_a_pause(submission: &Submission) -> Verdict {
    let meaning = "A pause, and your program believes that nothing more will come. It \
                   closes, and the rest of the body meets nobody.";
    upload(submission, &[(60_000, HALF), (2_000, PAUSE), (2_000, PAUSE)], [meaning; 2])
}

fn leaves_in_the_middle(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = begin(&mut server)?;
    client.listen(SILENCE_WINDOW);
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    client.reset();
    next.wait(LATE);
    let answer = next.response();
    answer?.expect_success()?;
    server.survives()
}

/// A client that has begun to send a body.
fn begin(server: &mut Server) -> Verdict<Client> {
    let mut client = server.connect()?;
    client.send(&[head(64_000).as_slice(), &[b'x'; 10_000]].concat())?;
    Ok(client)
}

fn stops_in_the_middle(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut client = begin(&mut server)?;
    if !client.wait(LATE) {
        return Err(client.wrong(
            "The client has stopped, and your program waits for the rest of its body \
             before it says a word. It may wait for ever.",
            PATIENCE,
        ));
    }
    let answer = client.head();
    answer?;
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    if !next.wait(LATE) {
        return Err(next.wrong(
            "The first client has its answer and stays. Your program waits for it to \
             close, beyond its second, and whoever comes next waits too.",
            PATIENCE,
        ));
    }
    let answer = next.response();
    answer?.expect_success()?;
    client.pause(LATE.saturating_sub(begun.elapsed()));
    is_closed(&mut client)
}

/// What is sent to a socket that has been closed is answered with RST; after a FIN
/// alone it is taken.
fn is_closed(client: &mut Client) -> Verdict {
    client.send(b"x")?;
    client.pause(SILENCE_WINDOW);
    client.send(b"x")?;
    if client.end() == Some(End::Rst) {
        return Ok(());
    }
    Err(client.wrong(
        "More than a second after its answer, the connection of this client still \
         takes what it sends: your program reads on without end, or has forgotten to \
         close it. Some day it can have no more of them.",
        "shutdown(2) ends one direction, close(2) the connection. getrlimit(2): a \
         program may have so many descriptors, often 1024.",
    ))
}

fn goes_on(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = begin(&mut server)?;
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    let mut longest = Duration::ZERO;
    for _ in 0..72 {
        let begun = Instant::now();
        client.send(b"x")?;
        next.listen(PAUSE);
        longest = longest.max(begun.elapsed());
        if !next.received().is_empty() || next.end().is_some() {
            break;
        }
    }
    if next.received().is_empty() && next.end().is_none() {
        return Err(next.wrong(
            "The first client goes on sending, a byte now and a byte then, and each \
             buys it another second of your patience. The next client waits, perhaps \
             for ever.",
            "socket(7): SO_RCVTIMEO is a limit for one read, and there are as many as \
             the client likes. Note when the second will be over, and before each read \
             set what is left.",
        ));
    }
    // Who was cut off because of one long pause has proved nothing.
    if longest > SECOND / 2 {
        return Err(next.inconclusive());
    }
    let answer = next.response();
    answer?.expect_success()
}
