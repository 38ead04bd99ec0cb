//! HTTPS: the same bytes inside of TLS. The check looks through `ex06d-client`, a
//! program of its own, so that nothing else here needs a TLS library.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use crate::process::Process;
use crate::{
    Check, Client, Exercise, Failure, RESPONSE_TIMEOUT, Response, SILENCE_WINDOW,
    Server, Submission, Verdict, get, patience,
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
const HERE: &str = "127.0.0.1";

/// A program that runs, and the certificate that it has printed.
fn start(submission: &Submission) -> Verdict<(Server, String)> {
    let mut server = submission.start()?;
    let pem = certificate(&mut server).map_err(Failure::unreached)?;
    Ok((server, pem))
}

/// Waits for the certificate, which may be printed before the address or after it.
fn certificate(server: &mut Server) -> Verdict<String> {
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let found = server.wait_for_output(|text| {
        let pem = &text[text.find(begin)?..];
        Some(pem[..pem.find(end)? + end.len()].to_owned() + "\n")
    });
    found.map_err(|printed| {
        let place = printed.find(begin);
        let meaning = if place.is_some() {
            "The certificate that your program prints has no end."
        } else if server.complained().contains(begin) {
            "Your program prints its certificate on standard error, where complaints \
             go. It belongs on standard output, beside the address."
        } else {
            "Your program doesn't print a certificate. A client can then trust it \
             blindly or not at all."
        };
        server.wrong_in_output(
            place.unwrap_or(0),
            meaning,
            "RFC 7468, section 5: -----BEGIN CERTIFICATE-----, then the bytes in \
             Base64, then -----END CERTIFICATE-----. A certificate is public: a client \
             that is to trust it must have it.",
        )
    })
}

fn prints_a_certificate(submission: &Submission) -> Verdict {
    certificate(&mut submission.start()?).map(drop)
}

/// A connection through TLS: the client's end of it, and the program between.
struct Padlock {
    client: Client,
    between: Process,
}

/// Connects as a client that trusts that certificate, and calls the server by that
/// name.
fn connect(server: &mut Server, name: &str, pem: &str) -> Verdict<Padlock> {
    let padlock = say_hello(server, name, pem)?;
    match wait_for(server, &padlock.between, "handshake: ").as_deref() {
        Some("done") => {
            server
                .note(format!("TLS: the certificate is the right one, and for {name}"));
            Ok(padlock)
        }
        said => {
            let failure = server.survives().err();
            Err(failure.unwrap_or_else(|| not_let_in(server, name, said)))
        }
    }
}

/// Connects, and begins the handshake.
fn say_hello(server: &mut Server, name: &str, pem: &str) -> Verdict<Padlock> {
    let between = start_between(server, name, pem)?;
    let port = wait_for(server, &between, "port: ").and_then(|port| port.parse().ok());
    let Some(port) = port else {
        return Err(server.wrong(
            format!("The check's own client doesn't start: {}", between.stderr.text()),
            "That isn't the fault of your program.",
        ));
    };
    let client = server.connect_through((Ipv4Addr::LOCALHOST, port).into())?;
    Ok(Padlock { client, between })
}

/// Returns what the client's TLS library says about a handshake, in other words.
fn not_let_in(server: &Server, name: &str, said: Option<&str>) -> Box<Failure> {
    let Some(said) = said else {
        server.note("TLS: the client has said hello, and waits");
        return server.wrong(
            "The handshake doesn't go on: the client's first message gets no answer. \
             Does your program read it from the socket itself? Then it's missing where \
             TLS waits for it.",
            "RFC 8446, section 2: the first message is the ClientHello, and it's for \
             the TLS library. What a program reads from the socket, the library \
             doesn't get.",
        );
    };
    let says = |words: &str| said.contains(words);
    let (note, meaning, why) = if says("corrupt message") {
        (
            "what came isn't TLS",
            "Your program answers in the clear. The client asked for https, and hangs \
             up.",
            "RFC 8446, section 5.1: each record begins with its type and a version. An \
             HTTP answer begins with the letters HTTP.",
        )
    } else if says("not valid for name") {
        server.note(format!("TLS: the certificate is not valid for {name}"));
        return server.wrong(
            format!(
                "The certificate isn't for {name}. The client can't know whose it is."
            ),
            "RFC 9110, section 4.3.4: the client compares the name in the URL with \
             those in the certificate, an address with addresses. The task: 127.0.0.1 \
             and localhost.",
        );
    } else if says("UnknownIssuer") {
        (
            "another certificate",
            "The certificate that comes in the handshake isn't the one that was \
             printed. The client trusts only that one.",
            "RFC 8446, section 4.4: the server shows a certificate and proves that it \
             has its key.",
        )
    } else if says("ProtocolVersion") {
        (
            "the server speaks only older versions",
            "Your program doesn't speak TLS 1.3, only what came before it.",
            "RFC 8446, section 4.2.1: the client lists the versions it speaks. The \
             task: TLS 1.3.",
        )
    } else if says("end of file") || says("eof") || says("reset by peer") {
        (
            "the server has hung up",
            "Your program hangs up in the middle of the handshake.",
            "RFC 8446, section 2: the server answers the ClientHello, and then waits \
             for the client's last message. The handshake happens when the TLS \
             library's stream is first read or written.",
        )
    } else {
        (
            short(said),
            "The handshake fails.",
            "RFC 8446, section 6.2: the side that sees an error says which and closes.",
        )
    };
    server.note(format!("TLS: {note}"));
    server.wrong(meaning, why)
}

/// What fits into a line.
fn short(said: &str) -> &str {
    let said = said.split(": https:").next().unwrap_or(said);
    said.char_indices().nth(56).map_or(said, |(end, _)| &said[..end])
}

impl Padlock {
    /// Asks for the page, after a moment in which it mustn't come.
    fn ask(&mut self, server: &Server) -> Verdict<Response> {
        self.client.listen(SILENCE_WINDOW);
        self.client.send(&get("/"))?;
        let answer = self.client.response();
        if answer.is_ok() || !self.client.received().is_empty() {
            return answer;
        }
        let end = self.end(server).unwrap_or_default();
        if end.contains("before the request") {
            server.note("TLS: the answer was there before the request");
            return Err(server.wrong(
                "Your program answers before the client has asked: it writes without \
                 having read.",
                "The task: what your program reads and writes stays as it is. RFC \
                 9110, section 3.3: a request, and then its response.",
            ));
        }
        if end.contains("fatal alert") {
            server.note(format!("TLS: {}", short(&end)));
            return Err(server.wrong(
                "The client has done its part of the handshake, and your program ends \
                 it with an alert: it wants something that this client doesn't have, \
                 such as a certificate of its own.",
                "RFC 8446, section 6.2: the side that sees an error says which and \
                 closes.",
            ));
        }
        if end.contains("corrupt message") {
            server.note("TLS: these bytes are not encrypted");
            return Err(server.wrong(
                "The handshake is done, and then your program answers beside it: it \
                 writes to the socket, and not to TLS. Anyone on the way can read \
                 that, and the client drops it.",
                "RFC 8446, section 5.2: after the handshake, all that is sent is \
                 encrypted. Read and write only through the stream of the TLS library.",
            ));
        }
        answer
    }

    /// Returns how the answer ended, seen from inside of TLS.
    fn end(&self, server: &Server) -> Option<String> {
        wait_for(server, &self.between, "end: ")
    }
}

/// Connects, and asks for the page.
fn visit(server: &mut Server, pem: &str) -> Verdict<Response> {
    connect(server, HERE, pem)?.ask(server)
}

fn at_the_address(submission: &Submission) -> Verdict {
    let (mut server, pem) = start(submission)?;
    connect(&mut server, HERE, &pem).map(drop)
}

fn at_localhost(submission: &Submission) -> Verdict {
    let (mut server, pem) = start(submission)?;
    connect(&mut server, "localhost", &pem).map(drop)
}

fn the_same_bytes(submission: &Submission) -> Verdict {
    let (mut server, pem) = start(submission)?;
    let mut padlock = connect(&mut server, HERE, &pem).map_err(Failure::unreached)?;
    is_the_page(&padlock.ask(&server)?)?;
    // The third is a client like the first.
    is_the_page(&visit(&mut server, &pem)?)?;
    is_the_page(&visit(&mut server, &pem)?)
}

fn is_the_page(answer: &Response) -> Verdict {
    answer.expect_success()?;
    let why = "The task: what comes out of TLS is what step 4 sends without it.";
    answer.expect_body(PAGE, "This is another page.", why)
}

fn says_the_end(submission: &Submission) -> Verdict {
    let (mut server, pem) = start(submission)?;
    let mut padlock = connect(&mut server, HERE, &pem).map_err(Failure::unreached)?;
    padlock.ask(&server).map_err(Failure::unreached)?;
    let end = padlock.end(&server).unwrap_or("no end".into());
    if end == "close_notify" {
        return Ok(());
    }
    server.note(format!("TLS: {}", short(&end)));
    Err(server.wrong(
        "The connection ends, and TLS wasn't told. Anyone on the way can cut a \
         connection, so the client can't know whether this was the whole page.",
        "RFC 8446, section 6.1: each side sends close_notify before it closes, and an \
         end without it may be an attack. RFC 9112, section 9.8.",
    ))
}

fn keeps_its_key(submission: &Submission) -> Verdict {
    let (mut server, pem) = start(submission)?;
    visit(&mut server, &pem).map_err(Failure::unreached)?;
    for text in [server.printed(), server.complained()] {
        let Some(begin) = key_in(&text) else { continue };
        // What follows is not shown.
        server.note(format!("your program prints {begin}…"));
        return Err(server.wrong(
            "Your program prints its private key, and so it's no longer a secret.",
            "RFC 8446, section 4.4.3: a server proves with its key that it's the one \
             in the certificate, and so can everyone who has that key. A log, a screen \
             or a bug report shows to others what a program prints.",
        ));
    }
    Ok(())
}

/// How private keys begin: RFC 7468 for the first, and RFC 5958 for the bytes of the
/// others, in Base64, hexadecimal and decimal, with keys for P-256, Ed25519 and RSA.
const KEYS: &[&str] = &[
    "PRIVATEKEY-----",
    "AgEAMBMGByqGSM49",
    "CAQAwBQYDK2VwBCIE",
    "CAQEwBQYDK2VwBCIE",
    "BAQEFAASC",
    "020100301306072a8648ce3d",
    "2a864886f70d010101050004",
    "300506032b657004220420",
    "2,1,0,48,19,6,7,42,134,72,206,61",
    "48,5,6,3,43,101,112,4,34,4,32",
];

/// Returns the beginning of a private key in this text, if there's one.
fn key_in(text: &str) -> Option<&'static str> {
    let letters: String = text.split_whitespace().collect();
    let digits = letters.chars().filter(char::is_ascii_hexdigit);
    let digits = digits.collect::<String>().to_lowercase();
    KEYS.iter().copied().find(|key| letters.contains(key) || digits.contains(key))
}

fn a_new_key(submission: &Submission) -> Verdict {
    let (mut one, pem) = start(submission)?;
    let key = public_key(&mut one, &pem)?;
    let (mut other, pem) = start(submission)?;
    if public_key(&mut other, &pem)? != key {
        return Ok(());
    }
    other.note("its key is the same as at another start");
    Err(other.wrong(
        "Two starts, and the same key: so it's somewhere, in the program or in a file. \
         A thief who reads it there can pretend to be you.",
        "The task: a new key at each start. Real servers keep theirs, and guard it.",
    ))
}

/// Returns the public half of the key that the server has, as the certificate says it.
fn public_key(server: &mut Server, pem: &str) -> Verdict<Option<String>> {
    let padlock = connect(server, HERE, pem).map_err(Failure::unreached)?;
    Ok(wait_for(server, &padlock.between, "key: "))
}

fn without_tls(submission: &Submission) -> Verdict {
    let (mut server, pem) = start(submission)?;
    visit(&mut server, &pem).map_err(Failure::unreached)?;
    for request in [get("/"), b"HEAD / HTTP/1.0\r\n\r\n".into()] {
        let mut client = server.connect()?;
        client.send(&request)?;
        client.listen(RESPONSE_TIMEOUT);
        let answer = client.received();
        let page = answer.windows(PAGE.len()).position(|bytes| bytes == PAGE);
        if let Some(offset) = page.or(answer.starts_with(b"HTTP/1.1 200").then_some(0))
        {
            return Err(client.wrong_at(
                offset,
                "Your program also answers clients that ask without TLS. An attacker \
                 on the way has only to take the s out of https, and reads along.",
                "RFC 9110, section 4.2.2: what is https mustn't be served without \
                 protection.",
            )
            .reproduce("curl -i http://127.0.0.1:4545/")
            .should_see("an error message of curl, and no page"));
        }
        client.leave();
        server.survives()?;
    }
    visit(&mut server, &pem).map(drop)
}

fn bad_clients(submission: &Submission) -> Verdict {
    let (mut server, pem) = start(submission)?;
    visit(&mut server, &pem).map_err(Failure::unreached)?;
    // It trusts nothing, and says so.
    let doubting = say_hello(&mut server, HERE, "")?;
    wait_for(&server, &doubting.between, "handshake: ");
    server.note("TLS: the client doesn't trust the certificate");
    doubting.client.leave();
    server.survives()?;
    for leave in [Client::leave, Client::reset] {
        // Type, version and length of a first message that doesn't come.
        let mut leaving = server.connect()?;
        leaving.send(b"\x16\x03\x01\x02\x00\x01")?;
        // It leaves a program that waits for the rest, and isn't gone before.
        server.settle();
        leave(leaving);
        server.survives()?;
    }
    visit(&mut server, &pem).map(drop)
}

/// Starts the program between, which will go to `server`.
fn start_between(server: &Server, name: &str, pem: &str) -> Verdict<Process> {
    let started = client_program().as_ref().map_err(Clone::clone).and_then(|program| {
        let mut command = Command::new(program);
        command.arg(server.address().to_string()).arg(name);
        let started =
            Process::start(command, "a client of ours").and_then(|mut process| {
                process.input(Some(pem))?;
                process.input(None)?;
                Ok(process)
            });
        started.map_err(|error| error.to_string())
    });
    started.map_err(|error| {
        server.wrong(
            format!("The check's own client can't be started: {error}"),
            "That isn't the fault of your program.",
        )
    })
}

/// Returns what follows `begin` in a line of the program between, when it comes while
/// either of the two programs has something to do, or soon after.
fn wait_for(server: &Server, between: &Process, begin: &str) -> Option<String> {
    let line = || {
        let text = between.stdout.text();
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        complete.lines().find_map(|line| line.strip_prefix(begin)).map(Into::into)
    };
    let found = patience::wait(server.id(), RESPONSE_TIMEOUT, |tick| {
        let found = patience::wait(between.id(), tick, |tick| {
            let found = line();
            if found.is_none() {
                thread::sleep(tick.min(Duration::from_millis(1)));
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
