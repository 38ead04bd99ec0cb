//! Clients are let in before the program answers.

use std::thread;
use std::time::Duration;

use super::ex01a::{ends_at, goes_on_alone};
use crate::patience;
use crate::{
    Check, Client, ConnectOutcome, Exercise, Failure, RESPONSE_TIMEOUT, SILENCE_WINDOW,
    Server, Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "02a",
    name: "waiting-room",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 2, reproduce: VISIT, run: lets_in },
        Check { points: 1, reproduce: VISIT, run: stays_silent },
        Check {
            points: 3,
            reproduce: "{program} 127.0.0.1:4545 1\n{then}\n\
                      for n in 1 2 3; do\n\
                      \x20 curl -v --max-time 1 http://127.0.0.1:4545/\n\
                      done",
            run: has_that_many_seats,
        },
        Check { points: 1, reproduce: "", run: ends_with_enter },
    ],
};

const VISIT: &str = "curl -v --max-time 1 http://127.0.0.1:4545/";

/// Longer than a program sleeps before it does what it shouldn't.
const LONG: Duration = Duration::from_millis(1500);

/// How many clients come beyond those who must be let in.
const CROWD: usize = 12;

const ONLY_WAITING: &str = "accept(2): it takes a client out of the waiting room, and \
                            from then on the program talks to it. Here no client is to \
                            be taken out: that's step 3.";

const BACKLOG: &str =
    "listen(2): backlog is how many clients may wait; Linux lets in one more.";

/// How many clients may be let in with this backlog.
fn most(backlog: usize) -> usize {
    // Linux turns a client away when more than `backlog` are waiting; other systems
    // count in other ways.
    if cfg!(target_os = "linux") { backlog + 1 } else { 2 * backlog + 2 }
}

/// How many must be let in: all that may, where the system counts as it should.
fn fewest(server: &Server, backlog: usize) -> usize {
    let is_exact = cfg!(target_os = "linux") && server.waiting().is_some();
    if is_exact { most(backlog) } else { backlog }
}

/// Starts the program, which must go on by itself.
fn start(submission: &Submission, more: &[&str]) -> Verdict<Server> {
    let mut server = submission.start_with(more)?;
    goes_on_alone(&mut server)?;
    Ok(server)
}

fn lets_in(submission: &Submission) -> Verdict {
    let_in(&mut start(submission, &[])?).map(drop)
}

fn let_in(server: &mut Server) -> Verdict<Client> {
    match server.try_connect(RESPONSE_TIMEOUT) {
        ConnectOutcome::Connected(client) => return Ok(*client),
        ConnectOutcome::TimedOut => {
            return Err(server.wrong(
                "The system neither refuses this client nor lets it in: the waiting \
                 room is full already.",
                "listen(2): backlog is how many clients may wait. When more are there, \
                 Linux drops the SYN of the next one.",
            ));
        }
        ConnectOutcome::Refused => {}
    }
    server.show_output();
    let (meaning, why) = if server.has_its_address() {
        (
            "Your program has the address, but it doesn't listen there: the system \
             refuses every client.",
            "listen(2): a socket that is bound is still deaf. `listen` opens the \
             waiting room, and must come before the program waits for Enter.",
        )
    } else {
        (
            "Your program listened for a moment, and no more: its socket was dropped, \
             and the waiting room with it.",
            "close(2): a socket without an owner is closed. It must be in a variable \
             for as long as the program waits.",
        )
    };
    Err(server.wrong(meaning, why).should_see("Connected to 127.0.0.1"))
}

fn stays_silent(submission: &Submission) -> Verdict {
    let mut server = start(submission, &[])?;
    let mut client = let_in(&mut server)?;
    // First a client that says nothing: a program that hangs up right away shows here.
    expect_nothing(&mut client, SILENCE_WINDOW)?;
    client.send(&get("/"))?;
    expect_nothing(&mut client, LONG)?;
    expect_waiting(&server, 1)
}

fn expect_nothing(client: &mut Client, time: Duration) -> Verdict {
    client.listen(time);
    if !client.received().is_empty() {
        return Err(client.wrong_at(
            0,
            "Your program answers. That's more than you were asked for: this exercise \
             is about what the system does alone.",
            ONLY_WAITING,
        ));
    }
    if client.end().is_some() {
        return Err(client.wrong(
            "The client was in the waiting room, and your program has accepted it and \
             hung up.",
            ONLY_WAITING,
        ));
    }
    Ok(())
}

/// Checks that this many clients are in the waiting room, where the system tells.
fn expect_waiting(server: &Server, count: usize) -> Verdict {
    // A program that accepts has been woken by the client, and gets the time to do so.
    server.settle();
    let waiting = patience::wait(server.id(), RESPONSE_TIMEOUT, |tick| {
        let is_so = server.waiting().is_none_or(|waiting| waiting == count);
        if !is_so {
            thread::sleep(tick.min(Duration::from_millis(2)));
        }
        is_so.then_some(())
    });
    waiting.map_err(|_| {
        server.note("the waiting room is empty: `ss -ltn` shows 0 in Recv-Q");
        server.wrong(
            "The client is connected, but it doesn't wait: your program has accepted \
             it, and its seat is free for another one.",
            ONLY_WAITING,
        )
    })
}

fn has_that_many_seats(submission: &Submission) -> Verdict {
    // More than one: each may by chance be what is written down in the program.
    for argument in ["1", "4", "", "9"] {
        let more = if argument.is_empty() { vec![] } else { vec![argument] };
        let backlog = argument.parse().unwrap_or(5);
        seats(submission, &more, backlog).map_err(|failure| {
            let clients: Vec<_> = (1..=backlog + 2).map(|it| it.to_string()).collect();
            let should = if cfg!(target_os = "linux") {
                format!("clients 1 to {} connect, and no more", backlog + 1)
            } else {
                format!("{backlog} clients connect, or a few more")
            };
            let command = format!(
                "{{program}} 127.0.0.1:4545 {argument}\n{{then}}\n\
                 for n in {}; do\n  {VISIT}\ndone",
                clients.join(" ")
            );
            failure.reproduce(command.replace(" \n", "\n")).should_see(should)
        })?;
    }
    Ok(())
}

fn seats(submission: &Submission, more: &[&str], backlog: usize) -> Verdict {
    let mut server = start(submission, more)?;
    let mut inside = Vec::new();
    let fewest = fewest(&server, backlog);
    while inside.len() < fewest {
        match server.try_connect(RESPONSE_TIMEOUT) {
            ConnectOutcome::Connected(client) => {
                inside.push(client);
                expect_waiting(&server, inside.len())?;
            }
            ConnectOutcome::Refused => return let_in(&mut server).map(drop),
            ConnectOutcome::TimedOut => {
                return Err(too_few(&server, !more.is_empty(), backlog, inside.len()));
            }
        }
    }
    while inside.len() < most(backlog) + CROWD {
        match server.try_connect(SILENCE_WINDOW) {
            ConnectOutcome::Connected(client) => inside.push(client),
            _ => break,
        }
    }
    if inside.len() <= most(backlog) {
        return Ok(());
    }
    Err(too_many(&server, backlog, inside.len()))
}

fn too_few(
    server: &Server,
    is_asked: bool,
    backlog: usize,
    count: usize,
) -> Box<Failure> {
    if count == backlog {
        return server.wrong(
            format!(
                "The backlog should be {backlog}, and `listen` was called with {}: \
                 Linux lets in one more than that, so only {count} got in.",
                count - 1
            ),
            "listen(2): backlog is how many clients may wait. What the system adds to \
             it isn't for the program to take away.",
        );
    }
    let meaning = if is_asked {
        format!(
            "There should be room for {backlog} clients, and the waiting room is full \
             after {count}: the second argument doesn't reach `listen`."
        )
    } else {
        format!(
            "Without a second argument the backlog should be 5, and the waiting room \
             is full after {count}."
        )
    };
    server.wrong(meaning, BACKLOG)
}

fn too_many(server: &Server, backlog: usize, count: usize) -> Box<Failure> {
    if count < most(backlog) + CROWD {
        return server.wrong(
            format!(
                "The backlog should be {backlog}, and {count} clients are in: the \
                 waiting room has another size. Is a number fixed in your program?"
            ),
            BACKLOG,
        );
    }
    server.wrong(
        format!(
            "The backlog should be {backlog}. {count} clients are in, and there's \
             still room."
        ),
        "listen(2) is called with a far larger backlog. std::net::TcpListener::bind \
         calls it with one of its own, 128 on Linux, and doesn't take yours.",
    )
}

fn ends_with_enter(submission: &Submission) -> Verdict {
    ends_at(submission, "", |server| {
        let _client = server.try_connect(RESPONSE_TIMEOUT);
    })
}
