//! More than one request on a connection, and where each of them ends.

use std::time::Duration;

use probe::End;

use crate::{
    Check, Client, Exercise, RESPONSE_TIMEOUT, Response, SILENCE_WINDOW, Submission,
    Verdict,
};

pub const EXERCISE: Exercise = Exercise {
    id: "06c",
    name: "keep-the-line-open",
    given: 9,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 2,
            reproduce: "curl -v http://127.0.0.1:4545/one http://127.0.0.1:4545/two",
            run: stays_open,
        },
        Check {
            points: 2,
            reproduce: "(printf 'GET /one HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'\n\
                      printf 'GET /two HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n') | nc \
                      127.0.0.1 4545",
            run: in_one_go,
        },
        Check {
            points: 1,
            reproduce: "(printf 'GET /one HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nGET /tw'; \
                      sleep 1\n\
                      printf 'o HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n') | nc 127.0.0.1 \
                      4545",
            run: one_and_a_half,
        },
        Check {
            points: 3,
            reproduce: "curl -v -d hello http://127.0.0.1:4545/two \
                      http://127.0.0.1:4545/three",
            run: bodies,
        },
        Check {
            points: 1,
            reproduce: "curl -v -I http://127.0.0.1:4545/one http://127.0.0.1:4545/two",
            run: head,
        },
        Check {
            points: 2,
            reproduce: "curl -v -H 'Connection: Close' http://127.0.0.1:4545/one \\\n  \
                      http://127.0.0.1:4545/two",
            run: close,
        },
        Check {
            points: 1,
            reproduce: "curl -v -0 http://127.0.0.1:4545/one",
            run: version_1_0,
        },
        Check {
            points: 2,
            reproduce: "curl -v -H 'Transfer-Encoding: chunked' -H 'Content-Length: 5' \
                      \\\n  -d hello http://127.0.0.1:4545/one",
            run: length_and_coding,
        },
        Check {
            points: 1,
            reproduce: "curl -v -H 'Content-Length: +5' -d hello \
                      http://127.0.0.1:4545/one",
            run: lengths,
        },
        Check {
            points: 1,
            reproduce: "curl -v -H 'Transfer-Encoding: gzip' http://127.0.0.1:4545/one",
            run: codings,
        },
        Check {
            points: 1,
            reproduce: "curl -v -H 'Content-Length : 5' http://127.0.0.1:4545/one",
            run: blanks,
        },
        Check {
            points: 1,
            reproduce: "curl -v -H 'Transfer-Encoding: chunked' -d hello \\\n  \
                      http://127.0.0.1:4545/one",
            run: chunks,
        },
        Check { points: 1, reproduce: "nc -v 127.0.0.1 4545", run: silence },
    ],
};

/// What stands behind a doubtful request, and must not be answered.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

const PERSISTENT: &str = "RFC 9112, section 9.3: in HTTP/1.1 a connection persists, \
                          unless one side says Connection: close.";
const IN_ORDER: &str = "RFC 9112, section 9.3.2: a client may send several requests \
                        without waiting, and the answers come in the order of the \
                        requests.";
const BODY: &str = "RFC 9112, section 6.3: Content-Length or the last chunk says where \
                    the body ends, and the next request begins there.";

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
}

/// The next answer, which says that it is for this request, and that so many bytes were
/// its body.
fn expect_next(client: &mut Client, request: &str, meaning: &str) -> Verdict<Response> {
    let method = request.split(' ').next().unwrap_or_default();
    let answer = client.next_response_to(method)?;
    answer.expect_success()?;
    answer.expect_body(format!("{request}\n").as_bytes(), meaning, ECHO)?;
    Ok(answer)
}

const ECHO: &str = "The task: the answer to a request is its method, its target and \
                    the number of bytes in its body, as in `GET /one 0`, and a line \
                    break.";
const ANOTHER: &str = "This is not the answer to that request.";

fn stays_open(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(get("/one").as_bytes())?;
    let answer = expect_next(&mut client, "GET /one 0", ANOTHER);
    answer?;
    client.expect_silence(
        "Your program hangs up after the first answer. For the next page the client \
         has to connect again, and each time that costs a journey there and back.",
        PERSISTENT,
    )?;
    client.send(get("/two").as_bytes())?;
    client.waiting_means(
        "The connection is open, and your program takes no second request from it.",
        PERSISTENT,
    );
    let answer = expect_next(&mut client, "GET /two 0", ANOTHER);
    answer.map(drop)
}

fn in_one_go(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let paths = ["/one", "/two", "/three"];
    client.send(paths.map(get).concat().as_bytes())?;
    let meaning = "The first request is answered, and those behind it are lost: they \
                   came in the same `read`, and your program threw away what it had \
                   not used.";
    for path in paths {
        let meaning_of_order = "The answers come in another order than the requests.";
        let answer =
            expect_next(&mut client, &format!("GET {path} 0"), meaning_of_order);
        answer?;
        client.waiting_means(meaning, IN_ORDER);
        client.closing_means(meaning, IN_ORDER);
    }
    Ok(())
}

fn one_and_a_half(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(format!("{}GET /tw", get("/one")).as_bytes())?;
    let meaning = "The first request is complete, and your program waits until the \
                   second one is too. Whoever sends both waits for the first answer.";
    client.waiting_means(meaning, IN_ORDER);
    client.closing_means(meaning, IN_ORDER);
    let answer = expect_next(&mut client, "GET /one 0", ANOTHER);
    answer?;
    client.send(b"o HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    let meaning = "The second request came in two pieces, the first of them together \
                   with the one before. Your program has not kept it.";
    client.waiting_means(meaning, IN_ORDER);
    client.closing_means(meaning, IN_ORDER);
    let answer = client.next_response_to("GET");
    let answer = answer?;
    answer.expect_status(&[200], meaning, IN_ORDER)?;
    answer.expect_body(b"GET /two 0\n", ANOTHER, ECHO)
}

fn bodies(submission: &Submission) -> Verdict {
    let length = SMUGGLED.len();
    let head = "POST /two HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    let by_length = format!("{head}content-length: {length}\r\n\r\n{SMUGGLED}");
    // With all that a coding may bring: an extension, two chunks, a field behind them.
    let (first, second) = SMUGGLED.split_at(10);
    let in_chunks = format!(
        "{head}transfer-encoding: Chunked\r\n\r\na;name=value\r\n{first}\r\n{:X}\r\n\
         {second}\r\n\
         0\r\nField: value\r\n\r\n",
        second.len()
    );
    for (request, at_once, meaning) in [
        (
            &by_length,
            true,
            "Your program does not read the body, and takes it for the next request. \
             What somebody wrote into a form becomes an order.",
        ),
        (
            &by_length,
            false,
            "The second half of the body came a moment later, and your program takes \
             it for the next request: it does not wait until the body is complete.",
        ),
        (
            &in_chunks,
            true,
            "Your program does not know bodies in chunks: it takes the first chunk for \
             the next request.",
        ),
        (
            &in_chunks,
            false,
            "A body in chunks came in two pieces, and your program takes the second \
             one for the next request.",
        ),
    ] {
        let verdict = body(submission, request, at_once, meaning);
        verdict.map_err(|failure| match request.contains("Chunked") {
            true => failure.reproduce(
                "curl -v -H 'Transfer-Encoding: chunked' -d hello \\\n  \
                 http://127.0.0.1:4545/two http://127.0.0.1:4545/three",
            ),
            false => failure,
        })?;
    }
    Ok(())
}

fn body(
    submission: &Submission,
    request: &str,
    at_once: bool,
    meaning: &str,
) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let all = format!("{request}{}", get("/three"));
    if at_once {
        client.send(all.as_bytes())?;
    } else {
        let (first, second) = all.split_at(request.len() - 30);
        client.send(first.as_bytes())?;
        client.listen(SILENCE_WINDOW);
        client.send(second.as_bytes())?;
    }
    let first = client.next_response_to("POST")?;
    let second = client.next_response_to("GET")?;
    first.expect_success()?;
    if second.status != 200 || second.body.starts_with(b"GET /smuggled") {
        client.listen(SILENCE_WINDOW);
    }
    if second.body.starts_with(b"GET /smuggled") {
        return Err(second.wrong_in_body(0, meaning, BODY));
    }
    second.expect_status(&[200], meaning, BODY)?;
    let wanted = format!("POST /two {}\n", SMUGGLED.len());
    first.expect_body(wanted.as_bytes(), "The body has another length.", BODY)?;
    second.expect_body(b"GET /three 0\n", ANOTHER, BODY)
}

fn head(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(b"HEAD /one HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    let answer = client.response_to("HEAD");
    answer?.expect_success()?;
    client.send(get("/two").as_bytes())?;
    let answer = expect_next(&mut client, "GET /two 0", ANOTHER);
    answer.map(drop)
}

fn close(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 7.6.1: the value is a list of words, in which upper \
               and lower case are the same. RFC 9112, section 9.6: after `close`, \
               nothing more is answered.";
    for (value, meaning) in [
        (
            "close",
            "The client has said that this is its last request, and your program goes \
             on. A client that waits for the end waits in vain.",
        ),
        ("Close", "Your program knows `close`, and not `Close`."),
        ("x-hop, close", "Your program knows `close` only when it stands alone."),
    ] {
        let head = format!(
            "GET /one HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: {value}\r\n\r\n"
        );
        let mut server = submission.start()?;
        let mut client = server.connect()?;
        client.send(format!("{head}{}", get("/behind")).as_bytes())?;
        let answer = expect_next(&mut client, "GET /one 0", ANOTHER);
        let answer = answer?;
        ends(&mut client, "/behind", meaning, why)?;
        let says = answer.field("Connection").is_some_and(|field| {
            field.value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"))
        });
        if !says {
            let meaning = "The connection ends, and the answer did not say so. The \
                           client may have sent its next request already, and does not \
                           know what became of it.";
            let why = "RFC 9112, section 9.6: the last answer on a connection says \
                       Connection: close.";
            return Err(answer.wrong_at(answer.end_of_head(), meaning, why));
        }
    }
    Ok(())
}

fn version_1_0(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(b"GET /one HTTP/1.0\r\n\r\nGET /behind HTTP/1.0\r\n\r\n")?;
    let answer = expect_next(&mut client, "GET /one 0", ANOTHER);
    answer?;
    ends(
        &mut client,
        "/behind",
        "A client of HTTP/1.0 waits for the end of the connection, and your program \
         keeps it open.",
        "RFC 9112, section 9.3: in HTTP/1.0 a connection persists only if both sides \
         say keep-alive.",
    )
}

/// The connection has ended, with FIN, and nothing else was answered before.
fn ends(client: &mut Client, behind: &str, meaning: &str, why: &str) -> Verdict {
    client.listen(SILENCE_WINDOW);
    let behind = behind.as_bytes();
    let answered =
        client.received().windows(behind.len()).position(|bytes| bytes == behind);
    if let Some(offset) = answered {
        return Err(client.wrong_at(offset, meaning, why));
    }
    client.listen(RESPONSE_TIMEOUT);
    match client.end() {
        Some(End::Fin) => Ok(()),
        Some(_) => Err(client.wrong(THROWN_AWAY, READ_ON)),
        None => Err(client.wrong(meaning, why)),
    }
}

const THROWN_AWAY: &str = "The connection does not end, it is thrown away: something \
                           that the client has sent was not read. The answer can be \
                           lost with it.";
const READ_ON: &str = "RFC 9112, section 9.6: first say that nothing more will be \
                       sent, then read what still comes, then close. The page about \
                       the connection shows how.";

/// A request of which it is doubtful where it ends: its fields, its body, what it means
/// when it is answered.
struct Doubtful<'a> {
    version: &'a str,
    fields: &'a str,
    body: &'a str,
    meaning: &'a str,
    /// A status that is right, too.
    or: u16,
}

impl Doubtful<'_> {
    /// It must be refused, and nothing that stands behind it may be answered.
    fn is_refused(&self, submission: &Submission, why: &str) -> Verdict {
        let Self { version, fields, body, .. } = self;
        let first = format!("POST /one HTTP/{version}\r\nHost: 127.0.0.1\r\n");
        let request = format!("{first}{fields}\r\n\r\n{body}{SMUGGLED}");
        let verdict = self.judge(submission, &request, first.len(), why);
        verdict.map_err(|failure| failure.reproduce(typed(&request)))
    }

    fn judge(
        &self,
        submission: &Submission,
        request: &str,
        at: usize,
        why: &str,
    ) -> Verdict {
        let mut server = submission.start()?;
        let mut client = server.connect()?;
        client.send(request.as_bytes())?;
        client.waiting_means(
            "Your program waits for more, instead of refusing what it cannot \
             understand.",
            "RFC 9112, section 6.3: when it is doubtful where a request ends, the \
             server answers 400 and closes the connection.",
        );
        let answer = client.next_response_to("POST");
        let answer = answer?;
        if answer.status < 300 {
            let counted = String::from_utf8_lossy(&answer.body);
            let meaning = match (self.meaning, counted.trim_end().rsplit(' ').next()) {
                ("", Some("5")) => BELIEVES_LENGTH,
                ("", Some("0")) => BELIEVES_CHUNKS,
                ("", _) => BELIEVES_ONE,
                (meaning, _) => meaning,
            };
            client.listen(SILENCE_WINDOW);
            return Err(client.wrong_at_sent(at, meaning, why));
        }
        let status = "This request is refused with another status than the task wants.";
        answer.expect_status(
            &[400, self.or],
            status,
            "The task: 400, or 501 for a coding.",
        )?;
        ends(
            &mut client,
            "/smuggled",
            "Your program refuses the request, and goes on as if it knew where it \
             ends. What it takes for the next one may be a part of this one's body.",
            "RFC 9112, section 6.3: after such an error the server closes the \
             connection.",
        )
    }
}

/// How a person sends these lines: several with one command, as long as it is not too
/// long.
fn typed(request: &str) -> String {
    let mut commands: Vec<String> = Vec::new();
    for line in request.split_inclusive("\r\n") {
        let line = line.replace("\r\n", "\\r\\n");
        match commands.last_mut() {
            Some(last) if last.len() + line.len() < 64 => *last += &line,
            _ => commands.push(line),
        }
    }
    let commands: Vec<String> =
        commands.iter().map(|text| format!("printf '{text}'")).collect();
    format!("({}) |\n  nc 127.0.0.1 4545", commands.join("\n"))
}

const BELIEVES_LENGTH: &str = "There are two ways to say where this body ends, and \
                               your program believes Content-Length. Another server in \
                               front of it believes the chunks: then a request that \
                               one of them has checked is another one for the other.";
const BELIEVES_CHUNKS: &str = "There are two ways to say where this body ends, and \
                               your program believes the chunks. Another server in \
                               front of it believes Content-Length: then a request can \
                               be smuggled past it.";
const BELIEVES_ONE: &str = "There are two ways to say where this body ends, and your \
                            program believes one of them.";

fn length_and_coding(submission: &Submission) -> Verdict {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
    ] {
        let doubtful = Doubtful {
            version: "1.1",
            fields,
            body: "0\r\n\r\n",
            meaning: "",
            or: 501,
        };
        doubtful.is_refused(
            submission,
            "RFC 9112, section 6.1: a message with both may be an attempt to smuggle a \
             request, and ought to be handled as an error.",
        )?;
    }
    arrives(submission).map_err(|failure| {
        failure.reproduce(
            "(printf 'POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: \
             x\\r\\n\\r\\n'\n\
             head -c 100000 /dev/zero) | nc 127.0.0.1 4545",
        )
    })
}

/// The refusal arrives, even if more lies behind the request than anybody reads at
/// once.
fn arrives(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let request = "POST /one HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\
                   Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    client.send(format!("{request}{}", SMUGGLED.repeat(2000)).as_bytes())?;
    client.closing_means(THROWN_AWAY, READ_ON);
    let answer = client.next_response_to("POST");
    answer?;
    ends(&mut client, "/smuggled", THROWN_AWAY, READ_ON)
}

/// 2⁶⁴ + 5: a program that counts in 64 bits, and doesn't look, takes it for 5.
const BEYOND: &str = "Content-Length: 18446744073709551621";

fn lengths(submission: &Submission) -> Verdict {
    let two = "Two fields say how long the body is, each something else, and your \
               program takes one of them. Somebody else takes the other.";
    let no_number = "This Content-Length is no number, and your program makes one of \
                     it. It consists of digits and nothing else: Rust's `parse` also \
                     takes a plus, Python's `int` blanks and underscores.";
    let empty = "This Content-Length says nothing, and your program takes it for 0.";
    let why = "RFC 9110, section 8.6: Content-Length = 1*DIGIT. RFC 9112, section 6.3: \
               another one is an error that cannot be recovered from.";
    for (fields, meaning) in [
        ("Content-Length: +5", no_number),
        ("Content-Length: 0x5", no_number),
        ("Content-Length: 5a", no_number),
        ("Content-Length: 0_5", no_number),
        ("Content-Length: -5", no_number),
        (BEYOND, no_number),
        ("Content-Length:", empty),
        ("Content-Length: 5\r\nContent-Length: 0", two),
        ("Content-Length: 0\r\nContent-Length: 5", two),
        ("Content-Length: 5, 0", two),
    ] {
        // More than any server takes, so too large is as good a reason as no number.
        let or = if fields == BEYOND { 413 } else { 501 };
        let doubtful = Doubtful { version: "1.1", fields, body: "hello", meaning, or };
        doubtful.is_refused(submission, why)?;
    }
    Ok(())
}

fn codings(submission: &Submission) -> Verdict {
    let unknown = "Your program does not know this coding, so it cannot know where the \
                   body ends; yet it answers, as if there were none.";
    let last = "The last coding is the outermost, and here that is not chunked: \
                nothing says where this body ends. Your program believes that \
                something does.";
    let old = "HTTP/1.0 has no transfer codings. Somebody on the way did not \
               understand this field and let it pass; your program believes it.";
    let why = "RFC 9112, section 6.1: an unknown coding gets 501, chunked must be the \
               last one, and Transfer-Encoding in HTTP/1.0 means that the framing is \
               faulty.";
    let body = "5\r\nhello\r\n0\r\n\r\n";
    for (version, fields, meaning) in [
        ("1.1", "Transfer-Encoding: gzip", unknown),
        ("1.1", "Transfer-Encoding: xchunked", unknown),
        ("1.1", "Transfer-Encoding: chunked, identity", last),
        ("1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", last),
        ("1.0", "Transfer-Encoding: chunked", old),
    ] {
        Doubtful { version, fields, body, meaning, or: 501 }
            .is_refused(submission, why)?;
    }
    Ok(())
}

fn blanks(submission: &Submission) -> Verdict {
    let before_colon = "There is a blank before the colon. Your program takes the \
                        field for a good one, or for an unknown one; others do the \
                        opposite, and see another body.";
    let folded = "This line begins with a blank, so for some it continues the one \
                  before. Your program answers as if it were nothing.";
    let why = "RFC 9112, section 5.1: a blank between name and colon must be refused \
               with 400. Section 5.2: so must a line that begins with a blank, outside \
               of one media type.";
    for (fields, body, meaning) in [
        ("Content-Length : 5", "hello", before_colon),
        ("Transfer-Encoding : chunked", "5\r\nhello\r\n0\r\n\r\n", before_colon),
        ("X: y\r\n Content-Length: 5", "hello", folded),
    ] {
        let doubtful = Doubtful { version: "1.1", fields, body, meaning, or: 501 };
        doubtful.is_refused(submission, why)?;
    }
    Ok(())
}

fn chunks(submission: &Submission) -> Verdict {
    let size = "This is not the size of a chunk, and your program makes a number of \
                it. It consists of hexadecimal digits: Rust's `from_str_radix` also \
                takes a plus, and other languages `0x` and blanks.";
    let long = "The chunk is longer than its size says, and your program goes on \
                behind it: it does not look whether a line ends there.";
    let why = "RFC 9112, section 7.1: chunk = chunk-size [ chunk-ext ] CRLF chunk-data \
               CRLF, and chunk-size = 1*HEXDIG.";
    for (body, meaning) in [
        ("+5\r\nhello\r\n0\r\n\r\n", size),
        ("0x5\r\nhello\r\n0\r\n\r\n", size),
        (" 5\r\nhello\r\n0\r\n\r\n", size),
        ("10000000000000005\r\nhello\r\n0\r\n\r\n", size),
        ("\r\nhello\r\n0\r\n\r\n", size),
        ("3\r\nhello0\r\n\r\n", long),
        ("3\r\nhello\r\n0\r\n\r\n", long),
    ] {
        let fields = "Transfer-Encoding: chunked";
        let doubtful = Doubtful { version: "1.1", fields, body, meaning, or: 501 };
        doubtful.is_refused(submission, why)?;
    }
    Ok(())
}

fn silence(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut silent = server.connect()?;
    let mut client = server.connect()?;
    client.send(get("/one").as_bytes())?;
    let answer = expect_next(&mut client, "GET /one 0", ANOTHER);
    answer?;
    // Two seconds are well, and half as much again is for slow machines.
    client.listen(Duration::from_secs(3));
    silent.listen(SILENCE_WINDOW);
    let why = "RFC 9112, section 9.5: servers have some time after which they no \
               longer keep a silent connection. Each one costs a thread, or a \
               descriptor.";
    let meaning = match (client.end(), silent.end()) {
        (Some(_), Some(_)) => return Ok(()),
        (None, _) => "The client asks no more, and your program waits for ever.",
        (_, None) => {
            "A client that has asked nothing at all is waited for without end."
        }
    };
    server.note("three seconds later: nothing has come, and nothing has ended");
    Err(server.wrong(meaning, why))
}
