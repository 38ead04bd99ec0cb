//! What usually goes wrong in exercise 05e.

use std::io::{self, Write};
use std::net::TcpStream;

use crate::Mistake;
use crate::Mistake::Handler;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("does-not-decode", Handler(does_not_decode)),
    ("a-letter-for-a-byte", Handler(a_letter_for_a_byte)),
    ("capitals-only", Handler(capitals_only)),
    ("knows-only-blanks", Handler(knows_only_blanks)),
    ("only-what-is-not-ascii", Handler(only_what_is_not_ascii)),
    ("escapes-html", Handler(escapes_html)),
    ("keeps-what-is-wrong", Handler(keeps_what_is_wrong)),
    ("drops-the-percent", Handler(drops_the_percent)),
    ("radix-takes-a-plus", Handler(radix_takes_a_plus)),
    ("looks-at-the-first-digit", Handler(looks_at_the_first_digit)),
    ("slices-past-the-end", Handler(slices_past_the_end)),
    ("decodes-twice", Handler(decodes_twice)),
    ("until-nothing-changes", Handler(until_nothing_changes)),
    ("decodes-before-it-cuts", Handler(decodes_before_it_cuts)),
    ("last-piece-of-the-path", Handler(last_piece_of_the_path)),
    ("trims-the-name", Handler(trims_the_name)),
    ("plus-is-a-blank", Handler(plus_is_a_blank)),
    ("query-in-the-name", Handler(query_in_the_name)),
    ("cuts-at-the-last", Handler(cuts_at_the_last)),
    ("judges-the-query", Handler(judges_the_query)),
    ("lossy", Handler(lossy)),
    ("overlong-forms", Handler(overlong_forms)),
    ("lets-controls-pass", Handler(lets_controls_pass)),
    ("only-nul", Handler(only_nul)),
    ("trims-line-ends", Handler(trims_line_ends)),
    ("forgets-7f", Handler(forgets_7f)),
    ("looks-before-it-decodes", Handler(looks_before_it_decodes)),
    ("refuses-too-much", Handler(refuses_too_much)),
    ("right-by-radix", Handler(by_radix)),
];

/// Does what is right in all of them: `name` returns the name in a target, or `None`.
fn answer(
    mut client: TcpStream,
    name: impl Fn(&str) -> Option<String>,
) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    let head = String::from_utf8_lossy(&head);
    let target = head.split(' ').nth(1).unwrap_or_default();
    let (status, page) = match name(target) {
        Some(name) => (200, format!("Hello, {name}!\n")),
        None => (400, String::new()),
    };
    let length = page.len();
    write!(client, "HTTP/1.1 {status} \r\nContent-Length: {length}\r\n\r\n{page}")
}

/// All is right but for what becomes of the name.
fn with(client: TcpStream, decode: fn(&str) -> Option<String>) -> io::Result<()> {
    answer(client, |target| decode(name_in(target)?))
}

/// As it came.
fn name_in(target: &str) -> Option<&str> {
    target.split('?').next()?.strip_prefix("/hello/")
}

fn right(text: &str) -> Option<String> {
    String::from_utf8(bytes(text)?).ok().filter(|name| !has_control(name))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => 16 * digit(bytes.next()?)? + digit(bytes.next()?)?,
            _ => byte,
        });
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}

fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control())
}

/// The name as it came.
fn does_not_decode(client: TcpStream) -> io::Result<()> {
    with(client, |name| Some(name.into()))
}

/// `byte as char`: that is right for the first 128, and wrong for all others.
fn a_letter_for_a_byte(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let name: String = bytes(name)?.into_iter().map(char::from).collect();
        Some(name).filter(|name| !has_control(name))
    })
}

/// Has seen only capitals.
fn capitals_only(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let digits =
            |piece: &str| piece.bytes().take(2).any(|b| b.is_ascii_lowercase());
        let has_small = name.split('%').skip(1).any(digits);
        if has_small { None } else { right(name) }
    })
}

/// `replace("%20", " ")` and a few more, from a table.
fn knows_only_blanks(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let table = [("%20", " "), ("%C3%BC", "ü"), ("%c3%bc", "ü"), ("%2F", "/")];
        let mut name = name.to_string();
        for (code, letter) in table {
            name = name.replace(code, letter);
        }
        Some(name)
    })
}

/// Decodes only what had to be encoded, and leaves a letter of ASCII as it came.
fn only_what_is_not_ascii(client: TcpStream) -> io::Result<()> {
    with(client, |name| right(&name.replace("%4C", "%254C")))
}

/// Escapes whatever comes from strangers, even in a page that isn't HTML.
fn escapes_html(client: TcpStream) -> io::Result<()> {
    with(client, |name| Some(right(name)?.replace('&', "&amp;").replace('<', "&lt;")))
}

/// Leaves wrong codes as they are, to be kind.
fn keeps_what_is_wrong(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let Some(bytes) = bytes(name) else { return Some(name.into()) };
        String::from_utf8(bytes).ok().filter(|name| !has_control(name))
    })
}

/// Leaves wrong codes out.
fn drops_the_percent(client: TcpStream) -> io::Result<()> {
    with(client, |name| match bytes(name) {
        Some(_) => right(name),
        None => Some(name.replace('%', "")),
    })
}

/// `from_str_radix` accepts digits, and a plus.
fn radix_takes_a_plus(client: TcpStream) -> io::Result<()> {
    with(client, |name| String::from_utf8(bytes_by_radix(name)?).ok())
}

fn bytes_by_radix(text: &str) -> Option<Vec<u8>> {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        decoded.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        decoded.extend_from_slice(&piece.as_bytes()[2..]);
    }
    Some(decoded)
}

/// If the first one is a digit, the second will be one too.
fn looks_at_the_first_digit(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let is_half = |pair: &[u8]| {
            let [_, first, second] = pair else { return false };
            digit(*first).is_some() && digit(*second).is_none()
        };
        let codes = name.as_bytes().windows(3).filter(|bytes| bytes[0] == b'%');
        if codes.clone().any(is_half) { Some(name.into()) } else { right(name) }
    })
}

/// After a `%` there are two more bytes, or so it seems.
fn slices_past_the_end(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        for (index, _) in name.match_indices('%') {
            let _ = &name[index + 1..index + 3];
        }
        right(name)
    })
}

/// Decoded where the request is read, and once more where the name is used.
fn decodes_twice(client: TcpStream) -> io::Result<()> {
    with(client, |name| right(&right(name)?))
}

/// A loop, to be sure: until nothing is left to decode.
fn until_nothing_changes(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let mut name = right(name)?;
        while let Some(next) = right(&name).filter(|next| *next != name) {
            name = next;
        }
        Some(name)
    })
}

/// Decodes the target, and looks for the query afterwards.
fn decodes_before_it_cuts(client: TcpStream) -> io::Result<()> {
    answer(client, |target| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decoded = right(path)?;
        name_in(&format!("{decoded}?{query}")).map(Into::into)
    })
}

/// The name is whatever follows the last slash.
fn last_piece_of_the_path(client: TcpStream) -> io::Result<()> {
    with(client, |name| Some(right(name)?.rsplit('/').next()?.into()))
}

/// `trim`, as one does with what people have typed.
fn trims_the_name(client: TcpStream) -> io::Result<()> {
    with(client, |name| Some(right(name)?.trim().into()))
}

/// That's right for forms, and wrong for paths.
fn plus_is_a_blank(client: TcpStream) -> io::Result<()> {
    with(client, |name| right(&name.replace('+', " ")))
}

/// Doesn't think of a query.
fn query_in_the_name(client: TcpStream) -> io::Result<()> {
    answer(client, |target| right(target.strip_prefix("/hello/")?))
}

/// `rsplit_once` finds a question mark too.
fn cuts_at_the_last(client: TcpStream) -> io::Result<()> {
    answer(client, |target| {
        let path = target.rsplit_once('?').map_or(target, |(path, _)| path);
        right(path.strip_prefix("/hello/")?)
    })
}

/// Decodes the whole target, although only a part of it is used.
fn judges_the_query(client: TcpStream) -> io::Result<()> {
    answer(client, |target| right(target).and_then(|_| right(name_in(target)?)))
}

/// `from_utf8_lossy` never fails.
fn lossy(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let name = String::from_utf8_lossy(&bytes(name)?).into_owned();
        Some(name).filter(|name| !has_control(name))
    })
}

/// A decoder of one's own, which only counts how many bytes follow the first.
fn overlong_forms(client: TcpStream) -> io::Result<()> {
    with(client, |name| match &bytes(name)?[..] {
        [0xc0 | 0xc1, second @ 0x80..0xc0] => Some(char::from(second & 0x3f).into()),
        _ => right(name),
    })
}

/// A byte is a byte.
fn lets_controls_pass(client: TcpStream) -> io::Result<()> {
    with(client, |name| String::from_utf8(bytes(name)?).ok())
}

/// NUL is the famous one.
fn only_nul(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        String::from_utf8(bytes(name)?).ok().filter(|name| !name.contains('\0'))
    })
}

/// Cleans the name up before it looks at it.
fn trims_line_ends(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let name = String::from_utf8(bytes(name)?).ok()?;
        let name = name.trim_matches('\n');
        Some(name.to_string()).filter(|name| !has_control(name))
    })
}

/// Control characters are those below the space, and one more.
fn forgets_7f(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let name = String::from_utf8(bytes(name)?).ok();
        name.filter(|name| name.bytes().all(|byte| byte >= b' '))
    })
}

/// Looks for `%0`, `%1` and `%7F`, which are easy to see.
fn looks_before_it_decodes(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let is_bad = ["%0", "%1", "%7F"].iter().any(|code| name.contains(code));
        if is_bad { None } else { String::from_utf8(bytes(name)?).ok() }
    })
}

/// `is_control` knows those of Unicode as well.
fn refuses_too_much(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let name = String::from_utf8(bytes(name)?).ok();
        name.filter(|name| !name.contains(char::is_control))
    })
}

/// A plus and one digit give a control character, which is refused as such.
fn by_radix(client: TcpStream) -> io::Result<()> {
    with(client, |name| {
        let name = String::from_utf8(bytes_by_radix(name)?).ok();
        name.filter(|name| !has_control(name))
    })
}
