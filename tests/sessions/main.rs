//! Every command that the book tells a reader to type, really run, and what the reader
//! sees. Unix only: the commands are given to `sh`.
//!
//! A new one is a row in a table: the terminal to show, a name, the command in the
//! first terminal, and the lines typed in the second one. Its snapshot has that name,
//! with `-` for `_`. The terminals:
//!
//! - `first`, `second`: that one
//! - `both`: the second one and, as `NAME-server`, the first one with what it says of
//!   the visit
//! - `encrypted`: as `both`, but of what came in the first one only what a person can
//!   read
//! - `behind`: the second one; the client of its first line keeps the server busy
//! - `waiting`: the second one, with two clients waiting when its last line is typed
//! - `kept`: the second one, with bytes nobody has read when its last line is typed
//! - `thrown_out`: the second one, where a client waits until Enter is pressed in the
//!   first one
//! - `suspended`: the second one, when Ctrl-Z has been pressed in the first one
//! - `before_head`: the second one and, as `NAME-server`, the first one, whose program
//!   has ended because `head` has

#![cfg(unix)]

mod session;
mod terminal;

#[cfg(target_os = "linux")]
use std::net::SocketAddr;
#[cfg(target_os = "linux")]
use std::process::Command;

use anyhow::{Context, Result};
use tests::{Client, GLANCE, PATIENCE, pin};

use session::Session;

/// For two pages one after the other, and how many connections that took.
const TWICE: &str = r"curl -sI -w 'new connections: %{num_connects}\n' http://127.0.0.1:4545/ http://127.0.0.1:4545/ | grep -e HTTP/1 -e new";
/// Half a request, and a client that says nothing, by whoever has Python and no nc.
const HALF_BY_PYTHON: &str = r#"python3 -c "import socket; s = socket.create_connection(('127.0.0.1', 4545)); s.send(b'GET / HTTP/1.1\r\nHost: 127.0.'); print(s.recv(4096))""#;
const IDLE_BY_PYTHON: &str = r#"python3 -c "import socket; socket.create_connection(('127.0.0.1', 4545)).recv(1)" &"#;
/// A server that keeps connections open.
const HTTP_1_1_BY_PYTHON: &str =
    "python3 -m http.server --protocol HTTP/1.1 --bind 127.0.0.1 4545";
/// Two requests in one go, of which the second says that it is the last.
const TWO_REQUESTS: &str = r"printf 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' | nc 127.0.0.1 4545 | grep HTTP/1";

/// For each row a test, all with the attribute in the first line.
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
    first port_0_step01: "cargo run -p step01 -- 127.0.0.1:0", [];
    first port_0: "cargo run -p step04 -- 127.0.0.1:0", [];
}

sessions! { #[cfg(target_os = "linux")]
    second two_at_once: "cargo run -p step04", ["cargo run -p step04"];
    second wrong_folder: "cargo run -p step04", ["cd / && cargo run -p step04"];
    second which_step: "cargo run -p step04", ["cargo run 2>&1 | head -1"];
    second no_address: "cargo run -p step04", ["cargo run -p step04 -- 4545"];
    second help: "cargo run -p step04", ["cargo run -p step04 -- --help"];
    // The kernel gives one address to two sockets as long as nobody listens there.
    second two_step01: "cargo run -p step01", ["cargo run -p step01"];
    second two_step02: "cargo run -p step02", ["cargo run -p step02"];
}

sessions! { #[ignore = "needs python3: cargo test -- --ignored"]
    first python_step01: "python3 steps/01-bind/bind.py", [];
    first python_step03: "python3 steps/03-accept/accept.py", [];
    first python_server: HTTP_1_1_BY_PYTHON, [];
    first python_step04: "python3 steps/04-respond/respond.py", [];
}

sessions! { #[ignore = "needs nc: cargo test -- --ignored"]
    both nc_step03: "cargo run -p step03",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_half_step03: "cargo run -p step03",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.' | nc 127.0.0.1 4545"];
    second nc_step04: "cargo run -p step04",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' | nc 127.0.0.1 4545 | head -1"];
    second nc_half_step04: "cargo run -p step04",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.' | nc 127.0.0.1 4545"];
    both nc_half_step05: "cargo run -p step05 -- --head-deadline 2",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.' | nc 127.0.0.1 4545"];
    second nc_half_then_end_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\r\nHost: 127.0.' | nc -N 127.0.0.1 4545"];
    second nc_brew_step05: "cargo run -p step05",
        [r"printf 'BREW a pot of coffee\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_bare_lf_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\nHost: a\n\n' | nc 127.0.0.1 4545"];
    second nc_no_host_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_bodies_step05: "cargo run -p step05", [
        r"printf 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' | nc 127.0.0.1 4545 | head -1",
        r"printf 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n' | nc 127.0.0.1 4545 | head -1",
        r"printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello' | nc -N 127.0.0.1 4545 | head -1"];
    both nc_two_spaces_step05: "cargo run -p step05",
        [r"printf 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n' | nc 127.0.0.1 4545"];
    both nc_red_step05: "cargo run -p step05",
        [r"printf 'GET / HTTP/1.1\r\nX: \033[31mred\a\r\n\r\n' | nc 127.0.0.1 4545 | head -1"];
    second nc_trickle_step05: "cargo run -p step05 -- --head-deadline 2",
        ["(for i in 1 2 3; do printf a; sleep 1; done) | nc 127.0.0.1 4545"];
    second nc_two_requests_step05: "cargo run -p step05", [TWO_REQUESTS];
    both nc_smuggle_step05: "cargo run -p step05",
        [r"printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' | nc 127.0.0.1 4545"];
}

sessions! { #[ignore = "needs curl: cargo test -- --ignored"]
    // As where nothing runs at all: step01 only keeps others from the port.
    second curl_nothing: "cargo run -p step01", ["curl http://127.0.0.1:4545/"];
    both curl_step04: "cargo run -p step04", ["curl http://127.0.0.1:4545/"];
    second curl_without_proxy: "cargo run -p step04",
        ["curl --noproxy '*' http://127.0.0.1:4545/"];
    second curl_localhost: "cargo run -p step04",
        ["curl -sv http://localhost:4545/ 2>&1 | grep -e Trying -e h1"];
    second curl_inspect: "cargo run -p step05",
        ["curl -s http://127.0.0.1:4545/inspect | grep '<td>'"];
    second curl_inspect_percent: "cargo run -p step05",
        ["curl -s 'http://127.0.0.1:4545/%69nspect?to=you' | grep '<td>'"];
    second curl_inspect_tag: "cargo run -p step05",
        ["curl -s -H 'X-Odd: <b>bold</b>' http://127.0.0.1:4545/inspect | grep X-Odd"];
    second curl_options: "cargo run -p step05",
        ["curl -si -X OPTIONS http://127.0.0.1:4545/"];
    second curl_methods_step05: "cargo run -p step05", [
        r#"for m in GET OPTIONS POST BREW get; do curl -s -o /dev/null -w "$m: %{http_code}\n" -X $m http://127.0.0.1:4545/; done"#,
        r#"curl -s -o /dev/null -w '%{http_code}\n' -H 'If-None-Match: *' http://127.0.0.1:4545/"#];
    second curl_twice_step05: "cargo run -p step05", [TWICE];
    second curl_upload_step05: "cargo run -p step05",
        ["head -c 2000000 /dev/zero | curl -sv --data-binary @- \
          http://127.0.0.1:4545/ 2>&1 | grep -e '^> E' -e '^< H'"];
}

sessions! { #[ignore = "needs nc, python3: cargo test -- --ignored"]
    second nc_two_requests_python: HTTP_1_1_BY_PYTHON, [TWO_REQUESTS];
}

sessions! { #[ignore = "needs curl, nc: cargo test -- --ignored"]
    behind idle_step04: "cargo run -p step04",
        ["nc -d 127.0.0.1 4545 &", "curl --max-time 1 http://127.0.0.1:4545/"];
}

sessions! { #[ignore = "needs curl: cargo test -- --ignored"]
    encrypted https_step04: "cargo run -p step04", ["curl https://localhost:4545/"];
}

sessions! { #[ignore = "needs curl, python3: cargo test -- --ignored"]
    second curl_twice_python: HTTP_1_1_BY_PYTHON, [TWICE];
    second python_http_server: "python3 -m http.server --bind 127.0.0.1 4545",
        ["cargo run -p step04", "curl -sI http://127.0.0.1:4545/ | grep Server"];
}

sessions! { #[ignore = "needs python3: cargo test -- --ignored"]
    second python_half_step04: "cargo run -p step04", [HALF_BY_PYTHON];
}

sessions! { #[ignore = "needs curl, python3: cargo test -- --ignored"]
    behind python_idle_step04: "cargo run -p step04",
        [IDLE_BY_PYTHON, "curl --max-time 1 http://127.0.0.1:4545/"];
}

sessions! { #[ignore = "needs lsof: cargo test -- --ignored"]
    second who_has_the_port_lsof: "cargo run -p step04",
        ["lsof -nP -iTCP:4545 -sTCP:LISTEN -Fcn"];
}

#[cfg(target_os = "linux")]
sessions! { #[ignore = "needs curl: cargo test -- --ignored"]
    suspended suspended_step04: "cargo run -p step04",
        ["curl --max-time 1 http://127.0.0.1:4545/", "cargo run -p step04"];
}

#[cfg(target_os = "linux")]
sessions! { #[ignore = "needs curl: cargo test -- --ignored"]
    before_head head_step04: "cargo run -p step04 | head -1",
        ["curl http://127.0.0.1:4545/"];
}

#[cfg(target_os = "linux")]
sessions! { #[ignore = "needs ss, nc: cargo test -- --ignored"]
    waiting ss_step02: "cargo run -p step02",
        ["(nc -d 127.0.0.1 4545 & nc -d 127.0.0.1 4545 &)", "ss -ltn 'sport = :4545'"];
    kept ss_kept_step02: "cargo run -p step02",
        [r"(printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' | nc 127.0.0.1 4545 &)",
         "ss -tn 'sport = :4545'"];
    second who_has_the_port: "cargo run -p step04", ["ss -ltnp 'sport = :4545'"];
}

#[cfg(target_os = "linux")]
sessions! { #[ignore = "needs curl, ss: cargo test -- --ignored"]
    second ss_step04: "cargo run -p step04",
        ["curl http://127.0.0.1:4545/", "ss -tan 'sport = :4545'"];
    thrown_out curl_reset_step02: "cargo run -p step02",
        ["curl http://127.0.0.1:4545/"];
}

#[cfg(target_os = "linux")]
sessions! { #[ignore = "needs strace: cargo test -- --ignored"]
    first strace_step01: "strace -e trace=network target/debug/step01", [];
    first strace_step02: "strace -e trace=network target/debug/step02", [];
}

fn first(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    session.type_lines(lines)?;
    pin!(name, session.first());
    Ok(())
}

fn second(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    session.type_lines(lines)?;
    pin!(name, session.second);
    Ok(())
}

fn both(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    session.type_lines(lines)?;
    pin!(name, session.second);
    // A server that is through with this client, who says nothing, has spoken of the
    // others.
    let mut last = Client::connect(session.address)?;
    last.half_close()?;
    last.read_to_end(PATIENCE);
    pin!(format!("{name}-server"), session.first());
    Ok(())
}

fn encrypted(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    session.type_lines(lines)?;
    pin!(name, session.second);
    let first = session.first();
    let before = first.find(r"\x16").context("no TLS")?;
    let (shown, came) = first.split_at(before);
    let words = [r"\x16\x03\x01", "localhost", "http/1.1", "GET", "User-Agent", "curl"];
    let readable = words.into_iter().filter(|word| came.contains(word));
    let readable: Vec<_> = readable.collect();
    pin!(format!("{name}-server"), format!("{shown}{} …", readable.join(" … ")));
    Ok(())
}

fn behind(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    let (idle, others) = lines.split_first().expect("a first line");
    session.type_lines(&[idle])?;
    // From then on nobody is answered.
    tests::wait_until("it is held up", || {
        let mut other = Client::connect(session.address).expect("it listens");
        other.send(tests::REQUEST).is_ok() && other.read_to_end(GLANCE).bytes.is_empty()
    })?;
    session.type_lines(others)?;
    pin!(name, session.second);
    Ok(())
}

#[cfg(target_os = "linux")]
fn waiting(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    let (last, clients) = lines.split_last().expect("a last line");
    session.type_lines(clients)?;
    tests::wait_for_queue(session.address, 2)?;
    session.type_lines(&[last])?;
    pin!(name, session.second);
    Ok(())
}

#[cfg(target_os = "linux")]
fn kept(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    let (last, clients) = lines.split_last().expect("a last line");
    session.type_lines(clients)?;
    wait_for_bytes(session.address)?;
    session.type_lines(&[last])?;
    pin!(name, session.second);
    Ok(())
}

#[cfg(target_os = "linux")]
fn thrown_out(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    let waiting = session.type_line(lines[0])?;
    wait_for_bytes(session.address)?;
    session.press_enter()?;
    session.see(lines[0], waiting)?;
    pin!(name, session.second);
    Ok(())
}

#[cfg(target_os = "linux")]
fn suspended(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    session.press_ctrl_z()?;
    session.type_lines(lines)?;
    // It could not be asked to end.
    session.type_fg()?;
    pin!(name, session.second);
    Ok(())
}

#[cfg(target_os = "linux")]
fn before_head(name: &str, server: &str, lines: &[&str]) -> Result<()> {
    let mut session = Session::start(server)?;
    // It has shown its line, but until it has ended, more can be written to it.
    session.wait_for_the_end_of("head")?;
    let visit = session.type_line(lines[0])?;
    session.see(lines[0], visit)?;
    session.see_the_end()?;
    pin!(name, session.second);
    pin!(format!("{name}-server"), session.first());
    Ok(())
}

/// Waits until the kernel holds a client's bytes, which nobody has read.
#[cfg(target_os = "linux")]
fn wait_for_bytes(server: SocketAddr) -> Result<()> {
    let filter = format!("sport = :{}", server.port());
    tests::wait_until("the kernel holds bytes", || {
        let output = Command::new("ss").args(["-Htn", &filter]).output();
        let text = output.map(|output| output.stdout).unwrap_or_default();
        // State, Recv-Q and more of each connection.
        let text = String::from_utf8_lossy(&text);
        text.split_whitespace().nth(1).is_some_and(|bytes| bytes != "0")
    })
}
