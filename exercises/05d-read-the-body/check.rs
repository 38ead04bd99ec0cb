//! Where a body ends.

use crate::{
    Check, Client, Exercise, Failure, Response, Submission, Verdict, get, reproduce,
};

pub const EXERCISE: Exercise = Exercise {
    id: "05d",
    name: "read-the-body",
    given: 2,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i -d hello http://127.0.0.1:4545/echo",
            run: with_length,
        },
        Check {
            points: 2,
            reproduce: "(printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: \
                      5\\r\\n\\r\\n'\n sleep 1; printf hel; sleep 1; printf lo) | nc \
                      127.0.0.1 4545",
            run: in_pieces,
        },
        Check {
            points: 1,
            reproduce: "printf '\\r\\n\\r\\n\\377' |\n  curl -s --data-binary @- \
                      http://127.0.0.1:4545/echo | od -c",
            run: any_bytes,
        },
        Check {
            points: 1,
            reproduce: "curl -i -d hello -H 'Content-Length: 4' \
                      http://127.0.0.1:4545/echo",
            run: not_more,
        },
        Check {
            points: 1,
            reproduce: "curl -i -X POST http://127.0.0.1:4545/echo",
            run: no_body,
        },
        Check {
            points: 3,
            reproduce: "curl -i -d hello -H 'Transfer-Encoding: chunked' \\\n  \
                      http://127.0.0.1:4545/echo",
            run: chunks,
        },
        Check {
            points: 1,
            reproduce: "(printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\n'\n printf \
                      'Transfer-Encoding: chunked\\r\\n\\r\\n5\\r'; sleep 1\n printf \
                      '\\nhe'; sleep 1; printf 'llo\\r\\n0\\r\\n\\r\\n') |\n  nc \
                      127.0.0.1 4545",
            run: chunks_in_pieces,
        },
        Check {
            points: 1,
            reproduce: "(printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\n'\n printf \
                      'Transfer-Encoding: \
                      chunked\\r\\n\\r\\n5;a=b\\r\\nhello\\r\\n0\\r\\n\\r\\n') |\n  nc \
                      127.0.0.1 4545",
            run: extras,
        },
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
                      chunked\\r\\n\\r\\n1388\\r\\n%5000s\\r\\n1389\\r\\n') |\n  nc \
                      127.0.0.1 4545",
            run: too_many,
        },
        Check {
            points: 1,
            reproduce: "curl -i -d hello -H 'Content-Length: +5' \
                      http://127.0.0.1:4545/echo",
            run: bad_length,
        },
        Check {
            points: 1,
            reproduce: "(printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\n'\n printf \
                      'Transfer-Encoding: \
                      chunked\\r\\n\\r\\n+5\\r\\nhello\\r\\n0\\r\\n\\r\\n') |\n  nc \
                      127.0.0.1 4545",
            run: bad_chunk,
        },
        Check {
            points: 2,
            reproduce: "(printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: \
                      5\\r\\n'\n printf 'Transfer-Encoding: \
                      chunked\\r\\n\\r\\n0\\r\\n\\r\\n') |\n  nc 127.0.0.1 4545",
            run: two_ways,
        },
        Check {
            points: 1,
            reproduce: "printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: \
                      10\\r\\n\\r\\nhello' |\n  nc -N 127.0.0.1 4545",
            run: cut_short,
        },
    ],
};

const COUNT: &str = "RFC 9112, section 6.3: with Content-Length, the body is so many \
                     bytes after the blank line, in as many pieces as they come.";
const CHUNK: &str = "RFC 9112, section 7.1: a chunk is its size in hexadecimal digits, \
                     a line end, so many bytes, a line end. The last one has size 0 \
                     and is followed by an empty line.";

fn head(fields: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

fn with_chunks(chunks: &str) -> Vec<u8> {
    head("Transfer-Encoding: chunked\r\n")
        .into_bytes()
        .into_iter()
        .chain(chunks.bytes())
        .collect()
}

/// Sends a request in one piece and reads the answer. `waits` is what it means that
/// there is none.
fn ask(
    submission: &Submission,
    request: &[u8],
    (waits, why): (&'static str, &'static str),
) -> Verdict<(Client, Response)> {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(request)?;
    client.waiting_means(waits, why);
    // What a refused client has sent in vain may lead to a reset; that is another
    // exercise.
    let answer = client.next_response_to("POST");
    let answer = answer.map_err(|failure| shown(failure, request))?;
    Ok((client, answer))
}

/// The command that shows it, if it is not too long to be typed.
fn shown(failure: Box<Failure>, request: &[u8]) -> Box<Failure> {
    if request.len() > 400 { failure } else { failure.reproduce(reproduce(request)) }
}

/// This body must come back.
fn echoes(
    submission: &Submission,
    request: &[u8],
    wanted: &[u8],
    meaning: &'static str,
    why: &'static str,
) -> Verdict {
    let (_, answer) = ask(submission, request, (meaning, why))?;
    let verdict = answer
        .expect_status(&[200], meaning, why)
        .and_then(|()| answer.expect_body(wanted, meaning, why));
    verdict.map_err(|failure| shown(failure, request))
}

/// The request must be refused, because of what stands at `place`.
fn refuses(
    submission: &Submission,
    request: &[u8],
    place: &str,
    statuses: &[u16],
    meaning: &'static str,
    why: &'static str,
) -> Verdict {
    let (client, answer) = ask(submission, request, (meaning, why))?;
    if statuses.contains(&answer.status) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(request);
    let failure = if answer.status < 300 {
        client.wrong_at_sent(text.rfind(place).unwrap_or_default(), meaning, why)
    } else {
        client.wrong_at(
            "HTTP/1.1 ".len(),
            "The request is refused, and the status names another reason than it \
             should.",
            "RFC 9110, section 15.5: 400 is for what is not well formed, 413 for a \
             body that is larger than the server wants.",
        )
    };
    Err(shown(failure, request))
}

fn with_length(submission: &Submission) -> Verdict {
    let request = head("Content-Length: 5\r\n") + "hello";
    let waits = "The whole body has come, and your program waits for more. What `read` \
                 brought together with the head is a part of the body; it has been \
                 dropped, or not been counted.";
    let (_, answer) = ask(submission, request.as_bytes(), (waits, COUNT))?;
    answer.expect_success()?;
    let meaning = "This is not the body that was sent.";
    answer.expect_body(b"hello", meaning, COUNT)
}

fn in_pieces(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(head("Content-Length: 5\r\n").as_bytes())?;
    client.expect_silence(
        "Your program answers before the body has come: it takes what happened to \
         arrive together with the head, and here that was nothing.",
        COUNT,
    )?;
    client.send(b"hel")?;
    client.expect_silence(
        "Your program answers as soon as something of the body has come. One `read` is \
         not one body, as it is not one head.",
        COUNT,
    )?;
    client.send(b"lo")?;
    client.waiting_means(
        "The body has come, in two pieces, and your program waits for more.",
        COUNT,
    );
    let answer = client.response()?;
    answer.expect_success()?;
    answer.expect_body(b"hello", "The pieces are not put together as they came.", COUNT)
}

fn any_bytes(submission: &Submission) -> Verdict {
    let text = "RFC 9110, section 6.4: content is bytes. Only its sender knows whether \
                they are text, a picture, or anything else.";
    let request = head("Content-Length: 6\r\n") + "a\r\n\r\nb";
    let meaning = "There is a blank line in this body, and your program stops there. \
                   Only the head ends at a blank line.";
    echoes(submission, request.as_bytes(), b"a\r\n\r\nb", meaning, COUNT)?;
    let body = b"Gr\xfc\xdfe\x00\xff";
    let request = [head("Content-Length: 7\r\n").as_bytes(), body].concat();
    let meaning = "These bytes are not UTF-8, and your program makes text of them.";
    echoes(submission, &request, body, meaning, text)
}

fn not_more(submission: &Submission) -> Verdict {
    let request = head("Content-Length: 5\r\n") + "helloGET / HTTP/1.1\r\n";
    echoes(
        submission,
        request.as_bytes(),
        b"hello",
        "The body has five bytes, and your program takes whatever came with them. It \
         may be the next request.",
        COUNT,
    )
}

fn no_body(submission: &Submission) -> Verdict {
    let why = "RFC 9112, section 6.3: a request with neither Content-Length nor \
               Transfer-Encoding has no body.";
    for fields in ["", "Content-Length: 0\r\n"] {
        echoes(
            submission,
            head(fields).as_bytes(),
            b"",
            "This request has no body, and your program waits for one, or refuses.",
            why,
        )?;
    }
    Ok(())
}

fn chunks(submission: &Submission) -> Verdict {
    let request = with_chunks("5\r\nhello\r\n0\r\n\r\n");
    let waits =
        "The last chunk and its empty line have come, and your program waits for more.";
    let (_, answer) = ask(submission, &request, (waits, CHUNK))?;
    let failure = |meaning| {
        let failure = answer.wrong_in_body(0, meaning, CHUNK);
        Err(shown(failure.instead_of(b"hello", &answer.body), &request))
    };
    if answer.status == 200 && answer.body.starts_with(b"5\r\n") {
        return failure(
            "The sizes and line ends around the chunks come back with them. They say \
             where the body ends, and are no part of it.",
        );
    }
    if answer.status == 200 && answer.body.is_empty() {
        return failure(
            "Your program sees no body. It looks for Content-Length only, and this one \
             is said by Transfer-Encoding.",
        );
    }
    answer.expect_success().map_err(|failure| shown(failure, &request))?;
    if answer.body != b"hello" {
        return failure("This is not what was in the chunk.");
    }
    for (chunks, body, meaning) in [
        (
            "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
            "hello world",
            "These are two chunks, and your program does not get through the second.",
        ),
        (
            "10\r\n0123456789abcdef\r\n0\r\n\r\n",
            "0123456789abcdef",
            "Your program reads the size as a decimal number. It is hexadecimal, so 10 \
             is sixteen.",
        ),
        (
            "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
            "01234567890123456789",
            "A and a are the same hexadecimal digit, and your program does not take \
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
            "Your program does not know a size that begins with zeros: 000 is 0, and \
             ends the body.",
        ),
    ] {
        echoes(submission, &with_chunks(chunks), body.as_bytes(), meaning, CHUNK)?;
    }
    let request = head("Transfer-Encoding: Chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n";
    let why =
        "RFC 9112, section 7: the names of transfer codings are case-insensitive.";
    let meaning = "`Chunked` is the same coding as `chunked`.";
    echoes(submission, request.as_bytes(), b"hello", meaning, why)
}

fn chunks_in_pieces(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    for piece in [&with_chunks("5\r")[..], b"\nhe", b"llo\r\n0"] {
        client.send(piece)?;
        client.expect_silence(
            "Your program answers before the last chunk has come: it believes that \
             what one `read` brings ends where a line or a chunk ends.",
            "read(2) cuts anywhere, even inside of a size. What has come has to be \
             kept until there is a whole line.",
        )?;
    }
    client.send(b"\r\n\r\n")?;
    let waits = "The last chunk has come, in pieces, and your program has not seen it.";
    client.waiting_means(waits, CHUNK);
    let answer = client.response()?;
    answer.expect_success()?;
    answer.expect_body(b"hello", "The pieces of the chunk are not put together.", CHUNK)
}

fn extras(submission: &Submission) -> Verdict {
    echoes(
        submission,
        &with_chunks("5;name=value\r\nhello\r\n0\r\n\r\n"),
        b"hello",
        "Behind this size there is an extension. Your program does not ignore it.",
        "RFC 9112, section 7.1.1: a recipient must ignore chunk extensions that it \
         does not know.",
    )?;
    echoes(
        submission,
        &with_chunks("5\r\nhello\r\n0\r\nDigest: 1\r\n\r\n"),
        b"hello",
        "Behind the last chunk there is a field. Your program expects the empty line \
         there.",
        "RFC 9112, section 7.1.2: fields may come between the last chunk and the empty \
         line; whoever does not want them drops them.",
    )
}

fn too_long(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 15.5.14: 413 says that the body is larger than the \
               server is willing to take.";
    let body = "x".repeat(10_000);
    echoes(
        submission,
        (head("Content-Length: 10000\r\n") + &body).as_bytes(),
        body.as_bytes(),
        "A body of exactly 10000 bytes is not too long, and your program does not send \
         it back whole.",
        COUNT,
    )?;
    refuses(
        submission,
        head("Content-Length: 10001\r\n").as_bytes(),
        "10001",
        &[413],
        "The head says already that this body is too long, and your program begins to \
         read it. Without a limit, or with one that is looked at later, it is the \
         client who decides how much memory your program needs.",
        why,
    )?;
    refuses(
        submission,
        (head("Content-Length: 65541\r\n") + "hello").as_bytes(),
        "65541",
        &[413],
        "This number is 65536 more than 5, and your program takes it for 5: what does \
         not fit into 16 bits has been cut off.",
        "RFC 9110, section 8.6: there is no upper limit to Content-Length. In Rust, \
         `as` cuts off what does not fit; `try_from` says so.",
    )?;
    refuses(
        submission,
        head("Content-Length: 99999999999999999999999\r\n").as_bytes(),
        "99999999999999999999999",
        &[413, 400],
        "This number has more digits than your program can take, and it goes on as if \
         there were no body.",
        "RFC 9110, section 8.6: there is no upper limit to Content-Length, so a \
         recipient must expect numbers that are too large for it.",
    )
}

fn too_many(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 15.5.14: 413 says that the body is larger than the \
               server is willing to take. Nobody has announced how long all chunks \
               will be together.";
    let one = "This chunk alone is too long. Your program does not look at its size, \
               or only after it has come.";
    refuses(submission, &with_chunks("2711\r\n"), "2711", &[413], one, why)?;
    let chunk = format!("7d0\r\n{}\r\n", "x".repeat(2000));
    let sum = "No chunk is too long, but together they are. Your program forgets what \
               has come before.";
    let request = with_chunks(&(chunk.repeat(5) + "1\r\n"));
    refuses(submission, &request, "1\r\n", &[413], sum, why)?;
    let request = with_chunks(&(chunk.repeat(5) + "0\r\n\r\n"));
    let exactly = "Together these chunks have exactly 10000 bytes. That is not too \
                   much, and your program does not send them back whole.";
    let verdict =
        echoes(submission, &request, "x".repeat(10_000).as_bytes(), exactly, CHUNK);
    verdict.map_err(|failure| {
        failure.reproduce(
            "(printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\n'\n \
             printf 'Transfer-Encoding: chunked\\r\\n\\r\\n1388\\r\\n%5000s\\r\\n'\n \
             printf '1388\\r\\n%5000s\\r\\n0\\r\\n\\r\\n') |\n  nc 127.0.0.1 4545",
        )
    })?;
    let most = "5\r\nhello\r\nFFFFFFFFFFFFFFFF\r\n";
    let overflow = "This is the largest size that fits into 64 bits. Your program \
                    takes it, or has added it to another one and got a small number.";
    refuses(
        submission,
        &with_chunks(most),
        "FFFFFFFFFFFFFFFF",
        &[413, 400],
        overflow,
        why,
    )?;
    let beyond = "This size has more digits than your program can take, and it goes on \
                  all the same.";
    let request = with_chunks("5\r\nhello\r\n10000000000000000\r\n");
    refuses(submission, &request, "10000000000000000", &[413, 400], beyond, why)
}

fn bad_length(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 8.6: Content-Length = 1*DIGIT. What one server takes \
               for 5 and another for nothing is a way to smuggle requests.";
    for (length, meaning) in [
        (
            "five",
            "This is no number, and your program goes on as if the field had not come.",
        ),
        (
            "+5",
            "A sign is no digit. `parse` of a number in Rust takes it, and so does \
             your program.",
        ),
        (
            "5 bytes",
            "Behind the digits there is more, and your program does not look at it.",
        ),
        ("-5", "A length below 0 is no length."),
        ("", "Here no length follows the name, and your program takes that for one."),
    ] {
        let request = head(&format!("Content-Length: {length}\r\n")) + "hello";
        let place = format!("{length}\r\n\r\n");
        refuses(submission, request.as_bytes(), &place, &[400], meaning, why)?;
    }
    Ok(())
}

fn bad_chunk(submission: &Submission) -> Verdict {
    for (chunks, place, meaning) in [
        (
            "xyz\r\nhello\r\n0\r\n\r\n",
            "xyz",
            "This is no size, and your program takes it for the end, or for a chunk.",
        ),
        (
            "+5\r\nhello\r\n0\r\n\r\n",
            "+5",
            "A sign is no hexadecimal digit. `from_str_radix` takes it, and so does \
             your program.",
        ),
        (
            "0x5\r\nhello\r\n0\r\n\r\n",
            "0x5",
            "`0x` stands before hexadecimal digits in programs, and not here.",
        ),
        (
            "\r\nhello\r\n0\r\n\r\n",
            "\r\nhello",
            "This line has no size, and your program takes that for one.",
        ),
        (
            "5\r\nhello world\r\n0\r\n\r\n",
            " world",
            "Here the chunk of five bytes should end, and more comes. Your program \
             skips it without a word.",
        ),
        (
            "5\r\nhelloXX0\r\n\r\n",
            "XX",
            "Here the line end of the chunk should be. Your program leaves out two \
             bytes without looking at them.",
        ),
    ] {
        refuses(submission, &with_chunks(chunks), place, &[400], meaning, CHUNK)?;
    }
    Ok(())
}

fn two_ways(submission: &Submission) -> Verdict {
    let why = "RFC 9112, section 6.3: both fields together are a sign of request \
               smuggling. Whoever stands in front of your server may have believed the \
               other one.";
    for (fields, place, meaning) in [
        (
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer",
            "The length says one thing and the chunks another. Your program chooses.",
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-L",
            "The chunks came first and then a length. Your program chooses.",
        ),
    ] {
        let request = head(fields) + "0\r\n\r\n";
        refuses(submission, request.as_bytes(), place, &[400], meaning, why)?;
    }
    let why = "RFC 9112, section 6.3: with differing lengths the framing is invalid, \
               and the answer is 400.";
    for (first, second) in [(5, 4), (4, 5)] {
        let fields = format!("Content-Length: {first}\r\nContent-Length: {second}\r\n");
        let request = head(&fields) + "hello";
        let meaning = "Here is a second length, and it is another one. Your program \
                       believes one of the two.";
        refuses(submission, request.as_bytes(), "Content-L", &[400], meaning, why)?;
    }
    Ok(())
}

/// As `shown`, and the client says that this was all.
fn shown_with_end(failure: Box<Failure>, request: &[u8]) -> Box<Failure> {
    failure.reproduce(reproduce(request).replace("nc ", "nc -N "))
}

fn cut_short(submission: &Submission) -> Verdict {
    let why = "RFC 9112, section 8: a request whose body is not complete may be \
               answered with an error, and must not be taken for a complete one.";
    for (request, meaning) in [
        (
            (head("Content-Length: 10\r\n") + "hello").into_bytes(),
            "Ten bytes were announced, and five came before the end. Your program \
             takes them for the whole body.",
        ),
        (
            with_chunks("5\r\nhello\r\n"),
            "The last chunk has not come before the end. Your program takes what came \
             for the whole body.",
        ),
        (
            with_chunks("5\r\nhello\r\n0\r\n"),
            "The last chunk has come, and the empty line that ends the body has not. \
             Your program does not wait for it.",
        ),
    ] {
        let mut server = submission.start()?;
        let mut client = server.connect()?;
        client.send(&request)?;
        client.half_close();
        let closed = client.expect_close();
        closed.map_err(|failure| shown_with_end(failure, &request))?;
        if client.received().starts_with(b"HTTP/1.1 200") {
            return Err(shown_with_end(client.wrong_at(0, meaning, why), &request));
        }
        server.ask(&get("/"))?;
    }
    Ok(())
}
