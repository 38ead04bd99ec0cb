//! The request line: three parts, or 400.

use crate::{Check, Exercise, Server, Submission, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "05a",
    name: "request-line",
    given: 5,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: three_lines },
        Check { points: 2, reproduce: "", run: every_token },
        Check { points: 2, reproduce: "", run: whole_targets },
        Check { points: 2, reproduce: "", run: three_parts },
        Check { points: 2, reproduce: "", run: one_space },
        Check { points: 1, reproduce: "", run: not_a_token },
        Check { points: 2, reproduce: "", run: not_a_target },
        Check { points: 2, reproduce: "", run: versions },
    ],
};

const LINE: &str = "RFC 9112, section 3: request-line = method SP request-target SP \
                    HTTP-version, where SP is one space.";
const METHOD: &str = "RFC 9112, section 3.1: the method is a token, and is \
                      case-sensitive. RFC 9110, section 5.6.2 says what a token is \
                      made of.";
const TARGET: &str = "RFC 9112, section 3.2: the target comes in one of four forms. \
                      Keep it as it came; what it means is a question for later.";
const BYTES: &str = "RFC 9112, section 3.2: no white space is allowed in the \
                     request-target. RFC 3986, section 2: an address consists of ASCII \
                     characters, and all other bytes are written with a percent sign.";
const VERSION: &str = "RFC 9112, section 2.3: HTTP-version = HTTP-name \"/\" DIGIT \
                       \".\" DIGIT, and the name is HTTP, in capitals.";
const BAD: &str = "RFC 9112, section 3: a server that receives an invalid request-line \
                   should answer with 400.";

/// As long as a line may become.
const LONG: usize = 8000;
const LONG_TARGET: &str =
    "curl -i \"http://127.0.0.1:4545/$(printf %7986s | tr ' ' x)\"";

/// A request with this first line.
fn request(line: &[u8]) -> Vec<u8> {
    [line, b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"].concat()
}

/// The parts of a line that the page must show, and the byte to look at when it does
/// not.
type Shown<'a> = ([&'a str; 3], usize, &'a str);

/// The answer shows each of these lines.
fn shows(submission: &Submission, rows: &[Shown], why: &str) -> Verdict {
    submission.each(rows, |server, &&(parts, byte, meaning)| {
        let mut client = server.connect()?;
        client.send(&request(parts.join(" ").as_bytes()))?;
        let answer = client.response()?;
        let page = String::from_utf8_lossy(&answer.body);
        if answer.status == 200 && page.lines().eq(parts) {
            return Ok(());
        }
        let failure = client.wrong_at_sent(byte, meaning, why);
        Err(if answer.status == 200 {
            let wanted = parts.join("\n") + "\n";
            failure.instead_of(wanted.as_bytes(), &answer.body)
        } else {
            failure.should_see("HTTP/1.1 200, and the three parts")
        })
    })
}

/// A line that must be refused, the byte that is wrong with it, and what it means if it
/// is not.
type Refused<'a> = (&'a [u8], usize, &'a str);

/// Each of these lines gets 400, and the next client is served.
fn refuses(submission: &Submission, rows: &[Refused], why: &str) -> Verdict {
    submission.each(rows, |server, row| {
        refuses_one(server, row, why)?;
        // Not by a program that has nothing but 400.
        server.ask(&get("/"))?.expect_success()
    })
}

fn refuses_one(
    server: &mut Server,
    (line, byte, meaning): &Refused,
    why: &str,
) -> Verdict {
    let mut client = server.connect()?;
    client.send(&request(line))?;
    client.closing_means(
        "This is not a request line, and your program hangs up. Its client does not \
         learn why.",
        BAD,
    );
    let failure = match client.response()?.status {
        400 => return Ok(()),
        200 => client.wrong_at_sent(*byte, *meaning, why),
        _ => {
            let meaning = "This is not a request line, and the status says something \
                           else than that.";
            client.wrong_at("HTTP/1.1 ".len(), meaning, BAD)
        }
    };
    Err(failure.should_see("HTTP/1.1 400"))
}

/// A line that is right but for one part, in which `byte` is one that cannot be there:
/// first, last, and in the middle.
fn with(byte: &[u8], place: usize) -> Vec<(Vec<u8>, usize)> {
    const PARTS: [&[u8]; 3] = [b"GET", b"/abc", b"HTTP/1.1"];
    let part = PARTS[place];
    let begin = if place == 0 { 0 } else { "GET ".len() };
    let changed = |end: usize| {
        let part = [&part[..end], byte, &part[end..]].concat();
        let mut parts = PARTS;
        parts[place] = &part;
        (parts.join(&b' '), begin + end)
    };
    [0, 2, part.len()].map(changed).into()
}

/// None of these bytes can be in this part, wherever it is.
fn refuses_bytes(
    submission: &Submission,
    place: usize,
    bytes: &[&[u8]],
    meaning: &str,
    why: &str,
) -> Verdict {
    let lines: Vec<_> = bytes.iter().flat_map(|byte| with(byte, place)).collect();
    let rows: Vec<Refused> =
        lines.iter().map(|(line, at)| (line.as_slice(), *at, meaning)).collect();
    refuses(submission, &rows, why)
}

fn three_lines(submission: &Submission) -> Verdict {
    let meaning = "The page does not have the three parts of this line, each on a \
                   line of its own.";
    let rows = [
        (["GET", "/", "HTTP/1.1"], 0, meaning),
        (["GET", "/a/b", "HTTP/1.1"], 0, meaning),
    ];
    shows(submission, &rows, LINE)?;
    let meaning = "This version is older than 1.1, and as well-formed. Your program \
                   refuses it, or shows another.";
    let old = (["GET", "/", "HTTP/1.0"], "GET / HTTP/1.".len(), meaning);
    shows(submission, &[old], VERSION)
}

fn every_token(submission: &Submission) -> Verdict {
    let unknown = "Your program does not know this method and so refuses the line. But \
                   there is nothing wrong with the line; what to do with the method is \
                   another question, and 400 is not its answer.";
    let long = "MKCALENDAR-".repeat(9);
    let rows = [
        (
            "DELETE",
            "Your program refuses this line because of its method, or shows another \
             one. Which methods it knows does not matter here; what to do with them is \
             another question, and 400 is not its answer.",
        ),
        ("M-SEARCH", unknown),
        (
            "get",
            "`get` and `GET` are two methods, and both are tokens. Your program treats \
             them as one, or refuses one of them.",
        ),
        ("X", "This method is short, and a token. One letter is enough."),
        (&long, "This method is long, and a token. Nothing says how long it may be."),
        ("404", "This method consists of digits, and so it is a token."),
        (
            "A1!#$%&'*+-.^_`|~",
            "All these characters may be in a method, and your program refuses at \
             least one of them.",
        ),
        (
            "~!|#a",
            "This method begins with a character that may be anywhere in it. Your \
             program wants a letter there.",
        ),
    ]
    .map(|(method, meaning)| ([method, "/", "HTTP/1.1"], 0, meaning));
    shows(submission, &rows, METHOD)
}

fn whole_targets(submission: &Submission) -> Verdict {
    let long = "long/".repeat(LONG / 5);
    let long = &long[..LONG - "GET / HTTP/1.1".len()];
    let long = format!("/{long}");
    let visible: String = ('!'..='~').collect();
    let not_whole = "This target does not begin with a slash, and your program refuses \
                     it or shows another.";
    let rows = [
        (
            ["GET", "/a?b=c&d", "HTTP/1.1"],
            "GET /a".len(),
            "From the `?` on, the target is a query, which is part of it. Your program \
             does not show it.",
        ),
        (
            ["GET", "/a%20b", "HTTP/1.1"],
            "GET /a".len(),
            "Your program has turned the `%20` into a space, or refuses it. The target \
             should be shown as it came; decoding comes later, when its parts are \
             known.",
        ),
        (
            ["OPTIONS", "*", "HTTP/1.1"],
            "OPTIONS ".len(),
            "This target does not begin with a slash, and your program wants one. `*` \
             means the server as a whole.",
        ),
        (
            ["GET", "http://example.org:80/", "HTTP/1.1"],
            "GET ".len(),
            "This target is a whole address, as proxies get it. Your program refuses \
             it, or does not show all of it.",
        ),
        (["CONNECT", "example.org:80", "HTTP/1.1"], "CONNECT ".len(), not_whole),
        (
            ["GET", r#"/<|>"{}[]^\"#, "HTTP/1.1"],
            "GET /".len(),
            "Browsers send some of these characters, and by the rules of this task all \
             of them may be in a target. Your program refuses one of them.",
        ),
        (
            ["GET", "/a//b/../c#%", "HTTP/1.1"],
            "GET /a".len(),
            "Your program cleans this target up, or refuses it. It should be shown as \
             it came.",
        ),
        (["GET", &visible, "HTTP/1.1"], "GET ".len(), not_whole),
    ];
    shows(submission, &rows, TARGET)?;
    let meaning = "This line is long, but not too long, and your program refuses it, \
                   or does not show all of it.";
    let row = (["GET", &*long, "HTTP/1.1"], "GET /".len(), meaning);
    shows(submission, &[row], TARGET).map_err(|failure| failure.reproduce(LONG_TARGET))
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
            "After the version the line goes on, and your program does not look there.",
        ),
        (
            b"GET / HTTP/1.1 HTTP/1.1",
            14,
            "The line has a second version, and your program does not look there.",
        ),
        (
            b"GET /a b HTTP/1.1",
            6,
            "There is a space in the middle of this target. For your program, the \
             target is everything between the first space and the last.",
        ),
        (b"", 0, "This line is empty, and your program answers it."),
        (
            b"GET  HTTP/1.1",
            4,
            "There is nothing between these two spaces, so there is no target, and \
             your program does not miss it. In Rust, `all` is true of a part without \
             bytes.",
        ),
        (
            b" / HTTP/1.1",
            0,
            "There is nothing before the first space, so there is no method, and your \
             program does not miss it. In Rust, `all` is true of a part without bytes.",
        ),
        (
            b"GET / ",
            6,
            "There is nothing after the second space, so there is no version, and your \
             program does not miss it.",
        ),
        (b"  ", 0, "This line has three parts, and all of them are empty."),
    ];
    refuses(submission, rows, LINE)
}

fn one_space(submission: &Submission) -> Verdict {
    let rows: &[Refused] = &[
        (
            b"GET  / HTTP/1.1",
            4,
            "There are two spaces, and your program treats them as one. For a stricter \
             server in front of it, the target is empty.",
        ),
        (
            b"GET /  HTTP/1.1",
            6,
            "There are two spaces before the version, and your program treats them as \
             one.",
        ),
        (
            b"GET\t/ HTTP/1.1",
            3,
            "This is a tab, and your program accepts it as a space.",
        ),
        (
            b"GET /\tHTTP/1.1",
            5,
            "This is a tab before the version, and your program accepts it as a space.",
        ),
        (
            b"GET /\x0cHTTP/1.1",
            5,
            "This is a form feed, and your program accepts it as a space.",
        ),
        (
            b" GET / HTTP/1.1",
            0,
            "The line begins with a space, and your program trims it off.",
        ),
        (
            b"GET / HTTP/1.1 ",
            14,
            "The line ends with a space, and your program trims it off.",
        ),
    ];
    refuses(submission, rows, LINE)
}

fn not_a_token(submission: &Submission) -> Verdict {
    let rows: &[Refused] = &[
        (
            b"G@T / HTTP/1.1",
            1,
            "This character cannot be in a method. Your program does not look.",
        ),
        (
            "GÉT / HTTP/1.1".as_bytes(),
            1,
            "This letter is not an ASCII letter, so it cannot be in a method, whatever \
             is a letter elsewhere.",
        ),
        (b"GE\x00T / HTTP/1.1", 2, "This byte is a NUL. It cannot be in a method."),
        (
            b"GET: / HTTP/1.1",
            3,
            "A colon cannot be in a method: this looks more like a field.",
        ),
    ];
    refuses(submission, rows, METHOD)?;
    let others = b"\"(),/:;<=>?@[\\]{}\x01\x1f\x7f\xa0\xb2\xc4\xff".map(|byte| [byte]);
    let others: Vec<&[u8]> = others.iter().map(<[u8; 1]>::as_slice).collect();
    let meaning = "This byte cannot be in a method, wherever it is, and your program \
                   accepts it here.";
    refuses_bytes(submission, 0, &others, meaning, METHOD)
}

fn not_a_target(submission: &Submission) -> Verdict {
    let rows: &[Refused] = &[
        (
            b"GET /\x01 HTTP/1.1",
            5,
            "This is a control character, and your program accepts it. In a terminal \
             or in a log it may do more than be shown.",
        ),
        (
            b"GET /J\xfcrgen HTTP/1.1",
            6,
            "This byte is not ASCII, and not UTF-8 either. Your program accepts it, or \
             has put something else in its place.",
        ),
        (
            "GET /Jürgen HTTP/1.1".as_bytes(),
            6,
            "This letter is written in UTF-8, and your program accepts it. In an \
             address it is `%C3%BC`.",
        ),
        (
            b"GET /\x7f HTTP/1.1",
            5,
            "This is the last of ASCII's control characters, DEL. It comes after all \
             letters, and your program overlooks it.",
        ),
        (
            b"GET /\rx HTTP/1.1",
            5,
            "This is a CR without its LF, and your program accepts it.",
        ),
    ];
    refuses(submission, rows, BYTES)?;
    // After LF, another line begins for some.
    let others: Vec<[u8; 1]> =
        (0..b' ').chain(0x7f..0x90).chain(0x90..=0xff).map(|byte| [byte]).collect();
    let others = others.iter().filter(|byte| byte[0] < 0x88 || byte[0] % 8 == 0);
    let others: Vec<&[u8]> =
        others.filter(|byte| **byte != *b"\n").map(<[u8; 1]>::as_slice).collect();
    let meaning = "This byte cannot be in a target, wherever it is, and your program \
                   accepts it here.";
    refuses_bytes(submission, 1, &others, meaning, BYTES)
}

fn versions(submission: &Submission) -> Verdict {
    let digit = "This is not one of the ASCII digits, so it cannot be in a version.";
    let rows: &[Refused] = &[
        (
            b"GET / HTML/1.1",
            8,
            "This is not a version of HTTP, and your program does not look.",
        ),
        (
            b"GET / http/1.1",
            6,
            "The name is written in small letters, and your program treats it as the \
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
            "This is not a digit. Your program looks at how the version begins, and \
             not at its end.",
        ),
        (
            b"GET / HTTP/1.15",
            14,
            "There is one digit on each side of the dot, and here are two.",
        ),
        (b"GET / HTTP/11.1", 12, "One digit before the dot, and here are two."),
        (
            b"GET / HTTP/1,1",
            12,
            "There is a dot between the digits, and this is not one.",
        ),
        (b"GET / HTTP/x.1", 11, "This is not a digit, and your program does not look."),
        (b"GET / HTTP/1.", 13, "After the dot comes a digit, and here is nothing."),
        (b"GET / HTTP/.1", 11, "Before the dot comes a digit, and here is nothing."),
        (
            b"GET / HTTP1.1",
            10,
            "The slash is missing, and your program does not miss it.",
        ),
        (
            b"GET / HTTP/1.1x",
            14,
            "The version goes on, and your program does not look.",
        ),
        (
            b"GET / xHTTP/1.1",
            6,
            "The version begins earlier, and your program skips it.",
        ),
        (b"GET / HTTP/+.1", 11, digit),
        (b"GET / HTTP/1./", 13, digit),
        (b"GET / HTTP/:.1", 11, digit),
        (b"GET / HTTP/1.\xb2", 13, digit),
        ("GET / HTTP/1.١".as_bytes(), 13, digit),
        ("GET / HTTP/１.1".as_bytes(), 11, digit),
        (
            b"GET / HTTP/1.1\t",
            14,
            "The line ends with a tab, and your program trims it off.",
        ),
        (
            b"GET / HTTP/1.1\0",
            14,
            "The version ends with a NUL, which is not part of it.",
        ),
    ];
    refuses(submission, rows, VERSION)?;
    let meaning = "This version has its digit, its dot, and its digit, and your \
                   program refuses it, or shows another. Which versions it speaks is \
                   another question, and 400 is not its answer.";
    let why = "RFC 9112, section 2.3: HTTP-version = HTTP-name \"/\" DIGIT \".\" \
               DIGIT. RFC 9110, section 15.6.6: for versions that a server does not \
               speak, there is 505.";
    let rows = ["HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/9.9", "HTTP/3.4", "HTTP/8.7"]
        .map(|version| (["GET", "/", version], "GET / HTTP/".len(), meaning));
    shows(submission, &rows, why)
}
