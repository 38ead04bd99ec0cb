//! Turns bytes into a [`Request`]. Nothing is read: a slice goes in, a verdict out.

use std::borrow::Cow;

use crate::body::{Body, Fields};
use crate::cursor::{self, Cursor, TOKEN, WHITESPACE, ends_line};
use crate::rules::{self, Result};
use crate::target::{self, Target};

/// The longest head, in bytes: request line, fields and blank line.
pub const MAX_HEAD: usize = 64 * 1024;
/// The most empty lines before a request line; RFC 9112, 2.2 asks for at least one.
pub const MAX_EMPTY_LINES: usize = 4;
/// The longest method, in bytes; the longest registered one has 17.
pub const MAX_METHOD: usize = 32;
/// The longest target, in bytes; a request line of 8000 must pass (RFC 9112, 3).
pub const MAX_TARGET: usize = 8000;
/// The most fields.
pub const MAX_FIELDS: usize = 100;

/// The head of a request, understood. It borrows the bytes that came.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// A case-sensitive token.
    pub method: &'a [u8],
    /// The target, as received.
    pub target: &'a [u8],
    /// The target's path, percent-decoded, without control characters. Empty for
    /// `OPTIONS *` and CONNECT, which don't name one.
    pub path: Cow<'a, [u8]>,
    /// What follows the first `?` of the target, as received.
    pub query: Option<&'a [u8]>,
    /// The host and port that the client wants: those of the target if it has any, or
    /// else those of Host (RFC 9112, 3.2.2). `None` only in HTTP/1.0.
    pub authority: Option<&'a [u8]>,
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    /// How long the body is.
    pub body: Body,
    /// The client waits to be told before it sends its body (RFC 9110, 10.1.1).
    pub expects_continue: bool,
    pub(crate) field_lines: &'a [u8],
}

/// Reads one head from the start of `bytes`.
///
/// `Ok(None)` means that more bytes are needed. A request comes with the length of its
/// head in bytes; its body follows. Lines are judged once they're complete, and a
/// verdict is final: more bytes don't change it.
///
/// ```
/// let head = b"GET /a?b HTTP/1.1\r\nHost: c\r\n\r\n";
/// let (request, length) = step05::parse(head)?.unwrap();
/// assert_eq!(request.method, b"GET");
/// assert_eq!(request.query, Some(b"b".as_slice()));
/// assert_eq!(length, 30);
/// assert!(step05::parse(b"GET /a?b HTTP/1.1\r\nHos")?.is_none());
/// assert_eq!(step05::parse(b"GET  / HTTP/1.1\r\n").unwrap_err().offset, 4);
/// # Ok::<(), step05::ParseError>(())
/// ```
///
/// # Errors
/// Returns the rule that's broken, where, and the status to answer with.
pub fn parse(bytes: &[u8]) -> Result<Option<(Request<'_>, usize)>> {
    let within = &bytes[..bytes.len().min(MAX_HEAD)];
    // Nothing can complete the last line of a head that's too long: judge it too.
    let is_too_long = bytes.len() >= MAX_HEAD;
    let last_end = (0..within.len()).rfind(|&at| is_too_long || ends_line(within, at));
    let lines = &within[..last_end.map_or(0, |at| at + 1)];
    let mut cursor = Cursor::new(lines, &rules::HEAD_TOO_LONG);
    skip_empty_lines(&mut cursor);
    if cursor.rest().is_empty() {
        return Ok(None);
    }
    let mut request = request_line(&mut cursor)?;
    let mut fields = Fields::default();
    let start = cursor.offset;
    for count in 0.. {
        let end = cursor.offset;
        if cursor.eat(b"\r\n") {
            request.field_lines = &bytes[start..end];
            request.complete(&fields, end)?;
            return Ok(Some((request, cursor.offset)));
        }
        if cursor.rest().is_empty() && !is_too_long {
            break;
        }
        if count == MAX_FIELDS {
            fields.refuse_later(rules::TOO_MANY_FIELDS.at(end));
        }
        fields.take(&mut cursor, request.minor_version)?;
    }
    Ok(None)
}

/// Skips the empty lines that some clients send after a body (RFC 9112, 2.2).
pub fn skip_empty_lines(cursor: &mut Cursor) {
    let mut left = MAX_EMPTY_LINES;
    while left > 0 && cursor.eat(b"\r\n") {
        left -= 1;
    }
}

/// Takes `method SP request-target SP HTTP-version CRLF`, RFC 9112, 3.
fn request_line<'a>(line: &mut Cursor<'a>) -> Result<Request<'a>> {
    let start = line.offset;
    let method = line.take_while1(TOKEN, &rules::METHOD)?;
    if method.len() > MAX_METHOD {
        return Err(rules::METHOD_TOO_LONG.at(start));
    }
    line.expect(b" ", &rules::METHOD_END)?;
    let start = line.offset;
    let target = line.take_while1(cursor::TARGET, &rules::TARGET)?;
    if target.len() > MAX_TARGET {
        return Err(rules::TARGET_TOO_LONG.at(start + MAX_TARGET));
    }
    line.expect(b" ", &rules::TARGET_END)?;
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

/// Takes `HTTP-version CRLF`, RFC 9112, 2.3. Returns the minor version.
fn http_version(line: &mut Cursor) -> Result<u8> {
    let start = line.offset;
    line.expect(b"HTTP/", &rules::VERSION)?;
    let &[major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', ..] = line.rest() else {
        return Err(rules::VERSION.at(start));
    };
    line.offset += b"1.1".len();
    line.expect(b"\r\n", &rules::VERSION_END)?;
    if major != b'1' {
        return Err(rules::VERSION_UNKNOWN.at(start + b"HTTP/".len()));
    }
    Ok(minor - b'0')
}

/// Takes `field-name ":" OWS field-value OWS CRLF`, RFC 9112, 5. Returns the name, the
/// value, and the value's offset.
#[inline]
pub fn field_line<'a>(line: &mut Cursor<'a>) -> Result<(&'a [u8], &'a [u8], usize)> {
    if let [b' ' | b'\t', ..] = line.rest() {
        return Err(line.error(&rules::LEADING_SPACE));
    }
    let name = line.take_while1(TOKEN, &rules::FIELD_NAME)?;
    line.expect(b":", &rules::COLON)?;
    line.take(WHITESPACE);
    let offset = line.offset;
    let value = line.take_value().trim_ascii_end();
    line.expect(b"\r\n", &rules::FIELD_VALUE)?;
    Ok((name, value, offset))
}

impl<'a> Request<'a> {
    /// Returns the fields in their order, without the whitespace around the values.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let lines = self.field_lines.split(|&byte| byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }

    /// Adds what only the whole head can tell. `offset` is that of the blank line.
    fn complete(&mut self, fields: &Fields<'a>, offset: usize) -> Result<()> {
        if fields.host.is_none() && self.minor_version > 0 {
            return Err(rules::NO_HOST.at(offset));
        }
        self.authority = self.authority.or(fields.host);
        self.body = fields.body(self.minor_version)?;
        self.expects_continue = fields.expects_continue;
        Ok(())
    }
}
