//! So much time for each request, and no more.

use std::thread;
use std::time::{Duration, Instant};

use crate::{
    Check, Client, Exercise, Failure, Kind, Response, Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "04c",
    name: "do-not-wait-forever",
    given: 3,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: right_away },
        Check {
            points: 2,
            reproduce: "nc -d 127.0.0.1 4545 &\ncurl -i -m 2 http://127.0.0.1:4545/",
            run: next_is_served,
        },
        Check { points: 2, reproduce: "time nc -d 127.0.0.1 4545", run: is_let_go },
        Check {
            points: 2,
            reproduce: "printf 'GET / HTTP/1.1\\r\\nHos' | nc 127.0.0.1 4545",
            run: stops_in_the_middle,
        },
        Check { points: 3, reproduce: "", run: all_of_the_request },
        Check { points: 2, reproduce: "", run: slow_clients },
    ],
};

/// A program that has not answered by then has slept.
const RIGHT_AWAY: Duration = Duration::from_millis(300);
/// Who is so long before the end of its time is in time, and a little less where the
/// machine is busy.
const BEFORE: Duration = Duration::from_millis(250);
const SHORTLY: Duration = Duration::from_millis(200);
/// So long after the end of its time, it's late.
const AFTER: Duration = Duration::from_millis(500);
/// The pauses of a client that goes on sending. So short, because some programs count
/// them.
const PAUSE: Duration = Duration::from_millis(20);

const TIMEOUT: &str = "RFC 9110, section 15.5.9: 408 (Request Timeout) says that the \
                       server has not received a complete request within the time it \
                       was prepared to wait.";
const READ: &str = "socket(7): without SO_RCVTIMEO, which `set_read_timeout` sets, a \
                    read waits as long as it takes. With it, read(2) fails when the \
                    time is over, WouldBlock or TimedOut in Rust, and a loop that \
                    ignores this starts to wait again.";
const ONE_READ: &str = "socket(7): SO_RCVTIMEO is a limit for one read, and a request \
                        takes as many reads as the client likes. Note when its time \
                        will be over, and before each read set what is left.";

/// Returns when a client is late.
fn late(submission: &Submission) -> Duration {
    submission.time_for_a_request() + AFTER
}

fn right_away(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    let begun = Instant::now();
    let is_quick = client.wait(RIGHT_AWAY);
    if is_quick && begun.elapsed() > AFTER {
        return Err(client.inconclusive());
    }
    let answer = client.response()?;
    if is_quick {
        return answer.expect_success();
    }
    let failure = client.wrong(
        "All of the request was there, and the answer came only when the time was \
         over: your program sleeps first, and looks afterwards.",
        "read(2) returns as soon as something has come. Its limit, SO_RCVTIMEO of \
         socket(7), is the longest that it may wait, not the shortest.",
    );
    Err(failure.should_see("the page, without any delay"))
}

fn next_is_served(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let _silent = server.connect()?;
    let mut next = server.connect()?;
    next.send(&get("/"))?;
    let late = late(submission);
    if !next.wait(late) {
        let failure = next.wrong(
            "The first client says nothing, and your program waits for it, beyond its \
             time. The next one is ready, and waits too.",
            READ,
        );
        return Err(
            failure.should_see("the page, when that time is over at the latest")
        );
    }
    next.expect_in_time(begun, late)?;
    let head = next.head().map_err(ended)?;
    if head.status == 408 {
        return head.expect_status(
            &[200],
            "This client has sent its request right away, and hears that it was too \
             late. The clock was started for another one.",
            "The task: the time is counted from the `accept`, for each client on \
             its own.",
        );
    }
    next.rewind();
    next.response()?.expect_success()
}

/// A program may have ended because a client was too late. Then that is the cause.
fn ended(failure: Box<Failure>) -> Box<Failure> {
    if failure.kind != Kind::Crash
        || !failure.meaning.starts_with("Your program has ended")
    {
        return failure;
    }
    failure.because(
        "Your program has ended, because one client was too late. The error that \
         `read` returned has left the loop around `accept`.",
        "read(2): EAGAIN says that nothing came in time. That is the end of this \
         client's visit, and of nothing else.",
    )
}

fn is_let_go(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut silent = server.connect()?;
    let late = late(submission);
    if !silent.wait(late) {
        let failure = silent.wrong(
            "This client says nothing, and keeps its connection when its time is \
             over, even if others are served meanwhile. A few thousand like it, and \
             your program has no room left.",
            READ,
        );
        return Err(failure.should_see("the end, when its time is over"));
    }
    silent.expect_in_time(begun, late)?;
    if silent.received().is_empty() {
        return silent.expect_close().map_err(ended);
    }
    let answer = silent.response().map_err(ended)?;
    let meaning = match answer.status {
        200 => {
            "The client has asked for nothing, and your program answers as if it had."
        }
        _ => {
            "This client has said nothing, so it has said nothing wrong. A client that \
             is let go because of the time gets 408, or no word at all."
        }
    };
    answer.expect_status(&[408], meaning, TIMEOUT)?;
    is_closed(&mut silent)
}

fn stops_in_the_middle(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut client = server.connect()?;
    client.send(b"GET / HTTP/1.1\r\nHost: 127")?;
    let late = late(submission);
    if !client.wait(late) {
        return Err(no_408(
            &client,
            "A client that has begun a request gets no 408 when its time is over: \
             your program goes on waiting for the rest.",
            READ,
        ));
    }
    client.expect_in_time(begun, late)?;
    client.closing_means(
        "Your program hangs up without a word. The client has sent half its request, \
         and can't tell this from a broken line.",
        TIMEOUT,
    );
    is_408(&client.response().map_err(ended)?)?;
    is_closed(&mut client)?;
    client.leave();
    server.ask(&get("/"))?.expect_success()
}

fn no_408(client: &Client, meaning: &str, why: &str) -> Box<Failure> {
    client.wrong(meaning, why).should_see("HTTP/1.1 408, when its time is over")
}

fn is_408(answer: &Response) -> Verdict {
    let meaning = match answer.status {
        200 => {
            "Half a request is answered as if it were whole: the loop has ended, and \
             your program does not look why."
        }
        400 => {
            "There was nothing wrong with what had come; it just was not all when the \
             time was over."
        }
        _ => "The client was too slow, and the status says something else.",
    };
    answer.expect_status(&[408], meaning, TIMEOUT)
}

fn is_closed(client: &mut Client) -> Verdict {
    client.expect_close().map_err(|failure| match client.end() {
        Some(_) => failure,
        None => failure.because(
            "The client hears that it was too late, and then your program goes on \
             waiting for it.",
            "RFC 9110, section 15.5.9: after 408 the server closes the connection, \
             because it has decided not to wait any longer.",
        ),
    })
}

fn all_of_the_request(submission: &Submission) -> Verdict {
    at_the_same_time(submission, &[byte_after_byte, late_first_word])
}

/// All of them, each with a program of its own, and the first that fails.
fn at_the_same_time(
    submission: &Submission,
    runs: &[fn(&Submission) -> Verdict],
) -> Verdict {
    thread::scope(|scope| {
        let begin = |run: &fn(&Submission) -> Verdict| {
            let run = *run;
            scope.spawn(move || run(submission))
        };
        let running: Vec<_> = runs.iter().map(begin).collect();
        let ended = running.into_iter().map(|run| {
            run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        ended.collect::<Vec<_>>().into_iter().collect()
    })
}

fn byte_after_byte(submission: &Submission) -> Verdict {
    // Longer than any client may take.
    let late = late(submission);
    let bits = late.as_millis() / PAUSE.as_millis() / 11 + 1;
    let endless =
        format!("GET /{}", "bit-by-bit/".repeat(bits.try_into().unwrap_or(7)));
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut client = server.connect()?;
    let mut longest = Duration::ZERO;
    for (byte, number) in endless.bytes().zip(1..) {
        let last = Instant::now();
        client.send(&[byte])?;
        client.listen_until(begun + number * PAUSE);
        longest = longest.max(last.elapsed());
        if !client.received().is_empty() || client.end().is_some() {
            break;
        }
    }
    // It may be about to.
    if client.received().is_empty() && client.end().is_none() && !client.wait(SHORTLY) {
        let failure = no_408(
            &client,
            "This client never pauses for long, and so your program never stops \
             waiting: each byte buys it more time. It can go on like this forever.",
            ONE_READ,
        )
        .reproduce(
            "(for byte in G E T / a b c d e f; do printf $byte; sleep 0.3; done) |\n  \
             nc 127.0.0.1 4545",
        );
        return Err(failure.with_pieces_as_one(PAUSE));
    }
    // If it was cut off because of one long pause, that has proved nothing.
    if longest > AFTER {
        return Err(client.inconclusive());
    }
    client.expect_in_time(begun, late)?;
    client.closing_means(
        "Your program hangs up in the middle of a request that is slow, and gives no \
         reason.",
        TIMEOUT,
    );
    // A byte may still have been on its way; what becomes of it does not matter here.
    is_408(&client.head().map_err(ended)?)
}

/// Its time is nearly over when it begins.
fn late_first_word(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut client = server.connect()?;
    let silent = submission.time_for_a_request() - SHORTLY;
    client.listen_until(begun + silent);
    client.send(b"GET / HTTP/1.1\r\nHost: 127")?;
    if !client.wait(SHORTLY + AFTER) {
        return Err(no_408(
            &client,
            &format!(
                "This client has said nothing for {:.1} seconds, and then half a \
                 request. Your program begins to count at its first byte, or again at \
                 each one, and not at the `accept`.",
                silent.as_secs_f32()
            ),
            ONE_READ,
        )
        .reproduce(late_by_hand(silent, "")));
    }
    client.expect_in_time(begun, late(submission))
}

/// The command for a client that says its first word so late.
fn late_by_hand(silent: Duration, rest: &str) -> String {
    let silent = silent.as_secs_f32();
    format!(
        "(sleep {silent}; printf 'GET / HTTP/1.1\\r\\nHos{rest}') |\n  \
         nc 127.0.0.1 4545"
    )
}

fn slow_clients(submission: &Submission) -> Verdict {
    at_the_same_time(submission, &[in_small_pieces, in_slow_pieces, late_but_whole])
}

/// A program that looks at the clock once, when it starts, has lost a part of the time.
const AGE: Duration = Duration::from_millis(400);

fn in_small_pieces(submission: &Submission) -> Verdict {
    in_pieces(
        submission,
        PAUSE,
        AFTER,
        "This client sent its request byte by byte, in half a second, and your program \
         lost patience: it counts the pieces, and not the time.",
    )
}

fn in_slow_pieces(submission: &Submission) -> Verdict {
    in_pieces(
        submission,
        2 * PAUSE,
        submission.time_for_a_request() - SHORTLY,
        "This client sent its request byte by byte, and was done in 0.8 seconds. Its \
         time was not over when your program lost patience.",
    )
}

fn in_pieces(
    submission: &Submission,
    pause: Duration,
    by: Duration,
    meaning: &'static str,
) -> Verdict {
    let request = get("/");
    let (slowly, rest) = request.split_at("GET / HTTP/1.1\r\nHo".len());
    let mut server = submission.start()?;
    server.wait_for_age(AGE);
    let begun = Instant::now();
    let mut client = server.connect()?;
    for (byte, number) in slowly.iter().zip(1..) {
        client.send(&[*byte])?;
        client.listen_until(begun + number * pause);
    }
    let command = format!(
        "(for byte in G E T ' ' / ' ' H T T P / 1 . 1 '\\r' '\\n' H o; do\n   \
         printf \"$byte\"; sleep {}; done\n \
         printf 'st: a\\r\\n\\r\\n') |\n  nc 127.0.0.1 4545",
        pause.as_secs_f32()
    );
    in_time(&mut client, rest, by, meaning)
        .map_err(|failure| failure.reproduce(command).with_pieces_as_one(pause))
}

fn late_but_whole(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    server.wait_for_age(AGE);
    let begun = Instant::now();
    let mut client = server.connect()?;
    let time = submission.time_for_a_request();
    client.listen_until(begun + time - BEFORE);
    let meaning = "This client was silent for most of its time, and then sent all of \
                   its request. Its time was not over when your program lost patience.";
    in_time(&mut client, &get("/"), time - SHORTLY, meaning).map_err(|failure| {
        failure.reproduce(late_by_hand(time - SHORTLY, "t: a\\r\\n\\r\\n"))
    })
}

/// The rest of a request that comes in time must be answered.
fn in_time(
    client: &mut Client,
    rest: &[u8],
    by: Duration,
    meaning: &'static str,
) -> Verdict {
    let why =
        "The task: so much time for each request, whatever the client does in it.";
    client.closing_means(meaning, why);
    let answer = client.send(rest).and_then(|()| client.read_response("GET"));
    let verdict = match answer {
        Ok(answer) => answer.expect_status(&[200], meaning, why),
        Err(failure) => Err(ended(failure)),
    };
    // A client that was late has not been wronged.
    verdict.map_err(|failure| match failure.kind {
        Kind::Crash => failure,
        _ => failure.should_see("HTTP/1.1 200").if_sent_within(by),
    })
}
