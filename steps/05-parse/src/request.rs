//! Bytes into a [`Request`]. No input or output happens here: a slice goes in, a verdict
//! comes out.

use std::borrow::Cow;

use crate::ParseError;
use crate::body::{Body, Framing};
use crate::cursor::{self, Cursor, TOKEN};
use crate::rules::{
    self, COLON, FIELD_NAME, FIELD_VALUE, HEAD_TOO_LONG, LEADING_BLANK, METHOD,
    METHOD_END, METHOD_TOO_LONG, NO_HOST, SECOND_HOST, TARGET_END, TARGET_TOO_LONG,
    TOO_MANY_FIELDS, VERSION, VERSION_END, VERSION_UNKNOWN,
};
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
    #[cfg(test)]
    crate::work::looked_at(bytes.len());
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
                return Err(TOO_MANY_FIELDS.at(end));
            }
            field_line(&mut cursor, &mut host, &mut framing, request.minor_version)?;
        }
    }
    if bytes.len() > MAX_HEAD { Err(HEAD_TOO_LONG.at(MAX_HEAD)) } else { Ok(None) }
}

/// `method SP request-target SP HTTP-version CRLF`, RFC 9112, 3.
fn request_line<'a>(line: &mut Cursor<'a>) -> Result<Request<'a>, ParseError> {
    let start = line.offset;
    let method = line.take_some(TOKEN, &METHOD)?;
    if method.len() > MAX_METHOD {
        return Err(METHOD_TOO_LONG.at(start));
    }
    line.expect(b" ", &METHOD_END)?;
    let start = line.offset;
    let target = line.take_some(cursor::TARGET, &rules::TARGET)?;
    if target.len() > MAX_TARGET {
        return Err(TARGET_TOO_LONG.at(start + MAX_TARGET));
    }
    line.expect(b" ", &TARGET_END)?;
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
        return Err(line.broken(&VERSION));
    };
    if !major.is_ascii_digit() || !minor.is_ascii_digit() {
        return Err(line.broken(&VERSION));
    }
    line.offset += b"HTTP/1.1".len();
    line.expect(b"\r\n", &VERSION_END)?;
    if major != b'1' {
        return Err(VERSION_UNKNOWN.at(start + b"HTTP/".len()));
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
        return Err(line.broken(&LEADING_BLANK));
    }
    let name = line.take_some(TOKEN, &FIELD_NAME)?;
    line.expect(b":", &COLON)?;
    while line.skip(b" ") || line.skip(b"\t") {}
    let offset = line.offset;
    let value = line.take_value().trim_ascii_end();
    line.expect(b"\r\n", &FIELD_VALUE)?;

    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    if is(b"host") {
        if host.replace(value).is_some() {
            return Err(SECOND_HOST.at(start));
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
        return Err(NO_HOST.at(offset));
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
