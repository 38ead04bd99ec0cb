//! Fields: names, values, and one host.

use crate::{
    Check, Client, Exercise, Response, Server, Submission, Verdict, get, reproduce,
};

pub const EXERCISE: Exercise = Exercise {
    id: "05b",
    name: "header-fields",
    given: 3,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/",
            run: each_is_a_line,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET / HTTP/1.1\\r\\nhOsT: a\\r\\n\\r\\n' | nc 127.0.0.1 \
                      4545",
            run: names_without_case,
        },
        Check {
            points: 2,
            reproduce: "curl -i -H 'A:1' http://127.0.0.1:4545/",
            run: values_are_trimmed,
        },
        Check {
            points: 1,
            reproduce: "curl -i -H 'Referer: http://a:80/' http://127.0.0.1:4545/",
            run: values_are_whole,
        },
        Check {
            points: 1,
            reproduce: "curl -i -H 'Host:' http://127.0.0.1:4545/",
            run: no_host,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: a\\r\\n\\r\\n' \
                      |\n  nc 127.0.0.1 4545",
            run: two_hosts,
        },
        Check {
            points: 1,
            reproduce: "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nnonsense\\r\\n\\r\\n' \
                      |\n  nc 127.0.0.1 4545",
            run: no_colon,
        },
        Check {
            points: 2,
            reproduce: "printf 'GET / HTTP/1.1\\r\\nHost : a\\r\\n\\r\\n' | nc 127.0.0.1 \
                      4545",
            run: names_are_tokens,
        },
    ],
};

const HOST: &str = "Host: example.org";

/// Asks with these fields.
fn ask(server: &mut Server, fields: &[&str]) -> Verdict<(Client, Response, Vec<u8>)> {
    let request = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", fields.join("\r\n"));
    let mut client = server.connect()?;
    client.send(request.as_bytes())?;
    let answer = client.response()?;
    Ok((client, answer, request.into()))
}

/// The last of the fields must be on the page as `shown`.
fn shows(
    submission: &Submission,
    line: &str,
    shown: &str,
    meaning: &str,
    why: &str,
) -> Verdict {
    let (client, answer, request) = ask(&mut submission.start()?, &[HOST, line])?;
    let page = String::from_utf8_lossy(&answer.body);
    // How the name is written, and what comes after an empty value, is looked at
    // elsewhere.
    let is_shown = |line: &str| {
        line.eq_ignore_ascii_case(shown)
            || line.eq_ignore_ascii_case(shown.trim_end_matches(' '))
    };
    if answer.status == 200 && page.lines().any(is_shown) {
        return Ok(());
    }
    let offset = request.len() - line.len() - "\r\n\r\n".len();
    let failure =
        client.wrong_at_sent(offset, meaning, why).reproduce(reproduce(&request));
    if answer.status != 200 {
        return Err(failure);
    }
    let wanted = format!("{}\n{shown}\n", HOST.to_ascii_lowercase());
    Err(failure.instead_of(wanted.as_bytes(), &answer.body))
}

/// A request with these fields must be refused because of this byte of the last one.
fn refuses(
    submission: &Submission,
    fields: &[&str],
    byte: usize,
    meaning: &str,
    why: &str,
) -> Verdict {
    let mut server = submission.start()?;
    let (client, answer, request) = ask(&mut server, fields)?;
    let line = fields.last().map_or(0, |line| line.len());
    let failure = match answer.status {
        400 => return server.ask(&get("/"))?.expect_success(),
        200 => {
            let offset = request.len() - line - "\r\n\r\n".len() + byte;
            client.wrong_at_sent(offset, meaning, why)
        }
        _ => client.wrong_at(
            "HTTP/1.1 ".len(),
            "Your program refuses this request, and gives another reason than 400.",
            "RFC 9110, section 15.5.1: 400 says that the request itself is not well \
             formed.",
        ),
    };
    Err(failure.reproduce(reproduce(&request)))
}

fn each_is_a_line(submission: &Submission) -> Verdict {
    let fields = [HOST, "User-Agent: check", "Accept: */*"];
    let (client, answer, _) = ask(&mut submission.start()?, &fields)?;
    answer.expect_success()?;
    let page = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
    let mut offset = "GET / HTTP/1.1\r\n".len();
    for line in fields {
        // Upper case, lower case and blanks are looked at below.
        let is_shown = |shown: &str| {
            shown.split_whitespace().eq(line.to_ascii_lowercase().split_whitespace())
        };
        if !page.lines().any(is_shown) {
            return Err(client.wrong_at_sent(
                offset,
                "This field is not on the page, or not with its value.",
                "RFC 9112, section 5: each field line has a name, a colon and a value. \
                 The task: each is a line of the page.",
            ));
        }
        offset += line.len() + "\r\n".len();
    }
    Ok(())
}

fn names_without_case(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 5.1: field names are case-insensitive. HTTP/2 and \
               HTTP/3 even send all of them in lower case.";
    let (client, answer, request) =
        ask(&mut submission.start()?, &["hOsT: example.org"])?;
    if answer.status != 200 {
        let meaning = "Your program does not find the host here: it compares letters, \
                       and `hOsT` is the same name as `Host`.";
        let failure = client.wrong_at_sent("GET / HTTP/1.1\r\n".len(), meaning, why);
        return Err(failure.reproduce(reproduce(&request)));
    }
    let page = String::from_utf8_lossy(&answer.body);
    if page.lines().any(|line| line.starts_with("host:")) {
        return Ok(());
    }
    let meaning = "The name stands on the page as it came. Whoever looks there for a \
                   field has to try all ways of writing it.";
    Err(answer.wrong_in_body(0, meaning, why).reproduce(reproduce(&request)))
}

fn values_are_trimmed(submission: &Submission) -> Verdict {
    const WHY: &str = "RFC 9112, section 5: field-line = field-name \":\" OWS \
                       field-value OWS, where OWS is any number of blanks and tabs, \
                       even none. They do not belong to the value (section 5.1).";
    for (line, shown, meaning) in [
        (
            "A:1",
            "a: 1",
            "Your program wants a blank behind the colon. Most clients send one; none \
             is as good.",
        ),
        (
            "A:   1  ",
            "a: 1",
            "Your program takes blanks around this value for a part of it.",
        ),
        (
            "A:\t1\t",
            "a: 1",
            "Your program takes the tabs around this value for a part of it.",
        ),
        (
            "A:",
            "a: ",
            "Your program does not know what to do with an empty value; it is a value \
             too.",
        ),
    ] {
        shows(submission, line, shown, meaning, WHY)?;
    }
    shows(
        submission,
        "A: \u{a0}1\u{a0}",
        "a: \u{a0}1\u{a0}",
        "This value begins and ends with U+00A0, C2 A0 in UTF-8, which is neither a \
         blank nor a tab. Your program does not show it whole; in Rust, `trim` cuts \
         off all white space of Unicode.",
        "RFC 9110, section 5.5: bytes from 80 to FF are part of a value, whatever they \
         mean. Section 5.6.3: OWS, which is around it, is blanks and tabs.",
    )
}

fn values_are_whole(submission: &Submission) -> Verdict {
    for (line, shown, meaning) in [
        (
            "Referer: http://a:80/",
            "referer: http://a:80/",
            "Your program does not take this value whole. Only the first colon of a \
             line ends the name; all others belong to the value.",
        ),
        (
            "Accept: text/html,  */*",
            "accept: text/html,  */*",
            "Your program changes the blanks inside this value. Only those around it \
             do not belong to it.",
        ),
    ] {
        let why = "RFC 9110, section 5.5: colons may stand anywhere in a value, blanks \
                   anywhere but at its ends.";
        shows(submission, line, shown, meaning, why)?;
    }
    Ok(())
}

fn no_host(submission: &Submission) -> Verdict {
    let why = "RFC 9112, section 3.2: a request of HTTP/1.1 that lacks a Host is \
               answered with 400. One machine may have many sites; the Host says whose \
               page is wanted.";
    refuses(
        submission,
        &["Accept: */*"],
        "Accept: */*\r\n".len(),
        "Up to the blank line no Host has come, and your program does not miss it.",
        why,
    )?;
    refuses(
        submission,
        &["X-Forwarded-Host: a"],
        0,
        "Your program takes this for a Host: it has found `host:` somewhere in the \
         text. A name is all that stands in front of the colon.",
        why,
    )?;
    refuses(
        submission,
        &["Hostname: a"],
        0,
        "Your program takes this for a Host: it looks only at how the name begins.",
        why,
    )
}

fn two_hosts(submission: &Submission) -> Verdict {
    let why = "RFC 9112, section 3.2: a request with more than one Host is answered \
               with 400. If a server in front of yours believes the first and yours \
               the second, whoever sends both gets past the one in front.";
    refuses(
        submission,
        &["Host: a", "HOST: b"],
        0,
        "This is a second Host, and your program does not mind. Which of the two is \
         meant? A map that keeps one value for each name even forgets that there were \
         two.",
        why,
    )?;
    refuses(
        submission,
        &["Host: a", "Host: a"],
        0,
        "This is a second Host. It says the same as the first, and your program lets \
         it pass; but two are two.",
        why,
    )
}

fn no_colon(submission: &Submission) -> Verdict {
    refuses(
        submission,
        &[HOST, "nonsense"],
        0,
        "This line has no colon, so it is no field. Your program goes on as if it had \
         not been there.",
        "RFC 9112, section 2.2: what does not match the grammar of a request is \
         answered with 400. What one server skips means something to another.",
    )
}

fn names_are_tokens(submission: &Submission) -> Verdict {
    let token = "RFC 9110, section 5.1: field-name = token, which is one or more \
                 letters, digits or signs of !#$%&'*+-.^_`|~ (section 5.6.2).";
    let blank = "RFC 9112, section 5.1: a request with a blank between name and colon \
                 must be answered with 400. Servers that differ here have let \
                 attackers in.";
    let fold = "RFC 9112, section 5.2: a line that began with a blank belonged to the \
                one before it, once. Now a server answers with 400, or puts blanks in \
                its place; the task asks for 400.";
    for (line, byte, meaning, why) in [
        (
            "Accept : */*",
            "Accept".len(),
            "There is a blank between this name and its colon. Your program cuts it \
             off, or does not see it; for another server the name ends with a blank.",
            blank,
        ),
        (
            " Accept: */*",
            0,
            "This line begins with a blank, and your program takes it for a field, or \
             for the rest of the line before.",
            fold,
        ),
        (
            "\tAccept: */*",
            0,
            "This line begins with a tab, which is a blank too.",
            fold,
        ),
        (
            ": */*",
            0,
            "There is no name in front of this colon, and your program does not miss \
             it.",
            token,
        ),
        (
            "Ac cept: */*",
            "Ac".len(),
            "A blank cannot be in a name, not even in its middle.",
            token,
        ),
    ] {
        refuses(submission, &[HOST, line], byte, meaning, why)?;
    }
    for sign in "\"(),/;<=>?@[\\]{}\u{1}\u{7f}".chars() {
        let line = format!("Acc{sign}ept: */*");
        let meaning =
            "This sign cannot be in a name, and your program takes it all the same.";
        refuses(submission, &[HOST, &line], "Acc".len(), meaning, token)?;
    }
    let meaning = "This letter cannot be in a name: it is not one of ASCII's.";
    refuses(submission, &[HOST, "Größe: 1"], "Gr".len(), meaning, token)?;
    let meaning = "All these signs can be in a name, and at least one of them your \
                   program refuses.";
    shows(submission, "A1!#$%&'*+-.^_`|~: 1", "a1!#$%&'*+-.^_`|~: 1", meaning, token)
}
