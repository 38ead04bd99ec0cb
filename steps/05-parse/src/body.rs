//! Where a request's body ends: by `Content-Length`, by `Transfer-Encoding: chunked`, or,
//! with neither, at once (RFC 9112, 6 and 7). Two servers that disagree about this let
//! requests be smuggled past one of them, so whatever is not plain is refused.

use crate::{ParseError, Status};

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
pub(crate) struct Framing {
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
        let length = number(value, 10).ok_or(ParseError::bad(
            offset,
            "Content-Length is no number",
            "RFC 9110, 8.6",
        ))?;
        if self.length.replace(length).is_some_and(|other| other != length) {
            let reason = "a second, different Content-Length";
            return Err(ParseError::bad(offset, reason, "RFC 9112, 6.3"));
        }
        if length > MAX_BODY { Err(too_large(offset)) } else { Ok(()) }
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
                return Err(ParseError::bad(
                    offset,
                    "nothing follows chunked",
                    "RFC 9112, 6.1",
                ));
            }
            self.is_chunked = coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
            self.has_unknown_coding |= !self.is_chunked;
        }
        Ok(())
    }

    /// What the client waits for before it sends the body (RFC 9110, 10.1.1).
    pub fn expect(&mut self, value: &[u8], offset: usize) -> Result<(), ParseError> {
        self.expects_continue = value.eq_ignore_ascii_case(b"100-continue");
        if self.expects_continue {
            return Ok(());
        }
        let error =
            ParseError::bad(offset, "an unknown expectation", "RFC 9110, 10.1.1");
        Err(error.answered(Status::EXPECTATION_FAILED))
    }

    /// The verdict, once all fields are known.
    pub fn body(&self, minor_version: u8) -> Result<Body, ParseError> {
        let Some(offset) = self.transfer_encoding else {
            return Ok(Body::Length(self.length.unwrap_or(0)));
        };
        let bad = |reason, section| Err(ParseError::bad(offset, reason, section));
        if minor_version == 0 {
            return bad("HTTP/1.0 has no Transfer-Encoding", "RFC 9112, 6.1");
        }
        if self.length.is_some() {
            return bad(
                "Transfer-Encoding and Content-Length exclude each other",
                "RFC 9112, 6.3",
            );
        }
        if !self.is_chunked {
            return bad("chunked must be the last coding", "RFC 9112, 6.3");
        }
        if self.has_unknown_coding {
            let error =
                ParseError::bad(offset, "an unknown transfer coding", "RFC 9112, 6.1");
            return Err(error.answered(Status::NOT_IMPLEMENTED));
        }
        Ok(Body::Chunked)
    }
}

/// The size in the line before a chunk; `;` begins an extension, which is ignored (RFC 9112,
/// 7.1). `line` comes without its CR LF.
pub(crate) fn chunk_size(line: &[u8], offset: usize) -> Result<usize, ParseError> {
    let size = line.split(|&byte| byte == b';').next().unwrap_or_default();
    let size = number(size.trim_ascii_end(), 16);
    size.ok_or(ParseError::bad(
        offset,
        "here the size of a chunk should be",
        "RFC 9112, 7.1",
    ))
}

/// Digits of that radix and nothing else, not even a sign; none when they are too many.
fn number(digits: &[u8], radix: u32) -> Option<usize> {
    let only_digits = digits.iter().all(|&byte| char::from(byte).is_digit(radix));
    let text = str::from_utf8(digits).ok().filter(|_| only_digits)?;
    usize::from_str_radix(text, radix).ok()
}

/// 413 for a body beyond [`MAX_BODY`].
pub(crate) fn too_large(offset: usize) -> ParseError {
    let error = ParseError::bad(offset, "the body is too large", "RFC 9110, 15.5.14");
    error.answered(Status::CONTENT_TOO_LARGE)
}
