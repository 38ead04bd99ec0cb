//! Several clients at the same time, and not too many threads.

use std::time::{Duration, Instant};

use crate::{
    Check, Client, Exercise, Failure, SILENCE_WINDOW, Server, Submission, Verdict, get,
};

pub const EXERCISE: Exercise = Exercise {
    id: "06b",
    name: "two-at-once",
    given: 3,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: is_answered },
        Check {
            points: 3,
            reproduce: "sleep 5 | nc -N 127.0.0.1 4545 &\n\
                      curl -i -m 2 http://127.0.0.1:4545/",
            run: one_is_silent,
        },
        Check {
            points: 1,
            reproduce: "for i in $(seq 10); do sleep 5 | nc -N 127.0.0.1 4545 & done\n\
                      curl -i -m 2 http://127.0.0.1:4545/",
            run: ten_are_silent,
        },
        Check {
            points: 1,
            reproduce: "sleep 9 | nc -N 127.0.0.1 4545 &\n\
                      curl --fail-early -m 2 'http://127.0.0.1:4545/?[1-40]'",
            run: forty_come,
        },
        Check {
            points: 2,
            reproduce: "python3 -c 'import socket as s; [(\n  c := \
                      s.create_connection((\"127.0.0.1\", 4545)), c.send(b\"GET\"),\n  \
                      c.setsockopt(s.SOL_SOCKET, s.SO_LINGER, bytes([1] + [0] * \
                      7)),\n  c.close()) for _ in range(32)]'\n\
                      curl -i -m 2 http://127.0.0.1:4545/",
            run: bad_clients,
        },
        Check {
            points: 2,
            reproduce: "for i in $(seq 40); do (printf GET; sleep 5) | nc -N 127.0.0.1 \
                      4545 & done\n\
                      sleep 1\n\
                      ls /proc/$(ss -lptnH sport = :4545 | sed 's/.*pid=//; \
                      s/,.*//')/task | wc -l",
            run: few_threads,
        },
        Check {
            points: 2,
            reproduce: "for i in $(seq 40); do sleep 3 | nc -N 127.0.0.1 4545 & done\n\
                      sleep 1; curl -i -m 5 http://127.0.0.1:4545/",
            run: waits_for_room,
        },
    ],
};

/// How many threads a program may have.
const MAX_THREADS: usize = 32;
/// More than it may have threads.
const MANY: usize = 40;
/// It serves these at the same time, and one more.
const TOGETHER: usize = 10;

/// The shortest deadline that the task allows.
const SHORTEST_DEADLINE: Duration = Duration::from_secs(1);
/// Shorter than that, and longer than a program needs that serves two together.
const SOON: Duration = Duration::from_millis(600);
/// Longer than the `sleep` of a program that looks now and then whether there's room.
const WHEN_FREE: Duration = Duration::from_secs(2);

const HALF: &[u8] = b"GET / HTTP/1.1\r\nHost: 127";
const OTHER_HALF: &[u8] = b".0.0.1\r\nConnection: close\r\n\r\n";

fn is_answered(submission: &Submission) -> Verdict {
    submission.start()?.ask(&get("/"))?.expect_success()
}

fn one_is_silent(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut silent = server.connect()?;
    served_meanwhile(&mut server)?;
    silent.send(HALF)?;
    served_meanwhile(&mut server)?;
    silent.pause(SOON);
    if !silent.received().is_empty() {
        return Err(silent.wrong_at(
            0,
            "Your program answers a client that hasn't finished asking: its request is \
             only half there.",
            "read(2) returns what has come so far. RFC 9112, section 2.1: a head ends \
             with an empty line.",
        ));
    }
    if silent.end().is_some() {
        let early = silent.wrong(
            "Your program hangs up on the first client in less than a second. It may \
             set a deadline, but not such a short one, and a deadline doesn't replace \
             a second place to wait.",
            "The task: a deadline is a second or more. The other clients mustn't wait \
             for its end.",
        );
        let is_late = begun.elapsed() >= SHORTEST_DEADLINE;
        return Err(if is_late { early.inconclusive() } else { early });
    }
    answers_the_rest(silent, OTHER_HALF, begun)
}

/// A client that came when it all began sends the rest of its request. If that is later
/// than a program's deadline may be, nothing follows from a failure.
fn answers_the_rest(mut client: Client, rest: &[u8], begun: Instant) -> Verdict {
    client.send(rest)?;
    let is_late = begun.elapsed() >= SHORTEST_DEADLINE;
    let verdict = client.response().and_then(|answer| answer.expect_success());
    verdict.map_err(|it| if is_late { it.inconclusive() } else { it })
}

/// One more client is served while another one keeps its connection.
fn served_meanwhile(server: &mut Server) -> Verdict {
    let id = server.id();
    // By then, whatever the program wanted to start has been started.
    let meaning = || match threads_of(id) {
        Some(0 | 1) | None => {
            "As long as one client says nothing, your program doesn't serve any other: \
             it sleeps in a `read` of that connection."
        }
        Some(2) => {
            "Your program starts a thread for the client and then waits for its end: a \
             `join` before the next `accept` serves one after the other again."
        }
        Some(_) => {
            "Your program has several threads, and only one of them works. The others \
             wait for something that it holds while it sleeps in a `read`, such as a \
             lock. `while let` and `match` hold what their expression has locked to \
             the end of their body."
        }
    };
    let why = "read(2) sleeps until something comes. To serve others meanwhile, a \
               program needs another thread, or has to ask who is ready: poll(2).";
    ask_meanwhile(server, meaning, why)
}

fn ten_are_silent(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let _silent = connect(&mut server, TOGETHER)?;
    ask_meanwhile(
        &mut server,
        || {
            "Ten silent clients, and the next one isn't served: your program serves \
             fewer at a time."
        },
        "The task allows 32 threads. A browser alone opens six connections to one \
         server, and some of them only in case they'll be needed.",
    )
}

fn forty_come(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let silent = server.connect()?;
    served_meanwhile(&mut server).map_err(Failure::unreached)?;
    for _ in 0..40 {
        let mut client = server.connect()?;
        client.send(&get("/"))?;
        if client.wait(SOON) {
            client.response()?.expect_success()?;
            continue;
        }
        // What does it wait for?
        silent.leave();
        return Err(if client.wait(SOON) {
            client.wrong(
                "Some clients are served, and then none until the silent one has left: \
                 your program waits for all of its clients before it accepts others, \
                 or counts those that have gone.",
                "pthread_join(3) waits for one thread, and here that one sleeps. Each \
                 place has to be free again as soon as its own client has gone.",
            )
        } else {
            client.wrong(
                "The first clients are served, and then no others: each takes a place \
                 in your program, and doesn't give it back.",
                "What was counted up has to be counted down when the client has gone, \
                 however it went. In Rust, `Drop` doesn't forget.",
            )
        });
    }
    Ok(())
}

fn bad_clients(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    for _ in 0..MAX_THREADS {
        let mut client = server.connect()?;
        client.send(b"GET / HTTP")?;
        client.reset();
    }
    let why = "The thread, and its place, are for the next client: neither an error \
               nor an end may leave the loop around `accept`.";
    ask_meanwhile(
        &mut server,
        || {
            "32 clients have thrown their connections away, and now the next one isn't \
             served: each of them has ended a thread of yours, or has kept its place."
        },
        &format!("read(2): ECONNRESET is an error of this connection alone. {why}"),
    )?;
    for _ in 0..MAX_THREADS {
        server.connect()?.leave();
    }
    ask_meanwhile(
        &mut server,
        || {
            "32 clients have left without a word, and now the next one isn't served: \
             each of them has ended a thread of yours, or has kept its place."
        },
        &format!("read(2) returns 0 when a client has left. {why}"),
    )
    .map_err(|failure| {
        failure.reproduce(
            "for i in $(seq 32); do nc -N 127.0.0.1 4545 < /dev/null & done\n\
             curl -i -m 2 http://127.0.0.1:4545/",
        )
    })
}

fn few_threads(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut clients = room_for_several(&mut server)?;
    clients.extend(connect(&mut server, MANY - clients.len())?);
    count_threads(&server, &mut clients)?;
    for client in &mut clients {
        client.send(HALF)?;
    }
    count_threads(&server, &mut clients)
}

/// There are several silent clients, and another one is served. Where there's only one
/// place, the number of threads says nothing, and neither does waiting.
fn room_for_several(server: &mut Server) -> Verdict<Vec<Client>> {
    let silent = connect(server, TOGETHER)?;
    served_meanwhile(server).map_err(Failure::unreached)?;
    Ok(silent)
}

fn count_threads(server: &Server, clients: &mut [Client]) -> Verdict {
    // By then, all clients that are to be accepted have been.
    if let Some(last) = clients.last_mut() {
        last.listen(SILENCE_WINDOW);
    }
    let threads = threads_of(server.id()).unwrap_or(0);
    if threads <= MAX_THREADS {
        return Ok(());
    }
    server.note(format!("your program has {threads} threads"));
    let has_spoken = clients.iter().any(|client| client.sent() > 0);
    let (meaning, why) = if threads < MANY {
        (
            format!(
                "Your program has {threads} threads, and the limit is {MAX_THREADS}. \
                 The one that runs `main` counts too."
            ),
            "pthread_create(3): each thread needs a stack. A program begins with one \
             thread, and each that it starts is one more.",
        )
    } else if has_spoken {
        (
            format!(
                "{MANY} clients begin to speak, and your program has {threads} \
                 threads: each client gets one with its first bytes. So the clients \
                 decide how many there are."
            ),
            "pthread_create(3): each thread needs a stack. It doesn't matter when it's \
             started. The task: 32 threads at most.",
        )
    } else {
        (
            format!(
                "{MANY} clients do nothing, and your program has {threads} threads: a \
                 new one for each. The clients decide how many there are, and some \
                 thousand of them end your program, or the machine."
            ),
            "pthread_create(3): each thread needs a stack, and at some number the next \
             one fails. The task: 32 threads at most.",
        )
    };
    Err(server.wrong(meaning, why).should_see("at most 32"))
}

fn waits_for_room(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let begun = Instant::now();
    let mut silent = room_for_several(&mut server)?;
    silent.extend(connect(&mut server, MANY - silent.len())?);
    let mut waiting = server.connect()?;
    waiting.send(&get("/"))?;
    waiting.closing_means(
        "Your program is full and hangs up on the next client without a word. It had \
         only to wait for a moment.",
        "accept(2): the kernel keeps clients that you don't accept yet. listen(2) says \
         how many.",
    );
    if waiting.wait(SILENCE_WINDOW) {
        // Full it may not be; but if it is, this is wrong.
        waiting.response()?.expect_status(
            &[200],
            "Your program is full and sends the next client away. It had only to wait \
             for a moment.",
            "The task: a client that comes when all places are taken waits. RFC 9110, \
             section 15.6.4: 503 is for a server that can't help otherwise.",
        )?;
        // It may serve even more, or have made room.
        let ends = [silent.pop(), silent.into_iter().next()];
        return ends.into_iter().flatten().try_for_each(|mut client| {
            client.closing_means(
                "Your program is full and throws out a client that was there before, \
                 to make room for the next one. That one had only to wait.",
                "The task: a silent client may keep its place, or have a deadline of a \
                 second or more.",
            );
            let verdict = answers_the_rest(client, &get("/"), begun);
            verdict.map_err(|it| it.should_see("nothing until the others have left"))
        });
    }
    silent.drain(TOGETHER - 2..).for_each(Client::leave);
    if !waiting.wait(WHEN_FREE) {
        return Err(waiting
            .wrong(
                "Most of the silent clients have left, and the one that waited for a \
                 place isn't served: your program doesn't notice that they've gone, or \
                 doesn't look who waits.",
                "read(2) returns 0 when the other side has closed. Then the place is \
                 free, and has to go to the next client without another one's coming.",
            )
            .should_see("HTTP/1.1 200 OK"));
    }
    waiting.response()?.expect_success()
}

fn connect(server: &mut Server, count: usize) -> Verdict<Vec<Client>> {
    (0..count).map(|_| server.connect()).collect()
}

/// One more client is served; `meaning` says what it means if it isn't.
fn ask_meanwhile(
    server: &mut Server,
    meaning: impl FnOnce() -> &'static str,
    why: &str,
) -> Verdict {
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    if !client.wait(SOON) {
        return Err(client.wrong(meaning(), why).should_see("HTTP/1.1 200 OK"));
    }
    client.response()?.expect_success()
}

/// Returns how many threads the program and its processes have. From proc(5); elsewhere
/// none.
fn threads_of(id: u32) -> Option<usize> {
    let group = id.to_string();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let counts = processes.filter_map(|process| {
        let stat = std::fs::read_to_string(process.path().join("stat")).ok()?;
        // The second field is a name in parentheses, and may contain anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        // One that has ended, and isn't waited for yet, still counts itself.
        let is_over = *fields.first()? == "Z";
        let threads: usize = fields.get(17)?.parse().ok()?;
        (*fields.get(2)? == group).then(|| threads.saturating_sub(is_over.into()))
    });
    let count = counts.sum();
    (count > 0).then_some(count)
}
