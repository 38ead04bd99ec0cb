//! HTTPS: the same bytes inside of TLS. The check looks through `ex06d-client`, a
//! program of its own, so that nothing else here needs a TLS library.

use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use crate::process::Process;
use crate::{
    Check, Client, Exercise, Failure, RESPONSE_TIMEOUT, Response, Server, Submission,
    Verdict, get, patience,
};

/// The program, whose certificate goes into a file too, and the command in a second
/// terminal.
macro_rules! reproduce {
    ($command:literal) => {
        concat!("{program} 127.0.0.1:4545 | tee target/padlock.pem\n{then}\n", $command)
    };
}

pub const EXERCISE: Exercise = Exercise {
    id: "06d",
    name: "padlock",
    given: 0,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: prints_a_certificate },
        Check {
            points: 3,
            reproduce: reproduce!(
                "curl -v --cacert target/padlock.pem https://127.0.0.1:4545/"
            ),
            run: at_the_address,
        },
        Check {
            points: 1,
            reproduce: reproduce!(
                "curl -v --cacert target/padlock.pem --resolve \
                 localhost:4545:127.0.0.1 \\\n  https://localhost:4545/"
            ),
            run: at_localhost,
        },
        Check {
            points: 2,
            reproduce: reproduce!(
                "curl -i --cacert target/padlock.pem https://127.0.0.1:4545/"
            ),
            run: the_same_bytes,
        },
        Check {
            points: 2,
            reproduce: reproduce!(
                "printf 'GET / HTTP/1.0\\r\\n\\r\\n' |\n  \
                 openssl s_client -quiet -CAfile target/padlock.pem 127.0.0.1:4545"
            ),
            run: says_the_end,
        },
        Check { points: 1, reproduce: "", run: keeps_its_key },
        Check { points: 1, reproduce: "", run: a_new_key },
        Check {
            points: 1,
            reproduce: reproduce!(
                "curl http://127.0.0.1:4545/\n\
                 curl -i --cacert target/padlock.pem https://127.0.0.1:4545/"
            ),
            run: without_tls,
        },
        Check {
            points: 1,
            reproduce: reproduce!(
                "curl https://127.0.0.1:4545/\n\
                 curl -i --cacert target/padlock.pem https://127.0.0.1:4545/"
            ),
            run: bad_clients,
        },
    ],
};

const PAGE: &[u8] = b"<h1>Hello world</h1>";

/// The certificate that the program has printed, or what is wrong.
fn certificate(server: &Server) -> Verdict<String> {
    let why = "RFC 7468, section 5: -----BEGIN CERTIFICATE-----, then the bytes in \
               Base64, then -----END CERTIFICATE-----. A certificate is public: \
               whoever is to trust it must have it.";
    let printed = server.printed();
    let begin = printed.find("-----BEGIN CERTIFICATE-----");
    let Some(begin) = begin else {
        return Err(server.wrong_in_output(
            0,
            "Your program prints no certificate. A client can then trust it blindly or \
             not at all.",
            why,
        ));
    };
    let end = "-----END CERTIFICATE-----";
    match printed[begin..].find(end) {
        Some(length) => Ok(printed[begin..][..length + end.len()].to_owned() + "\n"),
        None => Err(server.wrong_in_output(begin, "This certificate has no end.", why)),
    }
}

fn prints_a_certificate(submission: &Submission) -> Verdict {
    certificate(&submission.start()?).map(drop)
}

/// A connection through TLS: the client's end of it, and the program between.
struct Padlock {
    client: Client,
    between: Process,
}

/// Connects as somebody who trusts that certificate, and calls the server by that name.
fn connect(server: &mut Server, name: &str, pem: &str) -> Verdict<Padlock> {
    let between = start_between(server, name, pem)?;
    let address =
        wait_for(server, &between, "127.0.0.1:").and_then(|text| text.parse().ok());
    let Some(address) = address else {
        return Err(server.wrong(
            format!("The check's own client does not start: {}", between.stderr.text()),
            "That is not the fault of your program.",
        ));
    };
    let client = server.connect_through(address)?;
    let handshake = wait_for(server, &between, "handshake: ");
    match handshake.as_deref() {
        Some("handshake: done") => {
            server
                .note(format!("TLS: the certificate is the right one, and for {name}"));
            Ok(Padlock { client, between })
        }
        handshake => {
            let said = handshake.and_then(|text| text.strip_prefix("handshake: "));
            Err(not_let_in(server, name, said))
        }
    }
}

/// What the client's TLS library says about a handshake, in other words.
fn not_let_in(server: &Server, name: &str, said: Option<&str>) -> Box<Failure> {
    let Some(said) = said else {
        server.note("TLS: the client has said hello, and waits");
        return server.wrong(
            "The handshake does not go on: your program keeps the client's first \
             message to itself. It has been read from the socket, and TLS waits for \
             it.",
            "RFC 8446, section 2: the first message is the ClientHello, and it is for \
             the TLS library. Whoever reads from the socket takes it away from it.",
        );
    };
    if said.contains("corrupt message") {
        server.note("TLS: what came is no TLS");
        return server.wrong(
            "Your program answers in the clear. The client has asked for https, and \
             hangs up.",
            "RFC 8446, section 5.1: each record begins with its type and a version. An \
             HTTP answer begins with the letters HTTP.",
        );
    }
    if said.contains("not valid for name") {
        server.note(format!("TLS: the certificate is not valid for {name}"));
        return server.wrong(
            format!(
                "The certificate is not for {name}. Whoever has it may be \
                 anybody."
            ),
            "RFC 9110, section 4.3.4: the client compares the name in the URL with \
             those in the certificate, an address with addresses. The task: 127.0.0.1 \
             and localhost.",
        );
    }
    if said.contains("UnknownIssuer") {
        server.note("TLS: another certificate");
        return server.wrong(
            "The certificate that comes in the handshake is not the one that was \
             printed. The client trusts that one only.",
            "RFC 8446, section 4.4: the server shows a certificate and proves that it \
             has its key.",
        );
    }
    server.note(format!("TLS: {}", short(said)));
    server.wrong(
        "The handshake fails.",
        "RFC 8446, section 6.2: the side that sees an error says which and closes.",
    )
}

/// What fits into a line.
fn short(said: &str) -> &str {
    let said = said.split(": https:").next().unwrap_or(said);
    said.char_indices().nth(56).map_or(said, |(end, _)| &said[..end])
}

impl Padlock {
    /// Asks for the page.
    fn ask(&mut self) -> Verdict<Response> {
        self.client.send(&get("/"))?;
        self.client.response()
    }

    /// How the answer ended, seen from inside of TLS.
    fn end(&self, server: &Server) -> Option<String> {
        wait_for(server, &self.between, "end: ")
    }
}

fn visit(server: &mut Server, name: &str, pem: &str) -> Verdict<Response> {
    let mut padlock = connect(server, name, pem)?;
    let answer = padlock.ask();
    if answer.is_err() && padlock.client.received().is_empty() {
        let end = padlock.end(server);
        if end.is_some_and(|end| end.contains("corrupt message")) {
            server.note("TLS: these bytes are not encrypted");
            let beside = Err(server.wrong(
                "The handshake is done, and then your program answers beside it: it \
                 writes to the socket, and not to TLS. Everybody on the way can read \
                 that, and the client drops it.",
                "RFC 8446, section 5.2: after the handshake, all that is sent is \
                 encrypted. Read and write through the stream of the TLS library only.",
            ));
            return beside;
        }
    }
    answer
}

fn at_the_address(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let pem = certificate(&server)?;
    connect(&mut server, "127.0.0.1", &pem).map(drop)
}

fn at_localhost(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let pem = certificate(&server)?;
    connect(&mut server, "localhost", &pem).map(drop)
}

fn the_same_bytes(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let pem = certificate(&server)?;
    let answer = visit(&mut server, "127.0.0.1", &pem)?;
    answer.expect_success()?;
    let why = "The task: what comes out of TLS is what step 4 sends without it.";
    answer.expect_body(PAGE, "This is another page.", why)
}

fn says_the_end(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let pem = certificate(&server)?;
    let mut padlock = connect(&mut server, "127.0.0.1", &pem)?;
    let answer = padlock.ask();
    answer?;
    match padlock.end(&server).as_deref() {
        Some("end: close_notify") => Ok(()),
        end => {
            let end = end.and_then(|end| end.strip_prefix("end: "));
            server.note(format!("TLS: {}", short(end.unwrap_or("no end"))));
            Err(server.wrong(
                "The connection ends, and TLS was not told. Anybody on the way can cut \
                 a connection; so the client cannot know whether this was the whole \
                 page.",
                "RFC 8446, section 6.1: each side sends close_notify before it closes, \
                 and an end without it may be an attack. RFC 9112, section 9.8.",
            ))
        }
    }
}

fn keeps_its_key(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let pem = certificate(&server)?;
    visit(&mut server, "127.0.0.1", &pem)?;
    let why = "RFC 8446, section 4.4.3: whoever has the key can prove to be you. What \
               is printed is in logs, on screens and in bug reports.";
    let is_key =
        |line: &&str| line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
    for text in [server.printed(), server.complained()] {
        if let Some(line) = text.lines().find(is_key) {
            // What follows that line is shown to nobody.
            server.note(format!("your program prints {line}"));
            return Err(server.wrong(
                "Your program prints its private key. Now it is nobody's secret.",
                why,
            ));
        }
    }
    Ok(())
}

fn a_new_key(submission: &Submission) -> Verdict {
    let (one, other) = (submission.start()?, submission.start()?);
    if certificate(&one)? != certificate(&other)? {
        return Ok(());
    }
    other.note("it is the same certificate as at another start");
    Err(other.wrong(
        "Two starts, and the same certificate: its key lies somewhere, in the program \
         or in a file. Whoever can read that can be you.",
        "The task: a new key at each start, which no file ever sees. Real servers keep \
         theirs, and guard it.",
    ))
}

fn without_tls(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let pem = certificate(&server)?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    client.listen(RESPONSE_TIMEOUT);
    let body = client.received().windows(PAGE.len()).position(|bytes| bytes == PAGE);
    if let Some(offset) = body {
        return Err(client.wrong_at(
            offset,
            "Your program gives the page to whoever asks without TLS. Somebody on the \
             way has only to take off the s of https, and reads along.",
            "RFC 9110, section 4.2.2: what is https must not be served without \
             protection.",
        ));
    }
    client.leave();
    server.survives()?;
    visit(&mut server, "127.0.0.1", &pem).map(drop)
}

fn bad_clients(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let pem = certificate(&server)?;
    // It trusts nothing, and says so.
    let doubting = start_between(&server, "127.0.0.1", "")?;
    let address =
        wait_for(&server, &doubting, "127.0.0.1:").and_then(|text| text.parse().ok());
    if let Some(address) = address {
        let client = server.connect_through(address)?;
        wait_for(&server, &doubting, "handshake: ");
        server.note("TLS: the client does not trust the certificate");
        client.leave();
        server.survives()?;
    }
    // Type, version and length of a first message that does not come.
    let mut leaving = server.connect()?;
    leaving.send(b"\x16\x03\x01\x02\x00\x01")?;
    leaving.leave();
    server.survives()?;
    visit(&mut server, "127.0.0.1", &pem).map(drop)
}

/// Starts the program between, which will go to `server`.
fn start_between(server: &Server, name: &str, pem: &str) -> Verdict<Process> {
    let program = match client_program() {
        Ok(program) => program,
        Err(error) => {
            return Err(server.wrong(
                format!("The check's own client cannot be built: {error}"),
                "That is not the fault of your program.",
            ));
        }
    };
    let mut command = Command::new(program);
    command.arg(server.address().to_string()).arg(name);
    let started =
        Process::start(command, "a client of ours").and_then(|mut process| {
            process.input(Some(pem))?;
            process.input(None)?;
            Ok(process)
        });
    started.map_err(|error| {
        server.wrong(
            format!("The check's own client cannot be started: {error}"),
            "That is not the fault of your program.",
        )
    })
}

/// The line of the program between that begins so, when it comes while either of the
/// two programs has something to do, or soon after.
fn wait_for(server: &Server, between: &Process, begin: &str) -> Option<String> {
    let line = || {
        let text = between.stdout.text();
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        complete.lines().find(|line| line.starts_with(begin)).map(Into::into)
    };
    let found = patience::wait(server.id(), RESPONSE_TIMEOUT, |tick| {
        let found = patience::wait(between.id(), tick, |tick| {
            let found = line();
            if found.is_none() {
                thread::sleep(tick.min(std::time::Duration::from_millis(1)));
            }
            found
        });
        found.ok()
    });
    found.ok()
}

/// Returns where `ex06d-client` is, having built it if need be.
type Build = fn() -> anyhow::Result<String>;

static BUILD: OnceLock<Build> = OnceLock::new();

/// Says how to build the program that the check looks through, once and for all.
pub fn set_tls_client(build: Build) {
    let _ = BUILD.set(build);
}

fn client_program() -> &'static Result<String, String> {
    static PROGRAM: OnceLock<Result<String, String>> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let build = BUILD.get().ok_or("nobody has said how")?;
        build().map_err(|error| format!("{error:#}"))
    })
}
