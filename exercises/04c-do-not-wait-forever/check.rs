//! One second for each request.

use std::time::{Duration, Instant};

use crate::{
    Check, Client, Exercise, Failure, Response, Server, Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "04c",
    name: "do-not-wait-forever",
    given: 3,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "# the page should come at once, not after a second\n\
                      curl -i http://127.0.0.1:4545/",
            run: at_once,
        },
        Check {
            points: 2,
            reproduce: "# the page should come after a second, or sooner\n\
                      nc -d 127.0.0.1 4545 &\ncurl -i -m 2 http://127.0.0.1:4545/",
            run: holds_nobody_up,
        },
        Check {
            points: 2,
            reproduce: "# it should end after a second, with a 408 or without a word\n\
                      time nc -d 127.0.0.1 4545",
            run: is_let_go,
        },
        Check {
            points: 2,
            reproduce: "# the 408 should come after a second\n\
                      printf 'GET / HTTP/1.1\\r\\nHos' | nc 127.0.0.1 4545",
            run: stops_in_the_middle,
        },
        Check {
            points: 3,
            reproduce: "# the 408 should come after a second, not after four\n\
                      (for byte in G E T / a b c d e f; do printf $byte; sleep 0.3; \
                      done) |\n  nc 127.0.0.1 4545",
            run: byte_after_byte,
        },
        Check {
            points: 2,
            reproduce: "(printf 'GET / HTTP/1.1\\r\\n'; sleep 0.5; printf 'Host: \
                      a\\r\\n\\r\\n') |\n  nc 127.0.0.1 4545",
            run: half_a_second,
        },
    ],
};

const SECOND: Duration = Duration::from_secs(1);
/// Whoever has not answered by then has slept.
const AT_ONCE: Duration = Duration::from_millis(300);
/// Half a second; what the client does behind it takes time too.
const NEARLY_HALF: Duration = Duration::from_millis(400);
/// The second, and half as much again.
const LATE: Duration = Duration::from_millis(1500);
/// The pauses of a client that goes on sending. So short, because some programs count
/// them.
const PAUSE: Duration = Duration::from_millis(20);

const TIMEOUT: &str = "RFC 9110, section 15.5.9: 408 (Request Timeout) says that the \
                       server has not received a complete request within the time it \
                       was prepared to wait.";
const READ: &str = "socket(7): without SO_RCVTIMEO, which `set_read_timeout` sets, a \
                    read waits as long as it takes. With it, read(2) fails when the \
                    time is over, WouldBlock or TimedOut in Rust, and a loop that \
                    ignores this waits anew.";

fn at_once(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    let begun = Instant::now();
    let is_quick = client.wait(AT_ONCE);
    if is_quick && begun.elapsed() > SECOND / 2 {
        return Err(client.inconclusive());
    }
    let answer = client.response()?;
    if is_quick {
        return answer.expect_success();
    }
    Err(client.wrong(
        "The request was there at once, and the answer came only when the time was \
         over: your program sleeps first, and looks afterwards.",
        "read(2) returns as soon as something has come. Its limit, SO_RCVTIMEO of \
         socket(7), is the longest that it may wait, not the shortest.",
    ))
}

fn holds_nobody_up(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let silent = server.connect()?;
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    if !next.wait(LATE) {
        return Err(next.wrong(
            "The first client says nothing, and your program waits for it, beyond its \
             second. The next one is ready, and waits too.",
            READ,
        ));
    }
    let head = next.head();
    let head = still_there(&mut server, head)?;
    if head.status == 408 {
        return head.expect_status(
            &[200],
            "This client has sent its request at once, and is told that it was too \
             late. The clock was started for somebody else.",
            "The task: the second is counted from the `accept`, for each client on \
             its own.",
        );
    }
    next.rewind();
    let answer = next.response();
    drop(silent);
    answer?.expect_success()
}

/// As [`Client::response`], for a program that may have ended because a client was too
/// late.
fn still_there<T>(server: &mut Server, verdict: Verdict<T>) -> Verdict<T> {
    verdict.map_err(|failure| match server.survives() {
        Err(crash) if crash.meaning.starts_with("Your program has ended") => because(
            crash,
            "Your program has ended, because one client was too late. The error that \
             `read` returned has left the loop around `accept`.",
            "read(2): EAGAIN says that nothing came in time. That is the end of this \
             client's visit, and of nothing else.",
        ),
        Err(crash) => crash,
        Ok(()) => failure,
    })
}

fn because(mut failure: Box<Failure>, meaning: &str, why: &str) -> Box<Failure> {
    (failure.meaning, failure.why) = (meaning.into(), why.into());
    failure
}

fn is_let_go(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut silent = server.connect()?;
    if !silent.wait(LATE) {
        return Err(silent.wrong(
            "This client says nothing, and is not let go when its second is over, even \
             if others are served meanwhile. A few thousand of its kind, and your \
             program has no room left.",
            READ,
        ));
    }
    if silent.received().is_empty() {
        let closed = silent.expect_close();
        return still_there(&mut server, closed);
    }
    let answer = silent.response();
    let answer = still_there(&mut server, answer)?;
    let meaning = match answer.status {
        200 => {
            "Nobody has asked for anything, and your program answers as if somebody \
             had."
        }
        _ => {
            "This client has said nothing, so it has said nothing wrong. Who is let go \
             because of the time gets 408, or no word at all."
        }
    };
    answer.expect_status(&[408], meaning, TIMEOUT)?;
    is_closed(&mut silent)
}

fn stops_in_the_middle(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(b"GET / HTTP/1.1\r\nHost: 127")?;
    if !client.wait(LATE) {
        return Err(client.wrong(
            "A client that has begun a request gets no 408 when its second is over: \
             your program goes on waiting for the rest.",
            READ,
        ));
    }
    client.closing_means(
        "Your program hangs up without a word. The client, whose request is half \
         sent, cannot tell this from a broken line.",
        TIMEOUT,
    );
    let answer = client.response();
    is_408(&still_there(&mut server, answer)?)?;
    is_closed(&mut client)?;
    server.ask(&get("/"))?.expect_success()
}

fn is_408(answer: &Response) -> Verdict {
    let meaning = match answer.status {
        200 => {
            "Half a request is answered as if it were whole: the loop has ended, and \
             nobody has asked why."
        }
        400 => {
            "There was nothing wrong with what had come; it only was not all, when \
             the time was over."
        }
        _ => "The client was too slow, and the status says something else.",
    };
    answer.expect_status(&[408], meaning, TIMEOUT)
}

fn is_closed(client: &mut Client) -> Verdict {
    client.expect_close().map_err(|failure| match client.end() {
        Some(_) => failure,
        None => because(
            failure,
            "The client is told that it was too late, and then your program goes on \
             waiting for it.",
            "RFC 9110, section 15.5.9: after 408 the server closes the connection, \
             for it has decided not to wait any longer.",
        ),
    })
}

fn byte_after_byte(submission: &Submission) -> Verdict {
    // With all its pauses, it takes longer than anybody may.
    let endless = format!("GET /{}", "bit-by-bit/".repeat(6));
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let mut longest = Duration::ZERO;
    for byte in endless.bytes() {
        let begun = Instant::now();
        client.send(&[byte])?;
        client.listen(PAUSE);
        longest = longest.max(begun.elapsed());
        if !client.received().is_empty() || client.end().is_some() {
            break;
        }
    }
    if client.received().is_empty() && client.end().is_none() {
        return Err(client.wrong(
            "This client never pauses for long, and so your program never stops \
             waiting: each byte buys it another second. It may go on like this for \
             ever.",
            "socket(7): SO_RCVTIMEO is a limit for one read, and a request takes as \
             many reads as the client likes. Note when the second will be over, and \
             before each read set what is left.",
        ));
    }
    // Who was cut off because of one long pause has proved nothing.
    if longest > SECOND / 2 {
        return Err(client.inconclusive());
    }
    client.closing_means(
        "Your program hangs up in the middle of a request that is slow, and gives no \
         reason.",
        TIMEOUT,
    );
    // A byte may still have been on its way; what becomes of it does not matter here.
    let head = client.head();
    is_408(&still_there(&mut server, head)?)
}

fn half_a_second(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    server.wait_for_age(SECOND);
    let mut client = server.connect()?;
    let verdict = slowly(&mut client);
    // Before its second was over, the client was wronged; later, nobody knows.
    still_there(&mut server, verdict)
        .map_err(|failure| failure.if_sent_within(SECOND * 4 / 5))
}

/// A request that takes half a second.
fn slowly(client: &mut Client) -> Verdict {
    let meaning = "This client was slow, but not too slow: its second was not over \
                   when your program lost patience.";
    let why = "The task: one second for each request.";
    client.send(b"GET / HTTP/1.1\r\n")?;
    client.listen(NEARLY_HALF);
    client.send(b"Host: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    client.closing_means(meaning, why);
    client.response()?.expect_status(&[200], meaning, why)
}
