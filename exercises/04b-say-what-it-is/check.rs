//! Content-Type and Connection.

use crate::{Check, Exercise, Field, Response, Submission, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "04b",
    name: "say-what-it-is",
    given: 2,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/",
            run: sends_the_page,
        },
        Check { points: 2, reproduce: "curl -i http://127.0.0.1:4545/", run: is_html },
        Check { points: 2, reproduce: "curl -i http://127.0.0.1:4545/", run: is_utf_8 },
        Check {
            points: 2,
            reproduce: "curl -v http://127.0.0.1:4545/ http://127.0.0.1:4545/",
            run: says_close,
        },
        Check {
            points: 1,
            reproduce: "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | nc 127.0.0.1 \
                      4545",
            run: closes,
        },
    ],
};

const PAGE: &str = "<h1>Grüße, 世界</h1>\n";
/// As curl and browsers send it: who says nothing about the connection wants to keep
/// it.
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// Without what curl makes of it: it sees the connection close, whatever the head says.
const HEAD_ALONE: &str = "curl -s -D - -o /dev/null http://127.0.0.1:4545/";

const TYPE: &str = "RFC 9110, section 8.3: Content-Type = media-type, which is a \
                    type, a slash, a subtype, then parameters, each behind a \
                    semicolon.";
const CLOSE: &str = "RFC 9112, section 9.6: a server that does not keep connections \
                     open must say `close` in each of its answers.";

fn sends_the_page(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&get("/"))?;
    client.head()?.expect_success()?;
    for (text, meaning, why) in [
        (
            "content-type:",
            "Content-Type stands behind the blank line, so it is a part of the page. \
             The client reads it to its user, and does not heed it.",
            "RFC 9112, section 2.1: fields come before the empty line, the body after \
             it.",
        ),
        (
            "charset",
            "It is said in the page. A browser may find it there, if it already takes \
             the page for HTML; whoever reads only the head does not.",
            "RFC 9110, section 8.3: Content-Type, a field of the head, says how what \
             follows is to be read. The task: the page stays as it is.",
        ),
    ] {
        if let Some(offset) = in_body(client.received(), text) {
            return Err(client.wrong_at(offset, meaning, why));
        }
    }
    client.rewind();
    client.response()?.expect_body(
        PAGE.as_bytes(),
        "These are not the bytes of the page.",
        "The task: the page stays as it is. A text of Rust consists of the bytes of \
         UTF-8.",
    )
}

/// Where in the body of an answer the text stands, in upper or lower case.
fn in_body(answer: &[u8], text: &str) -> Option<usize> {
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut places = answer[body..].windows(text.len());
    Some(body + places.position(|found| found.eq_ignore_ascii_case(text.as_bytes()))?)
}

fn is_html(submission: &Submission) -> Verdict {
    let answer = submission.start()?.ask(&get("/"))?;
    let field = content_type(&answer)?;
    let mut all = answer.fields.iter().filter(|field| field.is("Content-Type"));
    if let Some(second) = all.nth(1) {
        return Err(answer.wrong_at(
            second.offset,
            "Content-Type stands there twice. Some clients believe the first, others \
             the last.",
            "RFC 9110, section 5.3: only fields that are lists may be sent more than \
             once; parameters go behind the value, after a semicolon.",
        ));
    }
    let media_type = media_type(field);
    if media_type.eq_ignore_ascii_case("text/html") {
        return Ok(());
    }
    runs_together(&answer)?;
    let (meaning, why) = match media_type.to_ascii_lowercase().as_str() {
        "text/plain" => (
            "The answer says that this is plain text. A browser shows `<h1>` to its \
             user, letter by letter.",
            "RFC 2046, section 4.1.3: text/plain has no markup; what looks like it is \
             text.",
        ),
        other if other.contains(',') => (
            "Behind the type stands a comma. So the client sees no parameter, but a \
             type that it does not know.",
            TYPE,
        ),
        other if !other.contains('/') => (
            "This is no media type: it consists of two words with a slash between \
             them.",
            TYPE,
        ),
        _ => ("This is not the media type of HTML, so no browser shows a page.", TYPE),
    };
    Err(answer.wrong_value(field, meaning, why))
}

fn is_utf_8(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 8.3.2: the parameter charset names one from IANA's \
               list, in upper or lower case. There, this one is called UTF-8.";
    let answer = submission.start()?.ask(&get("/"))?;
    let field = content_type(&answer)?;
    let behind = field.value_offset + media_type(field).len();
    for parameter in field.value.split(';').skip(1) {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if !name.trim().eq_ignore_ascii_case("charset") {
            continue;
        }
        let offset = field.value.find(value).unwrap_or(0);
        let wrong = |meaning, why| {
            Err(answer.wrong_at(field.value_offset + offset, meaning, why))
        };
        if name.trim_end() != name || value.trim_start() != value {
            return wrong(
                "There is a blank beside the `=`. What a client makes of that is its \
                 own affair.",
                "RFC 9110, section 5.6.6: parameter = parameter-name \"=\" \
                 parameter-value, with nothing between them.",
            );
        }
        return match value.trim().trim_matches('"').to_ascii_lowercase().as_str() {
            "utf-8" => Ok(()),
            "utf8" => wrong(
                "Browsers forgive it, but there is no charset of this name. A hyphen \
                 is missing.",
                why,
            ),
            _ => runs_together(&answer).and(wrong(
                "The page is in UTF-8, and the answer says that it is in something \
                 else. Where it says Grüße, the client shows other letters.",
                why,
            )),
        };
    }
    if let Some(colon) = charset_with_a_colon(field) {
        return Err(answer.wrong_at(
            field.value_offset + colon,
            "This colon should be a `=`. A colon ends the name of a field; a parameter \
             has a `=` there, so the client finds no charset.",
            "RFC 9110, section 5.6.6: parameter = parameter-name \"=\" \
             parameter-value.",
        ));
    }
    runs_together(&answer)?;
    if let Some(own) = answer.field("charset") {
        return Err(answer.wrong_at(
            own.offset,
            "No client knows a field of this name. The charset is a parameter of \
             Content-Type.",
            TYPE,
        ));
    }
    Err(answer.wrong_at(
        behind,
        "The answer does not say how to make letters of these bytes. A browser \
         guesses, often one letter for each byte, and shows GrÃ¼ÃŸe.",
        why,
    ))
}

/// Where a colon stands behind the name of the parameter.
fn charset_with_a_colon(field: &Field) -> Option<usize> {
    let value = field.value.to_ascii_lowercase();
    let name = value.find("charset")? + "charset".len();
    let blanks = value[name..].len() - value[name..].trim_start().len();
    value[name + blanks..].starts_with(':').then_some(name + blanks)
}

/// No field may begin in the middle of another one's value.
fn runs_together(answer: &Response) -> Verdict {
    let names = ["connection:", "content-length:", "content-type:", "date:", "server:"];
    for field in &answer.fields {
        let value = field.value.to_ascii_lowercase();
        if let Some(offset) = names.iter().filter_map(|name| value.find(name)).min() {
            let failure = answer.wrong_at(
                field.value_offset + offset,
                "Here the next field should begin, on a line of its own. There is no \
                 \\r\\n in front of it, so the client takes it for a part of this \
                 value.",
                "RFC 9112, section 2.1: each field line ends with CRLF, which is \
                 written \\r\\n.",
            );
            return Err(failure.reproduce(HEAD_ALONE));
        }
    }
    Ok(())
}

fn content_type(answer: &Response) -> Verdict<&Field> {
    if answer.field("Content-Type").is_none() {
        runs_together(answer)?;
    }
    answer.expect_field(
        "Content-Type",
        "The answer does not say what these bytes are. The client has to guess from \
         their looks: a page, a text, a file to be saved?",
        "RFC 9110, section 8.3: whoever sends content should say its type; without \
         it, the receiver may take it for bytes without a meaning, or guess.",
    )
}

/// What stands before the parameters.
fn media_type(field: &Field) -> &str {
    field.value.split(';').next().unwrap_or_default().trim_end()
}

fn says_close(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let asked = server.ask(&get("/"))?;
    expect_close(
        &asked,
        "This answer does not say that it is the last one on this connection, \
         although the client has asked for that: to it, this server does not know \
         `close`.",
    )?;
    let answer = server.ask(GET)?;
    expect_close(
        &answer,
        "To a client that says nothing about the connection, your program says \
         nothing either. In HTTP/1.1 this means that it stays open: the next request \
         goes there, and is lost.",
    )
}

fn expect_close(answer: &Response, not_said: &str) -> Verdict {
    let fields = || answer.fields.iter().filter(|field| field.is("Connection"));
    let options = fields().flat_map(|field| field.value.split(','));
    if options.map(str::trim).any(|option| option.eq_ignore_ascii_case("close")) {
        return Ok(());
    }
    runs_together(answer)?;
    let Some(field) = fields().next() else {
        return answer.expect_field("Connection", not_said, CLOSE).map(drop);
    };
    if field.value.eq_ignore_ascii_case("keep-alive") {
        return Err(answer.wrong_value(
            field,
            "The answer says that the connection stays open. The client sends its \
             next request there, and nobody answers it.",
            CLOSE,
        ));
    }
    let failure = answer.wrong_value(
        field,
        "A client looks for the word `close` here, and takes any other for nothing.",
        CLOSE,
    );
    Err(failure.reproduce(HEAD_ALONE))
}

fn closes(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(GET)?;
    let answer = client.response()?;
    if let Err(mut failure) = client.expect_close() {
        failure.meaning = "The answer has come, and the connection stays open. Its \
                           head says otherwise, and whoever believes it waits for the \
                           end."
            .into();
        failure.why = "RFC 9112, section 9.6: whoever sends `close` closes the \
                       connection after this answer."
            .into();
        return Err(failure);
    }
    answer.expect_success()
}
