//! Bytes into a [`Request`]. No input or output happens here: a slice goes in, a verdict
//! comes out. The rules of the lines are below, those of the target in [`crate::target`],
//! those of the body's length in [`crate::body`].

use std::borrow::Cow;
use std::fmt;

use crate::Status;
use crate::body::{Body, Framing};
use crate::cursor::{Cursor, FIELD_VALUE, TARGET, TOKEN};
use crate::target::{self, Target};

/// The longest head that is read, in bytes: request line, fields and blank line.
pub const MAX_HEAD: usize = 64 * 1024;
/// The longest method, in bytes. The longest one registered has 17 (RFC 9110, 16.1.1).
pub const MAX_METHOD: usize = 32;
/// The longest target, in bytes: a line of 8000 has to be accepted (RFC 9112, 3).
pub const MAX_TARGET: usize = 8000;
/// The most fields that are read.
pub const MAX_FIELDS: usize = 100;

/// One request's head, understood. It borrows the bytes that came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    bytes: &'a [u8],
    head: Head,
}

/// Where the parts of a head are, as offsets into the bytes that it was read from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    pub method: Span,
    pub target: Span,
    pub form: Target,
    pub minor_version: u8,
    pub fields: Span,
    pub host: Option<Span>,
    pub framing: Framing,
}

/// A range of bytes, `start` included, `end` not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
}

/// Why the bytes are no request that this server takes, and where they stop being one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The offending byte, counted from the first byte that was given.
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
/// `Ok(None)` means that the head goes on: more bytes are needed. Otherwise the request
/// comes with the number of bytes its head took; what follows them is its body.
///
/// A verdict stands: more bytes never change an error or a request into another one.
/// Lines are judged as soon as they are complete.
///
/// ```
/// let (request, length) = step05::parse(b"GET /a?b HTTP/1.1\r\nHost: c\r\n\r\n")?.unwrap();
/// assert_eq!(request.method(), b"GET");
/// assert_eq!(request.path(), b"/a".as_slice());
/// assert_eq!(length, 30);
/// assert!(step05::parse(b"GET /a?b HTTP/1.1\r\nHos")?.is_none());
/// assert_eq!(step05::parse(b"GET  / HTTP/1.1\r\n").unwrap_err().offset, 4);
/// # Ok::<(), step05::ParseError>(())
/// ```
///
/// # Errors
/// At the first byte that breaks a rule, with the status to answer.
pub fn parse(bytes: &[u8]) -> Result<Option<(Request<'_>, usize)>, ParseError> {
    let mut parser = Parser::default();
    let length = parser.resume(bytes)?;
    Ok(length.map(|length| (parser.request(bytes), length)))
}

/// [`parse`] for bytes that arrive in pieces: it looks at no line twice.
#[derive(Debug, Default)]
pub struct Parser {
    /// Up to here line ends have been looked for.
    searched: usize,
    /// Up to here lines have been understood.
    understood: usize,
    has_request_line: bool,
    field_count: usize,
    head: Head,
}

impl Parser {
    /// Goes on where the last call ended; the length of the head once it is complete.
    /// `bytes` are all that came since the first call, not only the new ones.
    ///
    /// # Errors
    /// As [`parse`]. After an error there is nothing to resume.
    pub fn resume(&mut self, bytes: &[u8]) -> Result<Option<usize>, ParseError> {
        let within = &bytes[..bytes.len().min(MAX_HEAD)];
        let unsearched = within.get(self.searched..).unwrap_or_default();
        if let Some(last) = unsearched.iter().rposition(|&byte| byte == b'\n') {
            let lines = &within[..=self.searched + last];
            if let Some(length) = self.lines(lines)? {
                return Ok(Some(length));
            }
        }
        self.searched = within.len();
        if bytes.len() > MAX_HEAD {
            return Err(self.too_long());
        }
        Ok(None)
    }

    /// The request that was understood, on the bytes that it was understood from.
    pub fn request<'a>(&self, bytes: &'a [u8]) -> Request<'a> {
        Request {
            bytes,
            head: self.head,
        }
    }

    /// Reads complete lines; the length of the head if the blank line is among them.
    fn lines(&mut self, lines: &[u8]) -> Result<Option<usize>, ParseError> {
        let mut cursor = Cursor::new(lines, self.understood);
        while !cursor.is_at_end() {
            if cursor.starts_with(b"\r\n") {
                cursor.skip(2);
                // An empty line before the request line is no blank line (RFC 9112, 2.2).
                if self.has_request_line {
                    self.blank_line(cursor.offset())?;
                    return Ok(Some(cursor.offset()));
                }
            } else if self.has_request_line {
                self.field_line(&mut cursor)?;
            } else {
                self.request_line(&mut cursor)?;
            }
            self.understood = cursor.offset();
        }
        Ok(None)
    }

    /// `method SP request-target SP HTTP-version CRLF`, RFC 9112, 3.
    fn request_line(&mut self, line: &mut Cursor<'_>) -> Result<(), ParseError> {
        let start = line.offset();
        self.head.method = line.take(TOKEN);
        if self.head.method.is_empty() {
            return Err(line.error("a request begins with its method", "RFC 9112, 3.1"));
        }
        if self.head.method.len() > MAX_METHOD {
            let error = line.error("the method is too long", "RFC 9112, 3");
            return Err(ParseError {
                offset: start,
                status: Status::NotImplemented,
                ..error
            });
        }
        line.expect(b' ', "one space follows the method", "RFC 9112, 3")?;
        self.head.target = line.take(TARGET);
        if self.head.target.is_empty() {
            return Err(line.error("here a target should be", "RFC 9112, 3.2"));
        }
        if self.head.target.len() > MAX_TARGET {
            let error = line.error("the target is too long", "RFC 9112, 3");
            let offset = self.head.target.start + MAX_TARGET;
            return Err(ParseError {
                offset,
                status: Status::UriTooLong,
                ..error
            });
        }
        line.expect(
            b' ',
            "one space, then the version, follows the target",
            "RFC 9112, 3",
        )?;
        self.head.minor_version = http_version(line)?;
        self.head.form =
            target::parse(line.bytes(), self.head.method, self.head.target)?;
        self.head.fields = Span {
            start: line.offset(),
            end: line.offset(),
        };
        self.has_request_line = true;
        Ok(())
    }

    /// `field-name ":" OWS field-value OWS CRLF`, RFC 9112, 5.
    fn field_line(&mut self, line: &mut Cursor<'_>) -> Result<(), ParseError> {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Err(
                line.error("a line cannot continue the one before", "RFC 9112, 5.2")
            );
        }
        self.field_count += 1;
        if self.field_count > MAX_FIELDS {
            let error = line.error("too many fields", "RFC 9110, 5.4");
            let status = Status::RequestHeaderFieldsTooLarge;
            return Err(ParseError { status, ..error });
        }
        let name = line.take(TOKEN);
        if name.is_empty() {
            return Err(line.error("a field begins with its name", "RFC 9110, 5.1"));
        }
        line.expect(b':', "the colon follows the name at once", "RFC 9112, 5.1")?;
        let value = line.take(FIELD_VALUE).trimmed(line.bytes());
        line.end("this byte cannot be in a field value", "RFC 9110, 5.5")?;
        self.head.fields.end = line.offset();
        self.field(line.bytes(), name, value)
    }

    /// Notes the fields that say where the request goes and how long it is.
    fn field(
        &mut self,
        bytes: &[u8],
        name: Span,
        value: Span,
    ) -> Result<(), ParseError> {
        let is = |wanted: &[u8]| name.of(bytes).eq_ignore_ascii_case(wanted);
        match name.len() {
            4 if is(b"host") => {
                if self.head.host.is_some() {
                    return Err(bad(name.start, "a second Host", "RFC 9112, 3.2"));
                }
                target::check_authority(bytes, value)?;
                self.head.host = Some(value);
            }
            6 if is(b"expect") => self.head.framing.expect(bytes, value),
            14 if is(b"content-length") => {
                self.head.framing.content_length(bytes, value)?;
            }
            17 if is(b"transfer-encoding") => {
                self.head.framing.transfer_encoding(bytes, value)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What only the whole head can tell. `end` is the offset after the blank line.
    fn blank_line(&mut self, end: usize) -> Result<(), ParseError> {
        if self.head.minor_version >= 1 && self.head.host.is_none() {
            return Err(bad(end - 2, "there is no Host", "RFC 9112, 3.2"));
        }
        self.head.framing.check(self.head.minor_version)
    }

    fn too_long(&self) -> ParseError {
        let (status, reason, section) = if self.has_request_line {
            let status = Status::RequestHeaderFieldsTooLarge;
            (status, "the fields are too long", "RFC 9110, 5.4")
        } else {
            (
                Status::UriTooLong,
                "the request line is too long",
                "RFC 9112, 3",
            )
        };
        ParseError {
            offset: MAX_HEAD,
            status,
            reason,
            section,
        }
    }
}

/// `HTTP-name "/" DIGIT "." DIGIT CRLF`, RFC 9112, 2.3; the minor version.
fn http_version(line: &mut Cursor<'_>) -> Result<u8, ParseError> {
    const SECTION: &str = "RFC 9112, 2.3";
    let start = line.offset();
    let [
        b'H',
        b'T',
        b'T',
        b'P',
        b'/',
        major @ b'0'..=b'9',
        b'.',
        minor @ b'0'..=b'9',
        ..,
    ] = *line.rest()
    else {
        return Err(line.error("here HTTP/1.1 or HTTP/1.0 should be", SECTION));
    };
    line.skip(8);
    line.end("the line should end after the version", SECTION)?;
    if major != b'1' {
        let reason = "this server speaks HTTP/1 only";
        let section = "RFC 9110, 15.6.6";
        let status = Status::HttpVersionNotSupported;
        return Err(ParseError {
            offset: start + 5,
            status,
            reason,
            section,
        });
    }
    Ok(minor - b'0')
}

/// An error whose answer is 400.
pub(crate) fn bad(
    offset: usize,
    reason: &'static str,
    section: &'static str,
) -> ParseError {
    ParseError {
        offset,
        status: Status::BadRequest,
        reason,
        section,
    }
}

impl<'a> Request<'a> {
    /// The method as it came: a token, upper and lower case being different.
    pub fn method(&self) -> &'a [u8] {
        self.head.method.of(self.bytes)
    }

    /// The target as it came.
    pub fn target(&self) -> &'a [u8] {
        self.head.target.of(self.bytes)
    }

    /// The target's path, percent-decoded. It may hold any byte but a control; empty for
    /// the targets of `OPTIONS *` and CONNECT, which name no path.
    pub fn path(&self) -> Cow<'a, [u8]> {
        match self.head.form.path.of(self.bytes) {
            // `http://example.org` means `http://example.org/` (RFC 9110, 4.2.3).
            [] if self.head.form.authority.is_some() => Cow::Borrowed(b"/"),
            path => target::decoded(path),
        }
    }

    /// What follows the first `?` of the target, as it came.
    pub fn query(&self) -> Option<&'a [u8]> {
        self.head.form.query.map(|query| query.of(self.bytes))
    }

    /// Whom the client wants to talk to: host and port of the target if it has them, else
    /// those of the Host field (RFC 9112, 3.2.2). None only in HTTP/1.0.
    pub fn authority(&self) -> Option<&'a [u8]> {
        let authority = self.head.form.authority.or(self.head.host);
        authority.map(|authority| authority.of(self.bytes))
    }

    /// The minor version: 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub fn minor_version(&self) -> u8 {
        self.head.minor_version
    }

    /// The fields in the order they came, each with its name and its value as they came
    /// but for the blanks around the value.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let lines = self.head.fields.of(self.bytes).split(|&byte| byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }

    /// What follows the head.
    pub fn body(&self) -> Body {
        self.head.framing.body()
    }

    /// The client sends the body only when told to (RFC 9110, 10.1.1).
    pub fn expects_continue(&self) -> bool {
        self.head.framing.expects_continue(self.head.minor_version)
    }
}

impl Span {
    /// The bytes in the range; none where the range is not in `bytes`.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub fn len(self) -> usize {
        self.end - self.start
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Without the blanks and tabs at both ends.
    pub fn trimmed(self, bytes: &[u8]) -> Self {
        let slice = self.of(bytes);
        let start = self.start + (slice.len() - slice.trim_ascii_start().len());
        Self {
            start,
            end: start + slice.trim_ascii().len(),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.section)
    }
}

impl std::error::Error for ParseError {}
