//! Bytes into a [`Request`]. No input or output happens here: a slice goes in, a verdict
//! comes out.

use std::borrow::Cow;
use std::fmt;

use crate::Status;
use crate::body::{Body, Framing};
use crate::cursor::{Cursor, TARGET, TOKEN};
use crate::target::{self, Target};

/// The longest head that is read, in bytes: request line, fields and blank line.
pub const MAX_HEAD: usize = 64 * 1024;
/// The longest method, in bytes; the longest registered one has 17 (RFC 9110, 16.1.1).
pub const MAX_METHOD: usize = 32;
/// The longest target, in bytes; a request line of 8000 must pass (RFC 9112, 3).
pub const MAX_TARGET: usize = 8000;
/// The most fields.
pub const MAX_FIELDS: usize = 100;

/// The head of a request, understood. It borrows the bytes that came.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// A token; upper and lower case are different.
    pub method: &'a [u8],
    /// The target as it came.
    pub target: &'a [u8],
    /// The target's path, percent-decoded, without control characters. Empty for
    /// `OPTIONS *` and for CONNECT, which ask for no path.
    pub path: Cow<'a, [u8]>,
    /// What follows the first `?` of the target, as it came.
    pub query: Option<&'a [u8]>,
    /// Host and port that the client wants: those of the target if it has them, else those
    /// of the Host field (RFC 9112, 3.2.2). None only in HTTP/1.0.
    pub authority: Option<&'a [u8]>,
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    /// How long the body is.
    pub body: Body,
    /// The client sends its body only when told to (RFC 9110, 10.1.1).
    pub expects_continue: bool,
    field_lines: &'a [u8],
}

/// Why the bytes are no request that this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The offending byte, counted from the first one given.
    pub offset: usize,
    /// The status of the answer.
    pub status: Status,
    /// What is wrong, for a person.
    pub reason: &'static str,
    /// Where the rule stands, such as `RFC 9112, 3.2`.
    pub section: &'static str,
}

/// Reads one head from the start of `bytes`.
///
/// `Ok(None)` means that more bytes are needed. A request comes with the number of bytes
/// its head took; what follows them is its body. Lines are judged when they are complete,
/// and a verdict stands: no further bytes change it.
///
/// ```
/// let (request, length) = step05::parse(b"GET /a?b HTTP/1.1\r\nHost: c\r\n\r\n")?.unwrap();
/// assert_eq!(request.method, b"GET");
/// assert_eq!(request.query, Some(b"b".as_slice()));
/// assert_eq!(length, 30);
/// assert!(step05::parse(b"GET /a?b HTTP/1.1\r\nHos")?.is_none());
/// assert_eq!(step05::parse(b"GET  / HTTP/1.1\r\n").unwrap_err().offset, 4);
/// # Ok::<(), step05::ParseError>(())
/// ```
///
/// # Errors
/// At the first byte that breaks a rule, with the status to answer.
pub fn parse(bytes: &[u8]) -> Result<Option<(Request<'_>, usize)>, ParseError> {
    let within = &bytes[..bytes.len().min(MAX_HEAD)];
    let complete =
        within.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let mut cursor = Cursor { bytes: &within[..complete], offset: 0 };
    // Some clients send an empty line after a body; it belongs to no request (RFC 9112, 2.2).
    while cursor.skip(b"\r\n") {}
    if !cursor.rest().is_empty() {
        let mut request = request_line(&mut cursor)?;
        let mut framing = Framing::default();
        let mut host = None;
        let fields = cursor.offset;
        for count in 0.. {
            let end = cursor.offset;
            if cursor.skip(b"\r\n") {
                request.field_lines = &bytes[fields..end];
                blank_line(&mut request, host, &framing, end)?;
                return Ok(Some((request, cursor.offset)));
            }
            if cursor.rest().is_empty() {
                break;
            }
            if count == MAX_FIELDS {
                let error = ParseError::bad(end, "too many fields", "RFC 6585, 5");
                return Err(error.answered(Status::REQUEST_HEADER_FIELDS_TOO_LARGE));
            }
            field_line(&mut cursor, &mut host, &mut framing, request.minor_version)?;
        }
    }
    if bytes.len() <= MAX_HEAD {
        return Ok(None);
    }
    let error = ParseError::bad(MAX_HEAD, "the head is too long", "RFC 6585, 5");
    Err(error.answered(Status::REQUEST_HEADER_FIELDS_TOO_LARGE))
}

/// `method SP request-target SP HTTP-version CRLF`, RFC 9112, 3.
fn request_line<'a>(line: &mut Cursor<'a>) -> Result<Request<'a>, ParseError> {
    let start = line.offset;
    let method =
        line.take_some(TOKEN, "a request begins with its method", "RFC 9112, 3.1")?;
    if method.len() > MAX_METHOD {
        let error = ParseError::bad(start, "the method is too long", "RFC 9112, 3");
        return Err(error.answered(Status::NOT_IMPLEMENTED));
    }
    line.expect(b" ", "one space follows the method", "RFC 9112, 3")?;
    let start = line.offset;
    let target =
        line.take_some(TARGET, "here the target should be", "RFC 9112, 3.2")?;
    if target.len() > MAX_TARGET {
        let error = ParseError::bad(
            start + MAX_TARGET,
            "the target is too long",
            "RFC 9112, 3",
        );
        return Err(error.answered(Status::URI_TOO_LONG));
    }
    line.expect(b" ", "one space and the version follow the target", "RFC 9112, 3")?;
    let minor_version = http_version(line)?;
    let Target { authority, path, query } = target::parse(method, target, start)?;
    Ok(Request {
        method,
        target,
        path,
        query,
        authority,
        minor_version,
        body: Body::Length(0),
        expects_continue: false,
        field_lines: b"",
    })
}

/// `HTTP-name "/" DIGIT "." DIGIT CRLF`, RFC 9112, 2.3; the minor version.
fn http_version(line: &mut Cursor<'_>) -> Result<u8, ParseError> {
    let start = line.offset;
    let [b'H', b'T', b'T', b'P', b'/', major, b'.', minor, ..] = *line.rest() else {
        return Err(line.error("here HTTP/1.1 or HTTP/1.0 should be", "RFC 9112, 2.3"));
    };
    if !major.is_ascii_digit() || !minor.is_ascii_digit() {
        return Err(line.error("here HTTP/1.1 or HTTP/1.0 should be", "RFC 9112, 2.3"));
    }
    line.offset += b"HTTP/1.1".len();
    line.expect(b"\r\n", "the line ends after the version", "RFC 9112, 3")?;
    if major != b'1' {
        let error = ParseError::bad(
            start + 5,
            "only HTTP/1 is spoken here",
            "RFC 9110, 15.6.6",
        );
        return Err(error.answered(Status::HTTP_VERSION_NOT_SUPPORTED));
    }
    Ok(minor - b'0')
}

/// `field-name ":" OWS field-value OWS CRLF`, RFC 9112, 5. Notes what says where the
/// request goes and how long it is.
fn field_line<'a>(
    line: &mut Cursor<'a>,
    host: &mut Option<&'a [u8]>,
    framing: &mut Framing,
    minor_version: u8,
) -> Result<(), ParseError> {
    let start = line.offset;
    if let [b' ' | b'\t', ..] = line.rest() {
        return Err(line.error("no field begins with a blank", "RFC 9112, 2.2 and 5.2"));
    }
    let name = line.take_some(TOKEN, "a field begins with its name", "RFC 9112, 5")?;
    line.expect(b":", "the colon follows the name at once", "RFC 9112, 5.1")?;
    while line.skip(b" ") || line.skip(b"\t") {}
    let offset = line.offset;
    let value = line.take_value().trim_ascii_end();
    line.expect(b"\r\n", "this byte cannot be in a field's value", "RFC 9110, 5.5")?;

    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    if is(b"host") {
        if host.replace(value).is_some() {
            return Err(ParseError::bad(start, "a second Host", "RFC 9112, 3.2"));
        }
        target::check_authority(value, offset)
    } else if is(b"content-length") {
        framing.content_length(value, offset)
    } else if is(b"transfer-encoding") {
        framing.transfer_encoding(value, offset)
    } else if is(b"expect") && minor_version > 0 {
        framing.expect(value, offset)
    } else {
        Ok(())
    }
}

/// What only the whole head can tell.
fn blank_line<'a>(
    request: &mut Request<'a>,
    host: Option<&'a [u8]>,
    framing: &Framing,
    offset: usize,
) -> Result<(), ParseError> {
    if host.is_none() && request.minor_version > 0 {
        return Err(ParseError::bad(offset, "there is no Host", "RFC 9112, 3.2"));
    }
    request.authority = request.authority.or(host);
    request.body = framing.body(request.minor_version)?;
    request.expects_continue = framing.expects_continue;
    Ok(())
}

impl<'a> Request<'a> {
    /// The fields in the order they came: names and values as they came, but for the blanks
    /// around the values.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let lines = self.field_lines.split(|&byte| byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }
}

impl ParseError {
    /// An error that is answered with 400.
    pub(crate) fn bad(
        offset: usize,
        reason: &'static str,
        section: &'static str,
    ) -> Self {
        Self { offset, status: Status::BAD_REQUEST, reason, section }
    }

    pub(crate) fn answered(self, status: Status) -> Self {
        Self { status, ..self }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.section)
    }
}

impl std::error::Error for ParseError {}
