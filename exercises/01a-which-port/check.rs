//! Port 0 becomes another one.

use std::net::{SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Check, Exercise, Failure, Server, Submission, Verdict};

pub const EXERCISE: Exercise = Exercise {
    id: "01a",
    name: "which-port",
    given: 0,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 2, reproduce: "{program} 127.0.0.1:0", run: says_which },
        Check {
            points: 2,
            reproduce: "cargo run -p step01 -- 127.0.0.1:4545",
            run: keeps_it,
        },
        Check { points: 1, reproduce: "{program} 127.0.0.1:4546", run: takes_a_port },
        Check {
            points: 1,
            reproduce: "{program} 127.0.0.2:0",
            run: takes_an_ip_address,
        },
        Check { points: 1, reproduce: "{program} 127.0.0.1:0", run: ends_with_enter },
    ],
};

fn says_which(submission: &Submission) -> Verdict {
    submission.start().map(drop)
}

fn keeps_it(submission: &Submission) -> Verdict {
    // Twice: what the program has let go, somebody else may have got by chance.
    has_its_address(&mut submission.start()?)?;
    has_its_address(&mut submission.start()?)
}

fn has_its_address(server: &mut Server) -> Verdict {
    // First of all: what ends in a moment has its address still.
    server.expect_running(
        "Your program says which address it has, and ends. An address belongs to a \
         program that runs: now anybody can have it.",
        "_exit(2): when a program ends, the system closes all it has open, its sockets \
         too. The task: it waits until somebody presses Enter.",
    )?;
    if server.has_its_address() {
        return Ok(());
    }
    let address = server.address();
    let offset = server.printed().find(&address.to_string()).unwrap_or(0);
    if let Some(other) = server.listens_at().first() {
        return Err(server.wrong_in_output(
            offset,
            format!(
                "Your program has {other}, and says {address}. If it binds twice, port \
                 0 becomes another one each time."
            ),
            "ip(7): at each bind with port 0 the system chooses anew. Ask the socket \
             that you keep, with `local_addr`.",
        ));
    }
    Err(server.wrong_in_output(
        offset,
        "Nobody has this address. Your program had it for a moment: then the socket \
         was dropped, and with the socket goes its address.",
        "close(2): a socket without an owner is closed, and its address is free for \
         others. In `bind(…)?.local_addr()` nobody keeps the socket; `let _ =` does \
         not either.",
    ))
}

fn takes_a_port(submission: &Submission) -> Verdict {
    // What is free cannot be told beforehand; so there is a second chance, and a third.
    let take = || submission.start_at(&address_of_nobody().to_string(), &[]).map(drop);
    take().or_else(|_| take()).or_else(|_| take())
}

/// One that no system gives to whoever asks for any, and another one at each call.
fn address_of_nobody() -> SocketAddr {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let number = CALLS.fetch_add(1, Ordering::Relaxed);
    let number = process::id().wrapping_mul(613).wrapping_add(number) % 12_000;
    SocketAddr::from(([127, 0, 0, 1], 20_000 + u16::try_from(number).unwrap_or(0)))
}

fn takes_an_ip_address(submission: &Submission) -> Verdict {
    if TcpListener::bind("127.0.0.2:0").is_err() {
        return Ok(());
    }
    submission.start_at("127.0.0.2:0", &[]).map(drop)
}

fn ends_with_enter(submission: &Submission) -> Verdict {
    let ended = submission
        .start()?
        .typed(Some(""))
        .map_err(|failure| goes_on(submission, failure))?;
    if ended.code == Some(0) {
        return Ok(());
    }
    Err(ended.wrong(
        "All went well, and your program ends as if something had failed.",
        "exit(3): 0 is success, anything else is failure.",
    ))
}

/// Enter does not end it. Does anything that is typed?
fn goes_on(submission: &Submission, failure: Box<Failure>) -> Box<Failure> {
    let at_the_end = submission.start().and_then(|server| server.typed(None));
    if at_the_end.is_ok() {
        return failure.because(
            "Your program goes on after Enter, and ends only when its input does \
             (Ctrl-D): it waits for more than one line.",
            "read(2): Enter ends a line, and 0 says that the input has ended. \
             `read_line` returns at the first of both, `read_to_string` at the second.",
        );
    }
    failure.because(
        "Your program goes on after Enter, and even when its input has ended (Ctrl-D): \
         it does not read its input, or does not mind what comes.",
        "read(2): a line, or 0 for the end of input, wakes whoever reads there.",
    )
}
