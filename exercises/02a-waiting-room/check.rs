//! Clients are let in before anybody answers.

use std::thread;
use std::time::Duration;

use crate::patience;
use crate::{
    Check, Client, ConnectOutcome, Exercise, RESPONSE_TIMEOUT, SILENCE_WINDOW, Server,
    Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "02a",
    name: "waiting-room",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 2,
            reproduce: "curl -v --max-time 1 http://127.0.0.1:4545/",
            run: lets_in,
        },
        Check {
            points: 1,
            reproduce: "curl -v --max-time 1 http://127.0.0.1:4545/",
            run: stays_silent,
        },
        Check {
            points: 3,
            reproduce: "{program} 127.0.0.1:4545 1\n{then}\n\
                      # on Linux, clients 1 and 2 connect, and client 3 does not\n\
                      for n in 1 2 3; do\n\
                      \x20 curl -v --max-time 1 http://127.0.0.1:4545/\n\
                      done",
            run: has_so_many_seats,
        },
        Check { points: 1, reproduce: "", run: ends_with_enter },
    ],
};

/// How many clients come beyond those who must be let in.
const CROWD: usize = 12;

const NOBODY_ACCEPTS: &str = "accept(2): it takes a client out of the waiting room, \
                              and the program talks to it from then on. Here nobody is \
                              to be taken out: that is step 3.";

/// How many clients may be let in with this backlog.
fn most(backlog: usize) -> usize {
    // Linux turns a client away when more than `backlog` are waiting; others reckon
    // otherwise.
    if cfg!(target_os = "linux") { backlog + 1 } else { 2 * backlog + 2 }
}

/// How many must be let in: all that may, where the system reckons as it should.
fn fewest(server: &Server, backlog: usize) -> usize {
    let is_exact = cfg!(target_os = "linux") && server.waiting().is_some();
    if is_exact { most(backlog) } else { backlog }
}

/// Starts the program, which must go on by itself.
fn start(submission: &Submission, more: &[&str]) -> Verdict<Server> {
    let mut server = submission.start_with(more)?;
    server.expect_running(
        "Your program says where it is, and ends. Its waiting room ends with it, and \
         whoever sits there is thrown out.",
        "_exit(2): when a program ends, the system closes all it has open. The task: \
         it waits until somebody presses Enter.",
    )?;
    Ok(server)
}

fn lets_in(submission: &Submission) -> Verdict {
    let mut server = start(submission, &[])?;
    let _first = let_in(&mut server)?;
    let _second = let_in(&mut server)?;
    Ok(())
}

fn let_in(server: &mut Server) -> Verdict<Client> {
    match server.try_connect(RESPONSE_TIMEOUT) {
        ConnectOutcome::Connected(client) => return Ok(*client),
        ConnectOutcome::TimedOut => {
            return Err(server.wrong(
                "Nobody refuses this client, and nobody lets it in: the waiting room \
                 is full already.",
                "listen(2): backlog is how many clients may wait. When more are there, \
                 Linux drops the SYN of the next one.",
            ));
        }
        ConnectOutcome::Refused => {}
    }
    server.show_output();
    if server.has_its_address() {
        return Err(server.wrong(
            "Your program has the address, and does not listen there: the system \
             refuses everybody.",
            "listen(2): a socket that is bound is still deaf. `listen` opens the \
             waiting room, and has to come before the program waits for Enter.",
        ));
    }
    Err(server.wrong(
        "Nobody has this address. Your program listened for a moment: then the socket \
         was dropped, and with it went the waiting room.",
        "close(2): a socket without an owner is closed. It has to be in a variable for \
         as long as the program waits.",
    ))
}

fn stays_silent(submission: &Submission) -> Verdict {
    let mut server = start(submission, &[])?;
    let mut client = let_in(&mut server)?;
    // First of all a client that says nothing: whoever hangs up at once shows it here.
    expect_nothing(&mut client)?;
    client.send(&get("/"))?;
    expect_nothing(&mut client)?;
    expect_waiting(&server, 1)
}

fn expect_nothing(client: &mut Client) -> Verdict {
    client.listen(SILENCE_WINDOW);
    if !client.received().is_empty() {
        return Err(client.wrong_at(
            0,
            "Your program answers. That is more than was asked for: this exercise is \
             about what the system does alone.",
            NOBODY_ACCEPTS,
        ));
    }
    if client.end().is_some() {
        return Err(client.wrong(
            "The client was in the waiting room, and your program has accepted it and \
             hung up.",
            NOBODY_ACCEPTS,
        ));
    }
    Ok(())
}

/// So many clients must be in the waiting room, where the system lets us look into it.
fn expect_waiting(server: &Server, count: usize) -> Verdict {
    // Who accepts has been woken by the client, and is given the time to do so.
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
            "The client is connected, and it does not wait: your program has accepted \
             it, and its seat is free for another one.",
            NOBODY_ACCEPTS,
        )
    })
}

fn has_so_many_seats(submission: &Submission) -> Verdict {
    // Two of them: one may be by chance what is written down in the program.
    seats(submission, 1)?;
    seats(submission, 4).map_err(|failure| {
        failure.reproduce(
            "{program} 127.0.0.1:4545 4\n{then}\n\
             # on Linux, clients 1 to 5 connect, and client 6 does not\n\
             for n in 1 2 3 4 5 6; do\n\
             \x20 curl -v --max-time 1 http://127.0.0.1:4545/\n\
             done",
        )
    })
}

fn seats(submission: &Submission, backlog: usize) -> Verdict {
    let mut server = start(submission, &[&backlog.to_string()])?;
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
                return Err(too_few(&server, backlog, inside.len()));
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

fn too_few(server: &Server, backlog: usize, count: usize) -> Box<crate::Failure> {
    if count == backlog {
        return server.wrong(
            format!(
                "A backlog of {backlog} was asked for, and `listen` was called with \
                 {}: Linux lets in one more than that, so no more than {count} got in.",
                count - 1
            ),
            "listen(2): backlog is how many clients may wait. What the system adds to \
             it is not for the program to take away.",
        );
    }
    server.wrong(
        format!(
            "{backlog} clients were to find room, and after {count} the waiting room \
             is full: the second argument does not reach `listen`."
        ),
        "listen(2): backlog is how many clients may wait; Linux lets in one more.",
    )
}

fn too_many(server: &Server, backlog: usize, count: usize) -> Box<crate::Failure> {
    if count < most(backlog) + CROWD {
        return server.wrong(
            format!(
                "The waiting room has another size: {count} clients are in, and a \
                 backlog of {backlog} was asked for. Is there a number in the program \
                 that stays the same?"
            ),
            "listen(2): backlog is how many clients may wait; Linux lets in one more.",
        );
    }
    server.wrong(
        format!(
            "A backlog of {backlog} was asked for. {count} clients are in, and there \
             is still room."
        ),
        "listen(2) is called with a far larger backlog. std::net::TcpListener::bind \
         calls it with one of its own, 128 on Linux, and cannot be told another.",
    )
}

fn ends_with_enter(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let _client = server.try_connect(RESPONSE_TIMEOUT);
    let ended = server.typed(Some(""))?;
    if ended.code == Some(0) {
        return Ok(());
    }
    Err(ended.wrong(
        "All went well, and your program ends as if something had failed.",
        "exit(3): 0 is success, anything else is failure.",
    ))
}
