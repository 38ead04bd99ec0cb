//! Port 0 becomes a real port.

use std::net::{SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::patience;
use crate::{Check, Exercise, Failure, Kind, Server, Submission, Verdict};

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
        Check { points: 1, reproduce: "", run: ends_at_a_line },
    ],
};

/// Longer than a program sleeps that should wait.
const LONG: Duration = Duration::from_millis(1500);

fn says_which(submission: &Submission) -> Verdict {
    submission.start().map(drop)
}

fn keeps_it(submission: &Submission) -> Verdict {
    // Twice: an address that the program has let go may be another's by chance.
    has_its_address(&mut submission.start()?)?;
    let mut server = submission.start()?;
    let _ = patience::wait(server.id(), LONG, |tick| {
        thread::sleep(tick);
        None::<()>
    });
    server.expect_running(
        "Your program waits for a moment, and then it ends by itself. Its address ends \
         with it.",
        "read(2) waits until there's a line. sleep(3) waits for a time, and how long \
         its user needs the address, the program can't know.",
    )?;
    has_its_address(&mut server)
}

/// Checks that the program goes on without having been told to end.
pub fn goes_on_alone(server: &mut Server) -> Verdict {
    server.expect_running(
        "Your program prints its address, and ends, although nobody has told it to. \
         Its address ends with it.",
        "_exit(2): when a program ends, the system closes everything that it has open. \
         The task: it goes on until it's told to end.",
    )
}

/// Checks that the program has the address that it names.
pub fn has_its_address(server: &mut Server) -> Verdict {
    // This first: a program that ends in a moment still has its address.
    goes_on_alone(server)?;
    let (address, listens_at) = (server.address(), server.listens_at());
    let is_its_own = listens_at.contains(&address);
    if is_its_own || listens_at.is_empty() && server.has_its_address() {
        return Ok(());
    }
    let offset = server.printed().find(&address.to_string()).unwrap_or(0);
    if let Some(other) = listens_at.first() {
        return Err(server
            .wrong_in_output(
                offset,
                format!(
                    "Your program has {other}, but it prints {address}. (If it binds \
                     twice, it has a port of its own each time.)"
                ),
                "ip(7): at each bind to port 0, the system picks a port. Ask the \
                 socket that you keep, with `local_addr`.",
            )
            .reproduce("{program} 127.0.0.1:0\n{then}\nss -ltnp")
            .should_see("the address that your program prints"));
    }
    Err(server
        .wrong_in_output(
            offset,
            "Your program had this address for a moment, and has it no more: its \
             socket was dropped, and so the address is free for others.",
            "close(2): a socket without an owner is closed. In `bind(…)?.local_addr()` \
             nothing keeps the socket, nor does `let _ =`.",
        )
        .should_see("an error, because the address is in use"))
}

fn takes_a_port(submission: &Submission) -> Verdict {
    // Whether a port is free, nothing can tell beforehand; so there are three chances.
    let take = || {
        let address = address_nobody_is_given().to_string();
        let mut server = submission.start_at(&address, &[])?;
        has_its_address(&mut server).map_err(|failure| match server.listens_at()[..] {
            [] => failure,
            [other, ..] => failure
                .because(
                    format!(
                        "Your program was asked for {address}, and prints that. What \
                         it really has is {other}."
                    ),
                    "bind(2) assigns the address that it's given. Only port 0 means \
                     any.",
                )
                .reproduce("{program} 127.0.0.1:4546\n{then}\nss -ltnp"),
        })
    };
    take().or_else(|_| take()).or_else(|_| take())
}

/// An address that no system picks for port 0, and another one at each call.
fn address_nobody_is_given() -> SocketAddr {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let number = CALLS.fetch_add(1, Ordering::Relaxed);
    let number = process::id().wrapping_mul(613).wrapping_add(number) % 12_000;
    SocketAddr::from(([127, 0, 0, 1], 20_000 + u16::try_from(number).unwrap_or(0)))
}

fn takes_an_ip_address(submission: &Submission) -> Verdict {
    if TcpListener::bind("127.0.0.2:0").is_err() {
        return Ok(());
    }
    has_its_address(&mut submission.start_at("127.0.0.2:0", &[])?)
}

fn ends_at_a_line(submission: &Submission) -> Verdict {
    ends_at(submission, "", |_| {})?;
    ends_at(submission, "that will do", |_| {})
}

/// Checks that the program ends at this line, after all that was done `before`, and as
/// it should.
pub fn ends_at(
    submission: &Submission,
    line: &str,
    before: fn(&mut Server),
) -> Verdict {
    let mut server = submission.start()?;
    before(&mut server);
    let ended = server.typed(Some(line)).map_err(|failure| match failure.kind {
        Kind::Wrong => goes_on(submission, line, failure),
        _ => failure,
    })?;
    ended.expect_no_panic()?;
    if ended.code == Some(0) {
        return Ok(());
    }
    Err(ended.wrong(
        "Your program ends when it's told to, but with an exit status that says \
         something failed.",
        "exit(3): 0 means success, and any other status means failure.",
    ))
}

/// The line doesn't end it. Does anything that is typed?
fn goes_on(submission: &Submission, line: &str, failure: Box<Failure>) -> Box<Failure> {
    if !line.is_empty() {
        return failure.because(
            "Your program ends at an empty line, and goes on at one with words in it.",
            "The task: it waits for one line, whatever is in it.",
        );
    }
    let at_the_end = submission.start().and_then(|server| server.typed(None));
    if at_the_end.is_ok() {
        return failure.because(
            "Your program goes on after Enter, and ends only when its input does \
             (Ctrl-D): it waits for more than one empty line.",
            "read(2): Enter ends a line, and 0 means that the input has ended. \
             `read_line` returns at whichever comes first, `read_to_string` at the \
             end.",
        );
    }
    failure.because(
        "Your program goes on after Enter, and even when its input has ended (Ctrl-D): \
         it doesn't read its input, or goes on whatever it reads.",
        "read(2): a line, or 0 for the end of input, wakes a program that reads.",
    )
}
