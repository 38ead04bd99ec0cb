//! More than one request on a connection, and where each of them ends.

use std::thread;
use std::time::{Duration, Instant};

use probe::End;

use super::framing::{self, Doubtful};
use crate::{
    Check, Client, Exercise, Response, SILENCE_WINDOW, Server, Submission, Verdict,
    What,
};

pub const EXERCISE: Exercise = Exercise {
    id: "06c",
    name: "keep-the-line-open",
    given: 5,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 2,
            reproduce: "curl -v http://127.0.0.1:4545/count/one \
                      http://127.0.0.1:4545/count/two",
            run: |it| in_time(stays_open(it)),
        },
        Check { points: 2, reproduce: "", run: in_one_go },
        Check { points: 1, reproduce: "", run: |it| in_time(one_and_a_half(it)) },
        Check { points: 3, reproduce: "", run: |it| in_time(bodies(it)) },
        Check {
            points: 1,
            reproduce: "curl -v -I http://127.0.0.1:4545/count/one \
                      http://127.0.0.1:4545/count/two",
            run: |it| in_time(head(it)),
        },
        Check { points: 2, reproduce: "", run: close },
        Check { points: 1, reproduce: "", run: version_1_0 },
        Check { points: 2, reproduce: "", run: lengths },
        Check { points: 1, reproduce: "", run: codings },
        Check { points: 1, reproduce: "", run: chunks },
        Check {
            points: 1,
            reproduce: "(printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: \
                      close\\r\\n\\r\\n'\n head -c 100000 /dev/zero) | nc 127.0.0.1 \
                      4545",
            run: arrives,
        },
        Check { points: 1, reproduce: "nc -v 127.0.0.1 4545", run: silence },
        Check { points: 1, reproduce: "", run: stays_while_something_comes },
    ],
};

/// What follows a doubtful request, and must not be answered.
const SMUGGLED: &str = "GET /count/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

const PERSISTENT: &str = "RFC 9112, section 9.3: in HTTP/1.1 a connection persists, \
                          unless one side says Connection: close.";
const IN_ORDER: &str = "RFC 9112, section 9.3.2: a client may send several requests \
                        without waiting, and the responses come in the order of the \
                        requests.";
const BODY: &str = "RFC 9112, section 6.3: Content-Length or the last chunk says where \
                    the body ends, and the next request begins there.";
const ECHO: &str = "The task: the response to a request is its method, its target and \
                    the number of bytes in its body, as in `GET /count/one 0`, and a \
                    line break.";
const ANOTHER: &str = "This isn't the response to that request.";

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
}

/// A request with more fields, each with its line end.
fn get_with(path: &str, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n")
}

fn says_close(response: &Response) -> bool {
    let fields = response.fields.iter().filter(|field| field.is("Connection"));
    let mut words = fields.flat_map(|field| field.value.split(','));
    words.any(|word| word.trim().eq_ignore_ascii_case("close"))
}

/// The next response, which says that it is for this request, and that its body had
/// that many bytes.
fn expect_next(client: &mut Client, request: &str, meaning: &str) -> Verdict<Response> {
    let method = request.split(' ').next().unwrap_or_default();
    let response = client.next_response_to(method)?;
    response.expect_success()?;
    response.expect_body(format!("{request}\n").as_bytes(), meaning, ECHO)?;
    Ok(response)
}

/// As [`expect_next`]; and it must not be the last one.
fn expect_not_last(client: &mut Client, request: &str, meaning: &str) -> Verdict {
    let response = expect_next(client, request, meaning)?;
    match response.field("Connection").filter(|_| says_close(&response)) {
        None => Ok(()),
        Some(field) => Err(response.wrong_value(
            field,
            "Your program says that this is the last response, and it isn't. A client \
             that believes it sends its next request on a new connection.",
            "RFC 9112, section 9.6: `close` says that the connection ends after this \
             response. Without it, a connection of HTTP/1.1 stays open.",
        )),
    }
}

fn stays_open(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let begun = Instant::now();
    client.send(get("/count/one").as_bytes())?;
    let response = expect_next(&mut client, "GET /count/one 0", ANOTHER)?;
    let silence = client.expect_silence(
        "Your program hangs up after the first response. For the next page the client \
         has to connect again, and each time that costs a round trip.",
        PERSISTENT,
    );
    // On a busy machine a moment may become a second, and then it's free to hang up.
    let is_late = begun.elapsed() > NEARLY;
    silence
        .map_err(|failure| if is_late { failure.inconclusive() } else { failure })?;
    if says_close(&response) {
        client.rewind();
        expect_not_last(&mut client, "GET /count/one 0", ANOTHER)?;
    }
    let second = "The connection is open, and your program doesn't answer a second \
                  request on it.";
    for (path, meaning) in [
        ("/count/two", second),
        ("/count/three", "Two requests are answered, and the third isn't."),
        ("/count/four", "Three requests are answered, and the fourth isn't."),
        ("/count/five", "Four requests are answered, and the fifth isn't."),
    ] {
        client.send(get_with(path, "Connection: keep-alive\r\n").as_bytes())?;
        client.waiting_means(meaning, PERSISTENT);
        client.closing_means(meaning, PERSISTENT);
        expect_not_last(&mut client, &format!("GET {path} 0"), ANOTHER)?;
    }
    Ok(())
}

fn in_one_go(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let paths: Vec<String> =
        (1..=12).map(|number| format!("/count/{number}")).collect();
    let requests: String = paths.iter().map(|path| get(path)).collect();
    client.send(requests.as_bytes())?;
    for (number, path) in paths.iter().enumerate() {
        let order = "The responses come in another order than the requests.";
        expect_not_last(&mut client, &format!("GET {path} 0"), order)?;
        let meaning = match number {
            0 => {
                "The first request is answered, and those after it are lost: they came \
                 in the same `read`, and your program threw away what it hadn't used."
            }
            _ => {
                "Your program answers some of these requests, and then hangs up or \
                 waits, without having said `close`. The client doesn't know what \
                 became of the others."
            }
        };
        client.waiting_means(meaning, IN_ORDER);
        client.closing_means(meaning, IN_ORDER);
    }
    Ok(())
}

fn one_and_a_half(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(format!("{}GET /count/tw", get("/count/one")).as_bytes())?;
    let meaning = "The first request is complete, and your program waits until the \
                   second one is too. A client may send its second request only after \
                   it has the first response.";
    client.waiting_means(meaning, IN_ORDER);
    client.closing_means(meaning, IN_ORDER);
    expect_not_last(&mut client, "GET /count/one 0", ANOTHER)?;
    client.send(b"o HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    let meaning = "The second request came in two pieces, the first of them together \
                   with the one before. Your program hasn't kept it.";
    client.waiting_means(meaning, IN_ORDER);
    client.closing_means(meaning, IN_ORDER);
    let response = client.next_response_to("GET")?;
    response.expect_status(&[200], meaning, IN_ORDER)?;
    response.expect_body(b"GET /count/two 0\n", ANOTHER, ECHO)
}

/// A request with a body of so many bytes.
struct Body {
    request: String,
    length: usize,
    /// Where it is cut; empty if it comes in one piece with the next request.
    cut: &'static str,
    meaning: &'static str,
}

fn bodies(submission: &Submission) -> Verdict {
    let head = "POST /count/two HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    let length = SMUGGLED.len();
    let by_length = format!("{head}content-length: {length}\r\n\r\n{SMUGGLED}");
    // With all that a coding may bring: an extension, two chunks, fields after them.
    let (first, second) = SMUGGLED.split_at(10);
    let in_chunks = format!(
        "{head}transfer-encoding: Chunked\r\n\r\na;name=value\r\n{first}\r\n{:X}\r\n\
         {second}\r\n\
         0\r\nField: value\r\nField: value\r\n\r\n",
        second.len()
    );
    let letters = "Your program counts something else than the bytes of the body. \
                   These five letters are seven bytes in UTF-8.";
    let cases = [
        (
            by_length.clone(),
            length,
            "",
            "Your program doesn't read the body, and takes it for the next request. \
             What a stranger wrote into a form becomes an order.",
        ),
        (
            by_length,
            length,
            "GET /count/smug",
            "The second half of the body came a moment later, and your program takes \
             it for the next request: it doesn't wait until the body is complete.",
        ),
        (
            in_chunks.clone(),
            length,
            "",
            "Your program doesn't know bodies in chunks, or where the last chunk ends: \
             it takes a piece of the body for the next request.",
        ),
        (
            in_chunks.clone(),
            length,
            "Host",
            "A body in chunks came in two pieces, and your program takes the second \
             one for the next request.",
        ),
        (
            in_chunks.clone(),
            length,
            "chunked\r\n\r\na;na",
            "The line with the size of a chunk came in two pieces, and your program \
             doesn't wait for the second.",
        ),
        (
            in_chunks,
            length,
            "\r\n0\r",
            "The last chunk came in two pieces, cut within its line end, and your \
             program doesn't wait for the second.",
        ),
        (format!("{head}Content-Length: 7\r\n\r\nGrüße"), 7, "", letters),
        (
            format!("{head}Transfer-Encoding: chunked\r\n\r\n7\r\nGrüße\r\n0\r\n\r\n"),
            7,
            "",
            letters,
        ),
    ];
    let cases = cases.map(|(request, length, cut, meaning)| Body {
        request,
        length,
        cut,
        meaning,
    });
    submission.each(cases, |server, body| body.is_skipped(server))
}

impl Body {
    fn is_skipped(&self, server: &mut Server) -> Verdict {
        let mut client = server.connect()?;
        let all = format!("{}{}", self.request, get("/count/three"));
        let cut = self.request.rfind(self.cut).unwrap_or(0) + self.cut.len();
        let (first, second) = all.split_at(if self.cut.is_empty() { 0 } else { cut });
        if !first.is_empty() {
            client.send(first.as_bytes())?;
            client.listen(SILENCE_WINDOW);
        }
        client.send(second.as_bytes())?;
        let first = client.next_response_to("POST")?;
        let second = client.next_response_to("GET")?;
        first.expect_success()?;
        let is_smuggled = second.body.starts_with(b"GET /count/smuggled");
        if second.status != 200 || is_smuggled {
            client.listen(SILENCE_WINDOW);
        }
        if is_smuggled {
            return Err(second.wrong_in_body(0, self.meaning, BODY));
        }
        second.expect_status(&[200], self.meaning, BODY)?;
        let wanted = format!("POST /count/two {}\n", self.length);
        let meaning = match self.length {
            7 => self.meaning,
            _ => "The body has another length.",
        };
        first.expect_body(wanted.as_bytes(), meaning, BODY)?;
        second.expect_body(b"GET /count/three 0\n", ANOTHER, BODY)
    }
}

fn head(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(b"HEAD /count/one HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    client.response_to("HEAD")?.expect_success()?;
    client.send(get("/count/two").as_bytes())?;
    expect_not_last(&mut client, "GET /count/two 0", ANOTHER)
}

fn close(submission: &Submission) -> Verdict {
    let second = "There are two Connection fields, and your program looks at one of \
                  them.";
    let cases = [
        (
            "Connection: close\r\n",
            "The client has said that this is its last request, and your program goes \
             on. A client that waits for the end waits in vain.",
        ),
        ("connection: Close\r\n", "Your program knows `close`, and not `Close`."),
        (
            "Connection: x-hop, close\r\n",
            "Your program knows `close` only when it's the only word.",
        ),
        (
            "Connection: close ,x-hop\r\n",
            "Another word follows `close`, after a space and a comma. Your program \
             knows `close` only at the end of the list.",
        ),
        ("Connection: x-hop\r\nConnection: close\r\n", second),
        ("Connection: close\r\nConnection: x-hop\r\n", second),
    ];
    submission
        .each(cases, |server, (fields, meaning)| is_last(server, fields, meaning))?;
    let others = [
        ("Connection: x-close\r\n", "This word only ends like `close`."),
        (
            "X-Note: close\r\nX-Connection: close\r\n",
            "These are fields of other names.",
        ),
    ];
    submission.each(others, |server, (fields, what)| {
        let mut client = server.connect()?;
        client
            .send((get_with("/count/close", fields) + &get("/count/two")).as_bytes())?;
        let meaning = format!(
            "{what} The client hasn't said that this is its last request, and your \
             program believes that it has."
        );
        let first = expect_next(&mut client, "GET /count/close 0", ANOTHER)?;
        if says_close(&first) {
            return Err(first.wrong_at(first.end_of_head(), meaning, CLOSE));
        }
        match client.next_response_to("GET") {
            Ok(second) => second.expect_body(b"GET /count/two 0\n", ANOTHER, ECHO),
            Err(failure) => Err(failure.because(meaning, CLOSE)),
        }
    })
}

const CLOSE: &str = "RFC 9110, section 7.6.1: the value is a list of words, in which \
                     upper and lower case are the same. RFC 9112, section 9.6: after \
                     `close`, nothing more is answered.";

/// A request with these fields, the third on its connection, is the last.
fn is_last(server: &mut Server, fields: &str, meaning: &str) -> Verdict {
    let mut client = server.connect()?;
    let requests = [
        get("/count/one"),
        get("/count/two"),
        get_with("/count/three", fields),
        get("/count/behind"),
    ]
    .concat();
    client.send(requests.as_bytes())?;
    expect_not_last(&mut client, "GET /count/one 0", ANOTHER)?;
    expect_not_last(&mut client, "GET /count/two 0", ANOTHER)?;
    let response = expect_next(&mut client, "GET /count/three 0", ANOTHER)?;
    ends(&mut client, "/count/behind", meaning, CLOSE)?;
    if says_close(&response) {
        return Ok(());
    }
    Err(response.wrong_at(
        response.end_of_head(),
        "The connection ends, and the response didn't say so. The client may have sent \
         its next request already, and doesn't know what became of it.",
        "RFC 9112, section 9.6: the last response on a connection says Connection: \
         close.",
    ))
}

fn version_1_0(submission: &Submission) -> Verdict {
    submission.each(["", &get("/count/zero")], |server, before| {
        let mut client = server.connect()?;
        let requests =
            "GET /count/one HTTP/1.0\r\n\r\nGET /count/behind HTTP/1.0\r\n\r\n";
        client.send(format!("{before}{requests}").as_bytes())?;
        if !before.is_empty() {
            expect_not_last(&mut client, "GET /count/zero 0", ANOTHER)?;
        }
        expect_next(&mut client, "GET /count/one 0", ANOTHER)?;
        ends(
            &mut client,
            "/count/behind",
            "A client of HTTP/1.0 waits for the end of the connection, and your \
             program keeps it open.",
            "RFC 9112, section 9.3: in HTTP/1.0 a connection persists only if both \
             sides say keep-alive.",
        )
    })
}

/// How long a program may take to end a connection: less than it keeps a silent one.
const SOON: Duration = Duration::from_millis(600);

/// The connection has ended, with FIN, and nothing else was answered before.
fn ends(client: &mut Client, behind: &str, meaning: &str, why: &str) -> Verdict {
    let begun = Instant::now();
    client.listen(SILENCE_WINDOW);
    let behind = behind.as_bytes();
    let answered =
        client.received().windows(behind.len()).position(|bytes| bytes == behind);
    if let Some(offset) = answered {
        return Err(client.wrong_at(offset, meaning, why));
    }
    client.listen(SOON);
    match client.end() {
        // On a busy machine it may be silence that has ended it.
        Some(End::Fin) if begun.elapsed() > NEARLY => Err(client.inconclusive()),
        Some(End::Fin) => Ok(()),
        Some(_) => Err(client.wrong(THROWN_AWAY, READ_ON)),
        None => Err(client.wrong(meaning, why)),
    }
}

const THROWN_AWAY: &str = "The connection doesn't end, it's thrown away: something \
                           that the client has sent was not read. The response can be \
                           lost with it.";
const READ_ON: &str = "RFC 9112, section 9.6: first say that nothing more will be \
                       sent, then read what still comes, then close. The page about \
                       the connection shows how.";

/// All of these must be refused, and nothing that follows them may be answered.
fn all_are_refused(submission: &Submission, doubtful: Vec<Doubtful>) -> Verdict {
    submission.each(doubtful, |server, it| {
        let mut client = it.is_refused(server, "/count/one", SMUGGLED.as_bytes())?;
        ends(
            &mut client,
            "/count/smuggled",
            "Your program refuses the request, and goes on as if it knew where it \
             ends. What it takes for the next one may be a part of this one's body.",
            "RFC 9112, section 6.3: after such an error the server closes the \
             connection.",
        )
    })
}

fn lengths(submission: &Submission) -> Verdict {
    let tables = [framing::two_ways(), framing::bad_lengths(), framing::huge_lengths()];
    all_are_refused(submission, tables.concat())
}

fn codings(submission: &Submission) -> Verdict {
    all_are_refused(submission, [framing::bad_codings(), framing::bad_heads()].concat())
}

fn chunks(submission: &Submission) -> Verdict {
    let tables = [framing::bad_chunks(), framing::huge_chunks()];
    all_are_refused(submission, tables.concat())
}

/// The last response arrives, even if more follows the request than a program reads in
/// one go.
fn arrives(submission: &Submission) -> Verdict {
    let doubtful = "POST /count/one HTTP/1.1\r\nHost: 127.0.0.1\r\n\
                    Content-Length: 5\r\n\
                    Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let close = get_with("/count/one", "Connection: close\r\n");
    let cases = [close, "GET /count/one HTTP/1.0\r\n\r\n".into(), doubtful.into()];
    submission.each(cases, |server, request| {
        let begun = Instant::now();
        let arrived = arrives_after(server, request);
        // Later than that, the program was free to give up on a client so slow.
        let is_late = begun.elapsed() > NEARLY;
        arrived
            .map_err(|failure| if is_late { failure.inconclusive() } else { failure })
    })
}

fn arrives_after(server: &mut Server, request: &str) -> Verdict {
    let mut client = server.connect()?;
    client.send(format!("{request}{}", SMUGGLED.repeat(2000)).as_bytes())?;
    client.closing_means(THROWN_AWAY, READ_ON);
    client.next_response_to("POST")?;
    ends(&mut client, "/count/smuggled", THROWN_AWAY, READ_ON)?;
    // A connection that was reset after its end takes nothing more.
    client.send(b"x")?;
    match client.end() {
        Some(End::Rst) => Err(client.wrong(THROWN_AWAY, READ_ON)),
        _ => Ok(()),
    }
}

/// A program that keeps a silent connection for a second must have heard of the client
/// by then.
const NEARLY: Duration = Duration::from_millis(970);

const IDLE: &str = "RFC 9112, section 9.5: a server may close a connection on which \
                    nothing comes. The task: not before nothing has come for a second.";

/// Void, if a client on a busy machine was so late with its next bytes that the program
/// was free to hang up.
fn in_time(verdict: Verdict) -> Verdict {
    verdict.map_err(|failure| {
        let mut before = Duration::MAX;
        let mut is_late = false;
        for event in &failure.events {
            match event.what {
                What::Sent(..) => {
                    is_late |= event.at.saturating_sub(before) > NEARLY;
                    before = event.at;
                }
                What::Connected(_) | What::Received(..) => before = event.at,
                _ => {}
            }
        }
        if is_late { failure.inconclusive() } else { failure }
    })
}

fn stays_while_something_comes(submission: &Submission) -> Verdict {
    let one = get("/count/one");
    let pieces = [
        &one,
        "GET /count/two HTTP/1.1\r\nHost:",
        " 127.0.0.1\r\n\r\nPOST /count/three HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "Content-Length: 5\r\n\r\nhe",
        "llo",
        &one,
    ];
    at_times(
        submission,
        &pieces.map(|piece| (400, piece)),
        "Your program counts the time of the whole connection, or of a whole request, \
         and ends it while the client is still sending. Only silence counts, and each \
         byte ends it.",
    )
}

/// Sends each piece so many milliseconds after the one before; all that are requests
/// are answered.
fn at_times(
    submission: &Submission,
    pieces: &[(u64, &str)],
    meaning: &'static str,
) -> Verdict {
    let mut server = submission.start()?;
    let mut before = Instant::now();
    let mut client = server.connect()?;
    let mut is_late = false;
    for (wait, piece) in pieces {
        // By the clock, and no longer: the program looks at the clock too.
        thread::sleep(Duration::from_millis(*wait).saturating_sub(before.elapsed()));
        client.send(piece.as_bytes())?;
        is_late |= before.elapsed() > NEARLY;
        before = Instant::now();
    }
    client.waiting_means(meaning, IDLE);
    client.closing_means(meaning, IDLE);
    let all: String = pieces.iter().map(|(_, piece)| *piece).collect();
    for request in all.split("\r\n").filter(|line| line.ends_with(" HTTP/1.1")) {
        let line = request.replace("hello", "").replace(" HTTP/1.1", "");
        let length = if line.starts_with("POST") { 5 } else { 0 };
        let next = expect_next(&mut client, &format!("{line} {length}"), ANOTHER);
        next.map_err(|failure| if is_late { failure.inconclusive() } else { failure })?;
    }
    Ok(())
}

fn silence(submission: &Submission) -> Verdict {
    let one = get("/count/one");
    let cases = [
        (one.as_str(), "The client asks no more, and your program waits forever."),
        ("", "A client that has asked nothing at all is waited for without end."),
        (
            "GET /count/one HTTP/1.1\r\nHo",
            "The client has sent half a head and is silent, and your program waits for \
             the rest without end.",
        ),
        (
            "POST /count/one HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel",
            "The client has sent half a body and is silent, and your program waits for \
             the rest without end.",
        ),
    ];
    // A program of its own for each: one that serves them one after the other is right.
    let mut all = Vec::new();
    for (bytes, meaning) in cases {
        let mut server = submission.start()?;
        let mut client = server.connect()?;
        client.send(bytes.as_bytes())?;
        all.push((server, client, meaning, Instant::now()));
    }
    let early =
        "Your program ends the connection before nothing has come for a second.";
    at_times(submission, &[(850, &one)], early)?;
    at_times(submission, &[(0, &one), (850, &one)], early)?;
    // Two seconds are fine, or what the task says, and more is for slow machines.
    let longest = Duration::from_secs(2) + submission.time_for_a_request();
    for (server, client, meaning, begun) in &mut all {
        client.listen(longest);
        if client.end().is_none() {
            let longest = longest.as_secs();
            server.note(format!("{longest} seconds later: nothing has ended"));
            let why = "RFC 9112, section 9.5: servers have some time after which they \
                       no longer keep a silent connection. Each one costs a thread, or \
                       a descriptor.";
            return Err(server.wrong(*meaning, why));
        }
        // These may be many more on a busy machine: then this end tells nothing.
        if begun.elapsed() > longest + SOON {
            return Err(client.inconclusive());
        }
    }
    Ok(())
}
