//! The request line: three parts, or 400.

use crate::{Check, Exercise, Submission, Verdict, get, reproduce};

pub const EXERCISE: Exercise = Exercise {
    id: "05a",
    name: "request-line",
    given: 5,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/",
            run: three_lines,
        },
        Check {
            points: 2,
            reproduce: "curl -i -X M-SEARCH http://127.0.0.1:4545/",
            run: every_token,
        },
        Check {
            points: 2,
            reproduce: "curl -i 'http://127.0.0.1:4545/a%20b?c=d'",
            run: whole_targets,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET /\\r\\n\\r\\n' | nc 127.0.0.1 4545",
            run: three_parts,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET  / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | nc 127.0.0.1 \
                      4545",
            run: one_blank,
        },
        Check {
            points: 1,
            reproduce: "printf 'G@T / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | nc 127.0.0.1 \
                      4545",
            run: no_token,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET /\\001 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | nc \
                      127.0.0.1 4545",
            run: no_target,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET / http/1.1\\r\\nHost: a\\r\\n\\r\\n' | nc 127.0.0.1 \
                      4545",
            run: no_version,
        },
    ],
};

const LINE: &str = "RFC 9112, section 3: request-line = method SP request-target SP \
                    HTTP-version, where SP is one blank.";
const METHOD: &str = "RFC 9112, section 3.1: the method is a token, and is \
                      case-sensitive. RFC 9110, section 5.6.2 says what a token is \
                      made of.";
const TARGET: &str = "RFC 9112, section 3.2: the target comes in one of four forms, \
                      and is kept as it came; what it means is found out afterwards.";
const BYTES: &str = "RFC 9112, section 3.2: no white space is allowed in the \
                     request-target. RFC 3986, section 2: an address consists of \
                     signs of ASCII, and all other bytes are written with a percent \
                     sign.";
const VERSION: &str = "RFC 9112, section 2.3: HTTP-version = HTTP-name \"/\" DIGIT \
                       \".\" DIGIT, and the name is HTTP, in capitals.";

const LONG_TARGET: &str =
    "curl -i \"http://127.0.0.1:4545/$(printf %7999s | tr ' ' x)\"";

/// A request with this first line.
fn request(line: &[u8]) -> Vec<u8> {
    [line, b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"].concat()
}

/// The page must show these parts of a line, and `byte` is the one to look at when it
/// does not.
fn shows(
    submission: &Submission,
    parts: [&str; 3],
    byte: usize,
    meaning: &str,
    why: &str,
) -> Verdict {
    let request = request(parts.join(" ").as_bytes());
    let command = match request.len() {
        ..200 => reproduce(&request),
        _ => LONG_TARGET.into(),
    };
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&request)?;
    let answer =
        client.response().map_err(|failure| failure.reproduce(command.as_str()))?;
    let page = String::from_utf8_lossy(&answer.body);
    if answer.status == 200 && page.lines().eq(parts) {
        return Ok(());
    }
    let failure = client.wrong_at_sent(byte, meaning, why).reproduce(command);
    if answer.status != 200 {
        return Err(failure);
    }
    let wanted = parts.join("\n") + "\n";
    Err(failure.instead_of(wanted.as_bytes(), &answer.body))
}

/// A line that must be refused, the byte that is wrong with it, and what it means if it
/// is not.
type Refused = (&'static [u8], usize, &'static str);

fn refuses(submission: &Submission, rows: &[Refused], why: &str) -> Verdict {
    for &(line, byte, meaning) in rows {
        let request = request(line);
        let mut server = submission.start()?;
        let mut client = server.connect()?;
        client.send(&request)?;
        client.closing_means(
            "This is no request line, and your program hangs up. Its client does not \
             learn why.",
            "RFC 9112, section 3: who receives an invalid request-line should answer \
             with 400.",
        );
        let answer = client
            .response()
            .map_err(|failure| failure.reproduce(reproduce(&request)))?;
        let failure = match answer.status {
            400 => {
                server.ask(&get("/"))?.expect_success()?;
                continue;
            }
            200 => client.wrong_at_sent(byte, meaning, why),
            _ => client.wrong_at(
                "HTTP/1.1 ".len(),
                "This is no request line, and the status says something else than \
                 that.",
                "RFC 9112, section 3: who receives an invalid request-line should \
                 answer with 400.",
            ),
        };
        return Err(failure.reproduce(reproduce(&request)));
    }
    Ok(())
}

fn three_lines(submission: &Submission) -> Verdict {
    let meaning = "The page does not have the three parts of this line, each on a \
                   line of its own.";
    shows(submission, ["GET", "/", "HTTP/1.1"], 0, meaning, LINE)?;
    shows(submission, ["GET", "/a/b.html", "HTTP/1.1"], 0, meaning, LINE)?;
    shows(
        submission,
        ["GET", "/", "HTTP/1.0"],
        "GET / HTTP/1.".len(),
        "This version is older than 1.1, and as well-formed. Your program does not \
         take it, or shows another.",
        VERSION,
    )
}

fn whole_targets(submission: &Submission) -> Verdict {
    let long = format!("/{}long", "long/".repeat(1599));
    for (method, target, byte, meaning) in [
        (
            "GET",
            "/a?b=c&d",
            "GET /a".len(),
            "From the `?` on, the target is a query, and belongs to it as well. Your \
             program does not show it.",
        ),
        (
            "GET",
            "/a%20b",
            "GET /a".len(),
            "Your program has taken the `%20` for a blank, or does not take it. The \
             target is to be shown as it came; decoding comes later, when its parts \
             are known.",
        ),
        (
            "OPTIONS",
            "*",
            "OPTIONS ".len(),
            "This target does not begin with a slash, and your program wants one. `*` \
             means the server as a whole.",
        ),
        (
            "GET",
            "http://example.org:80/",
            "GET ".len(),
            "This target is a whole address, as proxies get it. Your program does not \
             take it, or does not show all of it.",
        ),
        (
            "GET",
            r#"/<|>"{}[]^\"#,
            "GET /".len(),
            "Browsers send some of these signs, and by the rules of this task all of \
             them may stand in a target. Your program does not take one of them.",
        ),
        (
            "GET",
            &long,
            "GET /".len(),
            "This target is long, but not longer than agreed, and your program does \
             not take it, or not all of it.",
        ),
    ] {
        shows(submission, [method, target, "HTTP/1.1"], byte, meaning, TARGET)?;
    }
    Ok(())
}

fn every_token(submission: &Submission) -> Verdict {
    for (method, meaning) in [
        (
            "DELETE",
            "Your program refuses this line because of its method, or shows another \
             one. Which methods it knows does not matter here; what to do with them is \
             another question, and 400 is not its answer.",
        ),
        (
            "M-SEARCH",
            "Your program does not know this method and so refuses the line. But there \
             is nothing wrong with the line; what to do with the method is another \
             question, and 400 is not its answer.",
        ),
        (
            "get",
            "`get` and `GET` are two methods, and both are tokens. Your program takes \
             one for the other, or refuses it.",
        ),
        (
            "A1!#$%&'*+-.^_`|~",
            "All these signs may be in a method, and at least one of them your program \
             refuses.",
        ),
    ] {
        shows(submission, [method, "/", "HTTP/1.1"], 0, meaning, METHOD)?;
    }
    Ok(())
}

fn three_parts(submission: &Submission) -> Verdict {
    let rows: &[Refused] = &[
        (
            b"GET /",
            5,
            "Here the line ends, without a version, and your program does not miss it. \
             That was a request once, in 1991.",
        ),
        (b"GET", 3, "Here the line ends, and your program makes up the rest."),
        (
            b"GET / HTTP/1.1 x",
            14,
            "Behind the version the line goes on, and your program does not look \
             there.",
        ),
        (
            b"GET /a b HTTP/1.1",
            6,
            "There is a blank in the middle of this target, and your program takes it \
             for a part of it: everything between the first blank and the last.",
        ),
        (b"", 0, "This line is empty, and your program answers it."),
        (
            b"GET  HTTP/1.1",
            4,
            "Between these two blanks is nothing, so there is no target, and your \
             program does not miss it. In Rust, `all` is true of a part without bytes.",
        ),
        (
            b" / HTTP/1.1",
            0,
            "In front of the first blank is nothing, so there is no method, and your \
             program does not miss it. In Rust, `all` is true of a part without bytes.",
        ),
    ];
    refuses(submission, rows, LINE)
}

fn one_blank(submission: &Submission) -> Verdict {
    let rows: &[Refused] = &[
        (
            b"GET  / HTTP/1.1",
            4,
            "Two blanks, and your program takes them for one. For a stricter server in \
             front of it, the target is empty.",
        ),
        (
            b"GET /  HTTP/1.1",
            6,
            "Two blanks before the version, and your program takes them for one.",
        ),
        (
            b"GET\t/ HTTP/1.1",
            3,
            "This is a tab, and your program takes it for a blank.",
        ),
        (
            b"GET /\x0cHTTP/1.1",
            5,
            "This is a form feed, and your program takes it for a blank.",
        ),
        (
            b" GET / HTTP/1.1",
            0,
            "The line begins with a blank, and your program trims it off.",
        ),
        (
            b"GET / HTTP/1.1 ",
            14,
            "The line ends with a blank, and your program trims it off.",
        ),
    ];
    refuses(submission, rows, LINE)
}

fn no_token(submission: &Submission) -> Verdict {
    let rows: &[Refused] = &[
        (
            b"G@T / HTTP/1.1",
            1,
            "This sign cannot be in a method. Your program does not look.",
        ),
        (
            "GÉT / HTTP/1.1".as_bytes(),
            1,
            "This letter is none of ASCII's, so it cannot be in a method. What is a \
             letter elsewhere does not count here.",
        ),
        (b"GE\x00T / HTTP/1.1", 2, "This byte is a NUL. It cannot be in a method."),
        (
            b"GET: / HTTP/1.1",
            3,
            "A colon cannot be in a method: this looks more like a field.",
        ),
    ];
    refuses(submission, rows, METHOD)
}

fn no_target(submission: &Submission) -> Verdict {
    let rows: &[Refused] = &[
        (
            b"GET /\x01 HTTP/1.1",
            5,
            "This is a control character, and your program takes it. In a terminal or \
             in a log it may do more than be shown.",
        ),
        (
            b"GET /J\xfcrgen HTTP/1.1",
            6,
            "This byte is not of ASCII, nor is it UTF-8. Your program takes it, or has \
             put something else in its place.",
        ),
        (
            "GET /Jürgen HTTP/1.1".as_bytes(),
            6,
            "This letter is written in UTF-8, and your program takes it. In an address \
             it is `%C3%BC`.",
        ),
        (
            b"GET /\x7f HTTP/1.1",
            5,
            "This is the last of ASCII's control characters, DEL. It stands behind all \
             letters, and your program has not thought of it.",
        ),
        (
            b"GET /\rx HTTP/1.1",
            5,
            "This is a CR without its LF, and your program takes it.",
        ),
    ];
    refuses(submission, rows, BYTES)
}

fn no_version(submission: &Submission) -> Verdict {
    let rows: &[Refused] = &[
        (
            b"GET / HTML/1.1",
            8,
            "This is no version of HTTP, and your program does not look.",
        ),
        (
            b"GET / http/1.1",
            6,
            "The name is written in small letters, and your program takes it for the \
             same.",
        ),
        (
            b"GET / HTTP/1",
            12,
            "Here a dot and a digit are missing, and your program does not miss them.",
        ),
        (
            b"GET / HTTP/1.x",
            13,
            "This is no digit. Your program looks at how the version begins, and not \
             at its end.",
        ),
        (
            b"GET / HTTP/1.15",
            14,
            "One digit on each side of the dot, and here are two.",
        ),
        (b"GET / HTTP/11.1", 12, "One digit before the dot, and here are two."),
        (b"GET / HTTP/1,1", 12, "Between the digits stands a dot, and this is none."),
    ];
    refuses(submission, rows, VERSION)?;
    for version in ["HTTP/2.0", "HTTP/0.9"] {
        shows(
            submission,
            ["GET", "/", version],
            "GET / HTTP/".len(),
            "This version has its digit, its dot and its digit, and your program does \
             not take it, or shows another. Which versions it speaks is another \
             question, and 400 is not its answer.",
            "RFC 9112, section 2.3: HTTP-version = HTTP-name \"/\" DIGIT \".\" DIGIT. \
             RFC 9110, section 15.6.6: for versions that a server does not speak, \
             there is 505.",
        )?;
    }
    Ok(())
}
