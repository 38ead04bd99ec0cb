//! Statuses that are true.

use crate::{Check, Client, Exercise, Failure, Kind, Response, Server};
use crate::{Submission, Verdict};

pub const EXERCISE: Exercise = Exercise {
    id: "05c",
    name: "right-answer",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: two_pages },
        Check { points: 2, reproduce: "", run: no_other_page },
        Check { points: 1, reproduce: "", run: query },
        Check { points: 2, reproduce: "", run: not_allowed },
        Check { points: 1, reproduce: "", run: allow },
        Check { points: 1, reproduce: "", run: not_implemented },
        Check { points: 2, reproduce: "", run: head },
        Check {
            points: 1,
            reproduce: "curl -I http://127.0.0.1:4545/; curl -i http://127.0.0.1:4545/",
            run: length_of_head,
        },
    ],
};

const HOME: &str = "<h1>Grüße, 世界</h1>\n";
const ABOUT: &str = "<h1>About</h1>\n";
const PATHS: [&str; 2] = ["/", "/about"];
const UNWANTED: [&str; 4] = ["POST", "PUT", "DELETE", "PATCH"];

fn ask(server: &mut Server, method: &str, target: &str) -> Verdict<(Client, Response)> {
    let mut client = server.connect()?;
    let length = if method.starts_with('P') { "Content-Length: 0\r\n" } else { "" };
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}Connection: \
         close\r\n\r\n"
    );
    client.send(head.as_bytes())?;
    let answer = client.response_to(method)?;
    Ok((client, answer))
}

fn two_pages(submission: &Submission) -> Verdict {
    submission.each([("/", HOME), ("/about", ABOUT)], |server, (path, page)| {
        let (_, answer) = ask(server, "GET", path)?;
        answer.expect_success()?;
        answer.expect_body(
            page.as_bytes(),
            "This is not the page of that path.",
            "The task: each of the two paths has a page of its own.",
        )
    })
}

/// Which mistake it is shows in what comes instead.
fn no_other_page(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 15.5.5: 404 says that the server has found no page \
               for this path. Programs read the status, and only people read the page.";
    let bytes = "RFC 9110, section 4.2.3: a path is case-sensitive, and nothing makes \
                 `/about/` the same as `/about`. The task: byte by byte.";
    let begins = "This page does not exist. Your program finds a path that it knows in \
                  this one, and ignores the rest.";
    let ends =
        "This page does not exist. Your program looks only at how the path ends.";
    let decoded = "This page does not exist: your program decodes the path, and the \
                   task is to compare it byte by byte.";
    let slashes = "This page does not exist: your program removes a slash from the \
                   path, or a part of it, and the task is to compare it byte by byte.";
    let rows = [
        (
            "/nothing",
            "This page does not exist. Your program says so in words, but its status \
             says that all is well: the browser keeps this page, the search engine \
             lists it.",
            why,
        ),
        ("/abouts", begins, bytes),
        ("/about.html", begins, bytes),
        ("/about/us", begins, bytes),
        (
            "/about/",
            "This page does not exist: `/about/` is another path than `/about`. A \
             browser looks for what the page links to in another folder then.",
            bytes,
        ),
        (
            "/About",
            "This page does not exist: upper and lower case are different in a path.",
            bytes,
        ),
        ("/a", begins, bytes),
        ("/index.html", begins, bytes),
        ("/more/about", ends, bytes),
        ("//", slashes, bytes),
        ("//about", slashes, bytes),
        ("/./about", slashes, bytes),
        ("/%61bout", decoded, bytes),
        ("/about%20", decoded, bytes),
        ("/about%3Fx", decoded, bytes),
        ("/about;x", begins, bytes),
        ("/about&x=1", begins, bytes),
        ("/nothing?/about", ends, bytes),
        (
            "/nothing?x",
            "This page does not exist, with a query or without. Your program finds it \
             because of its query.",
            bytes,
        ),
    ];
    submission.each(rows, |server, &(path, meaning, why)| {
        let (client, answer) = ask(server, "GET", path)?;
        let is_another = [HOME, ABOUT].iter().any(|it| answer.body == it.as_bytes());
        let failure = match answer.status {
            404 => return Ok(()),
            200 if path == "/nothing" && is_another => {
                let meaning = "This page does not exist, and your program sends \
                               another one in its place. A user who mistypes a path \
                               does not learn it.";
                client.wrong_at_sent("GET ".len(), meaning, why)
            }
            200 => client.wrong_at_sent("GET ".len(), meaning, why),
            _ => {
                let meaning = "This page does not exist, and the status says something \
                               else. The request is well formed, the method is known: \
                               what is missing is the page.";
                client.wrong_at("HTTP/1.1 ".len(), meaning, why)
            }
        };
        Err(failure.should_see("HTTP/1.1 404"))
    })
}

fn query(submission: &Submission) -> Verdict {
    let first = "Here the query begins. Your program treats it as part of the path, \
                 and so finds another page, or none.";
    let second = "The query begins at the first question mark of this target. Your \
                  program looks for the last, or counts them.";
    let rows = [
        ("/about?from=home", ABOUT, first),
        ("/?", HOME, first),
        ("/?x=1&y=2", HOME, first),
        ("/?/about", HOME, first),
        ("/about?/", ABOUT, first),
        ("/about?a?b", ABOUT, second),
        ("/???", HOME, second),
    ];
    submission.each(rows, |server, &(target, page, meaning)| {
        let (client, answer) = ask(server, "GET", target)?;
        if answer.status == 200 && answer.body == page.as_bytes() {
            return Ok(());
        }
        let mark = target.find('?').unwrap_or_default();
        let failure = client.wrong_at_sent(
            "GET ".len() + mark,
            meaning,
            "RFC 3986, section 3.3: a path ends at the first question mark.",
        );
        Err(failure.should_see(format!("HTTP/1.1 200, and {}", page.trim_end())))
    })
}

/// The unwanted methods with both pages, and with a query.
fn unwanted() -> Vec<(&'static str, &'static str)> {
    let targets = ["/", "/about", "/about?x=1"];
    targets.iter().flat_map(|path| UNWANTED.map(|method| (method, *path))).collect()
}

fn not_allowed(submission: &Submission) -> Verdict {
    submission.each(unwanted(), |server, (method, path)| {
        let (_, answer) = ask(server, method, path)?;
        let meaning = match answer.status {
            200..=299 => {
                "The client wanted to change something, and believes now that this has \
                 been done: your program does not look at the method."
            }
            404 => {
                "The page is there, and your program says that it is not. What it does \
                 not have is this method for it."
            }
            501 => {
                "501 says that your program has never heard of this method, for any \
                 page. But it is well known; these pages just do not want it."
            }
            _ => {
                "This method is known, and not wanted for this page; the status says \
                 something else."
            }
        };
        let why = "RFC 9110, section 15.5.6: 405 says that the method is known, and \
                   not supported by this page.";
        let verdict = answer.expect_status(&[405], meaning, why);
        verdict.map_err(|failure| failure.should_see("HTTP/1.1 405"))
    })
}

fn allow(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 15.5.6: the server must send Allow with a 405. It is \
               a list of methods, with commas between them (section 10.2.1).";
    submission.each(unwanted(), |server, (method, path)| {
        let (_, answer) = ask(server, method, path)?;
        let meaning = "This is not a 405, so Allow is not looked at.";
        let is_405 = answer.expect_status(&[405], meaning, why);
        is_405.map_err(Failure::unreached)?;
        let allow = answer.expect_field(
            "Allow",
            "405 without Allow: the client hears that it cannot be done like this, and \
             not how it can.",
            why,
        )?;
        let values = answer.fields.iter().filter(|field| field.is("Allow"));
        let methods: Vec<&str> =
            values.flat_map(|field| field.value.split(',')).map(str::trim).collect();
        let meaning = if ["GET", "HEAD"].iter().any(|wanted| !methods.contains(wanted))
        {
            "Allow does not name GET and HEAD, and both may be used. Names of methods \
             are case-sensitive, and there is a comma between two of them."
        } else if methods.contains(method) {
            "Allow names the very method that has been refused."
        } else if UNWANTED.iter().any(|other| methods.contains(other)) {
            "Allow names a method that gets 405 here too."
        } else {
            return Ok(());
        };
        Err(answer.wrong_value(allow, meaning, why).should_see("Allow: GET, HEAD"))
    })
}

fn not_implemented(submission: &Submission) -> Verdict {
    let why = "RFC 9110, section 15.6.2: 501 is the answer if the server does not \
               recognize the method at all.";
    let unknown = "No server knows this method, and your program does what GET or \
                   another one would do.";
    let case = "Upper and lower case make different methods, and this one is unknown. \
                Your program treats it as the one that it looks like.";
    let begins =
        "This method is unknown: your program looks only at how it begins or ends.";
    let rows = [
        ("BREW", "/", unknown),
        ("get", "/", case),
        ("GETAWAY", "/", begins),
        ("POSTER", "/about", begins),
        ("FORGET", "/", begins),
        ("G", "/", begins),
        ("Post", "/about", case),
        ("head", "/", case),
        ("X-MAKE", "/about", unknown),
        ("WHEN", "/about?milk=no", unknown),
    ];
    submission.each(rows, |server, &(method, path, served)| {
        let (client, answer) = ask(server, method, path)?;
        let status = "HTTP/1.1 ".len();
        let failure = match answer.status {
            501 => return Ok(()),
            200..=299 => client.wrong_at_sent(
                0,
                served,
                "RFC 9110, section 9.1: the method is a token, and case-sensitive. \
                 Section 15.6.2: 501 is the answer to one that is not recognized.",
            ),
            405 if method != "BREW" && !served.starts_with("No server") => {
                client.wrong_at(status, served, why)
            }
            405 => client.wrong_at(
                status,
                "405 says: I know what you mean, and do not want it here. But what \
                 this method means, your program cannot know.",
                why,
            ),
            _ => client.wrong_at(
                status,
                "Nothing is wrong with the form of this request: a method is a word, \
                 and new ones may come. Your program does not know this one, and \
                 should say that.",
                why,
            ),
        };
        Err(failure.should_see("HTTP/1.1 501"))
    })
}

fn head(submission: &Submission) -> Verdict {
    let rows = [
        ("/", 200),
        ("/about?from=home", 200),
        ("/about", 200),
        ("/nothing", 404),
        ("/abouts?/", 404),
    ];
    submission.each(rows, |server, &(path, status)| {
        let (_, answer) = ask(server, "HEAD", path)?;
        let meaning = if status == 200 {
            "The page exists, and your program has no head of it: a client that \
             asks for HEAD wants to hear what GET would say."
        } else {
            "GET of this path gets 404. HEAD gets something else, so a client that \
             checks a link in this way hears that it is good."
        };
        let why = "RFC 9110, section 9.3.2: HEAD is identical to GET, except that the \
                   content is not sent. Section 9.1: every server must support both.";
        let verdict = answer.expect_status(&[status], meaning, why);
        verdict.map_err(|failure| {
            let command = format!("curl -I 'http://127.0.0.1:4545{path}'");
            failure.reproduce(command).should_see(format!("HTTP/1.1 {status}"))
        })
    })
}

fn length_of_head(submission: &Submission) -> Verdict {
    let targets = [PATHS[0], PATHS[1], "/about?x", "/nothing"];
    submission.each(targets, |server, path| {
        let (_, get) = ask(server, "GET", path)?;
        // What else is wrong with HEAD, the check before this one says.
        let (_, head) = ask(server, "HEAD", path).map_err(|it| match it.kind {
            Kind::Wrong => it.unreached(),
            _ => it,
        })?;
        if head.status != get.status {
            let meaning = "HEAD does not get what GET gets, so there is no length to \
                           compare.";
            return Err(head.wrong_at("HTTP/1.1 ".len(), meaning, "").unreached());
        }
        let Some(length) = head.field("Content-Length") else { return Ok(()) };
        if length.value == get.body.len().to_string() {
            return Ok(());
        }
        Err(head.wrong_value(
            length,
            format!(
                "GET gets {} bytes here, and HEAD says something else. That misleads a \
                 client that wants to know how long the page is before it fetches it.",
                get.body.len()
            ),
            "RFC 9110, section 8.6: in an answer to HEAD, Content-Length is the number \
             of bytes that GET would get, or it is left out.",
        ))
    })
}
