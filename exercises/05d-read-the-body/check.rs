//! Where a body ends.

use std::time::Duration;

use super::framing::{self, Doubtful};
use crate::{
    Check, Client, Exercise, Response, SILENCE_WINDOW, Server, Submission, Verdict,
    get, reproduce,
};

pub const EXERCISE: Exercise = Exercise {
    id: "05d",
    name: "read-the-body",
    given: 2,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: with_length },
        Check { points: 2, reproduce: "", run: in_pieces },
        Check { points: 1, reproduce: "", run: any_bytes },
        Check { points: 1, reproduce: "", run: not_more },
        Check { points: 1, reproduce: "", run: no_body },
        Check { points: 3, reproduce: "", run: chunks },
        Check { points: 1, reproduce: "", run: chunks_in_pieces },
        Check { points: 1, reproduce: "", run: extras },
        Check {
            points: 2,
            reproduce: "printf %10000s | curl -i --data-binary @- \
                      http://127.0.0.1:4545/echo",
            run: too_long,
        },
        Check {
            points: 2,
            reproduce: "(printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\n'\n printf \
                      'Transfer-Encoding: \
                      chunked\\r\\n\\r\\n1388\\r\\n%5000s\\r\\n'\n printf \
                      '1388\\r\\n%5000s\\r\\n'\n printf '1\\r\\n') |\n  nc 127.0.0.1 \
                      4545",
            run: too_many,
        },
        Check { points: 1, reproduce: "", run: bad_length },
        Check { points: 1, reproduce: "", run: bad_chunk },
        Check { points: 2, reproduce: "", run: two_ways },
        Check { points: 1, reproduce: "", run: codings },
        Check {
            points: 1,
            reproduce: "printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: \
                      10\\r\\n\\r\\nhello' |\n  nc -N 127.0.0.1 4545",
            run: cut_short,
        },
    ],
};

/// Longer than a program sleeps that hopes for everything to be there afterwards.
const PAUSE: Duration = Duration::from_millis(1600);

const COUNT: &str = "RFC 9112, section 6.3: with Content-Length, the body is that many \
                     bytes after the blank line, in as many pieces as they come.";
const CHUNK: &str = "RFC 9112, section 7.1: a chunk is its size in hexadecimal digits, \
                     a line end, that many bytes, a line end. The last one has size 0 \
                     and is followed by an empty line.";
const UNTIL_ALL: &str = "nothing, until the rest of the body has come";

fn head(fields: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

fn with_chunks(chunks: &[u8]) -> Vec<u8> {
    [head("Transfer-Encoding: chunked\r\n").as_bytes(), chunks].concat()
}

/// A request, the body that must come back, and what it means when another one does.
struct Echo {
    request: Vec<u8>,
    body: Vec<u8>,
    meaning: &'static str,
    why: &'static str,
}

impl Echo {
    fn new(request: &str, body: &str, meaning: &'static str) -> Self {
        let (request, body) = (request.into(), body.into());
        Self { request, body, meaning, why: COUNT }
    }

    fn of_chunks(chunks: &str, body: &str, meaning: &'static str) -> Self {
        let echo = Self::new("", body, meaning);
        Self { request: with_chunks(chunks.as_bytes()), why: CHUNK, ..echo }
    }

    fn comes_back(&self, server: &mut Server) -> Verdict {
        let mut client = server.connect()?;
        client.send(&self.request)?;
        client.waiting_means(self.meaning, self.why);
        // Unread bytes may lead to a reset; that's another exercise.
        self.is(&client.read_response("POST")?)
    }

    fn is(&self, response: &Response) -> Verdict {
        let Self { body, meaning, why, .. } = self;
        let verdict = response
            .expect_status(&[200], meaning, why)
            .and_then(|()| response.expect_body(body, meaning, why));
        verdict.map_err(|failure| match body.len() {
            0 => failure.should_see("HTTP/1.1 200 and an empty body"),
            1..=40 => failure.should_see(format!(
                "HTTP/1.1 200 and the body {}",
                body.escape_ascii()
            )),
            _ => failure,
        })
    }
}

fn all_come_back(submission: &Submission, echoes: Vec<Echo>) -> Verdict {
    submission.each(echoes, |server, echo| echo.comes_back(server))
}

fn all_are_refused(submission: &Submission, doubtful: Vec<Doubtful>) -> Verdict {
    submission
        .each(doubtful, |server, it| it.is_refused(server, "/echo", b"").map(drop))
}

fn with_length(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send((head("Content-Length: 5\r\n") + "hello").as_bytes())?;
    client.waiting_means(
        "The whole body has come, and your program waits for more. What `read` brought \
         together with the head is part of the body; your program has dropped it, or \
         hasn't counted it.",
        COUNT,
    );
    let response = client.read_response("POST")?;
    response.expect_success()?;
    response.expect_body(b"hello", "This isn't the body that was sent.", COUNT)
}

fn in_pieces(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(head("Content-Length: 5\r\n").as_bytes())?;
    let nothing = client.expect_silence(
        "Your program answers before the body has come: it takes what happened to \
         arrive together with the head, and here that was nothing.",
        COUNT,
    );
    nothing.map_err(|failure| failure.should_see(UNTIL_ALL))?;
    client.send(b"hel")?;
    let nothing = client.expect_silence(
        "Your program answers as soon as a part of the body has come. One `read` isn't \
         one body, as it isn't one head.",
        COUNT,
    );
    nothing.map_err(|failure| failure.should_see(UNTIL_ALL))?;
    let nothing = client.expect_silence_for(
        PAUSE,
        "Your program waits a while, and then takes what has come for the whole body. \
         No pause is long enough to know that; the number of bytes is.",
        COUNT,
    );
    nothing.map_err(|failure| failure.should_see(UNTIL_ALL))?;
    client.send(b"lo")?;
    client.waiting_means(
        "The body has come, in two pieces, and your program waits for more.",
        COUNT,
    );
    let meaning = "The pieces aren't put together as they came.";
    Echo::new("", "hello", meaning).is(&client.read_response("POST")?)
}

fn any_bytes(submission: &Submission) -> Verdict {
    let blank_line = Echo::new(
        &(head("content-length: 6\r\n") + "a\r\n\r\nb"),
        "a\r\n\r\nb",
        "There's a blank line in this body, and your program stops there. Only the \
         head ends at a blank line.",
    );
    let why = "RFC 9110, section 6.4: content is bytes. Only its sender knows whether \
               they are text, an image, or anything else.";
    let bytes = |fields: &str, body: &[u8], meaning| Echo {
        request: [head(fields).as_bytes(), body].concat(),
        body: body.into(),
        meaning,
        why,
    };
    let text = "These bytes aren't UTF-8, and your program turns them into text.";
    let no_text = bytes("Content-Length: 7\r\n", b"Gr\xfc\xdfe\0\xff", text);
    let around = "This body begins and ends with spaces and line ends, and your \
                  program removes them. They belong to it as any other byte does.";
    let spaces = bytes("Content-Length: 9\r\n", b" \r\nhi \t\r\n", around);
    let some = "These are all the bytes there are, and some of them mean something to \
                your program.";
    let every: Vec<u8> = (0..=255).collect();
    let all = bytes("CONTENT-LENGTH: 256\r\n", &every, some);
    all_come_back(submission, vec![blank_line, no_text, spaces, all])
}

fn not_more(submission: &Submission) -> Verdict {
    let next = "helloGET / HTTP/1.1\r\n";
    let by_length = Echo::new(
        &(head("Content-Length: 5\r\n") + next),
        "hello",
        "The body has five bytes, and your program takes whatever came with them. It \
         may be the next request.",
    );
    all_come_back(submission, vec![by_length])
}

fn no_body(submission: &Submission) -> Verdict {
    let why = "RFC 9112, section 6.3: a request with neither Content-Length nor \
               Transfer-Encoding has no body.";
    let meaning = "This request has no body, and your program waits for one, or \
                   refuses.";
    let next = "This request has no body, and your program takes for one what came \
                after the head. It may be the next request.";
    let cases = [
        (head(""), meaning),
        (head("Content-Length: 0\r\n"), meaning),
        (head("") + "GET / HTTP/1.1\r\n", next),
        (head("Content-Length: 0\r\n") + "GET / HTTP/1.1\r\n", next),
    ];
    let cases = cases
        .map(|(request, meaning)| Echo { why, ..Echo::new(&request, "", meaning) });
    all_come_back(submission, cases.into())
}

fn chunks(submission: &Submission) -> Verdict {
    one_chunk(submission)?;
    let mut cases: Vec<Echo> = [
        (
            "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
            "hello world",
            "These are two chunks, and your program doesn't get through the second.",
        ),
        (
            "10\r\n0123456789abcdef\r\n0\r\n\r\n",
            "0123456789abcdef",
            "Your program reads the size as a decimal number. It's hexadecimal, so 10 \
             is sixteen.",
        ),
        (
            "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
            "01234567890123456789",
            "A and a are the same hexadecimal digit, and your program doesn't take \
             them both.",
        ),
        (
            "8\r\nab\r\n\r\ncd\r\n0\r\n\r\n",
            "ab\r\n\r\ncd",
            "There is a line end inside this chunk, and your program stops there. The \
             size says where the chunk ends.",
        ),
        (
            "005\r\nhello\r\n000\r\n\r\n",
            "hello",
            "Your program doesn't know a size that begins with zeros: 000 is 0, and \
             ends the body.",
        ),
        (
            "0\r\n\r\n",
            "",
            "The first chunk is the last one here: the body is empty. Your program \
             expects at least one byte.",
        ),
        (
            "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
            "hello",
            "The body ends after the last chunk, and your program goes on reading. It \
             may be the next request.",
        ),
    ]
    .map(|(chunks, body, meaning)| Echo::of_chunks(chunks, body, meaning))
    .into();
    cases.push(Echo {
        request: with_chunks(b"4\r\n\xff\0\xc3\n\r\n0\r\n\r\n"),
        body: b"\xff\0\xc3\n".to_vec(),
        ..Echo::of_chunks(
            "",
            "",
            "There are bytes in this chunk that aren't UTF-8, and your program turns \
             them into text.",
        )
    });
    cases.push(Echo {
        why: "RFC 9112, section 7: the names of transfer codings are case-insensitive.",
        ..Echo::new(
            &(head("Transfer-Encoding: Chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n"),
            "hello",
            "`Chunked` is the same coding as `chunked`.",
        )
    });
    all_come_back(submission, cases)
}

fn one_chunk(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&with_chunks(b"5\r\nhello\r\n0\r\n\r\n"))?;
    client.waiting_means(
        "The last chunk and its empty line have come, and your program waits for more.",
        CHUNK,
    );
    let response = client.read_response("POST")?;
    response.expect_success()?;
    let meaning = match &response.body[..] {
        [b'5', b'\r', b'\n', ..] => {
            "The sizes and line ends around the chunks come back with them. They say \
             where the body ends, and aren't part of it."
        }
        [] => {
            "Your program sees no body. It looks for Content-Length only, and this \
             body is announced by Transfer-Encoding."
        }
        _ => "This isn't what was in the chunk.",
    };
    Echo { why: CHUNK, ..Echo::new("", "hello", meaning) }.is(&response)
}

fn chunks_in_pieces(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let cut = "Your program answers before the last chunk has come: it believes that \
               what one `read` brings ends where a line or a chunk ends.";
    let pieces = ["5\r", "\nhe", "llo\r", "\n3\r\nyou", "\r\n0"];
    for (number, piece) in pieces.iter().enumerate() {
        match number {
            0 => client.send(&with_chunks(piece.as_bytes()))?,
            _ => client.send(piece.as_bytes())?,
        }
        let quiet = if number == 2 { PAUSE } else { SILENCE_WINDOW };
        silent_within_chunks(
            &mut client,
            quiet,
            cut,
            "read(2) cuts anywhere, even \
         inside a size. Keep what has come until there's a whole line.",
        )?;
    }
    client.send(b"\r\n\r")?;
    let early = "Your program answers after the last chunk, before the empty line that \
                 ends the body. It would take the rest for the next request.";
    silent_within_chunks(&mut client, SILENCE_WINDOW, early, CHUNK)?;
    client.send(b"\n")?;
    let waits = "The last chunk has come, in pieces, and your program hasn't seen it.";
    client.waiting_means(waits, CHUNK);
    let meaning = "The pieces of the chunks aren't put together as they came.";
    Echo { why: CHUNK, ..Echo::new("", "helloyou", meaning) }
        .is(&client.read_response("POST")?)
}

fn silent_within_chunks(
    client: &mut Client,
    quiet: Duration,
    meaning: &str,
    why: &str,
) -> Verdict {
    let silence = client.expect_silence_for(quiet, meaning, why);
    silence.map_err(|failure| failure.should_see(UNTIL_ALL))
}

fn extras(submission: &Submission) -> Verdict {
    let extension = "RFC 9112, section 7.1.1: a recipient must ignore chunk extensions \
                     that it does not know.";
    let trailer = "RFC 9112, section 7.1.2: fields may come between the last chunk and \
                   the empty line; a server that does not want them drops them.";
    let cases = [
        (
            "5;name=value\r\nhello\r\n0\r\n\r\n",
            "After this size there's an extension. Your program doesn't ignore it.",
            extension,
        ),
        (
            "5;a;b=\"c\"\r\nhello\r\n0;a=5\r\n\r\n",
            "The last chunk may have an extension too. Your program doesn't ignore it.",
            extension,
        ),
        (
            "5\r\nhello\r\n0\r\nDigest: 1\r\n\r\n",
            "After the last chunk there's a field. Your program expects the empty line \
             there.",
            trailer,
        ),
    ];
    let cases = cases.map(|(chunks, meaning, why)| Echo {
        why,
        ..Echo::of_chunks(chunks, "hello", meaning)
    });
    all_come_back(submission, cases.into())?;
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&with_chunks(b"5\r\nhello\r\n0\r\nDigest: 1\r\n"))?;
    for field in ["Digest: 2\r\n", "Digest: 3\r\n", "\r\n"] {
        let silence = client.expect_silence(
            "A field has come after the last chunk, and your program takes it for the \
             end. More fields may follow, and only the empty line ends them: the next \
             request would begin in the middle of this one.",
            trailer,
        );
        silence
            .map_err(|failure| failure.should_see("nothing, until the empty line"))?;
        client.send(field.as_bytes())?;
    }
    let meaning = "There are three fields after the last chunk, and your program \
                   doesn't skip them all.";
    client.waiting_means(meaning, trailer);
    Echo { why: trailer, ..Echo::new("", "hello", meaning) }
        .is(&client.read_response("POST")?)
}

/// A request that is too long; the response must come when no more than this has.
fn too_large(
    fields: &[u8],
    body: &[u8],
    place: &[u8],
    meaning: &'static str,
) -> Doubtful {
    Doubtful {
        version: "HTTP/1.1",
        fields: fields.into(),
        body: body.into(),
        place: place.into(),
        statuses: &[413],
        meaning,
        why: "RFC 9110, section 15.5.14: 413 says that the body is larger than the \
              server is willing to take.",
    }
}

fn too_long(submission: &Submission) -> Verdict {
    let body = "x".repeat(10_000);
    let exactly = Echo::new(
        &(head("Content-Length: 10000\r\n") + &body),
        &body,
        "A body of exactly 10,000 bytes isn't too long, and your program doesn't send \
         it back whole.",
    );
    all_come_back(submission, vec![exactly])?;
    let before = "The head says already that this body is too long, and your program \
                  begins to read it. Without a limit, or with one that it looks at \
                  later, it's the client that decides how much memory your program \
                  needs.";
    let cut = "This number is 65,536 more than 5, and your program takes it for 5: \
               what doesn't fit into 16 bits is cut off.";
    let cases = [
        too_large(b"Content-Length: 10001", b"", b"10001", before),
        too_large(b"Content-Length: 65541", b"hello", b"65541", cut),
    ];
    let cases = cases.into_iter().chain(framing::huge_lengths()).collect();
    all_are_refused(submission, cases)
}

fn too_many(submission: &Submission) -> Verdict {
    let field = b"Transfer-Encoding: chunked";
    let one = "This chunk alone is too long. Your program doesn't look at its size, or \
               only after the chunk has come.";
    let sum = "No chunk is too long, but together they are. Your program forgets what \
               has come before.";
    let chunks = format!("7d0\r\n{}\r\n", "x".repeat(2000)).repeat(5);
    let cases = vec![
        too_large(field, b"2711\r\n", b"2711", one),
        too_large(field, (chunks.clone() + "1\r\n").as_bytes(), b"1\r\n", sum),
    ];
    all_are_refused(submission, cases)?;
    let exactly = Echo::of_chunks(
        &(chunks + "0\r\n\r\n"),
        &"x".repeat(10_000),
        "Together these chunks have exactly 10,000 bytes. That isn't too much, and \
         your program doesn't send them back whole.",
    );
    all_come_back(submission, vec![exactly]).map_err(|failure| {
        failure.reproduce(
            "(printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\n'\n \
             printf 'Transfer-Encoding: chunked\\r\\n\\r\\n1388\\r\\n%5000s\\r\\n'\n \
             printf '1388\\r\\n%5000s\\r\\n0\\r\\n\\r\\n') |\n  nc 127.0.0.1 4545",
        )
    })?;
    all_are_refused(submission, framing::huge_chunks())
}

fn bad_length(submission: &Submission) -> Verdict {
    all_are_refused(submission, framing::bad_lengths())
}

fn bad_chunk(submission: &Submission) -> Verdict {
    all_are_refused(submission, framing::bad_chunks())
}

fn two_ways(submission: &Submission) -> Verdict {
    all_are_refused(submission, framing::two_ways())
}

fn codings(submission: &Submission) -> Verdict {
    all_are_refused(submission, framing::bad_codings())
}

fn cut_short(submission: &Submission) -> Verdict {
    let cases = [
        (
            (head("Content-Length: 10\r\n") + "hello").into_bytes(),
            "Ten bytes were announced, and five came before the end. Your program \
             believes that this was the whole body.",
        ),
        (
            with_chunks(b"5\r\nhel"),
            "The chunk hasn't come whole before the end. Your program takes what came \
             for the whole body.",
        ),
        (
            with_chunks(b"5\r\nhello\r\n"),
            "The last chunk hasn't come before the end. Your program takes what came \
             for the whole body.",
        ),
        (
            with_chunks(b"5\r\nhello\r\n0\r\n"),
            "The last chunk has come, and the empty line that ends the body hasn't. \
             Your program doesn't wait for it.",
        ),
        (
            with_chunks(b"5\r\nhello\r\n0\r\nDigest: 1\r\n"),
            "The last chunk has come, and a field, but not the empty line that ends \
             the body. Your program doesn't wait for it.",
        ),
    ];
    submission.each(cases, |server, (request, meaning)| {
        ends_early(server, request, meaning).map_err(|failure| {
            // As the client does: this was all.
            failure.reproduce(reproduce(request).replace("nc ", "nc -N "))
        })?;
        server.ask(&get("/")).map(drop)
    })
}

fn ends_early(server: &mut Server, request: &[u8], meaning: &str) -> Verdict {
    let mut client = server.connect()?;
    client.send(request)?;
    client.half_close();
    client.expect_close()?;
    if !client.received().starts_with(b"HTTP/1.1 200") {
        return Ok(());
    }
    let why = "RFC 9112, section 8: a request whose body is not complete may be \
               answered with an error, and must not be taken for a complete one.";
    Err(client.wrong_at(0, meaning, why).should_see("no HTTP/1.1 200"))
}
