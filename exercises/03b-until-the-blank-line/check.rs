//! A request arrives in pieces.

use std::time::{Duration, Instant};

use crate::{
    Check, Client, Exercise, SILENCE_WINDOW, Server, Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "03b",
    name: "until-the-blank-line",
    given: 2,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: one_piece },
        Check { points: 2, reproduce: "", run: two_pieces },
        Check { points: 2, reproduce: "", run: many_pieces },
        Check { points: 1, reproduce: "", run: any_bytes },
        Check {
            points: 1,
            reproduce: "curl -i -H \"Cookie: $(printf %7900s | tr ' ' x)\" \\\n  \
                      http://127.0.0.1:4545/",
            run: long_head,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET / HTTP/1' | nc -N 127.0.0.1 4545",
            run: half_a_request,
        },
    ],
};

/// Longer than a program sleeps, or waits for more, that doesn't look for the end.
const LONG: Duration = Duration::from_millis(1500);

/// The task states no longer one, so a program may lose its patience after this.
const STATED: Duration = Duration::from_secs(2);

const ONLY_BYTES: &str = "tcp(7): TCP carries a stream of bytes and knows nothing of \
                          requests; read(2) returns what has come. RFC 9112, section \
                          2.1: a head ends with an empty line.";

fn one_piece(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    // How the connection ends, 04d is about.
    client.read_response("GET")?.expect_success()
}

fn two_pieces(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(b"GET / HTTP/1")?;
    client.listen(SILENCE_WINDOW);
    expect_nothing_yet(
        &client,
        "Your program answers half a request. One `read` returns whatever has come so \
         far, and that needn't be all of it.",
        "Your program hangs up in the middle of the request, without an answer. What \
         one `read` returns needn't be all: wait for the rest.",
    )?;
    let begun = Instant::now();
    client.listen(LONG);
    let is_late = begun.elapsed() > STATED;
    expect_nothing_yet(
        &client,
        "Your program takes a pause for the end: it waits for a while, and then it \
         answers half a request.",
        "Your program takes a pause for the end: it waits for a while, and then it \
         hangs up in the middle of the request. On a slow network the rest may need \
         longer.",
    )
    .map_err(|failure| if is_late { failure.inconclusive() } else { failure })?;
    answers_after(&mut client, b".1\r\nHost: 127.0.0.1\r\n\r\n")
}

fn many_pieces(submission: &Submission) -> Verdict {
    const TOO_EARLY: &str = "Your program answers before the blank line is complete. \
         How many pieces there are is the network's choice: only the blank line ends \
         the head.";
    const TOO_SOON_GONE: &str = "Your program hangs up before the blank line is \
         complete, although more was still to come.";
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    for piece in ["G", "ET / HTTP/1", ".1\r\n", "Host: 127.0.0.1\r\n\r"] {
        client.send(piece.as_bytes())?;
        client.listen(SILENCE_WINDOW);
        let silent = expect_nothing_yet(&client, TOO_EARLY, TOO_SOON_GONE);
        // It answers after the first line. Is it the line, or the third piece?
        let is_the_line = silent.is_err()
            && !client.received().is_empty()
            && piece == ".1\r\n"
            && answers_a_first_line(&mut server)?;
        silent.map_err(|failure| match is_the_line {
            true => failure.because(STOPS_AT_THE_FIRST_LINE, ONLY_BYTES),
            false => failure,
        })?;
    }
    answers_after(&mut client, b"\n")?;
    client.leave();
    byte_by_byte(&mut server.connect()?, &server, TOO_EARLY, TOO_SOON_GONE).map_err(
        |failure| {
            failure.reproduce(
            "(printf 'GET / HTTP/1.1\\r\\nHost: a\\r'; sleep 1; printf '\\n'; sleep \
             1\n printf '\\r\\n') | nc 127.0.0.1 4545",
        )
        },
    )
}

const STOPS_AT_THE_FIRST_LINE: &str = "Your program answers as soon as the first line \
                                       has ended. But `\\r\\n` ends every line of a \
                                       head: the fields are still to come, and after \
                                       them an empty line.";

/// Cuts the request everywhere.
fn byte_by_byte(
    client: &mut Client,
    server: &Server,
    too_early: &str,
    gone: &str,
) -> Verdict {
    for byte in b"GET / HTTP/1.1\r\nAccept: */*\r\nHost: 127.0.0.1\r\n\r" {
        client.send(&[*byte])?;
        // By now the program has read it.
        server.settle();
    }
    client.listen(SILENCE_WINDOW);
    expect_nothing_yet(client, too_early, gone)?;
    client.send(b"\n")?;
    client.waiting_means(
        "Each byte of this request came alone, and your program waits for more after \
         the last one. It searches only the last few pieces for the blank line.",
        "read(2) may return as little as one byte. Keep all that has come.",
    );
    client.response()?.expect_success()
}

/// Checks that nothing has come yet, since the request isn't complete, and that the
/// connection is open.
fn expect_nothing_yet(client: &Client, answers: &str, hangs_up: &str) -> Verdict {
    let failure = if !client.received().is_empty() {
        client.wrong_at(0, answers, ONLY_BYTES)
    } else if client.end().is_some() {
        client.wrong(hangs_up, ONLY_BYTES)
    } else {
        return Ok(());
    };
    Err(failure.should_see("nothing, until you send the rest"))
}

/// Whether it answers even where that line comes alone, in one piece.
fn answers_a_first_line(server: &mut Server) -> Verdict<bool> {
    let mut client = server.connect()?;
    client.send(b"GET / HTTP/1.1\r\n")?;
    client.listen(SILENCE_WINDOW);
    Ok(!client.received().is_empty())
}

/// Sends the last piece, which makes the request complete, and expects an answer.
fn answers_after(client: &mut Client, last: &[u8]) -> Verdict {
    client.send(last)?;
    client.waiting_means(
        "The request is complete, and your program waits for more: it hasn't seen the \
         blank line, because the line came in pieces.",
        "read(2) cuts anywhere. Keep what came before, and search it together with \
         what is new.",
    );
    client.response()?.expect_success()
}

fn any_bytes(submission: &Submission) -> Verdict {
    const NOT_TEXT: &str = "The request has bytes in it that aren't UTF-8, and your \
                            program doesn't answer it. It converts to text what \
                            needn't be text.";
    const WHY: &str = "RFC 9110, section 6.4: content is a sequence of bytes, an \
                       image for one.";
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nname=value",
    )?;
    client.waiting_means(
        "The blank line has come, and your program waits for more. It looks for the \
         blank line at the end of what it has read, and here a body comes after it.",
        "RFC 9112, section 2.1: the empty line ends the head. What follows is the \
         body, or the next request, and may come together with it.",
    );
    // A program that hasn't read the body resets the connection after its answer. 04d
    // is about that.
    client.head()?.expect_success()?;
    client.leave();
    let mut client = server.connect()?;
    client.send(
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n\xff\xfe",
    )?;
    client.closing_means(NOT_TEXT, WHY);
    client.waiting_means(NOT_TEXT, WHY);
    client.head()?.expect_success()
}

fn long_head(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let begin = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ";
    let cookie = "x".repeat(8000 - begin.len() - b"\r\n\r\n".len());
    client.send(format!("{begin}{cookie}\r\n\r\n").as_bytes())?;
    let why = "read(2): with no room left in the buffer it returns 0, as it does when \
               the client has left. RFC 9112, section 3: 8000 bytes for the first line \
               alone should be possible.";
    client.closing_means(
        "Your program gives up on a head that is larger than its buffer.",
        why,
    );
    client.waiting_means("Your program never gets to the end of a large head.", why);
    client.response()?.expect_success()
}

fn half_a_request(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let head = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r";
    for length in ["GET / HTTP/1".len(), "GET / HTTP/1.1\r\n".len(), head.len(), 0] {
        let mut client = server.connect()?;
        if length > 0 {
            client.send(&head.as_bytes()[..length])?;
        }
        client.half_close();
        client.expect_close()?;
        let received = client.received();
        if received.starts_with(b"HTTP/1.") && received.get(8..12) == Some(b" 200") {
            let meaning = if length < "GET / HTTP/1.1\r\n".len() {
                "Your program answers as if all were well, but the request never \
                 became complete. If it had been an order to delete something, your \
                 program would have taken half of the name for all of it."
            } else {
                "Your program answers a client that left before the blank line. A \
                 whole line isn't a whole request: the fields say how it's meant."
            };
            let failure = client.wrong_at(
                0,
                meaning,
                "RFC 9112, section 8: an incomplete request may be answered with an \
                 error, and must not be taken for a complete one.",
            );
            return Err(failure.should_see("no page: nothing, or an error such as 400"));
        }
    }
    server.connect()?.reset();
    server.ask(&get("/"))?.expect_success()
}
