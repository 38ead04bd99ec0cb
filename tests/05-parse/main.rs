//! Step 5, seen from outside: the right page, the right refusal, and the cures of step
//! 4's flaws.

mod asked;
mod asking;
mod calls;
mod checks;
mod grammar;
mod ledger;
mod limits;
mod options;
mod peers;
mod properties;
mod requests;
mod rfcs;
#[cfg(target_os = "linux")]
#[cfg(target_os = "linux")]
mod unread;

use checks::memory;

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use step05::{MAX_FIELDS, MAX_HEAD, MAX_TARGET};
use tests::{Client, PATIENCE, Program, REQUEST, Received, date, pin};

fn rust() -> Command {
    Command::new(env!("CARGO_BIN_EXE_step05"))
}

tests::command_line! { rust }

/// The program with another deadline for a request, in seconds.
fn with_deadline(seconds: &str) -> Command {
    let mut command = rust();
    command.args(["--head-deadline", seconds]);
    command
}

/// What the program answers to `request`, which is sent at once.
fn answer(request: &[u8]) -> Result<String> {
    let program = Program::start(rust())?;
    let received = tests::exchange(program.address(), request)?;
    program.stop()?;
    Ok(date(&received.to_string()))
}

#[test]
fn home() -> Result<()> {
    pin!("home", answer(REQUEST)?);
    Ok(())
}

#[test]
fn head_is_home_without_its_body() -> Result<()> {
    pin!("head", answer(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")?);
    Ok(())
}

#[test]
fn inspect() -> Result<()> {
    let request = b"GET /%69nspect?a=1&b=%zz HTTP/1.1\r\nHost: localhost\r\n\
                    X-Odd:  <i>'\"&\xff \r\n\r\n";
    pin!("inspect", answer(request)?);
    Ok(())
}

#[test]
fn not_found() -> Result<()> {
    pin!(
        "not_found",
        answer(b"GET /no/such/page HTTP/1.1\r\nHost: localhost\r\n\r\n")?
    );
    Ok(())
}

#[test]
fn bad_request() -> Result<()> {
    pin!("bad_request", answer(b"BREW a pot of coffee\r\n\r\n")?);
    Ok(())
}

/// The terminal's side of good and bad requests: the peer's port is redacted.
#[test]
fn stdout() -> Result<()> {
    let program = Program::start(rust())?;
    let address = program.address();
    for request in [
        REQUEST,
        b"GET /no/such/page HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x1b[31mred\x07\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\
          hello?\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\nHost: localhost\n\n",
    ] {
        tests::exchange(address, request)?;
    }
    // What is last sent is last logged.
    program.wait_for_stdout("not LF")?;
    pin!("stdout", tests::peers(&tests::port(&program.stop()?.stdout, address)));
    Ok(())
}

/// What the terminal says of mistakes, by the room that finds them.
#[test]
fn carets() -> Result<()> {
    const GROUPS: [(&str, &[&str]); 4] = [
        (
            "carets_request",
            &[
                "GET / http/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
                "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n",
            ],
        ),
        (
            "carets_target",
            &[
                "GET index.html HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /100% HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET http://me@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: [1.2.3]\r\n\r\n",
            ],
        ),
        (
            "carets_body",
            &[
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\
                 Content-Length: 6\r\n\r\nhello!",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\
                 Content-Length: 5\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n\
                 0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n\
                 0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                 0x5\r\nhello\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                 100000\r\nhello",
            ],
        ),
        (
            "carets_log",
            &[
                "BREW a pot of coffee\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX: \u{e9}t\u{e9} \x07\r\n\r\n",
                "GET /a/long/way/down/to/the/place/where/somebody/forgot/what/comes/\
                 behind/a/percent/sign/%zz/and/still/on HTTP/1.1\r\nHost: a\r\n\r\n",
            ],
        ),
    ];
    for (name, requests) in GROUPS {
        let program = Program::start(rust())?;
        let address = program.address();
        for request in requests {
            tests::exchange(address, request.as_bytes())?;
        }
        // Each refusal is logged once its client has gone; the next one waits for that.
        tests::exchange(address, REQUEST)?;
        program.wait_for_stdout("\" 200 ")?;
        let log = tests::peers(&program.stop()?.stdout);
        // The first line says where the server is, the last is about the page.
        let lines: Vec<_> = log.lines().collect();
        pin!(name, lines[1..lines.len() - 1].join("\n"));
    }
    Ok(())
}

/// Why step 5 looks at each digit itself: who reads numbers for people is kinder than
/// HTTP.
#[test]
fn rust_takes_a_sign_for_a_digit() {
    assert_eq!("+5".parse::<usize>(), Ok(5));
    assert_eq!("+80".parse::<u16>(), Ok(80));
}

#[test]
#[ignore = "needs python3: cargo test -- --ignored"]
fn python_takes_blanks_and_underscores_for_digits() -> Result<()> {
    let mut command = tests::python("-c");
    command.arg("print(int(' 5_0 '))");
    ensure!(tests::run(command)?.stdout.trim_ascii() == b"50");
    Ok(())
}

/// The cure of step 4's half request: however the bytes are cut, the answer is the
/// same.
#[test]
fn a_request_in_pieces_gets_the_page() -> Result<()> {
    let program = Program::start(rust())?;
    let pause = Duration::from_millis(2);
    for pieces in [
        REQUEST.chunks(1).collect::<Vec<_>>(),
        REQUEST.chunks(7).collect(),
        vec![&REQUEST[..REQUEST.len() - 1], b"\n"],
    ] {
        let mut client = Client::connect(program.address())?;
        client.send_in_pieces(pieces, pause)?;
        pin!("home", date(&client.read_to_end(PATIENCE).to_string()));
    }
    program.stop()?;
    Ok(())
}

/// The cure of step 4's answer to half a request: half a request gets no page, at the
/// end of the bytes as little as at the deadline.
#[test]
fn half_a_request_is_refused() -> Result<()> {
    let program = Program::start(with_deadline("1"))?;
    let half = b"GET / HTTP/1.1\r\nHost: 127.0.";
    let mut client = Client::connect(program.address())?;
    client.send(half)?;
    client.half_close()?;
    pin!("half_then_end", date(&client.read_to_end(PATIENCE).to_string()));
    let received = tests::exchange(program.address(), half)?;
    pin!("half_then_silence", date(&received.to_string()));
    program.stop()?;
    Ok(())
}

/// The cure of step 4's answer to nothing: a browser's spare connection is closed
/// without a word.
#[test]
fn nothing_is_answered_with_nothing() -> Result<()> {
    let program = Program::start(rust())?;
    let mut client = Client::connect(program.address())?;
    client.half_close()?;
    let received = client.read_to_end(PATIENCE);
    ensure!(
        received == (Received { bytes: vec![], end: tests::End::Fin }),
        "{received}"
    );
    program.stop()?;
    Ok(())
}

/// A flaw that step 5 keeps: two requests on one connection get one answer. Exercise
/// 06c cures it.
#[test]
fn two_requests_get_one_answer() -> Result<()> {
    let first = b"GET /no/such/page HTTP/1.1\r\nHost: localhost\r\n\r\n";
    pin!("two_requests", answer(&[first.as_slice(), REQUEST].concat())?);
    Ok(())
}

#[test]
fn survives_bad_clients() -> Result<()> {
    let program = Program::start(rust())?;
    tests::bad_clients(program.address())?;
    program.wait_for_stdout("lost 127.0.0.1:")?;
    let received = tests::exchange(program.address(), REQUEST)?;
    pin!("home", date(&received.to_string()));
    program.stop()?;
    Ok(())
}

/// As after `cargo run | head -1`: nobody reads what it prints, and it goes on serving.
#[test]
fn survives_a_closed_stdout() -> Result<()> {
    let program = Program::start_before_head_1(rust())?;
    for _ in 0..2 {
        let received = tests::exchange(program.address(), REQUEST)?;
        pin!("home", date(&received.to_string()));
    }
    program.stop()?;
    Ok(())
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow() -> Result<()> {
    tests::keeps_its_memory(rust(), |received| received.bytes.ends_with(b"</html>\n"))
}

#[test]
#[ignore = "needs curl: cargo test -- --ignored"]
fn curl() -> Result<()> {
    let program = Program::start(rust())?;
    let arguments: [(&str, &str, &[&str]); 5] = [
        ("curl", "/", &[]),
        ("curl_head", "/", &["--head"]),
        ("curl_http10", "/", &["--http1.0"]),
        ("curl_post", "/", &["--data", "a=1"]),
        ("curl_path", "/a/../inspect/", &["--path-as-is"]),
    ];
    for (name, path, arguments) in arguments {
        pin!(name, tests::curl(program.address(), path, arguments)?);
    }
    program.stop()?;
    Ok(())
}

/// A file that is read to its end, and one so large that curl asks before it sends it.
#[test]
#[ignore = "needs curl: cargo test -- --ignored"]
fn curl_uploads() -> Result<()> {
    let program = Program::start(rust())?;
    for (name, length) in
        [("curl_upload", 500_000), ("curl_upload_too_large", 2_000_000)]
    {
        let file = tests::file_of(length)?;
        let data = format!("@{}", file.path().display());
        let shown = tests::curl(program.address(), "/", &["--data-binary", &data])?;
        pin!(name, shown.replace(&data, "@bigfile"));
    }
    program.stop()?;
    Ok(())
}

/// Python's own client understands the answers.
#[test]
#[ignore = "needs python3: cargo test -- --ignored"]
fn python_http_client() -> Result<()> {
    let script = "
import http.client, sys
for line in ['GET /', 'HEAD /', 'OPTIONS *', 'POST /', 'GET /none']:
    method, target = line.split()
    connection = http.client.HTTPConnection(sys.argv[1], timeout=20)
    connection.request(method, target, body='a=1' if method == 'POST' else None)
    response = connection.getresponse()
    body = response.read()
    fields = [name for name, value in response.getheaders()]
    end = 'closes' if response.will_close else 'stays open'
    status = f'{response.status} {response.reason}'
    print(f'{line}: {status}, {len(body)} bytes, {end}')
    print('   ', *fields)
";
    let program = Program::start(rust())?;
    let mut command = tests::python("-c");
    command.arg(script).arg(program.address().to_string());
    let output = tests::run(command)?;
    program.stop()?;
    ensure!(output.status.success(), "{output:?}");
    pin!("python_http_client", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// `httplint`, which `REDbot` uses, finds nothing to warn of in the page.
#[test]
#[ignore = "needs httplint: cargo test -- --ignored"]
fn httplint() -> Result<()> {
    let program = Program::start(rust())?;
    let received = tests::exchange(program.address(), REQUEST)?;
    program.stop()?;
    let output = assert_cmd::Command::new("httplint")
        .arg("--now")
        .write_stdin(received.bytes)
        .timeout(PATIENCE)
        .output()
        .context("running httplint; is it installed?")?;
    ensure!(output.status.success(), "{output:?}");
    pin!("httplint", String::from_utf8_lossy(&output.stdout).trim());
    Ok(())
}

/// Five visits in a row, and the server lives; the log shows that the icon in the page
/// keeps the browser from asking for one, and that its second connection, silent or not
/// there, is no request.
#[test]
#[ignore = "needs Chromium: cargo test -- --ignored"]
fn browser() -> Result<()> {
    let program = Program::start(rust())?;
    let address = program.address();
    for _ in 0..5 {
        pin!("browser", tests::chromium(&format!("http://{address}/"))?);
    }
    let inspected = tests::chromium(&format!("http://{address}/inspect?q=|^{{}}%zz"))?;
    for shown in [
        "<tr><th scope=\"row\">method</th><td>GET</td></tr>",
        "<td>/inspect?q=|^{}%zz</td>",
        "<tr><th scope=\"row\">User-Agent</th><td>Mozilla/5.0",
    ] {
        ensure!(inspected.contains(shown), "no {shown} in {inspected}");
    }
    let log = program.stop()?.stdout;
    let requests = log.lines().filter_map(|line| line.split('"').nth(1));
    pin!("browser_log", requests.collect::<Vec<_>>().join("\n"));
    Ok(())
}

/// Values are taken many bytes at a time, but each byte is judged, wherever it is, and
/// whatever is beside it.
#[test]
fn every_byte_in_every_place_of_a_value() -> Result<()> {
    let before = b"GET / HTTP/1.0\r\nA: ";
    let offset = |value: &[u8]| {
        let head = [before.as_slice(), value, b"\r\n\r\n"].concat();
        step05::parse(&head).err().map(|error| error.offset - before.len())
    };
    for byte in 0..=u8::MAX {
        let is_wrong = byte.is_ascii_control() && byte != b'\t';
        for place in 0..40 {
            let mut value = [b'a'; 40];
            value[place] = byte;
            let found = offset(&value);
            ensure!(
                found == is_wrong.then_some(place),
                "{byte:#x} at {place}: {found:?}"
            );
        }
        let found = offset(&[byte; 40]);
        ensure!(found == is_wrong.then_some(0), "forty of {byte:#x}: {found:?}");
    }
    Ok(())
}

/// Of two fields that are refused for the same reason, the log points at the first.
#[test]
fn the_first_of_two_reasons_is_named() {
    let before = "GET / HTTP/1.1\r\nHost: a\r\nExpect: ";
    let head = format!("{before}one\r\nExpect: two\r\n\r\n");
    let error = step05::parse(head.as_bytes()).unwrap_err();
    assert_eq!((error.status.0, error.offset), (417, before.len()));
}

/// The target's host and port beat those of Host.
#[test]
fn which_authority_counts() {
    for (target, authority) in [
        ("GET /", "b"),
        ("OPTIONS *", "b"),
        ("GET http://a:80", "a:80"),
        ("GET http://[::1]/?c", "[::1]"),
        ("CONNECT a:443", "a:443"),
    ] {
        let head = format!("{target} HTTP/1.1\r\nHost: b\r\n\r\n");
        let (request, _) = step05::parse(head.as_bytes()).unwrap().unwrap();
        assert_eq!(request.authority, Some(authority.as_bytes()), "{target}");
    }
}

/// Where the log's caret points: the offending byte is the one after the `¦`.
#[test]
fn errors_point_at_the_offending_byte() {
    const LINE: &str = "GET / HTTP/1.1\r\n";
    const HOST: &str = "GET / HTTP/1.1\r\nHost: a\r\n";
    let rows = [
        ("", "¦(GET / HTTP/1.1\r\n"),
        ("", "\r\n\r\n¦ GET / HTTP/1.1\r\n"),
        ("", "GET¦\t/ HTTP/1.1\r\n"),
        ("", "¦AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n"),
        ("", "GET ¦ / HTTP/1.1\r\n"),
        ("", "GET /a¦\"b HTTP/1.1\r\n"),
        ("", "GET / ¦http/1.1\r\n"),
        ("", "GET / ¦HTTP/1,1\r\n"),
        ("", "GET / HTTP/¦2.0\r\n"),
        ("", "GET / HTTP/1.1¦ \r\n"),
        ("", "GET / HTTP/1.1¦\n"),
        ("", "GET / HTTP/1.1¦\rX"),
        ("", "GET /a¦%zz HTTP/1.1\r\n"),
        ("", "GET /%41/b¦%4 HTTP/1.1\r\n"),
        ("", "GET /%41/b¦%00 HTTP/1.1\r\n"),
        ("", "GET ¦index HTTP/1.1\r\n"),
        ("", "GET http://¦a@b/ HTTP/1.1\r\n"),
        ("", "GET http://a¦:x/ HTTP/1.1\r\n"),
        ("", "GET http://[::1]¦x/ HTTP/1.1\r\n"),
        ("", "GET http://a/b¦% HTTP/1.1\r\n"),
        ("", "CONNECT a¦ HTTP/1.1\r\n"),
        ("", "CONNECT a¦: HTTP/1.1\r\n"),
        (LINE, "¦\r\n"),
        (LINE, "Host: ¦a/b\r\n"),
        (LINE, "Host:\t ¦%zz\r\n"),
        (LINE, "Host: a¦:65536\r\n"),
        (HOST, "¦Host: a\r\n"),
        (HOST, "¦ X: y\r\n"),
        (HOST, "X¦ : y\r\n"),
        (HOST, "¦: y\r\n"),
        (HOST, "X: a¦\0b\r\n"),
        (HOST, "X: a¦\n"),
        (HOST, "Content-Length: ¦x\r\n"),
        (HOST, "Content-Length: 5\r\nContent-Length: ¦6\r\n"),
        (HOST, "Content-Length: ¦1048577\r\n\r\n"),
        (HOST, "Content-Length: 5\r\nTransfer-Encoding: ¦chunked\r\n\r\n"),
        (HOST, "Transfer-Encoding: ¦gzip\r\n\r\n"),
        (HOST, "Transfer-Encoding: ¦gzip, chunked\r\n\r\n"),
        (HOST, "Transfer-Encoding: ¦, chunked\r\n"),
        (HOST, "Transfer-Encoding: ¦chunked, chunked\r\n"),
        (HOST, "Expect: ¦x\r\n\r\n"),
        ("GET / HTTP/1.0\r\n", "Transfer-Encoding: ¦chunked\r\n\r\n"),
    ];
    let long = [
        format!("GET /{}¦a HTTP/1.1\r\n", "a".repeat(MAX_TARGET - 1)),
        format!("{HOST}{}¦X: y\r\n\r\n", "X: y\r\n".repeat(MAX_FIELDS - 1)),
        format!("{HOST}X: {}¦", "a".repeat(MAX_HEAD - HOST.len() - 3)),
    ];
    let rows = rows.map(|(before, rest)| format!("{before}{rest}"));
    for row in rows.iter().chain(&long) {
        let error = step05::parse(row.replace('¦', "").as_bytes()).unwrap_err();
        assert_eq!(Some(error.offset), row.find('¦'), "{error}: {row:?}");
    }
}
