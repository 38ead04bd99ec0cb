//! An address that can't be had.

use std::net::{SocketAddr, TcpListener};

use super::ex01a::{ends_at, has_its_address};
use crate::{Check, Ended, Exercise, Failure, Submission, Verdict};

pub const EXERCISE: Exercise = Exercise {
    id: "01b",
    name: "address-taken",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: at_a_free_address },
        Check { points: 2, reproduce: TAKEN_BY_HAND, run: ends_with_status_1 },
        Check { points: 1, reproduce: TAKEN_BY_HAND, run: says_one_line },
        Check { points: 1, reproduce: TAKEN_BY_HAND, run: names_the_address },
        Check { points: 1, reproduce: TAKEN_BY_HAND, run: says_why },
    ],
};

const TAKEN_BY_HAND: &str = "{command}; echo $?";

/// TEST-NET-1 of RFC 5737: no machine's address, and so not this one's.
const FOREIGN: &str = "192.0.2.1:4545";

fn at_a_free_address(submission: &Submission) -> Verdict {
    has_its_address(&mut submission.start()?)?;
    ends_at(submission, "", |_| {})
}

/// Runs the program at an address that another program has.
fn at_a_taken_address(submission: &Submission) -> Verdict<(SocketAddr, Ended)> {
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port of this machine");
    let taken = holder.local_addr().expect("it is bound");
    let ended = submission.run_at(&taken.to_string(), &[])?;
    drop(holder);
    Ok((taken, ended))
}

/// Checks what it does at a taken address and at another machine's.
fn at_each(
    submission: &Submission,
    check: fn(SocketAddr, &Ended) -> Verdict,
) -> Verdict {
    let (taken, ended) = at_a_taken_address(submission)?;
    ended.expect_no_panic()?;
    check(taken, &ended)?;
    let Some(foreign) = foreign() else { return Ok(()) };
    let by_hand = |failure: Box<Failure>| {
        failure.reproduce(format!("{{program}} {FOREIGN}; echo $?"))
    };
    let ended = submission.run_at(FOREIGN, &[]).map_err(by_hand)?;
    ended.expect_no_panic().and_then(|()| check(foreign, &ended)).map_err(by_hand)
}

/// Unless a system lets its programs have any address.
fn foreign() -> Option<SocketAddr> {
    TcpListener::bind(FOREIGN).is_err().then(|| FOREIGN.parse().ok()).flatten()
}

fn ends_with_status_1(submission: &Submission) -> Verdict {
    at_each(submission, |_, ended| match ended.code {
        Some(1) => Ok(()),
        Some(0) => Err(ended
            .wrong(
                "Your program ends with exit status 0. Whatever started it believes \
                 that all is well.",
                "exit(3): 0 means success, and any other status means failure. Scripts \
                 look at nothing else.",
            )
            .should_see("1 in the last line")),
        _ => Err(ended
            .wrong(
                "Your program ends with an exit status other than 1.",
                "The task: exit status 1, `ExitCode::FAILURE`.",
            )
            .should_see("1 in the last line")),
    })
}

fn says_one_line(submission: &Submission) -> Verdict {
    const WHY: &str = "stdin(3): standard error is for complaints. People see it even \
                       where standard output goes to a file or to another program.";
    at_each(submission, |_, ended| {
        let meaning = match (ended.stdout.as_str(), ended.stderr.lines().count()) {
            ("", 1) => return Ok(()),
            ("", 0) => "Your program ends without a word, and its user has to guess.",
            ("", _) => {
                "Your program needs several lines to say it. In a server's log, each \
                 line is an entry of its own. (`{error:#}` of anyhow puts all its \
                 reasons into one.)"
            }
            (_, 0) => {
                "Your program complains on standard output, where results belong."
            }
            (_, _) => {
                "Your program prints something on standard output as well. When it \
                 can't do its work, it has no result to print there."
            }
        };
        Err(ended.wrong(meaning, WHY))
    })
}

fn names_the_address(submission: &Submission) -> Verdict {
    at_each(submission, |address, ended| {
        let (ip, port) = (address.ip().to_string(), address.port().to_string());
        let meaning = match (ended.stderr.contains(&ip), ended.stderr.contains(&port)) {
            (true, true) => return Ok(()),
            (true, false) => "The IP address is in the line, but not this port.",
            (false, true) => "The port is in the line, but not this IP address.",
            (false, false) => {
                "The line says that something is wrong, and not with which address. \
                 Its user may not even know that there's a default."
            }
        };
        Err(ended.wrong(
            meaning,
            "bind(2): EADDRINUSE says only \"Address already in use\". Your program \
             knows which one.",
        ))
    })
}

fn says_why(submission: &Submission) -> Verdict {
    let (taken, here) = at_a_taken_address(submission)?;
    here.expect_no_panic()?;
    // As Rust and Python write such an error down, whole or only its kind.
    let parts = ["kind: ", "AddrInUse", "OSError("];
    if parts.iter().any(|part| here.stderr.contains(part)) {
        return Err(here.wrong(
            "The line shows the error as `{:?}` does, in the words of the program's \
             source. Its user needs a sentence.",
            "std::fmt::Debug is for programmers, std::fmt::Display for users. `{}` of \
             an `io::Error` is what strerror(3) says, \"Address already in use\".",
        ));
    }
    let Some(foreign) = foreign() else { return Ok(()) };
    let there = submission.run_at(FOREIGN, &[])?;
    let (here, elsewhere) = (reason(&here, taken), reason(&there, foreign));
    if words(&here) != words(&elsewhere) {
        return Ok(());
    }
    let meaning = if here == elsewhere {
        "No program has this address: it belongs to another machine. Yours says the \
         same as for an address that is taken."
    } else {
        "The line gives the reason as a number, which its user would have to look up."
    };
    Err(there
        .wrong(
            meaning,
            "bind(2): EADDRINUSE and EADDRNOTAVAIL are two errors, and strerror(3) has \
             words for each. So has `{}` of an `io::Error`.",
        )
        .reproduce(format!("{{program}} {FOREIGN}")))
}

/// What the line says, apart from the address.
fn reason(ended: &Ended, address: SocketAddr) -> String {
    ended
        .stderr
        .replace(&address.ip().to_string(), "")
        .replace(&address.port().to_string(), "")
}

fn words(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphabetic()).collect()
}
