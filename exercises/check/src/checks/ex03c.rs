//! A server goes on, whatever a client does.

use crate::{Check, Exercise, GLANCE, Knock, QUIET, Server, Subject, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "03c",
    name: "survive-anything",
    minutes: 15,
    page: "03-accept.md",
    checks: &[
        Check {
            demand: "A request is answered with status 200.",
            points: 1,
            by_hand: "curl -i http://127.0.0.1:4545/",
            run: serves,
        },
        Check {
            demand: "A client that leaves without a word does no harm: the next one is \
                     served.",
            points: 2,
            by_hand: "nc -N 127.0.0.1 4545 < /dev/null\n\
                      curl -i http://127.0.0.1:4545/",
            run: no_bytes,
        },
        Check {
            demand: "Bytes that are not UTF-8 do no harm: the next client is served.",
            points: 2,
            by_hand: "printf 'GET /\\377 HTTP/1.1\\r\\n\\r\\n' | nc -N 127.0.0.1 4545\n\
                      curl -i http://127.0.0.1:4545/",
            run: not_utf_8,
        },
        Check {
            demand: "A line that is no request does no harm: the next client is \
                     served.",
            points: 1,
            by_hand: "printf 'hello\\r\\n\\r\\n' | nc -N 127.0.0.1 4545\n\
                      curl -i http://127.0.0.1:4545/",
            run: no_request,
        },
        Check {
            demand: "A client that throws its connection away (RST) does no harm: the \
                     next one is served.",
            points: 2,
            by_hand: "python3 -c \"from socket import *; from struct import pack; \\\n\
                      c = create_connection(('127.0.0.1', 4545)); \\\n\
                      c.setsockopt(SOL_SOCKET, SO_LINGER, pack('ii', 1, 0))\"\n\
                      curl -i http://127.0.0.1:4545/",
            run: thrown_away,
        },
        Check {
            demand: "A client that asks and is gone before the answer does no harm: \
                     the next one is served.",
            points: 2,
            by_hand: "sleep 1 | nc -N 127.0.0.1 4545 &\n\
                      python3 -c \"from socket import *; from struct import pack; \\\n\
                      c = create_connection(('127.0.0.1', 4545)); \\\n\
                      c.send(b'GET / HTTP/1.1\\r\\n\\r\\n'); \\\n\
                      c.setsockopt(SOL_SOCKET, SO_LINGER, pack('ii', 1, 0))\"\n\
                      curl -i http://127.0.0.1:4545/",
            run: gone_before_the_answer,
        },
        Check {
            demand: "Twenty clients that leave without a word do no more harm than \
                     one.",
            points: 1,
            by_hand: "for n in 1 2 3 4 5 6 7 8 9 10; do nc -N 127.0.0.1 4545; done < \
                      /dev/null\n\
                      curl -i http://127.0.0.1:4545/",
            run: many,
        },
    ],
};

/// Starts the program. What it prints is shown where it happens.
fn start(subject: &Subject) -> Verdict<Server> {
    let server = subject.start()?;
    server.see_output();
    Ok(server)
}

fn serves(subject: &Subject) -> Verdict {
    subject.start()?.ask(&get("/"))?.expect_success()
}

fn no_bytes(subject: &Subject) -> Verdict {
    let mut server = start(subject)?;
    say_and_leave(&mut server, b"")?;
    next_is_served(
        &mut server,
        "What it met before: a client that said nothing. `read` returned 0, so there \
         was no first line.",
    )
}

fn not_utf_8(subject: &Subject) -> Verdict {
    let mut server = start(subject)?;
    say_and_leave(&mut server, b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    next_is_served(
        &mut server,
        "What it met before: a byte, \\xff, that stands in no text. `from_utf8` \
         returns an error.",
    )
}

fn no_request(subject: &Subject) -> Verdict {
    let mut server = start(subject)?;
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

fn thrown_away(subject: &Subject) -> Verdict {
    let mut server = start(subject)?;
    server.connect()?.reset();
    next_is_served(
        &mut server,
        "What it met before: a connection that was thrown away. `read` returns an \
         error, ConnectionReset.",
    )
}

fn gone_before_the_answer(subject: &Subject) -> Verdict {
    let mut server = start(subject)?;
    // As long as the first one says nothing, a server for one client at a time is busy
    // with it, and the second one is gone before its turn.
    let mut first = server.connect()?;
    first.listen(GLANCE);
    let mut second = server.connect()?;
    second.send(&get("/"))?;
    second.reset();
    first.send(&get("/"))?;
    first.listen(QUIET);
    next_is_served(
        &mut server,
        "What it met before: a client that asked and did not wait for the answer. \
         Writing to it returns an error.",
    )
}

fn many(subject: &Subject) -> Verdict {
    let mut server = start(subject)?;
    for _ in 0..20 {
        // Who is refused now has been told enough by the clients before.
        let Knock::LetIn(mut client) = server.knock(QUIET) else { break };
        client.half_close();
        client.listen(QUIET);
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
    client.listen(QUIET);
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
