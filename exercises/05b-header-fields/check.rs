//! Fields: names, values, and one host.

use crate::{Check, Client, Exercise, Response, Server, Submission, Verdict, get};

pub const EXERCISE: Exercise = Exercise {
    id: "05b",
    name: "header-fields",
    given: 4,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: each_is_a_line },
        Check { points: 2, reproduce: "", run: names_without_case },
        Check { points: 2, reproduce: "", run: values_are_trimmed },
        Check { points: 1, reproduce: "", run: values_are_whole },
        Check { points: 1, reproduce: "", run: no_host },
        Check { points: 2, reproduce: "", run: two_hosts },
        Check { points: 1, reproduce: "", run: no_colon },
        Check { points: 2, reproduce: "", run: names_are_tokens },
        Check { points: 1, reproduce: "", run: values_of_all_bytes },
    ],
};

const HOST: &str = "Host: example.org";
const FIELD: &str = "RFC 9112, section 5: each field line has a name, a colon and a \
                     value. The task: each is a line of the page.";

/// Fields, one a line, and where they begin in a request.
struct Fields {
    request: Vec<u8>,
    starts: Vec<usize>,
}

fn with(lines: &[&[u8]]) -> Fields {
    let mut request = b"GET /fields HTTP/1.1\r\n".to_vec();
    let mut starts = Vec::new();
    for line in lines {
        starts.push(request.len());
        request.extend_from_slice(line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    Fields { request, starts }
}

fn ask(server: &mut Server, fields: &Fields) -> Verdict<(Client, Response)> {
    let mut client = server.connect()?;
    client.send(&fields.request)?;
    let answer = client.response()?;
    Ok((client, answer))
}

/// The lines of a page that say something.
fn lines(answer: &Response) -> Vec<String> {
    let page = String::from_utf8_lossy(&answer.body);
    page.lines().filter(|line| !line.trim().is_empty()).map(String::from).collect()
}

/// The line of a field, as the page must have it, and what it means if it has not.
type Shown<'a> = (&'a [u8], &'a str, &'a str);

/// Each of these fields must be on the page as shown, beside a Host.
fn shows(submission: &Submission, rows: &[Shown], why: &str) -> Verdict {
    submission.each(rows, |server, &&(line, shown, meaning)| {
        let fields = with(&[HOST.as_bytes(), line]);
        let (client, answer) = ask(server, &fields)?;
        // How a name is written, and what comes after an empty value, is looked at
        // elsewhere.
        let is_shown = |line: &String| {
            line.eq_ignore_ascii_case(shown)
                || line.eq_ignore_ascii_case(shown.trim_end_matches(' '))
        };
        if answer.status == 200 && lines(&answer).iter().any(is_shown) {
            return Ok(());
        }
        let failure = client.wrong_at_sent(fields.starts[1], meaning, why);
        if answer.status != 200 {
            return Err(failure.should_see("HTTP/1.1 200"));
        }
        let wanted = format!("{}\n{shown}\n", HOST.to_ascii_lowercase());
        Err(failure.instead_of(wanted.as_bytes(), &answer.body))
    })
}

/// Fields that must be refused because of this byte of that line of them.
type Refused<'a> = (&'a [&'a [u8]], usize, usize, &'a str, &'a str);

fn refuses(submission: &Submission, rows: &[Refused]) -> Verdict {
    submission.each(rows, |server, &&(lines, line, byte, meaning, why)| {
        let fields = with(lines);
        let (client, answer) = ask(server, &fields)?;
        let failure = match answer.status {
            // Not by a program that has nothing but 400.
            400 => {
                client.leave();
                return server.ask(&get("/"))?.expect_success();
            }
            200 => client.wrong_at_sent(fields.starts[line] + byte, meaning, why),
            _ => client.wrong_at(
                "HTTP/1.1 ".len(),
                "Your program refuses this request, and gives another reason than 400.",
                "RFC 9110, section 15.5.1: 400 says that the request itself is not \
                 well formed.",
            ),
        };
        Err(failure.should_see("HTTP/1.1 400"))
    })
}

/// Three requests with these fields; which lines the page has, and in which number.
fn each_is_a_line(submission: &Submission) -> Verdict {
    let requests: [&[&str]; 3] = [
        &[HOST, "User-Agent: check", "Accept: */*"],
        &["Accept: text/html", HOST, "Cookie: a=1", "Accept: */*", "Cookie: b=2"],
        &["Via: a", "Via: a", HOST],
    ];
    submission.each(requests, |server, sent| {
        let sent_lines: Vec<&[u8]> = sent.iter().map(|line| line.as_bytes()).collect();
        let fields = with(&sent_lines);
        let (client, answer) = ask(server, &fields)?;
        answer.expect_success()?;
        // Upper case, lower case and spaces are looked at below.
        let simple = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.join(" ").to_ascii_lowercase()
        };
        let mut page: Vec<String> =
            lines(&answer).iter().map(|line| simple(line)).collect();
        for (line, start) in sent.iter().zip(&fields.starts) {
            if let Some(at) = page.iter().position(|shown| *shown == simple(line)) {
                page.swap_remove(at);
                continue;
            }
            let name = line.split(':').next().unwrap_or_default();
            let is_named = |line: &str| simple(line).starts_with(&simple(name));
            let is_joined = |shown: &String| is_named(shown) && shown.contains(", ");
            let meaning = if page.iter().any(is_joined) {
                "Your program joins two fields of the same name into one line. A proxy \
                 may do that, but the task wants a line for each."
            } else if sent.iter().filter(|line| is_named(line)).count() > 1 {
                "Two fields of this request have the same name, and the page does not \
                 have a line for each. A map that keeps one value for each name \
                 forgets the other."
            } else {
                "This field is not on the page, or not with its value."
            };
            let wanted = sent.join("\n").to_ascii_lowercase() + "\n";
            let failure = client.wrong_at_sent(*start, meaning, FIELD);
            return Err(failure.instead_of(wanted.as_bytes(), &answer.body));
        }
        if page.is_empty() {
            return Ok(());
        }
        let meaning = "The page has a line that is not one of the request's fields.";
        let wanted = sent.join("\n").to_ascii_lowercase() + "\n";
        let failure = answer.wrong_in_body(0, meaning, FIELD);
        Err(failure.instead_of(wanted.as_bytes(), &answer.body))
    })
}

fn names_without_case(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 5.1: field names are case-insensitive. HTTP/2 and \
               HTTP/3 even send all of them in lower case.";
    submission.each(["hOsT", "HOST", "host"], |server, name| {
        let line = format!("{name}: example.org");
        let fields = with(&[line.as_bytes(), b"X-Some-THING: Value"]);
        let (client, answer) = ask(server, &fields)?;
        if answer.status != 200 {
            let meaning = "Your program does not find the host here. This is the same \
                           name as `Host`, in other letters.";
            let failure = client.wrong_at_sent(fields.starts[0], meaning, why);
            return Err(failure.should_see("HTTP/1.1 200"));
        }
        let page = lines(&answer);
        let has = |begin: &str| page.iter().any(|line| line.starts_with(begin));
        if !has("host:") || !has("x-some-thing:") {
            let meaning = "A name is on the page as it came. Any code that looks for a \
                           field there has to try all ways of writing it.";
            let failure = answer.wrong_in_body(0, meaning, why);
            return Err(failure.should_see("host: example.org, x-some-thing: Value"));
        }
        if page.iter().any(|line| line.ends_with("value")) {
            let meaning = "Your program writes the value in lower case too. Only names \
                           are case-insensitive.";
            return Err(answer.wrong_in_body(0, meaning, why));
        }
        Ok(())
    })
}

fn values_are_trimmed(submission: &Submission) -> Verdict {
    const WHY: &str = "RFC 9112, section 5: field-line = field-name \":\" OWS \
                       field-value OWS, where OWS is any number of spaces and tabs, \
                       even none. They are not part of the value (section 5.1).";
    let spaces = "Your program keeps spaces around this value as part of it.";
    let tabs = "Your program keeps tabs around this value as part of it.";
    let empty = "Your program does not know what to do with an empty value; it is a \
                 value too.";
    let rows: &[Shown] = &[
        (
            b"A:1",
            "a: 1",
            "Your program wants a space after the colon. Most clients send one; none \
             is as good.",
        ),
        (b"A:   1  ", "a: 1", spaces),
        (b"A: 1 ", "a: 1", spaces),
        (b"A:\t1\t", "a: 1", tabs),
        (b"A: \t 1\t \t", "a: 1", tabs),
        (b"A:", "a: ", empty),
        (b"A: \t ", "a: ", empty),
    ];
    shows(submission, rows, WHY)
}

fn values_are_whole(submission: &Submission) -> Verdict {
    let colon = "Your program does not keep this value whole. Only the first colon of \
                 a line ends the name; all others are part of the value.";
    let inside = "Your program changes the white space inside this value. Only what is \
                  around a value is not part of it.";
    let rows: &[Shown] = &[
        (b"Referer: http://a:80/", "referer: http://a:80/", colon),
        (b"Accept: text/html,  */*", "accept: text/html,  */*", inside),
        (b"A: 1\t \t2", "a: 1\t \t2", inside),
        (b"A: : 1: 2:", "a: : 1: 2:", colon),
    ];
    let why = "RFC 9110, section 5.5: a value may have colons anywhere, and spaces and \
               tabs anywhere but at its ends.";
    shows(submission, rows, why)
}

fn no_host(submission: &Submission) -> Verdict {
    let why = "RFC 9112, section 3.2: an HTTP/1.1 request that lacks a Host is \
               answered with 400. One machine may have many sites; the Host says whose \
               page the client wants.";
    let rows: &[Refused] = &[
        (
            &[b"Accept: */*"],
            0,
            "Accept: */*\r\n".len(),
            "Up to the blank line no Host has come, and your program does not miss it.",
            why,
        ),
        (
            &[b"X-Forwarded-Host: a"],
            0,
            0,
            "Your program counts this as a Host: it has found `host:` somewhere in the \
             text. A name is everything before the colon.",
            why,
        ),
        (
            &[b"Referer: Host: a"],
            0,
            "Referer: ".len(),
            "Your program has found `Host:` in a value. A name is at the beginning of \
             its line.",
            why,
        ),
        (
            &[b"Hostname: a"],
            0,
            0,
            "Your program counts this as a Host: it looks only at how the name begins.",
            why,
        ),
    ];
    refuses(submission, rows)?;
    submission.each([b"Host:".as_slice(), b"Host: "], |server, line| {
        let fields = with(&[line]);
        let (client, answer) = ask(server, &fields)?;
        if answer.status == 200 {
            return Ok(());
        }
        let failure = client.wrong_at_sent(
            fields.starts[0],
            "This Host is empty, and your program refuses it as if it were missing.",
            "RFC 9112, section 3.2: a client that has no name for the server sends an \
             empty Host.",
        );
        Err(failure.should_see("HTTP/1.1 200"))
    })
}

fn two_hosts(submission: &Submission) -> Verdict {
    let why = "RFC 9112, section 3.2: a request with more than one Host is answered \
               with 400. If a server in front of yours believes the first and yours \
               the second, a request with both gets past the one in front.";
    let two = "This is a second Host, and your program accepts it. Which of the two is \
               meant? A map that keeps one value for each name even forgets that there \
               were two.";
    let same = "This is a second Host. It says the same as the first, and your program \
                accepts it; but two are two.";
    let empty = "One of these two Hosts is empty, and your program counts only the \
                 other. Two are two.";
    let apart = "This is a second Host, with other fields between it and the first, \
                 and your program does not count it.";
    let rows: &[Refused] = &[
        (&[b"Host: a", b"HOST: b"], 1, 0, two, why),
        (&[b"Host: a", b"Host: a"], 1, 0, same, why),
        (&[b"Host: a", b"Host:"], 1, 0, empty, why),
        (&[b"Host: ", b"Host: a"], 1, 0, empty, why),
        (&[b"Host: a", b"A: 1", b"B: 2", b"host: b", b"C: 3"], 3, 0, apart, why),
        (&[b"Host: a", b"Host: a", b"Host: a"], 2, 0, same, why),
    ];
    refuses(submission, rows)
}

fn no_colon(submission: &Submission) -> Verdict {
    let meaning = "This line has no colon, so it is not a field. Your program goes on \
                   as if it had not been there.";
    let why = "RFC 9112, section 2.2: a request that does not match the grammar is \
               answered with 400. A line that one server skips means something to \
               another.";
    let host = HOST.as_bytes();
    let rows: &[Refused] = &[
        (&[host, b"nonsense"], 1, 0, meaning, why),
        (&[b"nonsense", host], 0, 0, meaning, why),
        (&[host, b"non sense", b"A: 1"], 1, 0, meaning, why),
        (&[host, b"Accept */*", b"A: 1"], 1, 0, meaning, why),
        (&[host, b"GET / HTTP/1.1"], 1, 0, meaning, why),
    ];
    refuses(submission, rows)
}

fn names_are_tokens(submission: &Submission) -> Verdict {
    let token = "RFC 9110, section 5.1: field-name = token, which is one or more \
                 letters, digits or characters from !#$%&'*+-.^_`|~ (section 5.6.2).";
    let space = "RFC 9112, section 5.1: a request with white space between name and \
                 colon must be answered with 400. Servers that differ here have let \
                 attackers in.";
    let fold = "RFC 9112, section 5.2: a line that began with a space continued the \
                one before it, once. Now a server answers with 400, or puts spaces in \
                its place; the task asks for 400.";
    let rows: &[(&[u8], usize, &str, &str)] = &[
        (
            b"Accept : */*",
            "Accept".len(),
            "There is a space between this name and its colon. Your program cuts it \
             off, or does not see it; for another server the name ends with a space.",
            space,
        ),
        (
            b"Accept\t: */*",
            "Accept".len(),
            "There is a tab between this name and its colon. Your program cuts it off, \
             or does not see it.",
            space,
        ),
        (
            b" Accept: */*",
            0,
            "This line begins with a space, and for your program it is a field, or the \
             rest of the line before.",
            fold,
        ),
        (b"\tAccept: */*", 0, "This line begins with a tab: white space too.", fold),
        (
            b" */*",
            0,
            "This line begins with a space, and for your program it is the rest of the \
             line before.",
            fold,
        ),
        (
            b": */*",
            0,
            "The name before this colon is empty, and your program does not miss it.",
            token,
        ),
        (
            b"Ac cept: */*",
            "Ac".len(),
            "A space cannot be in a name, not even in its middle.",
            token,
        ),
    ];
    let host = HOST.as_bytes();
    let lines: Vec<[&[u8]; 3]> =
        rows.iter().map(|(line, ..)| [host, *line, b"B: 2"]).collect();
    let mut refused: Vec<Refused> = lines
        .iter()
        .zip(rows)
        .map(|(lines, (_, byte, meaning, why))| {
            (lines.as_slice(), 1, *byte, *meaning, *why)
        })
        .collect();
    let first =
        "The very first field begins with a space, and your program accepts it.";
    let folded: [&[u8]; 2] = [b" A: 1", host];
    refused.push((&folded, 0, 0, first, fold));
    refuses(submission, &refused)?;
    let meaning = "This character cannot be in a name, and your program accepts it all \
                   the same.";
    let letter = "This letter cannot be in a name: it is not an ASCII letter.";
    let characters = b"\"(),/;<=>?@[\\]{}\x00\x01\x0b\x0c\x1f\x7f".chunks(1);
    let letters = ["ö".as_bytes(), b"\xe4", "²".as_bytes(), "\u{a0}".as_bytes()];
    let bytes =
        characters.map(|it| (it, meaning)).chain(letters.map(|it| (it, letter)));
    let places = [("Acc", "ept"), ("", "Accept"), ("Accept", "")];
    let names: Vec<(Vec<u8>, usize, &str)> = bytes
        .flat_map(|(byte, meaning)| {
            places.map(|(begin, end)| {
                let line = [begin.as_bytes(), byte, end.as_bytes(), b": 1"].concat();
                (line, begin.len(), meaning)
            })
        })
        .collect();
    let lines: Vec<[&[u8]; 2]> =
        names.iter().map(|(line, ..)| [host, line.as_slice()]).collect();
    let refused: Vec<Refused> = lines
        .iter()
        .zip(&names)
        .map(|(lines, (_, byte, meaning))| {
            (lines.as_slice(), 1, *byte, *meaning, token)
        })
        .collect();
    refuses(submission, &refused)?;
    let meaning = "All these characters can be in a name, and your program refuses at \
                   least one of them.";
    let rows: &[Shown] = &[
        (b"A1!#$%&'*+-.^_`|~: 1", "a1!#$%&'*+-.^_`|~: 1", meaning),
        (b"~A: 1", "~a: 1", meaning),
        (b"1: 1", "1: 1", meaning),
    ];
    shows(submission, rows, token)
}

/// How bytes that are not UTF-8 are shown is not looked at; that they are there, is.
fn values_of_all_bytes(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 5.5: bytes from 80 to FF are part of a value, \
               whatever they mean. Section 5.6.3: OWS, which is around it, is spaces \
               and tabs.";
    let unicode = "This value begins and ends with U+00A0, C2 A0 in UTF-8, which is \
                   neither a space nor a tab. Your program does not show it whole; in \
                   Rust, `trim` cuts off all white space of Unicode.";
    let feeds = "This value begins and ends with a form feed, which is neither a space \
                 nor a tab. Your program does not show it whole; in Rust, `trim_ascii` \
                 cuts it off.";
    let rows: &[Shown] = &[
        (
            "A: Grüße, voilà".as_bytes(),
            "a: Grüße, voilà",
            "This value is UTF-8, and your program does not show it as it came.",
        ),
        (b"A: \xc2\xa01\xc2\xa0", "a: \u{a0}1\u{a0}", unicode),
        (b"A: \x0c1\x0c", "a: \x0c1\x0c", feeds),
    ];
    shows(submission, rows, why)?;
    let fields = with(&[HOST.as_bytes(), b"A: 1\xff\xfe2"]);
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    client.send(&fields.request)?;
    let meaning = "This value holds bytes that are not UTF-8. Your program does not \
                   cope with them; a client may send any bytes there.";
    client.closing_means(meaning, why);
    let answer = client.response()?;
    let is_shown = |line: &String| {
        line.to_ascii_lowercase().starts_with("a: 1") && line.ends_with('2')
    };
    if answer.status == 200 && lines(&answer).iter().any(is_shown) {
        return Ok(());
    }
    let failure = client.wrong_at_sent(fields.starts[1] + "A: 1".len(), meaning, why);
    Err(failure.should_see("a line that begins with a: 1 and ends with 2"))
}
