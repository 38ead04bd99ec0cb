//! Content-Length counts bytes.

use crate::{Check, Exercise, Subject, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "04a",
    name: "count-bytes",
    minutes: 10,
    page: "04-respond.md",
    checks: &[
        Check {
            demand: "Each answer says in Content-Length how many bytes its page has.",
            points: 1,
            by_hand: "curl -i http://127.0.0.1:4545/",
            run: says_its_length,
        },
        Check {
            demand: "So many bytes come, not one more and not one less.",
            points: 3,
            by_hand: "curl -i http://127.0.0.1:4545/",
            run: keeps_its_word,
        },
        Check {
            demand: "They are the page `<h1>Grüße, 世界</h1>` and a line break, in UTF-8.",
            points: 1,
            by_hand: "curl -s http://127.0.0.1:4545/ | od -c",
            run: sends_the_page,
        },
        Check {
            demand: "The next client gets the same.",
            points: 1,
            by_hand: "curl -i http://127.0.0.1:4545/ http://127.0.0.1:4545/",
            run: serves_the_next,
        },
    ],
};

const PAGE: &str = "<h1>Grüße, 世界</h1>\n";

fn says_its_length(subject: &Subject) -> Verdict {
    let mut server = subject.start()?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    let head = server.finish(client.head())?;
    head.expect_success()?;
    if client.received().ends_with(PAGE.as_bytes()) && head.field("Content-Length").is_none() {
        let body = client.received().windows(15).position(|name| {
            name.eq_ignore_ascii_case(b"content-length:")
        });
        if let Some(offset) = body {
            return Err(client.wrong_at(
                offset,
                "Content-Length stands behind the blank line, so it is a part of the page: \
                 the reader sees it, and the client does not.",
                "RFC 9112, section 2.1: fields come before the empty line, the body after it.",
            ));
        }
    }
    let meaning = "The answer does not say how long it is. The client has to wait for the end \
                   of the connection, and cannot tell a whole page from one that was cut.";
    let why = "RFC 9110, section 8.6: a server should send Content-Length when it knows the \
               length of what it sends.";
    head.expect_field("Content-Length", meaning, why).map(drop)
}

fn keeps_its_word(subject: &Subject) -> Verdict {
    let mut server = subject.start()?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    let head = server.finish(client.head())?;
    let whole = client.received().len().to_string();
    let length = head.field("Content-Length");
    if let Some(field) = length.filter(|field| field.value == whole) {
        return Err(head.wrong_value(
            field,
            format!(
                "The whole answer has {whole} bytes, its head included. Content-Length counts \
                 only what comes behind the blank line."
            ),
            "RFC 9110, section 8.6: Content-Length is the length of the content, in bytes.",
        ));
    }
    client.again();
    client.answer()?.expect_success()
}

fn sends_the_page(subject: &Subject) -> Verdict {
    let answer = subject.start()?.ask(&get("/"))?;
    let why = "RFC 3629: in UTF-8 a letter has one to four bytes, and a text of Rust consists \
               of these: `as_bytes`.";
    if answer.body.starts_with(PAGE.as_bytes()) {
        return answer.expect_body(
            PAGE.as_bytes(),
            "The page is there, and behind it comes more: what was in the buffer, but does \
             not belong to the page.",
            "RFC 9110, section 8.6: Content-Length is the length of the content, and so is \
             what is sent: `&buffer[..length]`.",
        );
    }
    answer.expect_body(PAGE.as_bytes(), "These are not the bytes of the page.", why)
}

fn serves_the_next(subject: &Subject) -> Verdict {
    let mut server = subject.start()?;
    server.ask(&get("/"))?;
    let answer = server.ask(&get("/"))?;
    answer.expect_body(
        PAGE.as_bytes(),
        "The second client gets another page.",
        "The task: every client gets the same page.",
    )
}
