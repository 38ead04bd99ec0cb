//! Where a request's body ends: by `Content-Length`, by `Transfer-Encoding: chunked`, or,
//! with neither, at once (RFC 9112, 6 and 7). Two servers that disagree about this let
//! requests be smuggled past one of them, so whatever is not plain is refused.

use crate::ParseError;
use crate::rules::{
    BODY_TOO_LARGE, CHUNK_SIZE, CHUNKED_NOT_LAST, CHUNKED_TWICE, CODING_AND_LENGTH,
    CODING_IN_1_0, CODING_UNKNOWN, EXPECTATION, LENGTH, SECOND_LENGTH,
};

/// The longest body that is read, in bytes. Nobody here wants one; to read it and throw it
/// away lets the client finish and find its answer.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// So many bytes; 0 when the head announces no body.
    Length(usize),
    /// Chunks, of which the last is empty.
    Chunked,
}

/// What the fields so far have said about the body.
#[derive(Debug, Default)]
pub struct Framing {
    pub expects_continue: bool,
    length: Option<usize>,
    /// Where the last Transfer-Encoding is, and the codings in all of them.
    transfer_encoding: Option<usize>,
    is_chunked: bool,
    has_unknown_coding: bool,
}

impl Framing {
    /// Digits and nothing else; said twice, it must be the same (RFC 9112, 6.3).
    pub fn content_length(
        &mut self,
        value: &[u8],
        offset: usize,
    ) -> Result<(), ParseError> {
        let length = number(value, 10).ok_or(LENGTH.at(offset))?;
        if self.length.replace(length).is_some_and(|other| other != length) {
            return Err(SECOND_LENGTH.at(offset));
        }
        if length > MAX_BODY { Err(BODY_TOO_LARGE.at(offset)) } else { Ok(()) }
    }

    /// A list of codings, of which `chunked` is the last (RFC 9112, 6.1).
    pub fn transfer_encoding(
        &mut self,
        value: &[u8],
        offset: usize,
    ) -> Result<(), ParseError> {
        self.transfer_encoding = Some(offset);
        for coding in value.split(|&byte| byte == b',') {
            if self.is_chunked {
                return Err(CHUNKED_TWICE.at(offset));
            }
            self.is_chunked = coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
            self.has_unknown_coding |= !self.is_chunked;
        }
        Ok(())
    }

    /// What the client waits for before it sends the body (RFC 9110, 10.1.1).
    pub fn expect(&mut self, value: &[u8], offset: usize) -> Result<(), ParseError> {
        self.expects_continue = value.eq_ignore_ascii_case(b"100-continue");
        if self.expects_continue { Ok(()) } else { Err(EXPECTATION.at(offset)) }
    }

    /// The verdict, once all fields are known.
    pub fn body(&self, minor_version: u8) -> Result<Body, ParseError> {
        let Some(offset) = self.transfer_encoding else {
            return Ok(Body::Length(self.length.unwrap_or(0)));
        };
        if minor_version == 0 {
            return Err(CODING_IN_1_0.at(offset));
        }
        if self.length.is_some() {
            return Err(CODING_AND_LENGTH.at(offset));
        }
        if !self.is_chunked {
            return Err(CHUNKED_NOT_LAST.at(offset));
        }
        if self.has_unknown_coding {
            return Err(CODING_UNKNOWN.at(offset));
        }
        Ok(Body::Chunked)
    }
}

/// The size in the line before a chunk; `;` begins an extension, which is ignored (RFC 9112,
/// 7.1). `line` comes without its CR LF.
pub fn chunk_size(line: &[u8], offset: usize) -> Result<usize, ParseError> {
    let size = line.split(|&byte| byte == b';').next().unwrap_or_default();
    number(size.trim_ascii_end(), 16).ok_or(CHUNK_SIZE.at(offset))
}

/// Digits of that radix and nothing else, not even a sign; none when they are too many.
fn number(digits: &[u8], radix: u32) -> Option<usize> {
    let only_digits = digits.iter().all(|&byte| char::from(byte).is_digit(radix));
    let text = str::from_utf8(digits).ok().filter(|_| only_digits)?;
    usize::from_str_radix(text, radix).ok()
}
