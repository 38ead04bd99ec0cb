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
        Check { points: 1, reproduce: TWICE, run: get_is_served },
        Check { points: 1, reproduce: "", run: post_is_refused },
        Check { points: 3, reproduce: "", run: some_bytes },
        Check { points: 2, reproduce: "", run: many_bytes },
        Check { points: 2, reproduce: "", run: with_a_pause },
        Check { points: 1, reproduce: LEAVES, run: leaves_in_the_middle },
        Check { points: 2, reproduce: STOPS, run: stops_in_the_middle },
        Check { points: 2, reproduce: GOES_ON, run: goes_on },
    ],
};

const TWICE: &str = "curl -i http://127.0.0.1:4545/ http://127.0.0.1:4545/";
// With bytes that it has not read, its connection ends with RST too.
const LEAVES: &str = r#"python3 -c "import socket, time; \
c = socket.create_connection('127.0.0.1 4545'.split()); \
c.sendall(b'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc'); \
c.recv(1)"
curl -i http://127.0.0.1:4545/"#;
const STOPS: &str = r#"python3 -c "import socket, time; \
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
/// A program that has not come to the next client by then has slept.
const RIGHT_AWAY: Duration = Duration::from_millis(300);
/// So slow is the slowest client that is in time, and a little more where the machine
/// is busy.
const SLOW: Duration = Duration::from_millis(750);
const SLOWEST: Duration = Duration::from_millis(800);
/// The second, and half as much again.
const LATE: Duration = Duration::from_millis(1500);
/// The pauses of a client that goes on sending. So short that they do not look like its
/// end.
const PAUSE: Duration = Duration::from_millis(20);

const RESET: &str = "RFC 9112, section 9.6: a system that closes a connection with \
                     unread bytes in it sends RST, which may destroy an answer before \
                     the client has read it. Close only your own direction, then read \
                     on.";
const TOO_LARGE: &str = "RFC 9110, section 15.5.14: 413 (Content Too Large) says that \
                         the server does not take as much. The task: each POST gets \
                         it.";
const PATIENCE: &str = "The task: patience for one second in all. RFC 9112, section \
                        9.6 has the server read until the client closes, or until it \
                        is reasonably certain that the client has its answer.";

fn get_is_served(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    client.head()?.expect_success()?;
    client.leave();
    let begun = Instant::now();
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    if !next.wait(RIGHT_AWAY) {
        return Err(next.wrong(
            "The first client has its page and is gone, and your program is patient \
             with it all the same. The next one waits.",
            "read(2) returns 0 as soon as the client has closed its side: then nothing \
             is on its way any more.",
        ));
    }
    next.expect_in_time(begun, SECOND / 2)?;
    next.response()?.expect_success()
}

fn post_is_refused(submission: &Submission) -> Verdict {
    let small = [head("/", "Content-Length", 10).as_slice(), b"name=value"].concat();
    let empty = head("/?elsewhere", "Content-Length", 0);
    submission.each([small, empty], |server, request| {
        let mut client = server.connect()?;
        client.send(request)?;
        client.response()?.expect_status(
            submission.refusals(),
            "This is an upload, and the status does not say why it is refused.",
            TOO_LARGE,
        )?;
        let answered = Instant::now();
        if client.end().is_none() && !client.wait(RIGHT_AWAY) {
            return Err(client.wrong(
                "The answer has come, and all of the upload has been sent. But no FIN \
                 says that the connection ends, and a client that waits for its end \
                 waits for nothing.",
                "shutdown(2) sends a FIN, and so does close(2) once all has been read.",
            ));
        }
        client.expect_in_time(answered, SECOND / 2)?;
        client.expect_close()
    })
}

fn head(path: &str, name: &str, length: usize) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{name}: {length}\r\n\r\n")
        .into()
}

/// A piece of a body, and when the next one comes, after the start.
type Piece = (usize, Duration);

/// What it means when the connection is thrown away: after a FIN, and without one.
type Meanings = [&'static str; 2];

/// Sends a body in these pieces. Nothing may be thrown away, and the refusal must
/// arrive.
fn upload(
    submission: &Submission,
    name: &str,
    pieces: &[Piece],
    meanings: Meanings,
) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut client = server.connect()?;
    // A client that means to pause has more time, but not more than it takes by itself.
    let limit = if pieces[0].1.is_zero() { SECOND * 9 / 20 } else { SLOWEST };
    upload_by(submission, &mut client, begun, name, (pieces, meanings)).map_err(
        |failure| {
            // Only a client that had sent all of it in time was wronged.
            failure
                .reproduce(in_python(name, pieces))
                .should_see(format!("b'HTTP/1.1 {} …'", submission.refusals()[0]))
                .if_sent_within(limit)
        },
    )
}

// curl would not show it: it reads while it sends, and leaves as soon as it is refused.
fn in_python(name: &str, pieces: &[Piece]) -> String {
    let length: usize = pieces.iter().map(|(length, _)| length).sum();
    let lengths: Vec<String> = pieces.iter().map(|(it, _)| it.to_string()).collect();
    let pause = if pieces[0].1 > SECOND / 2 { "0.35" } else { "0.1" };
    format!(
        r#"python3 -c "import socket, time; \
c = socket.create_connection('127.0.0.1 4545'.split()); \
c.sendall(b'POST / HTTP/1.1\r\n{name}: {length}\r\n\r\n'); \
[(c.sendall(bytes(n)), time.sleep({pause})) for n in ({})]; \
print(c.recv(999))""#,
        lengths.join(", ")
    )
}

fn upload_by(
    submission: &Submission,
    client: &mut Client,
    begun: Instant,
    name: &str,
    (pieces, meanings): (&[Piece], Meanings),
) -> Verdict {
    let mut bytes = head("/", name, pieces.iter().map(|(length, _)| length).sum());
    let [after_fin, without] = meanings;
    client.closing_means(without, RESET);
    for (length, until) in pieces {
        let is_half_closed = client.end() == Some(End::Fin);
        // The first piece comes together with the head: some of it is always unread.
        bytes.resize(bytes.len() + length, b'x');
        client.send(&bytes)?;
        let pausing = Instant::now();
        client.listen_until(begun + *until);
        // To send may take a while, and then the pause isn't what it should be.
        if pausing.elapsed() < *until * 4 / 5 {
            return Err(client.inconclusive());
        }
        client.pause(PAUSE);
        if client.end() == Some(End::Rst) {
            let meaning = if is_half_closed { after_fin } else { without };
            return Err(client.wrong(meaning, RESET));
        }
        bytes.clear();
    }
    client.read_response("POST")?.expect_status(
        submission.refusals(),
        "A small upload is refused, and this one is not.",
        TOO_LARGE,
    )?;
    client.wait(LATE);
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

const NO_PAUSE: Duration = Duration::ZERO;

fn some_bytes(submission: &Submission) -> Verdict {
    let meanings = [
        "The answer is complete, and your program says so. But then it closes, and \
         does not read what the client is still sending: that is thrown away, and the \
         connection with it.",
        "Your program has answered and closed the connection, with bytes in it that it \
         has not read. This client found the answer all the same; one that is slower, \
         or farther away, finds only the reset.",
    ];
    let pieces = [(60_000, NO_PAUSE), (2_000, NO_PAUSE), (2_000, NO_PAUSE)];
    upload(submission, "Content-Length", &pieces, meanings)?;
    let small = "Your program reads this body only if the name of its length is \
                 written in capitals and small letters as `Content-Length` is.";
    upload(submission, "content-length", &pieces, [small; 2])
}

fn many_bytes(submission: &Submission) -> Verdict {
    let meaning = "Your program reads on after its answer, or before it, but not far \
                   enough: this client had more to send.";
    let pieces = [(996_000, NO_PAUSE), (2_000, NO_PAUSE), (2_000, NO_PAUSE)];
    upload(submission, "Content-Length", &pieces, [meaning; 2])
}

fn with_a_pause(submission: &Submission) -> Verdict {
    let meaning = "The client pauses, and your program believes that nothing more will \
                   come. It closes, and the rest of the body comes too late, although \
                   the client is done before its second is over.";
    let pieces = [(60_000, SLOW - 2 * PAUSE), (2_000, NO_PAUSE), (2_000, NO_PAUSE)];
    upload(submission, "Content-Length", &pieces, [meaning; 2])
}

fn leaves_in_the_middle(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = begin(&mut server)?;
    client.listen(SILENCE_WINDOW);
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    client.reset();
    next.wait(LATE);
    next.response()?.expect_success()?;
    // As browsers do that connect in advance.
    server.connect()?.leave();
    let mut last = server.connect()?;
    last.send(&get("/"))?;
    if !last.wait(LATE) {
        return Err(last.wrong(
            "A client before has its page and just stays, and your program waits for \
             it to close, without an end.",
            PATIENCE,
        ));
    }
    last.response()?.expect_success()?;
    server.survives()
}

/// A client that has begun to send a body.
fn begin(server: &mut Server) -> Verdict<Client> {
    let mut client = server.connect()?;
    client.send(
        &[&head("/", "Content-Length", 64_000), [b'x'; 10_000].as_slice()].concat(),
    )?;
    Ok(client)
}

fn stops_in_the_middle(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut client = begin(&mut server)?;
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    if !next.wait(LATE) {
        client.listen(SILENCE_WINDOW);
        let meaning = if client.received().is_empty() {
            "The client has stopped, and your program waits for the rest of its body \
             before it says a word. It may wait forever."
        } else {
            "The first client has its answer and stays. Your program waits for it to \
             close, beyond its second, and the next one waits too."
        };
        return Err(next.wrong(meaning, PATIENCE));
    }
    next.expect_in_time(begun, LATE)?;
    next.response()?.expect_success()?;
    if !client.wait(LATE) {
        return Err(client.wrong(
            "The client has stopped, and gets no answer when its second is over. Your \
             program waits for the rest of its body, even if it serves others \
             meanwhile.",
            PATIENCE,
        ));
    }
    client.expect_in_time(begun, LATE + SECOND / 4)?;
    client.head()?.expect_status(
        submission.refusals(),
        "This upload is refused when all of it comes. Now that it stops in the middle, \
         it is not.",
        TOO_LARGE,
    )?;
    client.listen_until(begun + LATE - SECOND / 5);
    client.pause(SECOND / 10);
    is_gone(&mut client)?;
    client.expect_in_time(begun, LATE + SECOND / 4)
}

fn is_gone(client: &mut Client) -> Verdict {
    if client.is_gone_within(2 * SILENCE_WINDOW)? {
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
    let begun = Instant::now();
    let mut client = begin(&mut server)?;
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    let mut longest = Duration::ZERO;
    for number in (1..).take_while(|&number| number * PAUSE <= LATE) {
        let last = Instant::now();
        client.send(b"x")?;
        client.listen_until(begun + number * PAUSE);
        longest = longest.max(last.elapsed());
        if client.end() == Some(End::Rst) {
            break;
        }
    }
    // If it was cut off because of one long pause, that has proved nothing.
    if longest > SECOND / 2 {
        return Err(next.inconclusive());
    }
    if !next.wait(SECOND / 5) {
        return Err(next.wrong(
            "The first client goes on sending, a byte now and a byte then, and each \
             buys it another second of your patience. The next client waits, perhaps \
             forever.",
            "socket(7): SO_RCVTIMEO is a limit for one read, and there are as many as \
             the client likes. Note when the second will be over, and before each read \
             set what is left.",
        )
        .with_pieces_as_one(PAUSE));
    }
    next.response()?.expect_success()?;
    if client.end() != Some(End::Rst) && !client.is_gone_within(2 * SILENCE_WINDOW)? {
        return Err(client.wrong(
            "This client goes on sending, a byte now and a byte then, and your program \
             goes on reading, even if it serves others meanwhile: each byte buys it \
             another second.",
            PATIENCE,
        )
        .with_pieces_as_one(PAUSE));
    }
    client.expect_in_time(begun, LATE + SECOND / 4)
}
