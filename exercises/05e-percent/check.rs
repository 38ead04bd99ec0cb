//! Percent-encoding.

use crate::{Check, Exercise, Response, Submission, Verdict, get, reproduce};

pub const EXERCISE: Exercise = Exercise {
    id: "05e",
    name: "percent",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/hello/world",
            run: plain,
        },
        Check {
            points: 3,
            reproduce: "curl -i http://127.0.0.1:4545/hello/J%C3%BCrgen",
            run: decoded,
        },
        Check {
            points: 2,
            reproduce: "curl -i http://127.0.0.1:4545/hello/100%",
            run: bad_percent,
        },
        Check {
            points: 2,
            reproduce: "curl -i http://127.0.0.1:4545/hello/%2541",
            run: once,
        },
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/hello/who%3F",
            run: belongs_to_the_name,
        },
        Check {
            points: 1,
            reproduce: "curl -i 'http://127.0.0.1:4545/hello/world?from=home'",
            run: query,
        },
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/hello/%FF",
            run: no_text,
        },
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/hello/a%00b",
            run: controls,
        },
    ],
};

const PERCENT: &str = "RFC 3986, section 2.1: pct-encoded = \"%\" HEXDIG HEXDIG, and \
                       stands for one byte.";

fn ask(submission: &Submission, target: &str) -> Verdict<Response> {
    let answer = submission.start()?.ask(&get(target));
    answer.map_err(|failure| failure.reproduce(curl(target)))
}

/// This target must be answered by a greeting to `name`.
fn greets(
    submission: &Submission,
    target: &str,
    name: &str,
    meaning: &str,
    why: &str,
) -> Verdict {
    let answer = ask(submission, target)?;
    let page = format!("Hello, {name}!\n");
    let verdict = answer
        .expect_status(&[200], meaning, why)
        .and_then(|()| answer.expect_body(page.as_bytes(), meaning, why));
    verdict.map_err(|failure| failure.reproduce(curl(target)))
}

fn curl(target: &str) -> String {
    format!("curl -i 'http://127.0.0.1:4545{target}'")
}

/// This name must be refused, for what begins at `byte` of it.
fn refuses(
    submission: &Submission,
    name: &str,
    byte: usize,
    meaning: &str,
    why: &str,
) -> Verdict {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let target = format!("/hello/{name}");
    let request = get(&target);
    client.send(&request)?;
    let command = if name.is_ascii() { curl(&target) } else { reproduce(&request) };
    let answer = client.response();
    let answer = answer.map_err(|failure| failure.reproduce(&*command))?;
    let failure = match answer.status {
        400 => return Ok(()),
        200..=299 => client.wrong_at_sent("GET /hello/".len() + byte, meaning, why),
        _ => client.wrong_at(
            "HTTP/1.1 ".len(),
            "Your program refuses this name, and gives another reason than 400.",
            "RFC 9110, section 15.5.1: 400 says that the request itself is not well \
             formed.",
        ),
    };
    Err(failure.reproduce(command))
}

fn plain(submission: &Submission) -> Verdict {
    let answer = submission.start()?.ask(&get("/hello/world"))?;
    answer.expect_success()?;
    let meaning = "This is not the greeting.";
    let why = "The task: `Hello, `, the name, `!` and a line break.";
    answer.expect_body(b"Hello, world!\n", meaning, why)
}

fn decoded(submission: &Submission) -> Verdict {
    let target = "/hello/J%C3%BCrgen";
    let utf_8 = "RFC 3629: in UTF-8, ü has the two bytes C3 and BC. RFC 3986, section \
                 2.1: each `%` and its digits stand for one byte, not for one letter.";
    let answer = ask(submission, target)?;
    let page = String::from_utf8_lossy(&answer.body);
    let meaning = if answer.status != 200 {
        "Nothing is wrong with this name, and your program refuses it."
    } else if page.contains('%') {
        "Your program greets the name as it travels. A `%` and two digits are a byte, \
         and have to become one again."
    } else if page.contains('Ã') {
        "Your program makes a letter of each byte. But ü is one letter and two bytes: \
         collect the bytes first, and make text of all of them."
    } else {
        "This is another name. `%C3%BC` are two bytes, which are ü in UTF-8."
    };
    greets(submission, target, "Jürgen", meaning, utf_8)?;
    for (code, name, meaning) in [
        (
            "J%c3%bcrgen",
            "Jürgen",
            "The digits are in lower case here. They mean the same, and your program \
             does not take them.",
        ),
        (
            "%E4%B8%96%E7%95%8C",
            "世界",
            "These are six bytes, and two letters in UTF-8. Your program decodes some \
             codes and not others; but there is one rule for all.",
        ),
        (
            "Ann%20%4Cee",
            "Ann Lee",
            "`%20` is a blank, `%4C` is an L. Nobody had to encode the L, and it is \
             decoded all the same.",
        ),
    ] {
        greets(submission, &format!("/hello/{code}"), name, meaning, PERCENT)?;
    }
    Ok(())
}

fn bad_percent(submission: &Submission) -> Verdict {
    // Two mistakes that look the same but for the page.
    let answer = ask(submission, "/hello/a%zz")?;
    let meaning = if answer.body.contains(&b'%') {
        "These are no hexadecimal digits. Your program leaves them as they are, and \
         does not tell the client that its URL is broken: there a `%` is written %25."
    } else {
        "These are no hexadecimal digits, and your program makes something of them all \
         the same."
    };
    for (name, byte, meaning) in [
        ("a%zz", 1, meaning),
        ("100%", 3, "Nothing comes behind this `%`, and your program does not mind."),
        (
            "a%4",
            1,
            "Only one digit comes behind this `%`, and your program is content with \
             it.",
        ),
        (
            "%+1",
            0,
            "A sign is no digit. `from_str_radix` takes it, and so does your program.",
        ),
        (
            "%C3%B",
            3,
            "Only one digit comes behind the second `%`, and your program does not \
             mind.",
        ),
        ("%4é", 0, "The second of these is no digit, it is a letter of two bytes."),
    ] {
        refuses(submission, name, byte, meaning, PERCENT)?;
    }
    Ok(())
}

fn once(submission: &Submission) -> Verdict {
    let why = "RFC 3986, section 2.4: implementations must not decode the same string \
               more than once. Whoever checked it before saw another name.";
    for (code, name, meaning) in [
        (
            "%25zz",
            "%zz",
            "`%25` is a percent sign, and what follows it is text. Your program takes \
             both for a code, because it decodes what it has decoded.",
        ),
        (
            "%2541",
            "%41",
            "`%25` is a percent sign, so the name is %41. Your program goes on, and \
             decodes that too.",
        ),
    ] {
        greets(submission, &format!("/hello/{code}"), name, meaning, why)?;
    }
    Ok(())
}

fn belongs_to_the_name(submission: &Submission) -> Verdict {
    let why = "RFC 3986, section 2.2: a sign that separates parts of a URL does so \
               only as it stands. Encoded, it is a part of what is around it. So cut \
               first, and decode then.";
    let plus = "RFC 3986 gives the + in a path no meaning. It is forms of HTML that \
                write a blank so, and only in what they send: in a query or a body.";
    for (code, name, meaning, why) in [
        (
            "who%3F",
            "who?",
            "This question mark was encoded, so it does not begin a query. Your \
             program decodes the name before it looks for one.",
            why,
        ),
        (
            "a%2Fb",
            "a/b",
            "This slash was encoded, so it does not end the name. Your program looks \
             for slashes in what it has decoded.",
            why,
        ),
        (
            "1+1",
            "1+1",
            "A plus in a path is a plus. Your program makes a blank of it.",
            plus,
        ),
    ] {
        greets(submission, &format!("/hello/{code}"), name, meaning, why)?;
    }
    Ok(())
}

fn query(submission: &Submission) -> Verdict {
    for (code, meaning, why) in [
        (
            "world?from=home",
            "Your program takes the query for a part of the name.",
            "RFC 3986, section 3.3: a path ends at the first question mark.",
        ),
        (
            "world?share=100%",
            "This query has a `%` of its own, and your program refuses it, though it \
             needs only the name. Browsers send such things.",
            "RFC 3986, section 2.4: a URL is taken apart first, and each part decoded \
             by whoever needs it.",
        ),
    ] {
        greets(submission, &format!("/hello/{code}"), "world", meaning, why)?;
    }
    Ok(())
}

fn no_text(submission: &Submission) -> Verdict {
    let why = "RFC 3629, section 3: not all bytes are UTF-8, and decoders must not let \
               others pass. The page says of itself that it is.";
    for (name, byte, meaning) in [
        (
            "%FF",
            0,
            "This byte is no UTF-8, so there is no name. Your program greets somebody \
             else instead.",
        ),
        (
            "J%FCrgen",
            1,
            "FC is ü in an older encoding, and alone it is no UTF-8. Your program lets \
             it pass.",
        ),
        (
            "a%C3",
            1,
            "This is the first of two bytes, and the second does not come. Your \
             program does not miss it.",
        ),
    ] {
        refuses(submission, name, byte, meaning, why)?;
    }
    Ok(())
}

fn controls(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 17.3 and RFC 3986, section 7.3: %00 ends names in \
               some programs, %0D%0A begins a new line in logs and in fields. A name \
               needs none of them.";
    for (name, meaning) in [
        ("a%00b", "The byte 00 comes out, and your program lets it pass."),
        ("a%0D%0Ab", "A line end comes out, and your program lets it pass."),
        ("a%1Fb", "1F is the last control character before the blank; it passes."),
        (
            "a%7Fb",
            "7F is a control character too, the only one behind the letters. It \
             passes.",
        ),
    ] {
        refuses(submission, name, 1, meaning, why)?;
    }
    greets(
        submission,
        "/hello/a%C2%85b",
        "a\u{85}b",
        "C2 and 85 are one sign, U+0085. Neither byte is below 20, neither is 7F, and \
         your program does not greet by it. In Rust, `is_control` is true of this \
         sign, and `is_ascii_control` is not.",
        "RFC 3629, section 3: the bytes of a sign outside ASCII are all from 80 to F4, \
         so no control character of ASCII is among them. The task: the others belong \
         to the name.",
    )
}
