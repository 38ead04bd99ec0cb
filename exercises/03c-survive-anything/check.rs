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
        Check { points: 2, reproduce: "", run: not_utf_8 },
        Check { points: 1, reproduce: "", run: no_request },
        Check {
            points: 2,
            reproduce: "python3 -c \"from socket import *; \\\n\
                      from struct import pack; \\\n\
                      c = create_connection(('127.0.0.1', 4545)); \\\n\
                      c.setsockopt(SOL_SOCKET, SO_LINGER, pack('ii', 1, 0))\"\n\
                      curl -i http://127.0.0.1:4545/",
            run: resets,
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
            reproduce: "for n in $(seq 30); do nc -N 127.0.0.1 4545; done < /dev/null\n\
                      curl -i http://127.0.0.1:4545/",
            run: many,
        },
    ],
};

/// Starts the program. What it prints from now on is shown when it has ended.
fn start(submission: &Submission) -> Verdict<Server> {
    let server = submission.start()?;
    server.see_output();
    Ok(server)
}

fn serves(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    server.ask(&get("/this/page"))?.expect_success()?;
    let printed =
        server.wait_for_output(|text| text.contains("/this/page").then_some(()));
    printed.map_err(|_| {
        server.wrong(
            "The client gets its page, but your program doesn't print what it asked \
             for, /this/page, as it did before you began. (Or it keeps back what it \
             prints.)",
            "The task: it prints what each client asks for, on standard output.",
        )
    })
}

fn no_bytes(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    say_and_leave(&mut server, b"")?;
    next_is_served(
        &mut server,
        "Before that, a client left without a word: `read` returned 0, so there was no \
         first line.",
    )
}

fn not_utf_8(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let requests: [&[u8]; 4] = [
        b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \xe9\r\n\r\n\x80",
        b"\xffGET \x00\xc3",
        // What a browser sends that wants HTTPS.
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 \x20\x7f\x9c",
    ];
    for request in requests {
        say_and_leave(&mut server, request)?;
        after(
            &mut server,
            request,
            "Before that, a client sent a byte that isn't part of any text: \
             `from_utf8` returns an error, and `from_utf8_lossy` replaces the byte by \
             a character of three bytes.",
        )?;
    }
    Ok(())
}

fn no_request(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    for (line, before) in [
        ("hello\r\n\r\n", "Before that, a client sent a line of one word."),
        ("\r\n\r\n", "Before that, a client sent an empty line, without any word."),
        ("GET \r\n\r\n", "Before that, a client sent a line without a second word."),
        (" \r\n", "Before that, a client sent a line with nothing but a space in it."),
        ("a b", "Before that, a client sent a line of two letters, without its end."),
        ("éü / HTTP\r\n", "Before that, a client sent letters of two bytes each."),
    ] {
        say_and_leave(&mut server, line.as_bytes())?;
        after(&mut server, line.as_bytes(), before)?;
    }
    let long = "x".repeat(10_000);
    say_and_leave(&mut server, long.as_bytes())?;
    next_is_served(
        &mut server,
        "Before that, a client sent a word of 10,000 letters, and no line end.",
    )
}

fn resets(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    server.connect()?.reset();
    next_is_served(
        &mut server,
        "Before that, a client reset its connection: `read` returns an error, \
         ConnectionReset.",
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
    let before = "Before that, a client asked and didn't wait for the answer: writing \
                  to it returns an error.";
    next_is_served(&mut server, before)?;
    let mut third = server.connect()?;
    third.send(b"GET /")?;
    third.reset();
    next_is_served(&mut server, before)
}

fn many(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    for _ in 0..30 {
        // If the server refuses one now, those before have told enough.
        let ConnectOutcome::Connected(mut client) =
            server.try_connect(RESPONSE_TIMEOUT)
        else {
            break;
        };
        client.half_close();
        client.listen(RESPONSE_TIMEOUT);
        // A server that keeps one for that long needn't keep thirty.
        if client.end().is_none() {
            break;
        }
    }
    next_is_served(
        &mut server,
        "Before that, several clients in a row left without a word. One did no harm.",
    )
}

/// A client sends this, says that it will send no more, and waits for what comes of it.
fn say_and_leave(server: &mut Server, bytes: &[u8]) -> Verdict {
    let mut client = server.connect()?;
    if !bytes.is_empty() {
        client.send(bytes)?;
    }
    client.half_close();
    client.listen(RESPONSE_TIMEOUT);
    Ok(())
}

/// As [`next_is_served`], after a client that has sent these bytes.
fn after(server: &mut Server, bytes: &[u8], before: &str) -> Verdict {
    next_is_served(server, before).map_err(|failure| {
        let first = crate::reproduce(bytes)
            .replace("nc 127", "nc -N 127")
            .replace("' | nc", "' |\n  nc");
        failure.reproduce(format!("{first}\ncurl -i http://127.0.0.1:4545/"))
    })
}

/// Checks that the next client gets its page; `before` says what may be the reason if
/// not.
fn next_is_served(server: &mut Server, before: &str) -> Verdict {
    let served = if server.has_ended() {
        server.see_output();
        server.survives()
    } else {
        server.ask(&get("/")).and_then(|answer| answer.expect_success())
    };
    served.map_err(|failure| {
        let (meaning, why) =
            (format!("{} {before}", failure.meaning), failure.why.clone());
        failure.because(meaning, why).should_see("a page from the second command")
    })
}
