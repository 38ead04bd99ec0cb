//! Many clients at once, and not too many.

use crate::{Check, Client, Exercise, Response, Server, Submission, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "06b",
    name: "two-at-once",
    given: 7,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/",
            run: is_answered,
        },
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
                      curl --fail-early -m 2 'http://127.0.0.1:4545/?[1-100]'",
            run: a_hundred,
        },
        Check {
            points: 2,
            reproduce: "for i in $(seq 48); do sleep 5 | nc -N 127.0.0.1 4545 & done; \
                      sleep 1\n\
                      ls /proc/$(ss -lptnH sport = :4545 | sed 's/.*pid=//; \
                      s/,.*//')/task | wc -l",
            run: no_more_than_32,
        },
        Check {
            points: 2,
            reproduce: "for i in $(seq 48); do sleep 3 | nc -N 127.0.0.1 4545 & done\n\
                      sleep 1; curl -i -m 5 http://127.0.0.1:4545/",
            run: waits_for_room,
        },
        Check {
            points: 2,
            reproduce: "python3 -c 'import socket as s; [(\n  c := \
                      s.create_connection((\"127.0.0.1\", 4545)), c.send(b\"GET\"),\n  \
                      c.setsockopt(s.SOL_SOCKET, s.SO_LINGER, bytes([1] + [0] * \
                      7)),\n  c.close()) for _ in range(40)]'\n\
                      curl -i -m 2 http://127.0.0.1:4545/",
            run: bad_clients,
        },
    ],
};

/// How many threads a program may have.
const MAX_THREADS: usize = 32;
/// More than it may have threads.
const MANY: usize = 48;

const WAITING: &str = "read(2) sleeps until something comes. Whoever is to be served \
                       meanwhile needs another thread, or a program that asks who is \
                       ready, poll(2).";

fn is_answered(submission: &Submission) -> Verdict {
    submission.start()?.ask(&get("/"))?.expect_success()
}

fn one_is_silent(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut silent = server.connect()?;
    served_meanwhile(&mut server)?;
    silent.send(b"GET / HTTP/1.1\r\nHost: 127")?;
    served_meanwhile(&mut server)?;
    silent.send(b".0.0.1\r\nConnection: close\r\n\r\n")?;
    let answer = silent.response();
    answer?.expect_success()
}

/// Another client is served while the first one keeps its connection.
fn served_meanwhile(server: &mut Server) -> Verdict {
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    let id = server.id();
    // By then, whatever the program wanted to start has been started.
    let meaning = || match threads_of(id) {
        Some(0 | 1) | None => {
            "As long as one client says nothing, your program serves nobody else: it \
             sleeps in a `read` of that connection."
        }
        Some(2) => {
            "Your program starts a thread for the client and then waits for its end: a \
             `join` before the next `accept` makes one after the other of it again."
        }
        Some(_) => {
            "Your program has several threads, and only one of them works: the others \
             wait for something that it holds while it sleeps in a `read`, such as a \
             lock. `while let` and `match` hold what their expression has locked to \
             the end of their body."
        }
    };
    let answer = answer_or(&mut client, meaning, WAITING);
    answer?.expect_success()
}

fn ten_are_silent(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let silent = connect(&mut server, 10)?;
    let verdict = ask_meanwhile(
        &mut server,
        "One silent client does not disturb your program, and ten do: it serves fewer \
         at a time.",
        "The task allows 32 threads. A browser alone opens six connections to one \
         server, and some of them only in case they will be needed.",
    );
    drop(silent);
    verdict
}

fn a_hundred(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    for _ in 0..60 {
        ask_meanwhile(
            &mut server,
            "The first clients are served, and then nobody: each takes a place in your \
             program, and none gives it back.",
            "What was counted up has to be counted down when the client has gone, \
             however it went. In Rust, `Drop` does not forget.",
        )?;
    }
    let silent = server.connect()?;
    for _ in 0..40 {
        ask_meanwhile(
            &mut server,
            "As long as one client is silent, some others are served, and then nobody: \
             your program waits for all of its clients before it takes new ones, or \
             counts those that have gone.",
            "pthread_join(3) waits for one thread, and here that one sleeps. Each \
             place has to be free again as soon as its own client has gone.",
        )?;
    }
    drop(silent);
    Ok(())
}

fn no_more_than_32(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut silent = connect(&mut server, MANY)?;
    // By then, all who are to be accepted have been.
    if let Some(last) = silent.last_mut() {
        last.listen(crate::SILENCE_WINDOW);
    }
    let Some(threads) = threads_of(server.id()) else { return Ok(()) };
    if threads <= MAX_THREADS {
        return server.survives();
    }
    server.note(format!("your program has {threads} threads"));
    if threads < MANY {
        return Err(server.wrong(
            format!(
                "Your program has {threads} threads, and {MAX_THREADS} were agreed. \
                 The one that runs `main` is one of them."
            ),
            "pthread_create(3): each thread needs a stack. A program begins with one \
             thread, and each that it starts is one more.",
        ));
    }
    Err(server.wrong(
        format!(
            "{MANY} clients that do nothing, and your program has {threads} threads: a \
             new one for each. It is the clients who decide how many there are, and \
             some thousand of them end your program, or the machine."
        ),
        "pthread_create(3): each thread needs a stack, and at some number the next one \
         fails. The task: 32 threads at most.",
    ))
}

fn waits_for_room(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let silent = connect(&mut server, MANY)?;
    let mut waiting = server.connect()?;
    waiting.send(&get("/"))?;
    waiting.closing_means(
        "Your program is full and throws the next client out, without a word. It had \
         only to wait for a moment.",
        "accept(2): whom you do not accept yet, the system keeps for you. listen(2) \
         says for how many.",
    );
    // Who is served at once, because all are, is served well.
    waiting.listen(crate::SILENCE_WINDOW);
    if waiting.received().is_empty() && waiting.end().is_none() {
        silent.into_iter().for_each(Client::leave);
    }
    let answer = answer_or(
        &mut waiting,
        || {
            "The silent clients have left, and whoever waited for them is not served \
             either."
        },
        "read(2) returns 0 when the other side has closed. Then this client is done, \
         and its place is free for the next one.",
    );
    let answer = answer?;
    answer.expect_status(
        &[200],
        "Your program is full and sends the next client away. It had only to wait for \
         a moment.",
        "The task: whoever comes when all are taken waits. RFC 9110, section 15.6.4: \
         503 is for a server that cannot help otherwise.",
    )
}

fn bad_clients(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    for _ in 0..40 {
        let mut client = server.connect()?;
        client.send(b"GET / HTTP")?;
        client.reset();
    }
    server.settle();
    ask_meanwhile(
        &mut server,
        "Forty clients have thrown their connections away, and now nobody is served \
         any more: each of them has ended a thread of yours, or has kept its place.",
        "read(2): ECONNRESET is an error of this connection. The thread, and its \
         place, are for the next client; an error must not leave the loop around \
         `accept`.",
    )
}

fn connect(server: &mut Server, count: usize) -> Verdict<Vec<Client>> {
    (0..count).map(|_| server.connect()).collect()
}

/// One more client is served, whoever else is there.
fn ask_meanwhile(server: &mut Server, meaning: &'static str, why: &str) -> Verdict {
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    let answer = answer_or(&mut client, || meaning, why);
    answer?.expect_success()
}

/// The answer; if the program does not even look at this client, that is what it means.
fn answer_or(
    client: &mut Client,
    meaning: impl FnOnce() -> &'static str,
    why: &str,
) -> Verdict<Response> {
    let answer = client.response();
    let is_ignored = client.received().is_empty() && client.end().is_none();
    if answer.is_err() && is_ignored {
        Err(client.wrong(meaning(), why))
    } else {
        answer
    }
}

/// The threads of the program and of all processes it has started. From proc(5);
/// elsewhere none.
fn threads_of(id: u32) -> Option<usize> {
    let group = id.to_string();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let counts = processes.filter_map(|process| {
        let stat = std::fs::read_to_string(process.path().join("stat")).ok()?;
        // The second field is a name in parentheses, and may contain anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        (*fields.get(2)? == group).then(|| fields.get(17)?.parse::<usize>().ok())?
    });
    let count = counts.sum();
    (count > 0).then_some(count)
}
