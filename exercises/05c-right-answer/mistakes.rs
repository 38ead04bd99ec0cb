//! What usually goes wrong in exercise 05c.

use std::io::{self, Write};
use std::net::TcpStream;

use crate::Mistake;
use crate::Mistake::Handler;

const HOME: &str = "<h1>Grüße, 世界</h1>\n";
const ABOUT: &str = "<h1>About</h1>\n";
const NONE: &str = "<p>No.</p>\n";

const READ_ONLY: [&str; 2] = ["GET", "HEAD"];
const OTHERS: [&str; 7] =
    ["POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("home-for-all", Handler(home_for_all)),
    ("says-it-in-words", Handler(says_it_in_words)),
    ("refuses-with-400", Handler(refuses_with_400)),
    ("looks-at-the-beginning", Handler(looks_at_the_beginning)),
    ("forgives-the-slash", Handler(forgives_the_slash)),
    ("forgives-the-case", Handler(forgives_the_case)),
    ("query-in-the-path", Handler(query_in_the_path)),
    ("query-from-the-last-mark", Handler(query_from_the_last_mark)),
    ("decodes", Handler(decodes)),
    ("looks-at-the-end", Handler(looks_at_the_end)),
    ("normalizes", Handler(normalizes)),
    ("finds-by-query", Handler(finds_by_query)),
    ("any-method", Handler(any_method)),
    ("page-not-found", Handler(page_not_found)),
    ("not-implemented", Handler(not_implemented)),
    ("no-allow", Handler(no_allow)),
    ("allows-too-little", Handler(allows_too_little)),
    ("allows-too-much", Handler(allows_too_much)),
    ("allows-the-others", Handler(allows_the_others)),
    ("never-501", Handler(never_501)),
    ("bad-method", Handler(bad_method)),
    ("small-letters", Handler(small_letters)),
    ("longer-method", Handler(longer_method)),
    ("no-head", Handler(no_head)),
    ("body-after-head", Handler(body_after_head)),
    ("head-has-no-length", Handler(head_has_no_length)),
    ("head-finds-all", Handler(head_finds_all)),
    ("right-where-it-is-free", Handler(where_it_is_free)),
];

/// An answer before it's sent: its status, what it allows, its page.
struct Answer {
    status: u16,
    allow: Option<&'static str>,
    page: &'static str,
}

/// All that they do right: each gets method, path, and the right answer to them.
fn answer(
    mut client: TcpStream,
    change: impl Fn(&str, &str, Answer) -> Answer,
) -> io::Result<()> {
    let (method, target) = request_line(&mut client)?;
    let path = target.split('?').next().unwrap_or_default();
    let answer = change(&method, path, right(&method, path));
    let body = if method == "HEAD" { "" } else { answer.page };
    send(client, &answer, answer.page.len(), body)
}

fn request_line(client: &mut TcpStream) -> io::Result<(String, String)> {
    let head = crate::read_head(client)?;
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split(' ').map(String::from);
    Ok((words.next().unwrap_or_default(), words.next().unwrap_or_default()))
}

fn right(method: &str, path: &str) -> Answer {
    let (status, allow, page) = match (method, path) {
        ("GET" | "HEAD", "/") => (200, None, HOME),
        ("GET" | "HEAD", "/about") => (200, None, ABOUT),
        (_, "/" | "/about") if OTHERS.contains(&method) => {
            (405, Some("GET, HEAD"), NONE)
        }
        _ if OTHERS.contains(&method) || READ_ONLY.contains(&method) => {
            (404, None, NONE)
        }
        _ => (501, None, NONE),
    };
    Answer { status, allow, page }
}

fn send(
    mut client: TcpStream,
    Answer { status, allow, .. }: &Answer,
    length: usize,
    body: &str,
) -> io::Result<()> {
    let allow = allow.map(|methods| format!("Allow: {methods}\r\n"));
    let allow = allow.unwrap_or_default();
    write!(
        client,
        "HTTP/1.1 {status} \r\n{allow}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn found(page: &'static str) -> Answer {
    Answer { status: 200, allow: None, page }
}

/// The last arm of the `match` is the page that is asked for most.
fn home_for_all(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| if right.status == 404 { found(HOME) } else { right })
}

/// The page says that it doesn't exist, and the status says that all is well.
fn says_it_in_words(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| {
        if right.status == 404 { found("<h1>404 Not Found</h1>\n") } else { right }
    })
}

/// 400 for everything that goes wrong.
fn refuses_with_400(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| match right.status {
        404 => Answer { status: 400, ..right },
        _ => right,
    })
}

/// `starts_with` finds too much.
fn looks_at_the_beginning(client: TcpStream) -> io::Result<()> {
    answer(client, |_, path, right| {
        if right.status == 404 && path.starts_with("/about") {
            found(ABOUT)
        } else {
            right
        }
    })
}

/// A slash at the end seems to do no harm.
fn forgives_the_slash(client: TcpStream) -> io::Result<()> {
    answer(
        client,
        |_, path, right| {
            if path == "/about/" { found(ABOUT) } else { right }
        },
    )
}

/// File names are case-insensitive on some systems; paths aren't.
fn forgives_the_case(client: TcpStream) -> io::Result<()> {
    answer(client, |_, path, right| {
        if right.status == 404 && path.eq_ignore_ascii_case("/about") {
            found(ABOUT)
        } else {
            right
        }
    })
}

/// The target is compared whole, with its query.
fn query_in_the_path(mut client: TcpStream) -> io::Result<()> {
    let (method, target) = request_line(&mut client)?;
    let answer = right(&method, &target);
    let body = if method == "HEAD" { "" } else { answer.page };
    send(client, &answer, answer.page.len(), body)
}

/// `rsplit_once` looks from the wrong end.
fn query_from_the_last_mark(mut client: TcpStream) -> io::Result<()> {
    let (method, target) = request_line(&mut client)?;
    let path = target.rsplit_once('?').map_or(&*target, |(path, _)| path);
    let answer = right(&method, path);
    let body = if method == "HEAD" { "" } else { answer.page };
    send(client, &answer, answer.page.len(), body)
}

/// Good for files, but here bytes are compared.
fn decodes(client: TcpStream) -> io::Result<()> {
    answer(client, |method, path, _| right(method, &path.replace("%61", "a")))
}

/// `ends_with`, or the last part of the path.
fn looks_at_the_end(client: TcpStream) -> io::Result<()> {
    answer(client, |method, path, answer| {
        if path.ends_with("/about") { right(method, "/about") } else { answer }
    })
}

/// As a library for paths does.
fn normalizes(client: TcpStream) -> io::Result<()> {
    answer(client, |method, path, _| {
        right(method, &path.replace("/./", "/").replace("//", "/"))
    })
}

/// A target with a query is the page that takes queries.
fn finds_by_query(mut client: TcpStream) -> io::Result<()> {
    let (method, target) = request_line(&mut client)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let is_known = ["/", "/about"].contains(&path);
    let path = if query == "x" && !is_known { "/" } else { path };
    let answer = right(&method, path);
    let body = if method == "HEAD" { "" } else { answer.page };
    send(client, &answer, answer.page.len(), body)
}

/// The first word isn't looked at.
fn any_method(client: TcpStream) -> io::Result<()> {
    answer(client, |_, path, _| right("GET", path))
}

/// Only the pairs of method and path that are served are known; all else is not found.
fn page_not_found(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| match right.status {
        405 => Answer { status: 404, allow: None, ..right },
        _ => right,
    })
}

/// Anything but GET and HEAD isn't implemented.
fn not_implemented(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| match right.status {
        405 => Answer { status: 501, allow: None, ..right },
        _ => right,
    })
}

/// The status is there, the field isn't.
fn no_allow(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| Answer { allow: None, ..right })
}

/// HEAD is forgotten.
fn allows_too_little(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| Answer { allow: right.allow.map(|_| "GET"), ..right })
}

/// All methods that there are.
fn allows_too_much(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| {
        let allow = right.allow.map(|_| "GET, HEAD, POST, PUT, DELETE, PATCH");
        Answer { allow, ..right }
    })
}

/// All but the one that was refused.
fn allows_the_others(client: TcpStream) -> io::Result<()> {
    answer(client, |method, _, right| {
        let others = if method == "PUT" { "POST" } else { "PUT" };
        let allow = right.allow.map(|_| match others {
            "POST" => "GET, HEAD, POST",
            _ => "GET, HEAD, PUT",
        });
        Answer { allow, ..right }
    })
}

/// Anything but GET and HEAD isn't allowed.
fn never_501(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| match right.status {
        501 => Answer { status: 405, allow: Some("GET, HEAD"), ..right },
        _ => right,
    })
}

/// An unknown method looks like a bad request.
fn bad_method(client: TcpStream) -> io::Result<()> {
    answer(client, |_, _, right| match right.status {
        501 => Answer { status: 400, ..right },
        _ => right,
    })
}

/// `to_uppercase`, to be kind.
fn small_letters(client: TcpStream) -> io::Result<()> {
    answer(client, |method, path, _| right(&method.to_uppercase(), path))
}

/// `starts_with("GET")`, on the first line of the request.
fn longer_method(client: TcpStream) -> io::Result<()> {
    answer(
        client,
        |method, path, answer| {
            if method.starts_with("GET") { right("GET", path) } else { answer }
        },
    )
}

/// HEAD was forgotten.
fn no_head(client: TcpStream) -> io::Result<()> {
    answer(client, |method, _, right| match method {
        "HEAD" => Answer { status: 405, allow: Some("GET, HEAD"), page: NONE },
        _ => right,
    })
}

/// HEAD is another name for GET.
fn body_after_head(mut client: TcpStream) -> io::Result<()> {
    let (method, target) = request_line(&mut client)?;
    let answer = right(&method, target.split('?').next().unwrap_or_default());
    send(client, &answer, answer.page.len(), answer.page)
}

/// The answer to HEAD has no body, so its length seems to be 0.
fn head_has_no_length(client: TcpStream) -> io::Result<()> {
    answer(client, |method, _, right| match method {
        "HEAD" => Answer { page: "", ..right },
        _ => right,
    })
}

/// HEAD is answered before the program looks for the page.
fn head_finds_all(client: TcpStream) -> io::Result<()> {
    answer(client, |method, _, right| match method {
        "HEAD" => Answer { status: 200, ..right },
        _ => right,
    })
}

/// What the task leaves open, answered otherwise than the solution does.
fn where_it_is_free(client: TcpStream) -> io::Result<()> {
    answer(client, |method, path, right| match (method, path) {
        ("OPTIONS" | "CONNECT" | "TRACE", _) => {
            Answer { status: 501, allow: None, ..right }
        }
        ("GET" | "HEAD", _) | (_, "/" | "/about") => right,
        ("POST" | "PUT" | "DELETE" | "PATCH", _) => {
            Answer { status: 405, allow: Some("GET, HEAD"), ..right }
        }
        _ => Answer { status: 404, ..right },
    })
}
