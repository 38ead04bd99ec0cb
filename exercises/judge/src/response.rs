//! Bytes into an answer, or the first of the mistakes that everybody makes.

use crate::client::byte_count;
use crate::failure::{Fault, Log, Place, Str, Verdict};

/// One response, understood.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<Field>,
    /// The body; that of chunks, put together.
    pub body: Vec<u8>,
    pub framing: Framing,
    /// Where in all that came the answer begins, its body begins, and it ends.
    start: usize,
    body_start: usize,
    end: usize,
    client: usize,
    log: Log,
}

/// How a client knows where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none: HEAD, 1xx, 204, 304.
    NoBody,
    /// Content-Length says.
    Length(usize),
    /// The last chunk says.
    Chunked,
    /// The connection ends.
    Close,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    /// Without the blanks around it; what is no UTF-8 is replaced.
    pub value: String,
    /// Where the name begins in all that came.
    pub offset: usize,
    /// Where the value begins.
    pub value_offset: usize,
}

/// Why there is no response.
pub enum Stop {
    Nothing,
    /// What that means behind the end of the connection, and while the client waits.
    Partial(Reason, Reason),
    Open,
    /// At this byte of all that came: what it means, and why it is wrong.
    Wrong(usize, &'static str, &'static str),
}

/// What something means, and why it is wrong.
pub type Reason = (String, &'static str);

const BLANK_LINE: &str = "RFC 9112, section 2.1: after the status line and the fields \
                          comes an empty line, \\r\\n, then the body.";

fn partial_head() -> Stop {
    let missing = "The head of the answer never ends: the blank line is missing, so \
                   all that came is taken for fields, and there is no page.";
    let waiting = "The head of the answer does not end: the client waits for the blank \
                   line.";
    Stop::Partial((missing.into(), BLANK_LINE), (waiting.into(), BLANK_LINE))
}

fn partial_body(wanted: usize, came: usize) -> Stop {
    let (promised, more) = (byte_count(wanted), wanted - came);
    let promise =
        format!("Content-Length promises {promised}, and {came} came. The client");
    let missing = format!(
        "{promise} knows that something is missing: curl says \"transfer closed with \
         {more} bytes remaining to read\"."
    );
    let incomplete = "RFC 9112, section 6.3: when the connection closes before so many \
                      bytes have come, the message is incomplete.";
    let number =
        "RFC 9112, section 6.3: Content-Length is the number of bytes to wait for.";
    Stop::Partial(
        (missing, incomplete),
        (format!("{promise} waits for {more} more."), number),
    )
}

fn partial_chunks() -> Stop {
    let missing = "The chunks never end: the last one, of size 0, and the empty line \
                   after it are missing.";
    let waiting = "The chunks do not end: the client waits for the last one, of size \
                   0, and the empty line after it.";
    let why = "RFC 9112, section 7.1: chunked-body = *chunk last-chunk trailer-section \
               CRLF.";
    Stop::Partial((missing.into(), why), (waiting.into(), why))
}

fn mistake<T>(at: usize, meaning: &'static str, why: &'static str) -> Result<T, Stop> {
    Err(Stop::Wrong(at, meaning, why))
}

const STATUS: &str = "RFC 9112, section 4: status-line = HTTP-version SP status-code \
                      SP [ reason-phrase ], such as HTTP/1.1 200 OK.";

/// Reads one answer from the start of `bytes`, which begin at `start` of all that came,
/// and returns it and its length; `end` says that no more will come.
pub fn parse(
    bytes: &[u8],
    start: usize,
    method: &str,
    end: bool,
) -> Result<(Response, usize), Stop> {
    if bytes.is_empty() {
        return Err(Stop::Nothing);
    }
    let mut lines = Lines { bytes, start, offset: 0 };
    let (line, offset) = lines.next()?;
    let status = status(line, offset)?;
    let mut fields = Vec::new();
    loop {
        let (line, offset) = lines.next()?;
        if line.is_empty() {
            break;
        }
        fields.push(field(line, offset)?);
    }
    let body_start = start + lines.offset;
    let framing = framing(method, status, &fields)?;
    let rest = &bytes[lines.offset..];
    let (body, length) = match framing {
        Framing::NoBody => (Vec::new(), 0),
        Framing::Length(wanted) => {
            let body = rest.get(..wanted);
            let body = body.ok_or_else(|| partial_body(wanted, rest.len()))?;
            (body.to_vec(), wanted)
        }
        Framing::Chunked => chunks(rest, body_start)?,
        Framing::Close if end => (rest.to_vec(), rest.len()),
        Framing::Close => return Err(Stop::Open),
    };
    let answer = Response {
        status,
        fields,
        body,
        framing,
        start,
        body_start,
        end: body_start + length,
        client: 0,
        log: Log::new(),
    };
    Ok((answer, lines.offset + length))
}

/// The lines of a head, without their ends.
struct Lines<'a> {
    bytes: &'a [u8],
    start: usize,
    offset: usize,
}

impl<'a> Lines<'a> {
    /// The next line, if it is complete, and where in all that came it begins.
    fn next(&mut self) -> Result<(&'a [u8], usize), Stop> {
        let rest = &self.bytes[self.offset..];
        let offset = self.start + self.offset;
        let length = rest.iter().position(|&byte| byte == b'\n');
        let text = &rest[..length.unwrap_or(rest.len())];
        let is_first = self.offset == 0;
        if is_first {
            is_no_status_line(text, offset)?;
        }
        let length = length.ok_or_else(partial_head)?;
        self.offset += length + 1;
        let Some(text) = text.strip_suffix(b"\r") else {
            // A line of the page is told as such.
            if !is_first && !text.is_empty() {
                field(text, offset)?;
            }
            return mistake(
                offset + length,
                "A line of the head ends in \\n alone. curl and browsers forgive it; \
                 other clients take both lines for one.",
                "RFC 9112, section 2.2: lines end in CRLF, which is written \\r\\n.",
            );
        };
        if let Some(at) = text.iter().position(|&byte| byte == b'\r') {
            return mistake(
                offset + at,
                "There is a \\r in the middle of a line of the head.",
                "RFC 9112, section 2.2: a sender must not send \\r without \\n behind \
                 it.",
            );
        }
        Ok((text, offset))
    }
}

/// Bytes that cannot become a status line, whatever comes behind them.
fn is_no_status_line(line: &[u8], offset: usize) -> Result<(), Stop> {
    if line.is_empty() || line == b"\r" {
        return mistake(offset, "The answer begins with an empty line.", STATUS);
    }
    let name = b"HTTP/";
    let known = line.len().min(name.len());
    if line[..known] == name[..known] {
        return Ok(());
    }
    if line[..known].eq_ignore_ascii_case(&name[..known]) {
        return mistake(
            offset,
            "The name of the protocol is written HTTP, in capitals.",
            "RFC 9112, section 2.3: HTTP-name is case-sensitive.",
        );
    }
    mistake(
        offset,
        "The answer does not begin with a status line. A client that sees this \
         takes it for HTTP/0.9, a protocol of 1991, or for none: curl says \
         \"Received HTTP/0.9 when not allowed\".",
        STATUS,
    )
}

fn status(line: &[u8], offset: usize) -> Result<u16, Stop> {
    let version = line.strip_prefix(b"HTTP/1.").and_then(<[u8]>::split_first);
    let Some((b'0'..=b'9', rest)) = version else {
        return mistake(
            offset + b"HTTP/".len().min(line.len()),
            "The version in the status line is not 1.1.",
            "RFC 9112, section 2.3: HTTP-version = HTTP-name \"/\" DIGIT \".\" \
             DIGIT, and the major version of this protocol is 1.",
        );
    };
    let offset = offset + "HTTP/1.1".len();
    let code = rest.strip_prefix(b" ").unwrap_or_default();
    let digits = code.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits != 3 {
        return mistake(
            offset + usize::from(rest.starts_with(b" ")),
            "After the version come one space and a status code of three digits.",
            STATUS,
        );
    }
    if code.get(3) != Some(&b' ') {
        return mistake(
            offset + 4,
            "After the status code comes a space, even where no reason phrase follows.",
            STATUS,
        );
    }
    let digits = code[..3].iter().map(|digit| u16::from(digit - b'0'));
    Ok(digits.fold(0, |code, digit| code * 10 + digit))
}

fn field(line: &[u8], offset: usize) -> Result<Field, Stop> {
    let why = "RFC 9112, section 5: field-line = field-name \":\" OWS field-value OWS.";
    let Some(colon) = line.iter().position(|&byte| byte == b':') else {
        return mistake(
            offset,
            "This line of the head is no field: it has no colon. If it belongs to \
             the page, the blank line before it is missing.",
            BLANK_LINE,
        );
    };
    let name = &line[..colon];
    let is_token =
        |&byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if let Some(at) = name.iter().position(|byte| !is_token(byte)) {
        let meaning = if at > 0 && name[at..].iter().all(|byte| b" \t".contains(byte)) {
            "There is a blank between the name of the field and its colon. Some \
             clients then take the blank for a part of the name."
        } else if at == 0 && b" \t".contains(&name[0]) {
            "This line begins with a blank, so it belongs to the field before it; \
             that has been forbidden since 2014."
        } else {
            "This byte cannot be in the name of a field. If the line belongs to \
             the page, the blank line before it is missing."
        };
        return mistake(offset + at, meaning, why);
    }
    if name.is_empty() {
        return mistake(offset, "This field has no name.", why);
    }
    let value = &line[colon + 1..];
    let blanks = value.len() - value.trim_ascii_start().len();
    Ok(Field {
        name: String::from_utf8_lossy(name).into_owned(),
        value: String::from_utf8_lossy(value.trim_ascii()).into_owned(),
        offset,
        value_offset: offset + colon + 1 + blanks,
    })
}

fn framing(method: &str, status: u16, fields: &[Field]) -> Result<Framing, Stop> {
    let mut named = fields.iter().filter(|field| field.is("Content-Length"));
    let length = named.next();
    if let Some(second) = named.next() {
        return mistake(
            second.offset,
            "Content-Length stands there twice. Whoever takes the other one sees \
             another answer.",
            "RFC 9110, section 8.6: a sender must not send a Content-Length that it \
             knows to be incorrect; one of several must be.",
        );
    }
    let coding = fields.iter().find(|field| field.is("Transfer-Encoding"));
    if let (Some(_), Some(length)) = (coding, length) {
        return mistake(
            length.offset,
            "Both Transfer-Encoding and Content-Length say where the body ends.",
            "RFC 9112, section 6.2: a sender must not send Content-Length in a message \
             with Transfer-Encoding.",
        );
    }
    let number = length.map(|field| match field.value.parse() {
        Ok(length) if !field.value.starts_with('+') => Ok(length),
        _ => mistake(
            field.value_offset,
            "Content-Length is not a number.",
            "RFC 9110, section 8.6: Content-Length = 1*DIGIT.",
        ),
    });
    let length = number.transpose()?;
    if method == "HEAD" || has_no_body(status) {
        return Ok(Framing::NoBody);
    }
    match (coding, length) {
        (Some(coding), _) if coding.value.eq_ignore_ascii_case("chunked") => {
            Ok(Framing::Chunked)
        }
        (Some(coding), _) => mistake(
            coding.value_offset,
            "The client does not know this coding; it has asked for none.",
            "RFC 9112, section 6.1: chunked is the one that every client knows.",
        ),
        (None, Some(length)) => Ok(Framing::Length(length)),
        (None, None) => Ok(Framing::Close),
    }
}

fn has_no_body(status: u16) -> bool {
    status < 200 || matches!(status, 204 | 304)
}

/// The body in chunks, put together, and how many bytes they took.
fn chunks(bytes: &[u8], start: usize) -> Result<(Vec<u8>, usize), Stop> {
    const WHY: &str = "RFC 9112, section 7.1: chunk = chunk-size CRLF chunk-data CRLF, \
                       where the size is written in hexadecimal.";
    // A line, and where the next one begins.
    let line_at = |offset: usize| {
        let rest = &bytes[offset..];
        let length = rest
            .windows(2)
            .position(|two| two == b"\r\n")
            .ok_or_else(partial_chunks)?;
        Ok((String::from_utf8_lossy(&rest[..length]), offset + length + 2))
    };
    let mut body = Vec::new();
    let mut begin = 0;
    loop {
        let (line, data) = line_at(begin)?;
        let size = line.split(';').next().unwrap_or_default().trim_end();
        let Ok(size) = usize::from_str_radix(size, 16) else {
            return mistake(start + begin, "This is not the size of a chunk.", WHY);
        };
        if size == 0 {
            begin = data;
            break;
        }
        let end = data.saturating_add(size);
        body.extend_from_slice(bytes.get(data..end).ok_or_else(partial_chunks)?);
        match bytes.get(end..end + 2).ok_or_else(partial_chunks)? {
            b"\r\n" => begin = end + 2,
            _ if is_decimal(&line, &bytes[begin..]) => {
                return mistake(
                    start + begin,
                    "The size of this chunk is written in decimal. Clients read it as \
                     a hexadecimal number, in which 10 is sixteen.",
                    WHY,
                );
            }
            _ => {
                return mistake(
                    start + end,
                    "The chunk should end here: it is longer than its size says.",
                    WHY,
                );
            }
        }
    }
    // Trailer fields, then an empty line.
    loop {
        let (line, next) = line_at(begin)?;
        if line.is_empty() {
            return Ok((body, next));
        }
        begin = next;
    }
}

/// The size of this chunk fits if it is read as a decimal number.
fn is_decimal(size: &str, chunk: &[u8]) -> bool {
    let Ok(length) = size.parse::<usize>() else { return false };
    let end = size.len() + 2 + length;
    chunk.get(end..end + 2) == Some(b"\r\n")
}

impl Field {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl Response {
    pub fn seen_by(&mut self, client: usize, log: Log) {
        self.client = client;
        self.log = log;
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// The status must be one of these; `meaning` says what it means if not.
    pub fn expect_status(&self, wanted: &[u16], meaning: &str, why: &str) -> Verdict {
        if wanted.contains(&self.status) {
            return Ok(());
        }
        Err(self.wrong_at(self.start + "HTTP/1.1 ".len(), meaning, why))
    }

    pub fn expect_success(&self) -> Verdict {
        self.expect_status(
            &[200],
            "The request was complete and right, and the status says something else.",
            "RFC 9110, section 15.3.1: 200 means that the request has succeeded.",
        )
    }

    /// The field must be there; `meaning` says what it means if not.
    pub fn expect_field(&self, key: &str, meaning: &str, why: &str) -> Verdict<&Field> {
        self.field(key).ok_or_else(|| self.wrong_at(self.end_of_head(), meaning, why))
    }

    /// The body must be these bytes; `meaning` says what it means if not.
    pub fn expect_body(&self, wanted: &[u8], meaning: &str, why: &str) -> Verdict {
        if self.body == wanted {
            return Ok(());
        }
        let same = self.body.iter().zip(wanted).take_while(|(one, other)| one == other);
        let failure = self.wrong_in_body(same.count(), meaning, why);
        Err(failure.instead_of(wanted, &self.body))
    }

    /// Where the blank line is, by which everything about the answer must have come.
    pub fn end_of_head(&self) -> usize {
        self.body_start - 2
    }

    pub fn wrong_at(&self, offset: usize, meaning: impl Str, why: impl Str) -> Fault {
        self.log.failure(Place::Received(self.client, offset), meaning, why)
    }

    pub fn wrong_in_body(&self, at: usize, meaning: impl Str, why: impl Str) -> Fault {
        self.wrong_at(self.body_start + at, meaning, why)
    }

    pub fn wrong_value(&self, of: &Field, meaning: impl Str, why: impl Str) -> Fault {
        self.wrong_at(of.value_offset, meaning, why)
    }

    /// Bytes have come that belong to no answer.
    pub fn goes_on(&self, came: usize) -> Fault {
        let (more, status) = (came - self.end, self.status);
        let next = "On a line that stays open, the client takes it for the beginning \
                    of the next answer.";
        let (meaning, why) = match self.framing {
            Framing::Length(length) => (
                format!(
                    "Content-Length promises {}, and {more} more came. The client \
                     stops here, so the end of the page is cut off without a word.",
                    byte_count(length)
                ),
                "RFC 9112, section 6.3: Content-Length is the number of bytes, not of \
                 letters, and the message ends there.",
            ),
            Framing::NoBody if has_no_body(status) => (
                format!(
                    "A body comes, and with the status {status} there is none. {next}"
                ),
                "RFC 9112, section 6.3: answers with 1xx, 204 and 304 end with the \
                 blank line, whatever their fields say.",
            ),
            Framing::NoBody => (
                format!(
                    "A body comes after HEAD, which asks for the head alone. {next}"
                ),
                "RFC 9110, section 9.3.2: a server must not send content in answer to \
                 HEAD. The fields are those that GET would get.",
            ),
            _ => (
                "The answer has ended, and more bytes come. The client takes them for \
                 the beginning of the next answer."
                    .into(),
                "RFC 9112, section 7.1: the last chunk and the empty line after it are \
                 the end.",
            ),
        };
        self.wrong_at(self.end, meaning, why)
    }
}
