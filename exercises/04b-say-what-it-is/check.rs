//! Content-Type and Connection.

use crate::{Check, Exercise, Field, Response, Server, Submission, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "04b",
    name: "say-what-it-is",
    given: 2,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: ONCE, run: sends_the_page },
        Check { points: 2, reproduce: ONCE, run: is_html },
        Check { points: 2, reproduce: ONCE, run: is_utf_8 },
        Check { points: 2, reproduce: TWICE, run: says_close },
        Check { points: 1, reproduce: TWICE, run: closes },
    ],
};

const ONCE: &str = "curl -i http://127.0.0.1:4545/";
const TWICE: &str = "curl -v http://127.0.0.1:4545/ http://127.0.0.1:4545/";

const PAGE: &str = "<h1>Grüße, 世界</h1>\n";
/// As curl and browsers send it. Without a word about it, HTTP/1.1 keeps connections.
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// Without what curl makes of it: it sees the connection close, whatever the head says.
const HEAD_ALONE: &str = "curl -s -D - -o /dev/null http://127.0.0.1:4545/";

const SHOULD: &str = "Content-Type: text/html; charset=utf-8";
const TYPE: &str = "RFC 9110, section 8.3: Content-Type = media-type, which is a \
                    type, a slash, a subtype, then parameters, each after a \
                    semicolon.";
const CLOSE: &str = "RFC 9112, section 9.6: a server that does not keep connections \
                     open must say `close` in each of its answers.";

/// What clients of all kinds send: one that leaves, one that says nothing about it, one
/// that asks for something else, and those that want to stay.
fn requests() -> Vec<Vec<u8>> {
    let stays =
        |version: &str| format!("GET / {version}\r\nConnection: keep-alive\r\n\r\n");
    vec![
        get("/"),
        GET.into(),
        get("/?style.css"),
        stays("HTTP/1.1\r\nHost: 127.0.0.1").into(),
        stays("HTTP/1.0").into(),
    ]
}

fn sends_the_page(submission: &Submission) -> Verdict {
    submission.each(requests(), |server, request| sends_the_page_to(server, request))
}

fn sends_the_page_to(server: &mut Server, request: &[u8]) -> Verdict {
    let mut client = server.connect()?;
    client.send(request)?;
    client.head()?.expect_success()?;
    for (text, meaning, why) in [
        (
            "content-type:",
            "Content-Type comes after the blank line, so it is part of the page. The \
             client shows it to its user, and pays no attention to it.",
            "RFC 9112, section 2.1: fields come before the empty line, the body after \
             it.",
        ),
        (
            "charset",
            "The page itself says how to read it. A browser may find that, if it \
             already knows that this is HTML; a program that reads only the head does \
             not.",
            "RFC 9110, section 8.3: Content-Type, a field of the head, says how to \
             read what follows. The task: leave the page as it is.",
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
        "The task: leave the page as it is. A string in Rust is UTF-8 already.",
    )
}

/// Where the text is in the body of an answer, in upper or lower case.
fn in_body(answer: &[u8], text: &str) -> Option<usize> {
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut places = answer[body..].windows(text.len());
    Some(body + places.position(|found| found.eq_ignore_ascii_case(text.as_bytes()))?)
}

fn is_html(submission: &Submission) -> Verdict {
    submission.each(requests(), |server, request| is_html_to(server, request))
}

fn is_html_to(server: &mut Server, request: &[u8]) -> Verdict {
    let answer = server.ask(request)?;
    let field = content_type(&answer)?;
    let mut all = answer.fields.iter().filter(|field| field.is("Content-Type"));
    if let Some(second) = all.nth(1) {
        return Err(answer.wrong_at(
            second.offset,
            "Content-Type comes twice. Some clients believe the first, others the \
             last.",
            "RFC 9110, section 5.3: only fields that are lists may be sent more than \
             once; parameters come after the value, after a semicolon.",
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
            "There is a comma after the type. So the client sees no parameter, but a \
             type that it does not know.",
            TYPE,
        ),
        other if other.contains(' ') => (
            "The semicolon after the type is missing. So the client sees no parameter, \
             but a type with a space in it, which it does not know.",
            TYPE,
        ),
        other if !other.contains('/') => (
            "This is not a media type: that would be two words with a slash between \
             them.",
            TYPE,
        ),
        _ => ("This is not the media type of HTML, so no browser shows a page.", TYPE),
    };
    Err(answer.wrong_value(field, meaning, why).should_see(SHOULD))
}

fn is_utf_8(submission: &Submission) -> Verdict {
    submission.each(requests(), |server, request| is_utf_8_to(server, request))
}

fn is_utf_8_to(server: &mut Server, request: &[u8]) -> Verdict {
    let why = "RFC 9110, section 8.3.2: the parameter charset names one from IANA's \
               list, in upper or lower case. There, this one is called UTF-8.";
    let answer = server.ask(request)?;
    let field = content_type(&answer)?;
    let mut is_said = false;
    let mut offset = field.value_offset + media_type(field).len();
    for parameter in field.value[media_type(field).len()..].split_inclusive(';') {
        let Some((name, value)) = parameter.split_once('=') else {
            offset += parameter.len();
            continue;
        };
        if name.trim().eq_ignore_ascii_case("charset") {
            let at = offset + name.len() + 1;
            is_utf_8_value(&answer, at, name, value.trim_end_matches(';'), why)?;
            is_said = true;
        }
        offset += parameter.len();
    }
    if is_said {
        return Ok(());
    }
    if let Some(colon) = charset_with_a_colon(field) {
        let failure = answer.wrong_at(
            field.value_offset + colon,
            "This colon should be a `=`. A colon ends the name of a field; a parameter \
             has a `=` there, so the client finds no charset.",
            "RFC 9110, section 5.6.6: parameter = parameter-name \"=\" \
             parameter-value.",
        );
        return Err(failure.should_see(SHOULD));
    }
    runs_together(&answer)?;
    if let Some(own) = answer.field("charset") {
        let meaning = "No client knows a field of this name. The charset is a \
                       parameter of Content-Type.";
        return Err(answer.wrong_at(own.offset, meaning, TYPE).should_see(SHOULD));
    }
    let failure = answer.wrong_at(
        field.value_offset + media_type(field).len(),
        "The answer does not say how to turn these bytes into letters. A browser \
         guesses, often one letter for each byte, and shows GrÃ¼ÃŸe.",
        why,
    );
    Err(failure.should_see(SHOULD))
}

/// The value of one parameter `charset`, which begins at `offset`.
fn is_utf_8_value(
    answer: &Response,
    offset: usize,
    name: &str,
    value: &str,
    why: &str,
) -> Verdict {
    let wrong = |meaning: &str, why: &str| {
        Err(answer.wrong_at(offset, meaning, why).should_see(SHOULD))
    };
    if name.trim_end() != name || value.trim_start() != value {
        return wrong(
            "There is a space beside the `=`. Each client decides for itself what that \
             means.",
            "RFC 9110, section 5.6.6: parameter = parameter-name \"=\" \
             parameter-value, with nothing between them.",
        );
    }
    match value.trim().to_ascii_lowercase().as_str() {
        "utf-8" | "\"utf-8\"" => Ok(()),
        "utf8" => wrong(
            "Browsers forgive it, but there is no charset of this name. A hyphen is \
             missing.",
            why,
        ),
        value if value.contains(['\'', '"']) => wrong(
            "These quotation marks are part of the name, so the client looks for a \
             charset that does not exist.",
            "RFC 9110, section 5.6.6: a parameter's value is a token, or a string \
             between two double quotation marks.",
        ),
        _ => runs_together(answer).and(wrong(
            "The page is in UTF-8, and the answer says that it is in something else. \
             Where it says Grüße, the client shows other letters.",
            why,
        )),
    }
}

/// Where a colon follows the name of the parameter.
fn charset_with_a_colon(field: &Field) -> Option<usize> {
    let value = field.value.to_ascii_lowercase();
    let name = value.find("charset")? + "charset".len();
    let spaces = value[name..].len() - value[name..].trim_start().len();
    value[name + spaces..].starts_with(':').then_some(name + spaces)
}

/// No field may begin in the middle of another one's value.
fn runs_together(answer: &Response) -> Verdict {
    let names = ["connection:", "content-length:", "content-type:", "date:", "server:"];
    for field in &answer.fields {
        let value = field.value.to_ascii_lowercase();
        if let Some(offset) = names.iter().filter_map(|name| value.find(name)).min() {
            let failure = answer.wrong_at(
                field.value_offset + offset,
                "The next field should begin here, on a line of its own. There is no \
                 \\r\\n before it, so for the client it belongs to this value.",
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
    let found = answer.expect_field(
        "Content-Type",
        "The answer does not say what these bytes are. The client has to guess from \
         their looks: a page, a text, a file to be saved?",
        "RFC 9110, section 8.3: a sender of content should say its type; without it, \
         the receiver may treat it as bytes without a meaning, or guess.",
    );
    found.map_err(|failure| failure.should_see(SHOULD))
}

/// The value without its parameters.
fn media_type(field: &Field) -> &str {
    field.value.split(';').next().unwrap_or_default().trim_end()
}

fn says_close(submission: &Submission) -> Verdict {
    submission.each(requests(), |server, request| {
        let answer = server.ask(request)?;
        let verdict = expect_close(&answer, request);
        verdict.map_err(|failure| failure.should_see("Connection: close"))
    })
}

fn expect_close(answer: &Response, request: &[u8]) -> Verdict {
    let fields = || answer.fields.iter().filter(|field| field.is("Connection"));
    let says = |word: &str| {
        let options = fields().flat_map(|field| field.value.split(','));
        options.map(str::trim).any(|option| option.eq_ignore_ascii_case(word))
    };
    let is_old = request.starts_with(b"GET / HTTP/1.0");
    let Some(field) = fields().next() else {
        runs_together(answer)?;
        let meaning = if request == get("/") {
            "This answer does not say that it is the last one on this connection, \
             although the client has asked for that. The client has to assume that \
             this server does not know `close`."
        } else if is_old {
            "This client speaks HTTP/1.0 and would like to keep the connection. Your \
             program does not say that it won't."
        } else {
            "The client has not asked for `close`, and your program does not say it. \
             In HTTP/1.1 this means that the connection stays open: the next request \
             goes there, and is lost."
        };
        return answer.expect_field("Connection", meaning, CLOSE).map(drop);
    };
    match (says("close"), says("keep-alive")) {
        (true, false) => Ok(()),
        (true, true) => Err(answer.wrong_value(
            field,
            "The answer says both that the connection ends and that it stays open.",
            CLOSE,
        )),
        (false, true) => Err(answer.wrong_value(
            field,
            if request.ends_with(b"keep-alive\r\n\r\n") {
                "The client would like to keep the connection, and your program says \
                 yes, although it is going to close it."
            } else {
                "The answer says that the connection stays open. The client sends its \
                 next request there, and gets no answer."
            },
            CLOSE,
        )),
        (false, false) => {
            runs_together(answer)?;
            let meaning = "A client looks for the word `close` here, and ignores any \
                           other.";
            Err(answer.wrong_value(field, meaning, CLOSE).reproduce(HEAD_ALONE))
        }
    }
}

fn closes(submission: &Submission) -> Verdict {
    submission.each(requests(), |server, request| {
        let mut client = server.connect()?;
        client.send(request)?;
        let answer = client.response()?;
        client.expect_close().map_err(|failure| match client.end() {
            Some(_) => failure,
            None => failure.because(
                "The answer has arrived, and the connection stays open. A client that \
                 waits for its end waits in vain.",
                "RFC 9112, section 9.6: a server that sends `close` closes the \
                 connection after this answer.",
            ),
        })?;
        answer.expect_success()
    })
}
