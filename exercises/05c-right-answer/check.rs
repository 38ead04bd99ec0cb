//! Statuses that are true.

use crate::{Check, Client, Exercise, Response, Submission, Verdict};

pub const EXERCISE: Exercise = Exercise {
    id: "05c",
    name: "right-answer",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 1,
            reproduce: "curl -i http://127.0.0.1:4545/about",
            run: two_pages,
        },
        Check {
            points: 2,
            reproduce: "curl -i http://127.0.0.1:4545/nothing",
            run: no_other_page,
        },
        Check {
            points: 1,
            reproduce: "curl -i 'http://127.0.0.1:4545/about?from=home'",
            run: query,
        },
        Check {
            points: 2,
            reproduce: "curl -i -X POST http://127.0.0.1:4545/",
            run: not_allowed,
        },
        Check {
            points: 1,
            reproduce: "curl -i -X POST http://127.0.0.1:4545/",
            run: allow,
        },
        Check {
            points: 1,
            reproduce: "curl -i -X BREW http://127.0.0.1:4545/",
            run: not_implemented,
        },
        Check {
            points: 2,
            reproduce: "printf 'HEAD / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | nc 127.0.0.1 \
                      4545",
            run: head,
        },
        Check {
            points: 1,
            reproduce: "curl -I http://127.0.0.1:4545/; curl -i http://127.0.0.1:4545/",
            run: length_of_head,
        },
    ],
};

const HOME: &str = "<h1>Home</h1>\n";
const ABOUT: &str = "<h1>About</h1>\n";

fn ask(
    submission: &Submission,
    method: &str,
    target: &str,
) -> Verdict<(Client, Response)> {
    let mut server = submission.start()?;
    let mut client = server.connect()?;
    let length = if method.starts_with('P') { "Content-Length: 0\r\n" } else { "" };
    let head = format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n");
    client.send(head.as_bytes())?;
    let answer = client.response_to(method)?;
    Ok((client, answer))
}

fn two_pages(submission: &Submission) -> Verdict {
    for (path, page) in [("/", HOME), ("/about", ABOUT)] {
        let (_, answer) = ask(submission, "GET", path)?;
        answer.expect_success()?;
        answer.expect_body(
            page.as_bytes(),
            "This is not the page of that path.",
            "The task: each of the two paths has a page of its own.",
        )?;
    }
    Ok(())
}

/// Which mistake it is shows in what comes instead.
fn no_other_page(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 15.5.5: 404 says that the server has found no page \
               for this path. Programs read the status, and only people read the page.";
    let bytes = "RFC 9110, section 4.2.3: a path is case-sensitive, and nothing makes \
                 `/about/` the same as `/about`. The task: byte by byte.";
    for (path, meaning, why) in [
        (
            "/nothing",
            "There is no such page. Your program says so in words, but its status says \
             that all is well: the browser keeps this page, the search engine lists \
             it.",
            why,
        ),
        (
            "/abouts",
            "There is no such page. Your program looks only at how the path begins.",
            bytes,
        ),
        (
            "/about/",
            "There is no such page: `/about/` is another path than `/about`. A browser \
             looks for what the page links to in another folder then.",
            bytes,
        ),
        (
            "/About",
            "There is no such page: upper and lower case are different in a path.",
            bytes,
        ),
    ] {
        let (client, answer) = ask(submission, "GET", path)?;
        let meaning = match answer.status {
            404 => continue,
            200 if path == "/nothing"
                && [HOME, ABOUT].iter().any(|page| answer.body == page.as_bytes()) =>
            {
                "There is no such page, and your program sends another one in its \
                 place. Whoever mistypes a path does not learn it."
            }
            200 => meaning,
            _ => {
                "There is no such page, and the status says something else. The \
                 request is well formed, the method is known: what is missing is the \
                 page."
            }
        };
        return Err(if answer.status == 200 {
            client.wrong_at_sent("GET ".len(), meaning, why)
        } else {
            client.wrong_at("HTTP/1.1 ".len(), meaning, why)
        }
        .reproduce(format!("curl -i http://127.0.0.1:4545{path}")));
    }
    Ok(())
}

fn query(submission: &Submission) -> Verdict {
    for (target, page) in [("/about?from=home", ABOUT), ("/?", HOME)] {
        let (client, answer) = ask(submission, "GET", target)?;
        if answer.status != 200 || answer.body != page.as_bytes() {
            let mark = target.find('?').unwrap_or_default();
            let failure = client.wrong_at_sent(
                "GET ".len() + mark,
                "Here the query begins. Your program takes it for a part of the path, \
                 and so finds another page, or none.",
                "RFC 3986, section 3.3: a path ends at the first question mark.",
            );
            let reproduce = format!("curl -i 'http://127.0.0.1:4545{target}'");
            return Err(failure.reproduce(reproduce));
        }
    }
    Ok(())
}

const REFUSED: [(&str, &str); 5] =
    [("POST", "/"), ("PUT", "/"), ("DELETE", "/"), ("PATCH", "/"), ("POST", "/about")];

fn not_allowed(submission: &Submission) -> Verdict {
    for (method, path) in REFUSED {
        let (_, answer) = ask(submission, method, path)?;
        let meaning = match answer.status {
            405 => continue,
            200..=299 => {
                "The client wanted to change something, and believes now that it has \
                 been done: your program does not look at the method."
            }
            404 => {
                "The page is there, and your program says that it is not. What it does \
                 not have is this method for it."
            }
            501 => {
                "501 says that your program has never heard of this method, for no \
                 page. But everybody knows it; it is these pages that do not want it."
            }
            _ => {
                "This method is known, and not wanted for this page; the status says \
                 something else."
            }
        };
        let failure = answer.expect_status(
            &[405],
            meaning,
            "RFC 9110, section 15.5.6: 405 says that the method is known, and not \
             supported by this page.",
        );
        return failure.map_err(|failure| failure.reproduce(curl(method, path)));
    }
    Ok(())
}

fn curl(method: &str, path: &str) -> String {
    format!("curl -i -X {method} http://127.0.0.1:4545{path}")
}

fn allow(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 15.5.6: the server must send Allow with a 405. It is \
               a list of methods, with commas between them (section 10.2.1).";
    for (method, path) in REFUSED {
        let (_, answer) = ask(submission, method, path)?;
        answer.expect_status(
            &[405],
            "This is no 405, so there is no Allow to look at.",
            why,
        )?;
        let allow = answer.expect_field(
            "Allow",
            "405 without Allow: the client hears that it cannot be done like this, and \
             not how it can.",
            why,
        )?;
        let values = answer.fields.iter().filter(|field| field.is("Allow"));
        let methods: Vec<&str> =
            values.flat_map(|field| field.value.split(',')).map(str::trim).collect();
        if ["GET", "HEAD"].iter().any(|wanted| !methods.contains(wanted)) {
            return Err(answer.wrong_value(
                allow,
                "Allow does not name GET and HEAD, and both may be used.",
                why,
            ));
        }
        if methods.contains(&method) {
            let meaning = "Allow names the very method that has been refused.";
            let failure = answer.wrong_value(allow, meaning, why);
            return Err(failure.reproduce(curl(method, path)));
        }
    }
    Ok(())
}

fn not_implemented(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 15.6.2: 501 is the answer when the server does not \
               recognize the method at all.";
    for (method, served) in [
        (
            "BREW",
            "This method is not known to anybody, and your program does what GET would \
             do.",
        ),
        (
            "get",
            "Upper and lower case make different methods, so `get` is not GET. Your \
             program takes it for that.",
        ),
        (
            "GETAWAY",
            "This method is not GET: your program looks only at how it begins.",
        ),
    ] {
        let (client, answer) = ask(submission, method, "/")?;
        let failure = match answer.status {
            501 => continue,
            200..=299 => client.wrong_at_sent(
                0,
                served,
                "RFC 9110, section 9.1: the method is a token, and case-sensitive. \
                 Section 15.6.2: 501 is the answer to one that is not recognized.",
            ),
            405 => client.wrong_at(
                "HTTP/1.1 ".len(),
                "405 says: I know what you mean, and do not want it here. But nobody \
                 knows what this method means.",
                why,
            ),
            _ => client.wrong_at(
                "HTTP/1.1 ".len(),
                "Nothing is wrong with the form of this request: a method is a word, \
                 and new ones may come. Your program does not know this one, and \
                 should say that.",
                why,
            ),
        };
        return Err(failure.reproduce(curl(method, "/")));
    }
    Ok(())
}

fn head(submission: &Submission) -> Verdict {
    for (path, status) in [("/", 200), ("/about?from=home", 200), ("/nothing", 404)] {
        let (_, answer) = ask(submission, "HEAD", path)?;
        let meaning = match status {
            200 => {
                "There is such a page, and your program has no head of it: who asks \
                 for HEAD wants to hear what GET would say."
            }
            _ => {
                "GET of this path gets 404. HEAD gets something else, so who checks a \
                 link in this way is told that it is good."
            }
        };
        let why = "RFC 9110, section 9.3.2: HEAD is identical to GET, but for the \
                   content, which is not sent. Section 9.1: every server must support \
                   both.";
        let verdict = answer.expect_status(&[status], meaning, why);
        verdict.map_err(|failure| {
            failure.reproduce(format!("curl -I 'http://127.0.0.1:4545{path}'"))
        })?;
    }
    Ok(())
}

fn length_of_head(submission: &Submission) -> Verdict {
    for path in ["/", "/about"] {
        let (_, get) = ask(submission, "GET", path)?;
        let (_, head) = ask(submission, "HEAD", path)?;
        let Some(length) = head.field("Content-Length") else { continue };
        if length.value != get.body.len().to_string() {
            return Err(head.wrong_value(
                length,
                format!(
                    "GET gets {} bytes here, and HEAD says something else. Who wants \
                     to know how long the page is before fetching it is misled.",
                    get.body.len()
                ),
                "RFC 9110, section 8.6: in an answer to HEAD, Content-Length is the \
                 number of bytes that GET would get, or it is left out.",
            ));
        }
    }
    Ok(())
}
