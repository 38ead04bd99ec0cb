//! What usually goes wrong in exercise 05a.

use std::io::{self, Write};
use std::net::TcpStream;

use crate::Mistake;
use crate::Mistake::{Handler, Threaded};

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("newest-only", Handler(newest_only)),
    ("two-versions-only", Handler(two_versions_only)),
    ("cuts-the-query", Handler(cuts_the_query)),
    ("decodes", Handler(decodes)),
    ("wants-a-slash", Handler(wants_a_slash)),
    ("short-targets", Handler(short_targets)),
    ("knows-three-methods", Handler(knows_three_methods)),
    ("knows-some-methods", Handler(knows_some_methods)),
    ("shouts", Handler(shouts)),
    ("letters-only", Handler(letters_only)),
    ("as-in-1991", Handler(as_in_1991)),
    ("ignores-the-rest", Handler(ignores_the_rest)),
    ("splits-at-both-ends", Handler(splits_at_both_ends)),
    ("empty-target", Handler(empty_target)),
    ("empty-method", Handler(empty_method)),
    ("hangs-up", Handler(hangs_up)),
    ("calls-it-not-found", Handler(calls_it_not_found)),
    ("any-spaces", Handler(any_spaces)),
    ("tab-is-a-space", Handler(tab_is_a_space)),
    ("trims", Handler(trims)),
    ("any-method", Handler(any_method)),
    ("letters-of-all-kinds", Handler(letters_of_all_kinds)),
    ("any-target", Handler(any_target)),
    ("unwraps", Handler(unwraps)),
    ("any-letters", Handler(any_letters)),
    ("forgets-del", Handler(forgets_del)),
    ("any-version", Handler(any_version)),
    ("small-letters", Handler(small_letters)),
    ("parses-a-number", Handler(parses_a_number)),
    ("looks-at-the-beginning", Handler(looks_at_the_beginning)),
    ("digits-of-all-kinds", Handler(digits_of_all_kinds)),
    ("looks-at-the-first-byte", Handler(looks_at_the_first_byte)),
    ("wants-a-letter-first", Handler(wants_a_letter_first)),
    ("cleans-up", Handler(cleans_up)),
    ("right-with-more-fields", Threaded(with_more_fields)),
    ("right-in-chunks", Handler(in_chunks)),
];

type Parts = [String; 3];

/// The first line of a request, one letter for each byte.
fn first_line(client: &mut TcpStream) -> io::Result<String> {
    let head = crate::read_head(client)?;
    let head: String = head.into_iter().map(char::from).collect();
    Ok(head.split("\r\n").next().unwrap_or_default().into())
}

/// All that most of them do right.
fn answer(
    mut client: TcpStream,
    parse: impl Fn(&str) -> Option<Parts>,
) -> io::Result<()> {
    let line = first_line(&mut client)?;
    let (status, page) = match parse(&line) {
        Some(parts) => ("200 OK", parts.join("\n") + "\n"),
        None => ("400 Bad Request", String::new()),
    };
    // Back to bytes: they all were.
    let page: Vec<u8> = page.chars().map(|letter| letter as u8).collect();
    write!(client, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", page.len())?;
    client.write_all(&page)
}

fn parts(line: &str) -> Option<[&str; 3]> {
    line.split(' ').collect::<Vec<_>>().try_into().ok()
}

fn owned([method, target, version]: [&str; 3]) -> Parts {
    [method.into(), target.into(), version.into()]
}

fn is_token(text: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

fn is_target(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_version(text: &str) -> bool {
    matches!(text.as_bytes(), [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// All as it should be.
fn right(line: &str) -> Option<Parts> {
    let parts = parts(line)?;
    (is_token(parts[0]) && is_target(parts[1]) && is_version(parts[2]))
        .then(|| owned(parts))
}

/// There are clients of 1996.
fn newest_only(client: TcpStream) -> io::Result<()> {
    answer(client, |line| right(line).filter(|parts| parts[2] == "HTTP/1.1"))
}

/// Those that one meets. Others may come, and others were there before.
fn two_versions_only(client: TcpStream) -> io::Result<()> {
    let known = ["HTTP/1.0", "HTTP/1.1"];
    answer(client, |line| right(line).filter(|parts| known.contains(&&*parts[2])))
}

/// The query was forgotten.
fn cuts_the_query(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let [method, target, version] = right(line)?;
        Some([method, target.split('?').next()?.into(), version])
    })
}

/// Good for a path, but this isn't one yet.
fn decodes(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let [method, target, version] = right(line)?;
        Some([method, target.replace("%20", " "), version])
    })
}

/// All targets in the browser begin so.
fn wants_a_slash(client: TcpStream) -> io::Result<()> {
    answer(client, |line| right(line).filter(|parts| parts[1].starts_with('/')))
}

/// More than enough.
fn short_targets(client: TcpStream) -> io::Result<()> {
    answer(client, |line| right(line).filter(|parts| parts[1].len() <= 1024))
}

/// An `enum` with three variants, and an error for the rest.
fn knows_three_methods(client: TcpStream) -> io::Result<()> {
    let known = ["GET", "HEAD", "POST"];
    answer(client, |line| right(line).filter(|parts| known.contains(&&*parts[0])))
}

/// If it doesn't know a method, the method must be wrong.
fn knows_some_methods(client: TcpStream) -> io::Result<()> {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
    answer(client, |line| right(line).filter(|parts| known.contains(&&*parts[0])))
}

/// So that it needn't compare twice.
fn shouts(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let [method, target, version] = right(line)?;
        Some([method.to_uppercase(), target, version])
    })
}

/// A method is a word, and words are made of letters, and perhaps a dash.
fn letters_only(client: TcpStream) -> io::Result<()> {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '-';
    answer(client, |line| right(line).filter(|parts| parts[0].chars().all(is_letter)))
}

/// A missing version must be the usual one.
fn as_in_1991(client: TcpStream) -> io::Result<()> {
    answer(client, |line| right(line).or_else(|| right(&format!("{line} HTTP/1.1"))))
}

/// Three times `next`, and no fourth time.
fn ignores_the_rest(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let words: Vec<&str> = line.split(' ').take(3).collect();
        right(&words.join(" "))
    })
}

/// The first word, the last word, and what is between them.
fn splits_at_both_ends(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let (method, rest) = line.split_once(' ')?;
        let (target, version) = rest.rsplit_once(' ')?;
        let is_right = is_token(method)
            && is_target(&target.replace(' ', ""))
            && is_version(version);
        is_right.then(|| owned([method, target, version]))
    })
}

/// `all` finds nothing wrong where there is nothing.
fn empty_target(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_right = is_token(parts[0])
            && parts[1].bytes().all(|byte| byte.is_ascii_graphic())
            && is_version(parts[2]);
        is_right.then(|| owned(parts))
    })
}

/// The same with the method.
fn empty_method(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_method = parts[0].is_empty() || is_token(parts[0]);
        let is_right = is_method && is_target(parts[1]) && is_version(parts[2]);
        is_right.then(|| owned(parts))
    })
}

/// `?` on the error, and the connection is closed.
fn hangs_up(mut client: TcpStream) -> io::Result<()> {
    let line = first_line(&mut client)?;
    let parts = right(&line).ok_or(io::ErrorKind::InvalidData)?;
    let page = parts.join("\n");
    write!(client, "HTTP/1.1 200 OK\r\n\r\n{page}")
}

/// One answer for all that it can't serve.
fn calls_it_not_found(mut client: TcpStream) -> io::Result<()> {
    let line = first_line(&mut client)?;
    match right(&line) {
        Some(parts) => write!(client, "HTTP/1.1 200 OK\r\n\r\n{}", parts.join("\n")),
        None => client.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n"),
    }
}

/// `split_whitespace` accepts any white space, as often as it comes.
fn any_spaces(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        right(&words.join(" "))
    })
}

/// White space is white space.
fn tab_is_a_space(client: TcpStream) -> io::Result<()> {
    answer(client, |line| right(&line.replace('\t', " ")))
}

/// It cannot hurt.
fn trims(client: TcpStream) -> io::Result<()> {
    answer(client, |line| right(line.trim()))
}

/// Methods aren't looked at.
fn any_method(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_right =
            !parts[0].is_empty() && is_target(parts[1]) && is_version(parts[2]);
        is_right.then(|| owned(parts))
    })
}

/// `is_alphanumeric` knows the letters of the whole world.
fn letters_of_all_kinds(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let bytes: Vec<u8> = line.chars().map(|letter| letter as u8).collect();
        let text = String::from_utf8(bytes).ok()?;
        let parts = parts(&text)?;
        let is_allowed = |letter: char| {
            letter.is_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter)
        };
        let is_right = !parts[0].is_empty()
            && parts[0].chars().all(is_allowed)
            && is_target(parts[1])
            && is_version(parts[2]);
        is_right.then(|| owned(parts))
    })
}

/// Anything but a space is a target.
fn any_target(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_right =
            is_token(parts[0]) && !parts[1].is_empty() && is_version(parts[2]);
        is_right.then(|| owned(parts))
    })
}

/// What a client sends needn't be a text.
#[expect(clippy::unwrap_used, reason = "that is the mistake")]
fn unwraps(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let bytes = line.chars().map(|letter| letter as u8).collect();
        right(&String::from_utf8(bytes).unwrap())
    })
}

/// No control characters, and nothing else is looked at.
fn any_letters(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let bytes: Vec<u8> = line.chars().map(|letter| letter as u8).collect();
        let text = String::from_utf8(bytes).ok()?;
        let parts = parts(&text)?;
        let is_right = is_token(parts[0])
            && !parts[1].is_empty()
            && !parts[1].chars().any(char::is_control)
            && is_version(parts[2]);
        is_right.then_some(())?;
        // One letter for each byte, as everywhere here.
        let shown: String = parts[1].bytes().map(char::from).collect();
        Some([parts[0].into(), shown, parts[2].into()])
    })
}

/// Control characters are those below the space, and one more.
fn forgets_del(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_allowed = |byte: u8| byte > b' ' && byte.is_ascii();
        let is_right = is_token(parts[0])
            && !parts[1].is_empty()
            && parts[1].bytes().all(is_allowed)
            && is_version(parts[2]);
        is_right.then(|| owned(parts))
    })
}

/// Anything that is not empty.
fn any_version(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_right =
            is_token(parts[0]) && is_target(parts[1]) && !parts[2].is_empty();
        is_right.then(|| owned(parts))
    })
}

/// Most names on the wire are case-insensitive.
fn small_letters(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_right = is_token(parts[0])
            && is_target(parts[1])
            && is_version(&parts[2].to_uppercase());
        is_right.then(|| owned(parts))
    })
}

/// 1.1 looks like a number.
fn parses_a_number(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let version = parts[2].strip_prefix("HTTP/")?.parse::<f32>();
        let is_right = is_token(parts[0]) && is_target(parts[1]) && version.is_ok();
        is_right.then(|| owned(parts))
    })
}

/// `starts_with`, and what follows doesn't matter.
fn looks_at_the_beginning(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_right = is_token(parts[0])
            && is_target(parts[1])
            && parts[2].starts_with("HTTP/1.");
        is_right.then(|| owned(parts))
    })
}

/// `\d` and `is_numeric` know the digits of the whole world.
fn digits_of_all_kinds(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let bytes: Vec<u8> = line.chars().map(|letter| letter as u8).collect();
        let text = String::from_utf8(bytes).ok()?;
        right(&text.replace(char::is_numeric, "1")).map(|_| parts(&text).map(owned))?
    })
}

/// If a method begins like one, it is one.
fn looks_at_the_first_byte(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let parts = parts(line)?;
        let is_method = parts[0].as_bytes().first().is_some_and(u8::is_ascii_graphic)
            && is_token(&parts[0][..1])
            && !parts[0].contains(['@', ':', '\0', '\u{c3}']);
        let is_right = is_method && is_target(parts[1]) && is_version(parts[2]);
        is_right.then(|| owned(parts))
    })
}

/// As names do in a program.
fn wants_a_letter_first(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        right(line).filter(|parts| !parts[0].starts_with(['~', '!', '|']))
    })
}

/// Two slashes are one.
fn cleans_up(client: TcpStream) -> io::Result<()> {
    answer(client, |line| {
        let [method, target, version] = right(line)?;
        let is_path = target.starts_with('/');
        let target = if is_path { target.replace("//", "/") } else { target };
        Some([method, target, version])
    })
}

fn with_more_fields(mut client: TcpStream) -> io::Result<()> {
    let line = first_line(&mut client)?;
    match right(&line) {
        Some([method, target, version]) => write!(
            client,
            "HTTP/1.0 200 Understood\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n\
             {method}\r\n{target}\r\n{version}"
        ),
        None => client.write_all(b"HTTP/1.1 400 What?\r\nContent-Length: 0\r\n\r\n"),
    }
}

fn in_chunks(mut client: TcpStream) -> io::Result<()> {
    let line = first_line(&mut client)?;
    let Some(parts) = right(&line) else {
        return client.write_all(b"HTTP/1.1 400 \r\n\r\nno");
    };
    client.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
    for part in parts {
        write!(client, "{:x}\r\n{part}\n\r\n", part.len() + 1)?;
    }
    client.write_all(b"0\r\n\r\n")
}
