//! A second opinion: the grammar of RFC 9110 and RFC 9112 written once more, in another
//! way, by regular expressions over whole lines. It says how step05 must answer
//! whatever has come, head, body and trailers, and is held against what it does answer.
//! Nothing of step05 is used but the numbers of its limits.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::Strategy;
use regex::bytes::Regex;
use step05::{MAX_BODY, MAX_EMPTY_LINES, MAX_FIELDS, MAX_HEAD, MAX_METHOD, MAX_TARGET};

use crate::checks::{End, Event, shown, visit};
use crate::ledger;
use crate::requests::{Bytes, anything, check_property};

/// The longest line of a chunked body, with its CR LF.
const MAX_CHUNK_LINE: usize = 4098;

const TOKEN: &str = "[-!#$%&'*+.^_`|~0-9A-Za-z]+";
const VALUE: &str = r"[\t -~\x80-\xff]*";
/// `BWS` and `OWS` differ in what a sender may do, not in what they are.
const BLANKS: &str = r"[ \t]*";
const QUOTED: &str = r#""(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*""#;
const OPEN_QUOTED: &str = r#""(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*\\?"#;
/// RFC 3986, 3.2.2, and up to 65535.
const PORT: &str = "0*(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|\
                    65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
const NAME: &str = "(?:[-.~_0-9A-Za-z!$&'()*+,;=]|%[0-9A-Fa-f]{2})+";

/// What is encoded must be so by two digits, and must not be a control character.
const PATH: &str = "/(?:[!$&-;=@-~]|%(?:[2-689A-Fa-f][0-9A-Fa-f]|7[0-9A-Ea-e]))*";

/// RFC 3986, 3.2.2: an address whose `::` has so many groups at most before it.
fn ipv6() -> String {
    let group = "[0-9A-Fa-f]{1,4}";
    let byte = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
    let last_two = format!(r"(?:{group}:{group}|{byte}(?:\.{byte}){{3}})");
    let before = |most: usize| match most {
        0 => String::new(),
        _ => format!("(?:(?:{group}:){{0,{}}}{group})?", most - 1),
    };
    let mut forms = vec![format!("(?:{group}:){{6}}{last_two}")];
    for after in (0..=5).rev() {
        forms.push(format!("{}::(?:{group}:){{{after}}}{last_two}", before(5 - after)));
    }
    forms.push(format!("{}::{group}", before(6)));
    forms.push(format!("{}::", before(7)));
    format!("(?:{})", forms.join("|"))
}

fn host() -> String {
    format!(r"(?:\[{}\]|{NAME})", ipv6())
}

fn authority() -> String {
    format!("{}(?::(?:{PORT})?)?", host())
}

/// A letter of a path as it is, or percent-encoded.
fn encoded(word: &str) -> String {
    let letter = |letter: char| format!("(?:{letter}|(?i:%{:02x}))", u32::from(letter));
    word.chars().map(letter).collect()
}

/// The pattern, over bytes; `.` is any of them.
fn regex(pattern: &str) -> Regex {
    Regex::new(&format!(r"\A(?s-u:{pattern})")).unwrap()
}

macro_rules! regexes {
    ($($name:ident: $pattern:expr;)*) => {
        $(static $name: LazyLock<Regex> = LazyLock::new(|| regex(&$pattern));)*
    };
}

regexes! {
    // What has come of a line once it can be judged: to its LF, or to a CR and what
    // follows it.
    LINE: r"[^\r\n]*(?:\r\n|\n|\r[^\n])";

    METHOD_AND_TARGET: format!("({TOKEN})(?: ([!$-;=?-~]*))?");
    REQUEST_LINE: format!(r"{TOKEN} [!$-;=?-~]+ HTTP/([0-9])\.([0-9])\r\n\z");
    HOST_AND_PORT: format!(r"{}:{PORT}\z", host());
    AUTHORITY: format!(r"{BLANKS}{}{BLANKS}\z", authority());
    TARGET: format!(
        r"(?:OPTIONS \*|[^ ]+ (?:(?i:http://){}({PATH}|)|({PATH}))(?:\?.*)?)\z",
        authority()
    );
    KNOWN_PATH: format!(r"(?:|/|/{})\z", encoded("inspect"));

    FIELD_LINE: format!(r"({TOKEN}):({VALUE})\r\n\z");
    FIELD_START: format!(r"(?:{TOKEN}(?::{VALUE})?)?\r?\z");
    LENGTH: format!(r"{BLANKS}(?:0+|0*([1-9][0-9]*)){BLANKS}\z");
    CODING: format!(
        "{BLANKS}({TOKEN})\
         ((?:{BLANKS};{BLANKS}{TOKEN}{BLANKS}={BLANKS}(?:{TOKEN}|{QUOTED}))*)\
         {BLANKS}(,|\\z)"
    );
    EXPECTATIONS: format!(
        "(?i){BLANKS}(?:100-continue)?{BLANKS}\
         (?:,{BLANKS}(?:100-continue)?{BLANKS})*\\z"
    );
    ANY: format!(r"{BLANKS}\*{BLANKS}\z");

    LINE_END: r"\r?\z";
    CHUNK_START: format!(
        "[0-9A-Fa-f]*\
         (?:{BLANKS};{BLANKS}{TOKEN}(?:{BLANKS}={BLANKS}(?:{TOKEN}|{QUOTED}))?)*\
         (?:{BLANKS};{BLANKS}\
         (?:{TOKEN}{BLANKS}(?:={BLANKS}(?:{TOKEN}|{OPEN_QUOTED})?)?)?)?\
         \r?\\z"
    );
    CHUNK_LINE: format!(
        "0*([0-9A-Fa-f]+)\
         (?:{BLANKS};{BLANKS}{TOKEN}(?:{BLANKS}={BLANKS}(?:{TOKEN}|{QUOTED}))?)*\r\n\\z"
    );
}

/// Why reading ends: more bytes are needed, or the request is refused with this status.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Wait,
    Refuse(u16),
}

const BAD: Stop = Stop::Refuse(400);

/// Refuses with 400 what does not hold.
fn demand(holds: bool) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(BAD) }
}

/// The status of the answer to `bytes`, none while the server has to wait for more.
pub fn verdict(bytes: &[u8]) -> Option<u16> {
    match Head::read(bytes).and_then(|head| head.answer(bytes)) {
        Ok(status) | Err(Stop::Refuse(status)) => Some(status),
        Err(Stop::Wait) => None,
    }
}

/// What a head says, as far as it has come.
#[derive(Debug, Default)]
struct Head {
    length: usize,
    /// Method and target.
    line: Option<Vec<u8>>,
    is_1_0: bool,
    fields: usize,
    has_host: bool,
    /// Without zeros at its start.
    content_length: Option<Vec<u8>>,
    codings: Vec<Vec<u8>>,
    expects_continue: bool,
    expects_more: bool,
    must_match: bool,
    must_not_exist: bool,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, Stop> {
        let mut head = Self::default();
        let mut empty_lines = 0;
        let mut rest = &bytes[..bytes.len().min(MAX_HEAD)];
        while let Some(line) = LINE.find(rest).map(|found| found.as_bytes()) {
            rest = &rest[line.len()..];
            head.length += line.len();
            match (&head.line, line) {
                (None, b"\r\n") => {
                    empty_lines += 1;
                    demand(empty_lines <= MAX_EMPTY_LINES)?;
                }
                (None, _) => head.request_line(line)?,
                (Some(_), b"\r\n") => return head.whole(),
                (Some(_), _) => head.field_line(line)?,
            }
        }
        if bytes.len() < MAX_HEAD {
            return Err(Stop::Wait);
        }
        // The last line is open, but too much has come to wait for its end.
        match &head.line {
            None => head.request_line(rest)?,
            Some(_) => demand(FIELD_START.is_match(rest))?,
        }
        Err(Stop::Refuse(431))
    }

    fn request_line(&mut self, line: &[u8]) -> Result<(), Stop> {
        let start = METHOD_AND_TARGET.captures(line).ok_or(BAD)?;
        if start[1].len() > MAX_METHOD {
            return Err(Stop::Refuse(501));
        }
        if start.get(2).is_some_and(|target| target.len() > MAX_TARGET) {
            return Err(Stop::Refuse(414));
        }
        let version = REQUEST_LINE.captures(line).ok_or(BAD)?;
        if &version[1] != b"1" {
            return Err(Stop::Refuse(505));
        }
        self.is_1_0 = &version[2] == b"0";
        let is_valid = match start[0].strip_prefix(b"CONNECT ") {
            Some(authority) => HOST_AND_PORT.is_match(authority),
            None => TARGET.is_match(&start[0]),
        };
        self.line = Some(start[0].to_vec());
        demand(is_valid)
    }

    fn field_line(&mut self, line: &[u8]) -> Result<(), Stop> {
        let field = FIELD_LINE.captures(line).ok_or(BAD)?;
        let value = &field[2];
        self.fields += 1;
        match &*field[1].to_ascii_lowercase() {
            b"host" => {
                demand(!self.has_host && AUTHORITY.is_match(value))?;
                self.has_host = true;
            }
            b"content-length" => {
                let digits = LENGTH.captures(value).ok_or(BAD)?;
                let digits =
                    digits.get(1).map_or(b"0".as_slice(), |all| all.as_bytes());
                let before = self.content_length.replace(digits.to_vec());
                demand(before.is_none_or(|before| before == digits))?;
            }
            b"transfer-encoding" => self.transfer_encoding(value)?,
            b"expect" if !self.is_1_0 => {
                let is_known = EXPECTATIONS.is_match(value);
                self.expects_more |= !is_known;
                self.expects_continue |= is_known && value.contains(&b'1');
            }
            b"if-match" => self.must_match |= !ANY.is_match(value),
            b"if-none-match" => self.must_not_exist |= ANY.is_match(value),
            _ => {}
        }
        Ok(())
    }

    fn transfer_encoding(&mut self, mut value: &[u8]) -> Result<(), Stop> {
        loop {
            let coding = CODING.captures(value).ok_or(BAD)?;
            demand(self.codings.last().is_none_or(|last| last != b"chunked"))?;
            let name = coding[1].to_ascii_lowercase();
            demand(name != b"chunked" || coding[2].is_empty())?;
            self.codings.push(name);
            value = &value[coding[0].len()..];
            if coding[3].is_empty() {
                return Ok(());
            }
        }
    }

    /// The verdict at the blank line: what is malformed first, then what is not taken.
    fn whole(self) -> Result<Self, Stop> {
        demand(self.has_host || self.is_1_0)?;
        if let Some(last) = self.codings.last() {
            demand(
                !self.is_1_0 && self.content_length.is_none() && last == b"chunked",
            )?;
        }
        let refusal = if self.announced().is_none() {
            413
        } else if self.expects_more {
            417
        } else if self.fields > MAX_FIELDS {
            431
        } else if self.codings.len() > 1 {
            501
        } else {
            return Ok(self);
        };
        Err(Stop::Refuse(refusal))
    }

    /// The length of the body, 0 if nothing is said of it, none if it is too large.
    fn announced(&self) -> Option<usize> {
        let Some(digits) = &self.content_length else { return Some(0) };
        let length = str::from_utf8(digits).unwrap().parse().ok();
        length.filter(|&length| length <= MAX_BODY)
    }

    /// The status for a request that is taken, once its body has come or is not waited
    /// for.
    fn answer(&self, bytes: &[u8]) -> Result<u16, Stop> {
        let body = &bytes[self.length..];
        if !self.expects_continue && !self.codings.is_empty() {
            chunked_body(body)?;
        } else if !self.expects_continue && Some(body.len()) < self.announced() {
            return Err(Stop::Wait);
        }
        let line = self.line.as_deref().unwrap_or_default();
        let method = line.split(|&byte| byte == b' ').next().unwrap_or_default();
        Ok(match method {
            b"GET" | b"HEAD" => {
                let target = TARGET.captures(line).unwrap();
                let path = target.get(1).or(target.get(2));
                if !path.is_some_and(|path| KNOWN_PATH.is_match(path.as_bytes())) {
                    404
                } else if self.must_match {
                    412
                } else if self.must_not_exist {
                    304
                } else {
                    200
                }
            }
            b"OPTIONS" => 204,
            b"POST" | b"PUT" | b"DELETE" | b"TRACE" | b"PATCH" => 405,
            _ => 501,
        })
    }
}

/// RFC 9112, 7.1: chunks, of which the last is empty, and a trailer section.
fn chunked_body(mut body: &[u8]) -> Result<(), Stop> {
    let all = body.len();
    loop {
        let line = line(&mut body, all, &CHUNK_START)?;
        let chunk = CHUNK_LINE.captures(line).ok_or(BAD)?;
        let size = str::from_utf8(&chunk[1]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap_or(usize::MAX);
        if size > MAX_BODY - (all - body.len()) {
            return Err(Stop::Refuse(413));
        }
        if size == 0 {
            break;
        }
        body = body.get(size..).ok_or(Stop::Wait)?;
        demand(self::line(&mut body, all, &LINE_END)? == b"\r\n")?;
    }
    loop {
        let line = line(&mut body, all, &FIELD_START)?;
        if line == b"\r\n" {
            return Ok(());
        }
        demand(FIELD_LINE.is_match(line))?;
    }
}

/// Takes the next line of a body that has `all` bytes. One that is too long is judged
/// by how it starts.
fn line<'a>(body: &mut &'a [u8], all: usize, start: &Regex) -> Result<&'a [u8], Stop> {
    let within = &body[..body.len().min(MAX_CHUNK_LINE)];
    let found = LINE.find(within).map(|found| found.as_bytes());
    let line = match found {
        None if within.len() < MAX_CHUNK_LINE => return Err(Stop::Wait),
        None => within,
        Some(line) => line,
    };
    *body = &body[line.len()..];
    if all - body.len() > MAX_BODY {
        return Err(Stop::Refuse(413));
    }
    if found.is_none() {
        demand(start.is_match(line))?;
        return Err(Stop::Refuse(413));
    }
    Ok(line)
}

/// How step05 answers when nothing comes after `bytes`, not even an end: it must not
/// wait.
pub fn answered(bytes: &[u8]) -> Option<u16> {
    status(&visit(&[Event::Bytes(bytes)], End::Break))
}

/// The status of an answer.
pub fn status(answer: &[u8]) -> Option<u16> {
    str::from_utf8(answer.get(9..12)?).unwrap().parse().ok()
}

/// A way in which the two may differ.
struct Class {
    name: &'static str,
    /// Whether this is why: looks at the bytes itself, so that it excuses nothing else.
    explains: fn(bytes: &[u8]) -> bool,
}

const CLASSES: &[Class] = &[Class {
    // step05 takes no coding that may have some, so it reads only the names.
    name: "parameters of a transfer coding that are malformed, or have a comma in a \
           string",
    explains: |bytes| {
        let mut without = bytes.to_vec();
        while PARAMETERS.is_match(&without) {
            without = PARAMETERS.replace_all(&without, b"$1").into_owned();
        }
        without != bytes && answered(&without) == verdict(&without)
    },
}];

/// What follows the name of a transfer coding.
pub static PARAMETERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i-u)(\ntransfer-encoding:[^;\r\n]*);[^\r\n,]*").unwrap()
});

/// Rarer than what is generated.
fn rare() -> Vec<Vec<u8>> {
    let long = "a".repeat(MAX_TARGET);
    let coding = |coding| {
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}, chunked\r\n\r\n"
        )
    };
    let open = |length: usize| {
        let start = "GET / HTTP/1.1\r\nX: ";
        format!("{start}{}", "a".repeat(length - start.len()))
    };
    let heads = [
        coding("a;"),
        coding("a;b=\"c,d\""),
        format!("{} / HTTP/1.1\r\n", "A".repeat(MAX_METHOD + 1)),
        format!("GET /{long} HTTP/1.1\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(MAX_FIELDS)),
        open(MAX_HEAD - 1),
        open(MAX_HEAD),
        open(MAX_HEAD + 1),
    ];
    heads.map(String::into_bytes).into()
}

#[test]
fn a_second_opinion_agrees() {
    let statuses = RefCell::new(BTreeMap::new());
    let classes = RefCell::new(vec![0; CLASSES.len()]);
    let check = |bytes: &[u8]| {
        let (step05, grammar) = (answered(bytes), verdict(bytes));
        *statuses.borrow_mut().entry(grammar.unwrap_or(0)).or_insert(0) += 1;
        if step05 != grammar {
            let class = CLASSES.iter().position(|class| (class.explains)(bytes));
            let class = class.unwrap_or_else(|| {
                panic!("step05: {step05:?}, grammar: {grammar:?}, {}", shown(bytes))
            });
            classes.borrow_mut()[class] += 1;
        }
    };
    rare().iter().for_each(|bytes| check(bytes));
    check_property(5000, &anything().prop_map(Bytes), |bytes| check(&bytes.0));

    let statuses = statuses.into_inner();
    println!("{statuses:?}");
    for status in [0, 200, 204, 304, 400, 404, 405, 412, 413, 414, 417, 431, 501, 505] {
        assert!(statuses.contains_key(&status), "nothing gets {status}: {statuses:?}");
    }
    for (class, count) in CLASSES.iter().zip(classes.into_inner()) {
        println!("{count:6} {}", class.name);
        assert!(
            count > 0,
            "nothing shows {:?}: the class explains nothing",
            class.name
        );
    }
}

/// What the ledger says of its requests, which end where they end, this grammar says
/// too.
#[test]
fn a_second_opinion_of_the_ledger() {
    for rule in ledger::rules(include_str!("ledger.txt")).unwrap() {
        for request in rule.requests.iter().filter(|request| request.status > 0) {
            let status = verdict(&ledger::bytes(request.text).unwrap()).unwrap_or(400);
            assert_eq!(status, request.status, "{}", request.text);
        }
    }
}
