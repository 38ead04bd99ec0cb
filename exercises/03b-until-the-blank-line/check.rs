//! A request comes in pieces.

use crate::{
    Check, Client, Exercise, SILENCE_WINDOW, Server, Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "03b",
    name: "until-the-blank-line",
    given: 2,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/",
            run: one_piece,
        },
        Check {
            points: 2,
            reproduce: "# the page should come after a second, not at once\n\
                      (printf 'GET / HTTP/1'; sleep 1; printf '.1\\r\\nHost: \
                      a\\r\\n\\r\\n') |\n\
                      \x20 nc 127.0.0.1 4545",
            run: two_pieces,
        },
        Check {
            points: 2,
            reproduce: "# the page should come after four seconds, not before\n\
                      (printf G; sleep 1; printf 'ET / HTTP/1'; sleep 1; printf \
                      '.1\\r\\n'; sleep 1\n\
                      \x20printf 'Host: a\\r\\n\\r'; sleep 1; printf '\\n') | nc \
                      127.0.0.1 4545",
            run: many_pieces,
        },
        Check {
            points: 1,
            reproduce: "curl -i -d name=value http://127.0.0.1:4545/",
            run: with_a_body,
        },
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

const ONLY_BYTES: &str = "tcp(7): TCP carries a stream of bytes and knows nothing of \
                          requests; read(2) returns what has come. RFC 9112, section \
                          2.1: a head ends with an empty line.";

fn one_piece(submission: &Submission) -> Verdict {
    submission.start()?.ask(&get("/"))?.expect_success()
}

fn two_pieces(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(b"GET / HTTP/1")?;
    let silent = expect_nothing_yet(
        &mut client,
        "Your program answers half a request: one `read` returns what has come so far, \
         and that need not be all of it.",
    );
    silent?;
    answers_after(&mut client, b".1\r\nHost: 127.0.0.1\r\n\r\n")
}

fn many_pieces(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let too_early = "Your program answers before the blank line is complete. How many \
                     pieces there are is decided on the way: only the blank line says \
                     that the head has ended.";
    let first_line: [&[u8]; 3] = [b"G", b"ET / HTTP/1", b".1\r\n"];
    let mut silent = Ok(());
    for piece in first_line {
        silent?;
        client.send(piece)?;
        silent = expect_nothing_yet(&mut client, too_early);
    }
    // It answers behind the first line. Is it the line, or the third piece?
    if !client.received().is_empty() && answers_a_first_line(&mut server)? {
        return silent.map_err(|failure| {
            failure.because(STOPS_AT_THE_FIRST_LINE, ONLY_BYTES).reproduce(
                "# the page should come after a second, not at once\n\
                 (printf 'GET / HTTP/1.1\\r\\n'; sleep 1; printf 'Host: \
                 a\\r\\n\\r\\n') |\n\
                 \x20 nc 127.0.0.1 4545",
            )
        });
    }
    silent?;
    client.send(b"Host: 127.0.0.1\r\n\r")?;
    let silent = expect_nothing_yet(&mut client, too_early);
    silent?;
    answers_after(&mut client, b"\n")
}

const STOPS_AT_THE_FIRST_LINE: &str = "Your program answers as soon as the first line \
                                       has ended. But `\\r\\n` ends every line of a \
                                       head: the fields are still to come, and an \
                                       empty line behind them.";

/// The request is not complete: nothing comes, and the connection stays open.
fn expect_nothing_yet(client: &mut Client, too_early: &str) -> Verdict {
    client.listen(SILENCE_WINDOW);
    if !client.received().is_empty() {
        return Err(client.wrong_at(0, too_early, ONLY_BYTES));
    }
    if client.end().is_some() {
        return Err(client.wrong(
            "Your program hangs up in the middle of the request, without an answer. \
             What one `read` returns need not be all: the rest is still to come, and \
             has to be waited for.",
            ONLY_BYTES,
        ));
    }
    Ok(())
}

/// It does so even where that line comes alone, in one piece.
fn answers_a_first_line(server: &mut Server) -> Verdict<bool> {
    let mut client = server.connect()?;
    client.send(b"GET / HTTP/1.1\r\n")?;
    client.listen(SILENCE_WINDOW);
    Ok(!client.received().is_empty())
}

/// The last piece makes the request complete, and an answer comes.
fn answers_after(client: &mut Client, last: &[u8]) -> Verdict {
    client.send(last)?;
    client.waiting_means(
        "The request is complete, and your program waits for more: it has not seen the \
         blank line, because the line came in two pieces.",
        "read(2) cuts anywhere. What has come before has to be kept, and searched \
         together with what is new.",
    );
    client.response()?.expect_success()
}

fn with_a_body(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nname=value",
    )?;
    client.waiting_means(
        "The blank line has come, and your program waits for more. It looks for the \
         blank line at the end of what it has read; here a body stands behind it.",
        "RFC 9112, section 2.1: the empty line ends the head. What follows is the \
         body, or the next request, and may come together with it.",
    );
    // Whoever has not read the body has the connection thrown away behind the answer.
    // That is what 04d is about.
    client.head()?.expect_success()
}

fn long_head(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let cookie = "x".repeat(7900);
    let head = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n");
    client.send(head.as_bytes())?;
    let why = "read(2): with no room left in the buffer it returns 0, which looks as \
               if the client had left. RFC 9112, section 3: 8000 bytes for the first \
               line alone should be possible.";
    client.closing_means(
        "Your program gives up on a head that is larger than its buffer.",
        why,
    );
    client.waiting_means("Your program never gets to the end of a large head.", why);
    client.response()?.expect_success()
}

fn half_a_request(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(b"GET / HTTP/1")?;
    client.half_close();
    client.expect_close()?;
    if client.received().starts_with(b"HTTP/1.1 200") {
        return Err(client.wrong_at(
            0,
            "Your program answers as if all were well, but the request never became \
             complete. Had it been an order to delete something, half of its name \
             would have been taken for the whole.",
            "RFC 9112, section 8: an incomplete request may be answered with an error, \
             and must not be taken for a complete one.",
        ));
    }
    server.ask(&get("/"))?.expect_success()
}
