//! A server goes on, whatever a client does.

use crate::{
    Check, ConnectOutcome, Exercise, RESPONSE_TIMEOUT, SILENCE_WINDOW, Server,
    Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "03c",
    name: "survive-anything",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "curl -i http://127.0.0.1:4545/", run: serves },
        Check {
            points: 2,
            reproduce: "nc -N 127.0.0.1 4545 < /dev/null\n\
                      curl -i http://127.0.0.1:4545/",
            run: no_bytes,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET /\\377 HTTP/1.1\\r\\n\\r\\n' | nc -N 127.0.0.1 4545\n\
                      curl -i http://127.0.0.1:4545/",
            run: not_utf_8,
        },
        Check {
            points: 1,
            reproduce: "printf 'hello\\r\\n\\r\\n' | nc -N 127.0.0.1 4545\n\
                      curl -i http://127.0.0.1:4545/",
            run: no_request,
        },
        Check {
            points: 2,
            reproduce: "python3 -c \"from socket import *; from struct import pack; \\\n\
                      c = create_connection(('127.0.0.1', 4545)); \\\n\
                      c.setsockopt(SOL_SOCKET, SO_LINGER, pack('ii', 1, 0))\"\n\
                      curl -i http://127.0.0.1:4545/",
            run: thrown_away,
        },
        Check {
            points: 2,
            reproduce: "sleep 1 | nc -N 127.0.0.1 4545 &\n\
                      python3 -c \"from socket import *; from struct import pack; \\\n\
                      c = create_connection(('127.0.0.1', 4545)); \\\n\
                      c.send(b'GET / HTTP/1.1\\r\\n\\r\\n'); \\\n\
                      c.setsockopt(SOL_SOCKET, SO_LINGER, pack('ii', 1, 0))\"\n\
                      curl -i http://127.0.0.1:4545/",
            run: gone_before_the_answer,
        },
        Check {
            points: 1,
            reproduce: "for n in 1 2 3 4 5 6 7 8 9 10; do nc -N 127.0.0.1 4545; done < \
                      /dev/null\n\
                      curl -i http://127.0.0.1:4545/",
            run: many,
        },
    ],
};

/// Starts the program. What it prints is shown where it happens.
fn start(submission: &Submission) -> Verdict<Server> {
    let server = submission.start()?;
    server.see_output();
    Ok(server)
}

fn serves(submission: &Submission) -> Verdict {
    submission.start()?.ask(&get("/"))?.expect_success()
}

fn no_bytes(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    say_and_leave(&mut server, b"")?;
    next_is_served(
        &mut server,
        "What it met before: a client that said nothing. `read` returned 0, so there \
         was no first line.",
    )
}

fn not_utf_8(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    say_and_leave(&mut server, b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    next_is_served(
        &mut server,
        "What it met before: a byte, \\xff, that stands in no text. `from_utf8` \
         returns an error.",
    )
}

fn no_request(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    say_and_leave(&mut server, b"hello\r\n\r\n")?;
    next_is_served(
        &mut server,
        "What it met before: a line of one word. There is no second one.",
    )?;
    say_and_leave(&mut server, b"\r\n\r\n")?;
    next_is_served(
        &mut server,
        "What it met before: an empty line, in which there is no word.",
    )
}

fn thrown_away(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    server.connect()?.reset();
    next_is_served(
        &mut server,
        "What it met before: a connection that was thrown away. `read` returns an \
         error, ConnectionReset.",
    )
}

fn gone_before_the_answer(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    // As long as the first one says nothing, a server for one client at a time is busy
    // with it, and the second one is gone before its turn.
    let mut first = server.connect()?;
    first.listen(SILENCE_WINDOW);
    let mut second = server.connect()?;
    second.send(&get("/"))?;
    second.reset();
    first.send(&get("/"))?;
    first.listen(RESPONSE_TIMEOUT);
    next_is_served(
        &mut server,
        "What it met before: a client that asked and did not wait for the answer. \
         Writing to it returns an error.",
    )
}

fn many(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    for _ in 0..20 {
        // Who is refused now has been told enough by the clients before.
        let ConnectOutcome::Connected(mut client) =
            server.try_connect(RESPONSE_TIMEOUT)
        else {
            break;
        };
        client.half_close();
        client.listen(RESPONSE_TIMEOUT);
        server.see_output();
        // Who keeps one for so long is not made to keep twenty.
        if client.end().is_none() {
            break;
        }
    }
    next_is_served(
        &mut server,
        "What it met before: several clients in a row that said nothing. One did no \
         harm.",
    )
}

/// A client says this, and that it will say no more, and waits for what comes of it.
fn say_and_leave(server: &mut Server, bytes: &[u8]) -> Verdict {
    let mut client = server.connect()?;
    if !bytes.is_empty() {
        client.send(bytes)?;
    }
    client.half_close();
    client.listen(RESPONSE_TIMEOUT);
    server.see_output();
    Ok(())
}

/// The next client gets its page; `before` says what may be the reason if not.
fn next_is_served(server: &mut Server, before: &str) -> Verdict {
    let has_ended = server.has_ended();
    server.see_output();
    let served = if has_ended {
        server.survives()
    } else {
        server.ask(&get("/")).and_then(|answer| answer.expect_success())
    };
    served.map_err(|failure| {
        let (meaning, why) =
            (format!("{} {before}", failure.meaning), failure.why.clone());
        failure.because(meaning, why)
    })
}
