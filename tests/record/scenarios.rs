//! What the clients do, and what program and kernel must have come to before they go
//! on.
//!
//! A script is a list of actions and waits. Before an action may be the client's name;
//! without one, it's the last client's. `connect`, `knock` (connect, and give up after
//! the second SYN), `send DATA`, `upload DATA` (what the kernel takes at once),
//! `uploaded` (the rest), `receive` (what has come), `read` (to the end), `close`,
//! `reset`. `enter` and `restart` are done to the program.
//!
//! The waits: `sleeps CALL`, the program has done something and sleeps in CALL; `waiting
//! N`, so many wait for accept; `state STATE UNREAD`, of the server's side of this
//! client's connection. And for what is frequent: `greet` (connect, and the program
//! reads), `leave` (read to the end, close, and the kernel remembers it).

use anyhow::{Context, Result, bail};

use crate::world::World;

pub struct Scenario {
    pub name: &'static str,
    pub title: &'static str,
    pub program: &'static str,
    pub arguments: &'static [&'static str],
    pub script: &'static str,
    /// What chance makes longer or shorter: of all runs, these are shown.
    pub lengths: &'static [&'static str],
}

const fn scenario(
    name: &'static str,
    program: &'static str,
    title: &'static str,
    script: &'static str,
) -> Scenario {
    Scenario { name, title, program, arguments: &[], script, lengths: &[] }
}

pub const ALL: &[Scenario] = &[
    scenario("refused", "step01", "bound, not listening: refused", "connect, enter"),
    scenario(
        "kept",
        "step02",
        "connected by the kernel, the request kept; thrown out when the program ends",
        "connect, waiting 1, send GET, state ESTABLISHED 35, enter, read",
    ),
    scenario(
        "full",
        "step02",
        "the waiting room is full",
        "client1: connect, waiting 1, client2: connect, waiting 2, \
         client3: connect, waiting 3, client4: connect, waiting 4, \
         client5: connect, waiting 5, client6: connect, waiting 6, client7: knock",
    ),
    scenario(
        "empty",
        "step03",
        "an empty reply",
        "greet, send GET, sleeps accept4(3, leave",
    ),
    scenario(
        "unread",
        "step03",
        "5000 bytes, of which 4096 are read",
        "greet, send 5000, sleeps accept4(3, read",
    ),
    scenario(
        "page",
        "step04",
        "the page, and the end of the page",
        "greet, send GET, sleeps accept4(3, leave",
    ),
    scenario(
        "half",
        "step04",
        "half a request is answered",
        "greet, send HALF, sleeps accept4(3, leave",
    ),
    scenario(
        "idle",
        "step04",
        "an idle client holds up the second",
        "idle: greet, second: connect, waiting 1, send GET, state ESTABLISHED 35, \
         idle: close, sleeps accept4(3, second: leave",
    ),
    scenario(
        "upload",
        "step04",
        "a big upload is answered by a reset",
        "greet, upload 8MB, sleeps accept4(3, uploaded",
    ),
    scenario("normal", "step05", "a page", "greet, send GET, sleeps accept4(3, leave"),
    scenario(
        "gentle",
        "step05",
        "a refusal with 100 KB unread, and a gentle close",
        "greet, send NO_HOST, sleeps recvfrom(4, read, close, sleeps accept4(3",
    ),
    Scenario {
        // The last wait is until the deadline is over.
        arguments: &["--head-deadline", "3"],
        ..scenario(
            "trickler",
            "step05",
            "a trickler runs into the deadline",
            "greet, send HALF, sleeps recvfrom(4, send MORE, sleeps recvfrom(4, \
             send LITTLE, sleeps recvfrom(4, sleeps recvfrom(4, read, close, \
             sleeps accept4(3",
        )
    },
    scenario(
        "reset",
        "step04",
        "a client that takes its connection away",
        "greet, reset, sleeps accept4(3",
    ),
    scenario(
        "restart",
        "step04",
        "started again while the kernel remembers a connection",
        "greet, send GET, sleeps accept4(3, leave, restart",
    ),
    scenario(
        "keepalive",
        "ex06c-solution",
        "two requests on one connection",
        "greet, send GET, sleeps recvfrom(4, receive, send LAST, sleeps recvfrom(4, \
         read, close, sleeps accept4(3",
    ),
    scenario(
        "browser",
        "step04",
        "a browser opens two connections",
        "browse, sleeps accept4(3",
    ),
    Scenario {
        // A signature is 70 to 72 bytes long; one is in the certificate, and one beside.
        lengths: &["…, 542)", "application data 531"],
        ..scenario(
            "tls",
            "ex06d-solution",
            "the same bytes inside of TLS",
            "tls, greet, carry, sleeps recvfrom(4, back, carry, sleeps recvfrom(4, \
             back, ask GET, carry, sleeps accept4(3, back, leave",
        )
    },
];

/// Plays a scenario to its end.
pub fn play(world: &mut World, script: &str) -> Result<()> {
    let mut name = "client";
    for part in script.split(", ") {
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
        "5000" => vec![b'a'; 5000],
        "8MB" => post("Host: 127.0.0.1\r\n", 8_000_000),
        "NO_HOST" => post("", 100_000),
        _ => bail!("there is no data called {name:?}"),
    })
}
