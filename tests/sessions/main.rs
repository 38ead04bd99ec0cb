//! Every command that the book tells a reader to type, really run, and what the reader
//! sees. Unix only: the commands are given to `sh`.
//!
//! A new one is a row in a table: its name, the command in the first terminal, and the lines
//! typed in the second one. Its snapshot has that name, with `-` for `_`.

#![cfg(unix)]

mod terminal;

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tests::{Client, PATIENCE, pin, wait_until};

use terminal::Terminal;

/// For each row a test, all with the attribute in the first line. The word before the name
/// says which terminal is shown; with `both`, the first one goes to `NAME-server`.
macro_rules! sessions {
    (#$attribute:tt $($shown:ident $name:ident: $server:expr, [$($line:expr),*];)*) => {
        $(#[test] #$attribute
        fn $name() -> Result<()> {
            $shown(&stringify!($name).replace('_', "-"), $server, &[$($line),*])
        })*
    };
}

sessions! { #[cfg(unix)]
    first run_step01: "cargo run -p step01", [];
    first run_step02: "cargo run -p step02", [];
    first run_step03: "cargo run -p step03", [];
    first run_step04: "cargo run -p step04", [];
    first run_step05: "cargo run -p step05", [];
    first port_0: "cargo run -p step04 -- 127.0.0.1:0", [];
}

sessions! { #[cfg(target_os = "linux")]
    second two_at_once: "cargo run -p step04", ["cargo run -p step04"];
    // Linux gives an address twice as long as nobody listens there.
    second two_step01: "cargo run -p step01", ["cargo run -p step01"];
}

sessions! { #[ignore = "needs python3: cargo test -- --ignored"]
    first python_step01: "python3 steps/01-bind/bind.py", [];
    first python_step02: "python3 steps/02-listen/listen.py", [];
    first python_step03: "python3 steps/03-accept/accept.py", [];
    first python_step04: "python3 steps/04-respond/respond.py", [];
}

sessions! { #[ignore = "needs nc: cargo test -- --ignored"]
    second nc_step02: "cargo run -p step02",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' | nc -w 1 127.0.0.1 4545"];
    both nc_step03: "cargo run -p step03",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_step04: "cargo run -p step04",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_half_step04: "cargo run -p step04",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.' | nc 127.0.0.1 4545"];
    both nc_half_step05: "cargo run -p step05 -- --head-deadline 2",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.' | nc 127.0.0.1 4545"];
    both nc_half_then_end_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.' | nc -N 127.0.0.1 4545"];
    both nc_bare_lf_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\nHost: a\n\n' | nc 127.0.0.1 4545"];
    both nc_no_host_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_smuggle_step05: "cargo run -p step05",
        [r"printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' | nc 127.0.0.1 4545"];
}

/// One reader with two terminals.
struct Session {
    command: String,
    server: Terminal,
    address: SocketAddr,
    second: String,
}

impl Session {
    /// Runs `command` in the first terminal, on any free port, until it names its address.
    fn start(command: &str) -> Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let server =
            Terminal::run(&format!("exec {}", at(command, any)), Stdio::piped(), "")?;
        wait_until("there is an address", || address_in(&server.screen()).is_some())
            .with_context(|| format!("{command}: {}", server.screen()))?;
        let address = address_in(&server.screen()).context("no address")?;
        Ok(Self { command: command.into(), server, address, second: String::new() })
    }

    /// Types a line in the second terminal and waits for its end.
    fn line(&mut self, line: &str) -> Result<()> {
        let mut terminal =
            Terminal::run(&at(line, self.address), Stdio::null(), &self.curlrc(line))?;
        terminal.wait().with_context(|| line.to_string())?;
        ensure!(self.server.is_running(), "{}: {}", self.command, self.server.screen());
        self.second += &transcript(line, &self.redacted(&terminal.screen()));
        Ok(())
    }

    /// What the first terminal shows once the server is through with every client so far.
    fn first(&self) -> Result<String> {
        Ok(transcript(&self.command, &self.redacted(&self.server.screen())))
    }

    /// Waits until the server has no client any more: this one, who says nothing, is the last.
    fn settle(&self) -> Result<()> {
        let mut last = Client::connect(self.address)?;
        last.half_close()?;
        last.read_to_end(PATIENCE);
        Ok(())
    }

    fn curlrc(&self, line: &str) -> String {
        let _ = line;
        String::new()
    }

    fn redacted(&self, screen: &str) -> String {
        tests::peers(&tests::date(&tests::port(screen, self.address)))
    }
}

fn first(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    lines.iter().try_for_each(|line| session.line(line))?;
    pin!(name, session.first()?);
    Ok(())
}

fn second(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    lines.iter().try_for_each(|line| session.line(line))?;
    pin!(name, session.second);
    Ok(())
}

fn both(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    lines.iter().try_for_each(|line| session.line(line))?;
    session.settle()?;
    pin!(name, session.second);
    pin!(format!("{name}-server"), session.first()?);
    Ok(())
}

fn transcript(line: &str, screen: &str) -> String {
    let end = if screen.is_empty() || screen.ends_with('\n') { "" } else { "\n" };
    format!("$ {line}\n{screen}{end}")
}

/// The command as it is run: the reader's port is the real one, and one of our programs is
/// told the address that it would have otherwise.
fn at(command: &str, address: SocketAddr) -> String {
    if !command.contains("step") || command.contains("127.0.0.1:") {
        return command.replace("4545", &address.port().to_string());
    }
    let is_first = command.starts_with("cargo") && !command.contains(" -- ");
    format!("{command}{} {address}", if is_first { " --" } else { "" })
}

/// The first address with a port that is followed by something else.
fn address_in(screen: &str) -> Option<SocketAddr> {
    screen.split("127.0.0.1:").skip(1).find_map(|rest| {
        let (port, _) = rest.split_once(|c: char| !c.is_ascii_digit())?;
        Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?)))
    })
}
