//! Content-Length counts bytes.

use std::time::Duration;

use crate::{Check, Exercise, Response, Server, Submission, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "04a",
    name: "count-bytes",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: says_its_length },
        Check { points: 3, reproduce: "", run: keeps_its_word },
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

/// Longer than a program sleeps before it answers without having been asked.
const LONG: Duration = Duration::from_millis(1500);

const PAGE: &str = "<h1>Grüße, 世界</h1>\n";

fn says_its_length(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.listen(LONG);
    // A program may lose its patience with a client that says nothing, and say so.
    if client.received().get(8..12) == Some(b" 200") {
        let failure = client.wrong_at(
            0,
            "This client hasn't asked yet, and your program doesn't wait for it. If it \
             closes without having read the request, the system resets the \
             connection, and the end of the page may be lost.",
            "RFC 9112, section 9.6: when a system closes a socket and bytes come that \
             the program hasn't read, it sends RST, which destroys what is still on \
             its way.",
        );
        return Err(failure
            .reproduce("nc -d -w 2 127.0.0.1 4545")
            .should_see("nothing, because nc asks for nothing"));
    }
    if client.end().is_some() {
        client = server.connect()?;
    }
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
                "Content-Length comes after the blank line, so it's a part of the \
                 page: people see it, and the client doesn't.",
                "RFC 9112, section 2.1: fields come before the empty line, the body \
                 after it.",
            ));
        }
    }
    let meaning = "The answer doesn't say how long it is. The client has to wait for \
                   the end of the connection, and can't tell a whole page from half \
                   of one.";
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
                "{whole} bytes is the length of the whole answer, including its head. \
                 Content-Length counts only what comes after the blank line."
            ),
            "RFC 9110, section 8.6: Content-Length is the length of the content, in \
             bytes.",
        ));
    }
    client.rewind();
    let whole = client.read_response("GET").and_then(|answer| answer.expect_success());
    whole.map_err(|failure| {
        // curl shows only as much as it was promised, so that isn't what came here.
        let command = "curl -i http://127.0.0.1:4545/";
        failure.reproduce(command).should_see("the page up to its end, </h1>")
    })
}

/// Asks, and reads the answer, however the connection ends after it: 04d is about that.
fn ask(server: &mut Server) -> Verdict<Response> {
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    client.read_response("GET")
}

fn sends_the_page(submission: &Submission) -> Verdict {
    let answer = ask(&mut submission.start()?)?;
    let why = "RFC 3629: in UTF-8 a letter has one to four bytes. Rust keeps a text as \
               these bytes: `as_bytes`.";
    if answer.body.starts_with(PAGE.as_bytes()) {
        return answer.expect_body(
            PAGE.as_bytes(),
            "The page is there, and more comes after it, which was in the buffer but \
             doesn't belong to the page.",
            "RFC 9110, section 8.6: Content-Length is the length of the content. Send \
             only that: `&buffer[..length]`.",
        );
    }
    if PAGE.as_bytes().starts_with(&answer.body) {
        let (came, wanted) = (answer.body.len(), PAGE.len());
        let meaning = if came + 1 == wanted {
            "The page ends without its line break: only the last byte is missing."
                .into()
        } else {
            format!(
                "Of the {wanted} bytes of the page, only the first {came} come. (It \
                 has {} letters.)",
                PAGE.chars().count()
            )
        };
        return answer.expect_body(
            PAGE.as_bytes(),
            &meaning,
            "The task: the page is the constant `PAGE`, which ends with a line break.",
        );
    }
    answer.expect_body(PAGE.as_bytes(), "These aren't the bytes of the page.", why)
}

fn serves_the_next(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    for _ in 1..=4 {
        let answer = ask(&mut server)?;
        answer.expect_success()?;
        answer.expect_body(
            PAGE.as_bytes(),
            "The next client gets something else.",
            "The task: every client gets the same page.",
        )?;
    }
    Ok(())
}
