//! Content-Length counts bytes.

use crate::{Check, Exercise, Response, Server, Submission, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "04a",
    name: "count-bytes",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/",
            run: says_its_length,
        },
        Check {
            points: 3,
            reproduce: "curl -i http://127.0.0.1:4545/",
            run: keeps_its_word,
        },
        Check {
            points: 1,
            reproduce: "curl -s http://127.0.0.1:4545/ | od -c",
            run: sends_the_page,
        },
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/ http://127.0.0.1:4545/",
            run: serves_the_next,
        },
    ],
};

const PAGE: &str = "<h1>Grüße, 世界</h1>\n";

fn says_its_length(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let silent = client.expect_silence(
        "This client has not yet asked, and your program does not wait for it. If it \
         does not read the request, closing throws the connection away, and the end of \
         the page may be lost.",
        "RFC 9112, section 9.6: when a system closes a socket and bytes come that \
         nobody has read, it sends RST, and what the client has not yet read of the \
         answer can be lost.",
    );
    let silent = silent.map_err(|failure| {
        failure.reproduce("# nothing should come\nnc -d -w 1 127.0.0.1 4545")
    });
    silent?;
    client.send(&get("/"))?;
    let head = client.head()?;
    head.expect_success()?;
    if client.received().ends_with(PAGE.as_bytes())
        && head.field("Content-Length").is_none()
    {
        let body = client
            .received()
            .windows(15)
            .position(|name| name.eq_ignore_ascii_case(b"content-length:"));
        if let Some(offset) = body {
            return Err(client.wrong_at(
                offset,
                "Content-Length stands behind the blank line, so it is a part of the \
                 page: the reader sees it, and the client does not.",
                "RFC 9112, section 2.1: fields come before the empty line, the body \
                 after it.",
            ));
        }
    }
    let meaning = "The answer does not say how long it is. The client has to wait for \
                   the end of the connection, and cannot tell a whole page from one \
                   that was cut.";
    let why = "RFC 9110, section 8.6: a server should send Content-Length when it \
               knows the length of what it sends.";
    head.expect_field("Content-Length", meaning, why).map(drop)
}

fn keeps_its_word(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    let head = client.head()?;
    let whole = client.received().len().to_string();
    let length = head.field("Content-Length");
    if let Some(field) = length.filter(|field| field.value == whole) {
        return Err(head.wrong_value(
            field,
            format!(
                "The whole answer has {whole} bytes, its head included. Content-Length \
                 counts only what comes behind the blank line."
            ),
            "RFC 9110, section 8.6: Content-Length is the length of the content, in \
             bytes.",
        ));
    }
    client.rewind();
    client.read_response("GET")?.expect_success()
}

/// The answer to a request. How the connection ends behind it, 04d is about; who has
/// not read the request closes it or throws it away, as it happens.
fn ask(server: &mut Server) -> Verdict<Response> {
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    client.read_response("GET")
}

fn sends_the_page(submission: &Submission) -> Verdict {
    let answer = ask(&mut submission.start()?)?;
    let why = "RFC 3629: in UTF-8 a letter has one to four bytes, and a text of Rust \
               consists of these: `as_bytes`.";
    if answer.body.starts_with(PAGE.as_bytes()) {
        return answer.expect_body(
            PAGE.as_bytes(),
            "The page is there, and behind it comes more: what was in the buffer, but \
             does not belong to the page.",
            "RFC 9110, section 8.6: Content-Length is the length of the content, and \
             so is what is sent: `&buffer[..length]`.",
        );
    }
    if [&answer.body, b"\n".as_slice()].concat() == PAGE.as_bytes() {
        return answer.expect_body(
            PAGE.as_bytes(),
            "The page ends without its line break: all but the last byte is there.",
            "The task: the page is the constant `PAGE`, and the line break belongs to \
             it.",
        );
    }
    answer.expect_body(PAGE.as_bytes(), "These are not the bytes of the page.", why)
}

fn serves_the_next(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    ask(&mut server)?;
    let answer = ask(&mut server)?;
    answer.expect_body(
        PAGE.as_bytes(),
        "The second client gets another page.",
        "The task: every client gets the same page.",
    )
}
