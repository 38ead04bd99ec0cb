//! What the clients do, and what program and kernel must have come to before they go
//! on.
//!
//! A script is a list of actions and waits. Before an action may be the client's name;
//! without one, it's the last client's. `connect`, `knock` (connect, and give up after
//! the second SYN), `send DATA`, `upload DATA` (what the kernel takes at once),
//! `uploaded` (the rest), `receive` (what has come), `read` (to the end), `close`,
//! `reset`. `enter` and `restart` are done to the program.
//!
//! The waits: `sleeps CALL`, the program has done something and sleeps in CALL;
//! `waiting N`, so many wait for accept; `state STATE UNREAD`, of the server's side of
//! this client's connection. And for what is frequent: `greet` (connect, and the
//! program reads), `leave` (read to the end, close, and the kernel remembers it).
//!
//! `browse` lets Chromium open the page. `tls` starts ex06d-client, of which a client
//! then only carries the records: `ask DATA` inside of TLS, `carry` (its records to the
//! server), `back` (those of the server).

use anyhow::{Context, Result, bail};

use crate::world::World;

/// Of each: name, program with its arguments, title; script.
const SCENARIOS: &str = "\
refused, step01: bound, not listening: refused
    connect, enter
kept, step02: kept by the kernel, and thrown out when the program ends
    connect, waiting 1, send GET, state ESTABLISHED 35, enter, read, another: connect
full, step02: the waiting room is full
    client1: connect, waiting 1, client2: connect, waiting 2,
    client3: connect, waiting 3, client4: connect, waiting 4,
    client5: connect, waiting 5, client6: connect, waiting 6, client7: knock
empty, step03: an empty reply
    greet, send GET, sleeps accept4(3, leave
silent, step03: one client says nothing
    idle: greet, second: connect, waiting 1, send GET, state ESTABLISHED 35,
    idle: close, sleeps accept4(3, second: leave
unread, step03: 5000 bytes, of which 4096 are read
    greet, send 5000, sleeps accept4(3, read
page, step04: the page, and the end of the page
    greet, send GET, sleeps accept4(3, leave
half, step04: half a request is answered
    greet, send HALF, sleeps accept4(3, leave
idle, step04: an idle client holds up the second
    idle: greet, second: connect, waiting 1, send GET, state ESTABLISHED 35,
    idle: close, sleeps accept4(3, second: leave
upload, step04: a big upload is answered by a reset
    greet, upload 8MB, sleeps accept4(3, uploaded
reset, step04: a client that takes its connection away
    greet, reset, sleeps accept4(3
restart, step04: started again while the kernel remembers a connection
    greet, send GET, sleeps accept4(3, leave, restart
browser, step04: a browser opens two connections
    browse, sleeps accept4(3
normal, step05: a page
    greet, send GET, sleeps accept4(3, leave
pieces, step05: a request that comes in two pieces
    greet, send HALF, sleeps recvfrom(4, send REST, sleeps accept4(3, leave
body, step05: a body that nobody wants, read to its end
    greet, send POST, sleeps recvfrom(4, send 4000, sleeps accept4(3, leave
gentle, step05: a refusal with 100 KB unread, and a gentle close
    greet, send NO_HOST, sleeps recvfrom(4, read, close, sleeps accept4(3
trickler, step05 --head-deadline 3: a trickler runs into the deadline
    greet, send HALF, sleeps recvfrom(4, send MORE, sleeps recvfrom(4, send LITTLE,
    sleeps recvfrom(4, sleeps recvfrom(4, read, close, sleeps accept4(3
threads, ex06b-solution: one is silent, and the other is served
    idle: connect, sleeps recvfrom(4, second: connect, sleeps recvfrom(5, send GET,
    sleeps accept4(3, leave
keepalive, ex06c-solution: two requests on one connection
    greet, send GET, sleeps recvfrom(4, receive, send LAST, sleeps recvfrom(4,
    read, close, sleeps accept4(3
tls, ex06d-solution: the same bytes inside of TLS
    tls, greet, carry, sleeps recvfrom(4, back, carry, sleeps recvfrom(4, back,
    ask GET, carry, sleeps accept4(3, back, leave
";

pub struct Scenario {
    pub name: &'static str,
    pub program: &'static str,
    pub arguments: Vec<&'static str>,
    pub title: &'static str,
    pub script: String,
}

/// Returns all scenarios.
pub fn all() -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for line in SCENARIOS.lines() {
        match scenarios.last_mut() {
            Some(last) if line.starts_with(' ') => last.script += &line[3..],
            _ => scenarios.extend(scenario(line)),
        }
    }
    scenarios
}

fn scenario(line: &'static str) -> Option<Scenario> {
    let (name, rest) = line.split_once(", ")?;
    let (command, title) = rest.split_once(": ")?;
    let mut words = command.split(' ');
    let program = words.next()?;
    Some(Scenario {
        name,
        program,
        arguments: words.collect(),
        title,
        script: String::new(),
    })
}

impl Scenario {
    /// What chance makes different; of all runs, those with these words are shown. A
    /// signature is 70 to 72 bytes long; one is in the certificate, and one beside. A
    /// browser doesn't always wait with its first connection until the server has
    /// closed.
    pub fn of_all_runs(&self) -> &[&str] {
        match self.name {
            "browser" => &["kernel: browser1 TIME_WAIT, browser2 TIME_WAIT"],
            "tls" => &["…, 542)", "application data 531"],
            _ => &[],
        }
    }
}

/// Plays a scenario to its end.
pub fn play(world: &mut World, script: &str) -> Result<()> {
    let mut name = "client";
    for part in script.trim_start().split(", ") {
        let (whose, action) = part.split_once(": ").unwrap_or((name, part));
        name = whose;
        act(world, name, action).with_context(|| format!("{name}: {action}"))?;
    }
    Ok(())
}

fn act(world: &mut World, name: &str, action: &str) -> Result<()> {
    let (verb, object) = action.split_once(' ').unwrap_or((action, ""));
    match verb {
        "greet" => {
            act(world, name, "connect")?;
            world.sleeps("recvfrom(4")
        }
        "leave" => {
            act(world, name, "read")?;
            act(world, name, "close")?;
            world.until(name, "TIME_WAIT 0")
        }
        "tls" => world.start_tls(),
        "browse" => world.browse(),
        "sleeps" => world.sleeps(object),
        "waiting" => world.until("waiting", object),
        "state" => world.until(name, object),
        "enter" => world.press_enter(),
        "restart" => world.restart(),
        _ => {
            let who = world.client(name)?;
            match verb {
                "ask" => world.ask_inside_of_tls(who, &data(object)?),
                "carry" => world.send_records(who),
                "back" => world.receive_records(who),
                _ => world.does(who, verb, &data(object)?),
            }
        }
    }
}

fn data(name: &str) -> Result<Vec<u8>> {
    let post = |fields: &str, length: usize| {
        let head =
            format!("POST / HTTP/1.1\r\n{fields}Content-Length: {length}\r\n\r\n");
        [head.into_bytes(), vec![b'a'; length]].concat()
    };
    Ok(match name {
        "" => Vec::new(),
        "GET" => b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".into(),
        "LAST" => {
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".into()
        }
        "HALF" => b"GET / HT".into(),
        "MORE" => b"TP/1.1\r\nHo".into(),
        "LITTLE" => b"st: 127.".into(),
        "REST" => b"TP/1.1\r\nHost: 127.0.0.1\r\n\r\n".into(),
        "POST" => post("Host: 127.0.0.1\r\n", 5000)[..1058].into(),
        "4000" => vec![b'a'; 4000],
        "5000" => vec![b'a'; 5000],
        "8MB" => post("Host: 127.0.0.1\r\n", 8_000_000),
        "NO_HOST" => post("", 100_000),
        _ => bail!("there is no data called {name:?}"),
    })
}
