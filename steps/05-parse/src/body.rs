//! Finds where a request's body ends: by `Content-Length`, by `Transfer-Encoding:
//! chunked`, or, with neither, right away (RFC 9112, 6 and 7). If two servers disagree,
//! requests can be smuggled past one of them, so anything ambiguous is refused.

use crate::cursor::{Cursor, FIELD_VALUE, HEX_DIGIT, TOKEN, is, number};
use crate::request::field_line;
use crate::rules::{self, Result};
use crate::{ParseError, target};

/// The longest body, in bytes. It's read and thrown away: no page here wants one.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// This many bytes; 0 if the head doesn't announce a body.
    Length(usize),
    /// Chunks, the last of which is empty.
    Chunked,
}

/// What the fields so far say about where the request goes and where it ends.
#[derive(Debug, Default)]
pub struct Fields<'a> {
    pub host: Option<&'a [u8]>,
    pub expects_continue: bool,
    /// The digits of Content-Length, without leading zeros.
    length: Option<&'a [u8]>,
    /// Where the last Transfer-Encoding is, and whether its last coding is `chunked`.
    coding: Option<usize>,
    is_chunked: bool,
    /// Why the request is refused even if the rest is well-formed.
    refusal: Option<ParseError>,
}

impl<'a> Fields<'a> {
    /// Keeps a reason to refuse that isn't a mistake: mistakes come first. Of several,
    /// the lowest status wins, so that the order of the fields doesn't matter.
    #[cold]
    pub fn refuse_later(&mut self, error: ParseError) {
        if self.refusal.is_none_or(|other| error.status.0 < other.status.0) {
            self.refusal = Some(error);
        }
    }

    #[inline]
    pub fn take(&mut self, cursor: &mut Cursor<'a>, minor_version: u8) -> Result<()> {
        let start = cursor.offset;
        let (name, value, offset) = field_line(cursor)?;
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if is(b"host") {
            if self.host.replace(value).is_some() {
                return Err(rules::SECOND_HOST.at(start));
            }
            target::check_authority(value, offset)?;
        } else if is(b"content-length") {
            self.content_length(value, offset)?;
        } else if is(b"transfer-encoding") {
            self.transfer_encoding(value, offset)?;
        } else if is(b"expect") && minor_version > 0 {
            self.expect(value, offset);
        }
        Ok(())
    }

    /// Takes digits; if they come twice, they must be the same (RFC 9112, 6.3).
    fn content_length(&mut self, value: &'a [u8], offset: usize) -> Result<()> {
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(rules::LENGTH.at(offset));
        }
        let zeros = value.iter().take_while(|&&digit| digit == b'0').count();
        let digits = &value[zeros..];
        if self.length.replace(digits).is_some_and(|other| other != digits) {
            return Err(rules::SECOND_LENGTH.at(offset));
        }
        if number(digits, 10) > MAX_BODY {
            self.refuse_later(rules::BODY_TOO_LARGE.at(offset));
        }
        Ok(())
    }

    /// Takes a list of codings, the last of which is `chunked` (RFC 9112, 6.1). Refuses
    /// empty elements, which RFC 9110, 5.6.1.2 allows: servers may disagree on them.
    fn transfer_encoding(&mut self, value: &[u8], offset: usize) -> Result<()> {
        self.coding = Some(offset);
        for coding in elements(value) {
            if self.is_chunked {
                return Err(rules::CHUNKED_TWICE.at(offset));
            }
            let name = coding.split(|&byte| byte == b';').next().unwrap_or_default();
            let name = name.trim_ascii_end();
            self.is_chunked = name.eq_ignore_ascii_case(b"chunked");
            let is_token = !name.is_empty() && name.iter().all(|&byte| is(TOKEN, byte));
            if !is_token || (self.is_chunked && name != coding) {
                return Err(rules::CODING.at(offset));
            }
            if !self.is_chunked {
                self.refuse_later(rules::CODING_UNKNOWN.at(offset));
            }
        }
        Ok(())
    }

    /// Takes a list of what the client expects before the body (RFC 9110, 10.1.1).
    fn expect(&mut self, value: &[u8], offset: usize) {
        for expectation in elements(value).filter(|element| !element.is_empty()) {
            if expectation.eq_ignore_ascii_case(b"100-continue") {
                self.expects_continue = true;
            } else {
                self.refuse_later(rules::EXPECTATION.at(offset));
            }
        }
    }

    /// Returns the verdict once all fields are known: mistakes first.
    #[inline]
    pub fn body(&self, minor_version: u8) -> Result<Body> {
        if let Some(offset) = self.coding {
            if minor_version == 0 {
                return Err(rules::CODING_IN_1_0.at(offset));
            }
            if self.length.is_some() {
                return Err(rules::CODING_AND_LENGTH.at(offset));
            }
            if !self.is_chunked {
                return Err(rules::CHUNKED_NOT_LAST.at(offset));
            }
        }
        self.refusal.map_or(Ok(()), Err)?;
        let length = number(self.length.unwrap_or_default(), 10);
        Ok(if self.is_chunked { Body::Chunked } else { Body::Length(length) })
    }
}

/// Takes a chunk's size and extensions, RFC 9112, 7.1. Returns the size.
pub fn chunk_line(line: &mut Cursor) -> Result<usize> {
    let size = number(line.take_while1(HEX_DIGIT, &rules::CHUNK_SIZE)?, 16);
    while line.eat_padded(b";") {
        line.take_while1(TOKEN, &rules::CHUNK_EXTENSION)?;
        if line.eat_padded(b"=") {
            extension_value(line)?;
        }
    }
    line.expect(b"\r\n", &rules::CHUNK_EXTENSION)?;
    if size >= MAX_BODY { Err(rules::BODY_TOO_LARGE) } else { Ok(size) }
}

/// Takes a token or a `quoted-string` (RFC 9110, 5.6.4).
fn extension_value(line: &mut Cursor) -> Result<()> {
    if !line.eat(b"\"") {
        return line.take_while1(TOKEN, &rules::CHUNK_EXTENSION).map(drop);
    }
    loop {
        line.offset += match line.rest() {
            [b'"', ..] => break,
            [b'\\', escaped, ..] if is(FIELD_VALUE, *escaped) => 2,
            [b'\\'] => 1, // cut off at the limit, in the middle of the string
            [byte, ..] if is(FIELD_VALUE, *byte) && *byte != b'\\' => 1,
            _ => return Err(line.error(&rules::CHUNK_EXTENSION)),
        }
    }
    line.expect(b"\"", &rules::CHUNK_EXTENSION)
}

/// Takes a field after the last chunk, RFC 9112, 7.1.2. Returns false at the end.
pub fn trailer_line(line: &mut Cursor) -> Result<bool> {
    if line.eat(b"\r\n") { Ok(false) } else { field_line(line).map(|_| true) }
}

/// Returns the elements of a list (RFC 9110, 5.6.1).
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}
