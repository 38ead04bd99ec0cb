//! Percent-encoding.

use crate::{Check, Exercise, Response, Server, Submission, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "05e",
    name: "percent",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: plain },
        Check { points: 3, reproduce: "", run: decoded },
        Check { points: 2, reproduce: "", run: bad_percent },
        Check { points: 2, reproduce: "", run: once },
        Check { points: 1, reproduce: "", run: belongs_to_the_name },
        Check { points: 1, reproduce: "", run: query },
        Check { points: 1, reproduce: "", run: no_text },
        Check { points: 1, reproduce: "", run: controls },
    ],
};

const PERCENT: &str = "RFC 3986, section 2.1: pct-encoded = \"%\" HEXDIG HEXDIG, and \
                       stands for one byte.";
const PAGE: &str = "The task: `Hello, `, the name, `!` and a line break.";

/// What follows `/hello/`, the name that it is, and what it means when another one is
/// greeted.
struct Name<'a> {
    code: &'a str,
    name: &'a str,
    meaning: &'a str,
    why: &'a str,
}

impl Name<'_> {
    fn is_greeted(&self, server: &mut Server) -> Verdict {
        let Self { code, name, meaning, why } = self;
        let response = server.ask(&get(&format!("/hello/{code}")))?;
        let page = format!("Hello, {name}!\n");
        let verdict = response
            .expect_status(&[200], meaning, why)
            .and_then(|()| response.expect_body(page.as_bytes(), meaning, why));
        verdict.map_err(|failure| {
            failure.should_see(page.trim_end().escape_debug().to_string())
        })
    }
}

fn all_are_greeted<'a>(
    submission: &Submission,
    why: &'a str,
    names: &[(&'a str, &'a str, &'a str)],
) -> Verdict {
    submission.each(names, |server, &&(code, name, meaning)| {
        Name { code, name, meaning, why }.is_greeted(server)
    })
}

/// These names must be refused, for what begins at this byte.
fn all_are_refused(
    submission: &Submission,
    why: &str,
    names: &[(&str, usize, &str)],
) -> Verdict {
    submission.each(names, |server, (name, byte, meaning)| {
        let mut client = server.connect()?;
        client.send(&get(&format!("/hello/{name}")))?;
        let failure = match client.response()?.status {
            400 => return Ok(()),
            200..=299 => {
                client.wrong_at_sent("GET /hello/".len() + byte, *meaning, why)
            }
            _ => client.wrong_at(
                "HTTP/1.1 ".len(),
                "Your program refuses this name, and gives another reason than 400.",
                "RFC 9110, section 15.5.1: 400 says that the request itself is not \
                 well formed.",
            ),
        };
        Err(failure.should_see("HTTP/1.1 400"))
    })
}

fn plain(submission: &Submission) -> Verdict {
    let mut server = submission.start()?;
    for (target, page) in
        [("/hello/world", "Hello, world!\n"), ("/hello/moon", "Hello, moon!\n")]
    {
        let response = server.ask(&get(target))?;
        response.expect_success()?;
        response.expect_body(page.as_bytes(), "This isn't the greeting.", PAGE)?;
    }
    Ok(())
}

fn decoded(submission: &Submission) -> Verdict {
    let response = submission.start()?.ask(&get("/hello/J%C3%BCrgen"))?;
    juergen(&response)?;
    all_are_greeted(
        submission,
        PERCENT,
        &[
            (
                "J%c3%bcrgen",
                "Jürgen",
                "The digits are in lower case here. They mean the same, and your \
                 program doesn't take them.",
            ),
            (
                "%E4%b8%96%e7%95%8C%F0%9F%8C%8d",
                "世界🌍",
                "These are ten bytes, and three characters in UTF-8. Your program \
                 decodes some codes and not others; but there's one rule for all.",
            ),
            (
                "Ann%20%4Cee",
                "Ann Lee",
                "`%20` is a space, `%4C` is an L. Nothing made the client encode the \
                 L, and it's decoded all the same.",
            ),
        ],
    )?;
    let printable: Vec<char> = ('!'..='~').filter(|it| !"%+/?".contains(*it)).collect();
    submission.each(printable.chunks(12), |server, letters| {
        let code: String =
            letters.iter().map(|&it| format!("%{:02X}", u32::from(it))).collect();
        let name = Name {
            code: &code,
            name: &letters.iter().collect::<String>(),
            meaning: "These are printable characters of ASCII, each of them encoded. \
                      Your program doesn't decode them all, or changes some of them \
                      afterwards. The page is text, so even `<` is itself.",
            why: PERCENT,
        };
        name.is_greeted(server)
    })
}

fn juergen(response: &Response) -> Verdict {
    let page = String::from_utf8_lossy(&response.body);
    let meaning = if response.status != 200 {
        "Nothing is wrong with this name, and your program refuses it."
    } else if page.contains('%') {
        "Your program greets the name as it travels. A `%` and two digits are a byte, \
         and have to become one again."
    } else if page.contains('Ã') {
        "Your program turns each byte into a letter. But ü is one letter and two \
         bytes: collect the bytes first, and turn all of them into text."
    } else {
        "This is another name. `%C3%BC` are two bytes, which are ü in UTF-8."
    };
    let why = "RFC 3629: in UTF-8, ü has the two bytes C3 and BC. RFC 3986, section \
               2.1: each `%` and its digits stand for one byte, not for one letter.";
    let verdict = response.expect_status(&[200], meaning, why).and_then(|()| {
        response.expect_body("Hello, Jürgen!\n".as_bytes(), meaning, why)
    });
    verdict.map_err(|failure| failure.should_see("Hello, Jürgen!"))
}

fn bad_percent(submission: &Submission) -> Verdict {
    // Two mistakes that look the same but for the page.
    let response = submission.start()?.ask(&get("/hello/a%zz"))?;
    let meaning = if response.body.contains(&b'%') {
        "These aren't hexadecimal digits. Your program leaves them as they are, and \
         doesn't tell the client that its URL is broken: in a URL, a `%` is written \
         %25."
    } else {
        "These aren't hexadecimal digits, and your program decodes them all the same."
    };
    all_are_refused(
        submission,
        PERCENT,
        &[
            ("a%zz", 1, meaning),
            ("100%", 3, "Nothing comes after this `%`, and your program lets it pass."),
            (
                "a%4",
                1,
                "Only one digit comes after this `%`, and that's enough for your \
                        program.",
            ),
            (
                "%C3%B",
                3,
                "Only one digit comes after the second `%`, and your program \
                          lets it pass.",
            ),
            (
                "%4gh",
                2,
                "Only the second of these isn't a digit, and your program \
                         doesn't look at it.",
            ),
            (
                "%g4h",
                1,
                "Only the first of these isn't a digit, and your program \
                         doesn't look at it.",
            ),
            (
                "%%41",
                0,
                "A `%` comes after this one, and no digit. Your program skips \
                         it, and decodes the rest.",
            ),
            (
                "J%C3%BCrgen%",
                11,
                "All is well with this name but its last byte, a `%` \
                                  alone. Your program doesn't look that far.",
            ),
            (
                "%+1",
                1,
                "A plus isn't a digit. `from_str_radix` takes it, and so does \
                        your program.",
            ),
            ("%-1", 1, "A minus isn't a digit, and your program takes it."),
            ("%0x41", 2, "`0x` comes before digits in programs, and not here."),
            (
                "%4é",
                2,
                "The second of these isn't a digit, it's a letter of two bytes.",
            ),
            (
                "%\u{664}1",
                1,
                "The first of these is a four in the digits of Arabic. \
                              Only those of ASCII count; Python's `int` knows more.",
            ),
        ],
    )
}

fn once(submission: &Submission) -> Verdict {
    all_are_greeted(
        submission,
        "RFC 3986, section 2.4: implementations must not decode the same string more \
         than once. A program that checked it before saw another name.",
        &[
            (
                "%25zz",
                "%zz",
                "`%25` is a percent sign, and what follows it is text. Your program \
                 reads both as a code, because it decodes what it has decoded.",
            ),
            (
                "%2541",
                "%41",
                "`%25` is a percent sign, so the name is %41. Your program goes on, \
                 and decodes that too.",
            ),
        ],
    )
}

fn belongs_to_the_name(submission: &Submission) -> Verdict {
    all_are_greeted(
        submission,
        "RFC 3986, section 2.2: a character that separates parts of a URL does so only \
         as itself. Encoded, it's part of what is around it. So cut first, then \
         decode.",
        &[
            (
                "who%3F",
                "who?",
                "This question mark was encoded, so it doesn't begin a query. Your \
                 program decodes the name before it looks for one.",
            ),
            (
                "a%2Fb",
                "a/b",
                "This slash was encoded, so it doesn't end the name. Your program \
                 looks for slashes in what it has decoded.",
            ),
            (
                "%2E%2E%2F",
                "../",
                "The name is two dots and a slash. It may look dangerous, but no file \
                 is opened here, and your program doesn't greet it.",
            ),
            (
                "%20world%20",
                " world ",
                "There's a space at both ends of the name, and your program removes \
                 it. Encoded, it's as good as any other character.",
            ),
            (
                "x%C2%A0",
                "x\u{a0}",
                "The name ends in a no-break space, U+00A0. Your program \
                 removes it, as `trim` does, or refuses it, as if it weren't text.",
            ),
            (
                "%EF%BB%BFx",
                "\u{feff}x",
                "The name begins with U+FEFF, which some programs remove as a mark of \
                 byte order. It's part of the name, and yours removes it.",
            ),
        ],
    )?;
    all_are_greeted(
        submission,
        "RFC 3986 gives the + in a path no meaning. HTML's forms write a space as a \
         +, and only in what they send: in a query or a body.",
        &[
            (
                "1+1",
                "1+1",
                "A plus in a path is a plus. Your program turns it into a \
                            space.",
            ),
            (
                "1%2B1",
                "1+1",
                "A decoded plus is a plus. Your program turns it into a \
                              space afterwards.",
            ),
        ],
    )
}

fn query(submission: &Submission) -> Verdict {
    all_are_greeted(
        submission,
        "RFC 3986, section 3.3: a path ends at the first question mark. Section 2.4: a \
         URL is taken apart first, and then each part decoded that is needed.",
        &[
            (
                "world?from=home",
                "world",
                "Your program reads the query as part of the name.",
            ),
            (
                "world?what?",
                "world",
                "There are two question marks, and the query begins at the first. Your \
                 program cuts at the last.",
            ),
            (
                "world?next=/hello/moon",
                "world",
                "There's a path in this query, and your program looks for the name in \
                 it.",
            ),
            (
                "world?share=100%",
                "world",
                "This query has a `%` of its own, and your program refuses it, though \
                 it needs only the name. Browsers send such things.",
            ),
            (
                "world?%FF%00",
                "world",
                "There are strange bytes in this query, and your program refuses them, \
                 though it needs only the name.",
            ),
            (
                "who%3F?a%3Fb",
                "who?",
                "The name ends in an encoded question mark, and a query follows. Your \
                 program takes one for the other.",
            ),
        ],
    )
}

fn no_text(submission: &Submission) -> Verdict {
    all_are_refused(
        submission,
        "RFC 3629, section 3: not all bytes are UTF-8, and decoders must not let \
         others pass. The page says of itself that it is.",
        &[
            (
                "%FF",
                0,
                "This byte isn't UTF-8, so there's no name. Your program greets \
                 another one instead.",
            ),
            (
                "J%FCrgen",
                1,
                "FC is ü in an older encoding, and alone it isn't UTF-8. Your program \
                 lets it pass.",
            ),
            (
                "a%C3",
                1,
                "This is the first of two bytes, and the second doesn't come. Your \
                 program doesn't miss it.",
            ),
            (
                "a%C3b",
                1,
                "This is the first of two bytes, and a letter follows instead of the \
                 second. Your program doesn't miss it.",
            ),
            (
                "%C0%AF",
                0,
                "These two bytes would be a slash in a longer form than it needs. \
                 UTF-8 forbids that, and your program decodes it.",
            ),
            (
                "%ED%A0%80",
                0,
                "These three bytes are half a pair of UTF-16. UTF-8 has no such \
                 characters, and your program lets it pass.",
            ),
            (
                "%F4%90%80%80",
                0,
                "This would be a character after U+10FFFF, the last one. Your program \
                 lets it pass.",
            ),
        ],
    )
}

fn controls(submission: &Submission) -> Verdict {
    let nul = "The byte 00 comes out, and your program lets it pass.";
    let line_end = "A line end comes out, and your program lets it pass.";
    let ends = "A line end comes out at an end of the name. Your program removes it, \
                instead of refusing the name.";
    let last = "7F is a control character too, the only one after the letters. Your \
                program lets it pass.";
    let lower = "The digits are in lower case here, and the same control character \
                 comes out. Your program lets it pass: it looks at the name before \
                 it's decoded.";
    let other = "One of the control characters from 00 to 1F comes out, and your \
                 program lets it pass.";
    // The famous ones first.
    let mut cases = vec![
        ("a%00b".to_string(), 1, nul),
        ("a%0D%0Ab".into(), 1, line_end),
        ("ab%0A".into(), 2, ends),
        ("%0Aab".into(), 0, ends),
        ("a%7Fb".into(), 1, last),
        ("a%7fb".into(), 1, lower),
        ("a%0a".into(), 1, lower),
    ];
    cases.extend((1..0x20).map(|byte| (format!("a%{byte:02X}b"), 1, other)));
    let cases: Vec<(&str, usize, &str)> = cases
        .iter()
        .map(|(name, at, meaning)| (name.as_str(), *at, *meaning))
        .collect();
    all_are_refused(
        submission,
        "RFC 9110, section 17.3 and RFC 3986, section 7.3: %00 ends names in some \
         programs, %0D%0A begins a new line in logs and in fields. A name needs none \
         of them.",
        &cases,
    )?;
    all_are_greeted(
        submission,
        "RFC 3629, section 3: the bytes of a character outside ASCII are all from 80 \
         to F4, so no control character of ASCII is among them. The task: the others \
         are part of the name.",
        &[(
            "a%C2%85b",
            "a\u{85}b",
            "C2 and 85 are one character, U+0085. Neither byte is below 20, neither is \
             7F, and your program doesn't greet by it. In Rust, `is_control` is true \
             of this character, and `is_ascii_control` isn't.",
        )],
    )
}
