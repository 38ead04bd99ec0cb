//! Where a request's body ends: by `Content-Length`, by `Transfer-Encoding: chunked`, or,
//! with neither, at once (RFC 9112, 6 and 7). To disagree about this with another server
//! is how requests are smuggled, so whatever is not plain is refused.

use crate::Status;
use crate::request::{ParseError, Span, bad};

/// The longest body that is read, in bytes. Nobody here wants one; to read it and throw it
/// away lets the client finish and find its answer.
pub const MAX_BODY: u64 = 1024 * 1024;

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// So many bytes; 0 when the head announces no body.
    Length(u64),
    /// Chunks, the last of which is empty.
    Chunked,
}

/// What the fields said so far about the body. Spans point at the value that said it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Framing {
    length: Option<(u64, Span)>,
    transfer_encoding: Option<Span>,
    chunked: bool,
    unknown_coding: Option<Span>,
    expectation: Option<(Expectation, Span)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expectation {
    Continue,
    Unknown,
}

impl Framing {
    /// Digits and nothing else; said twice, it must be the same (RFC 9112, 6.3).
    pub fn content_length(
        &mut self,
        bytes: &[u8],
        value: Span,
    ) -> Result<(), ParseError> {
        const SECTION: &str = "RFC 9110, 8.6";
        let digits = value.of(bytes);
        let length = decimal(digits).ok_or(bad(
            value.start,
            "Content-Length is not a number",
            SECTION,
        ))?;
        match self.length {
            Some((other, _)) if other != length => {
                let reason = "a second, different Content-Length";
                Err(bad(value.start, reason, "RFC 9112, 6.3"))
            }
            _ => {
                self.length = Some((length, value));
                Ok(())
            }
        }
    }

    /// A list of codings, of which `chunked` must be the last (RFC 9112, 6.1).
    pub fn transfer_encoding(
        &mut self,
        bytes: &[u8],
        value: Span,
    ) -> Result<(), ParseError> {
        self.transfer_encoding = Some(value);
        for coding in value
            .of(bytes)
            .split(|&byte| byte == b',')
            .map(<[u8]>::trim_ascii)
        {
            if self.chunked {
                return Err(bad(
                    value.start,
                    "nothing follows chunked",
                    "RFC 9112, 6.1",
                ));
            } else if coding.eq_ignore_ascii_case(b"chunked") {
                self.chunked = true;
            } else {
                self.unknown_coding = Some(value);
            }
        }
        Ok(())
    }

    /// Notes what the client waits for before it sends the body (RFC 9110, 10.1.1).
    pub fn expect(&mut self, bytes: &[u8], value: Span) {
        let is_continue = value.of(bytes).eq_ignore_ascii_case(b"100-continue");
        let expectation = if is_continue {
            Expectation::Continue
        } else {
            Expectation::Unknown
        };
        self.expectation = Some((expectation, value));
    }

    /// What can be said only when all fields are known.
    pub fn check(&self, minor_version: u8) -> Result<(), ParseError> {
        if let Some(value) = self.transfer_encoding {
            self.check_transfer_encoding(value, minor_version)?;
        }
        if let Some((length, value)) = self.length
            && length > MAX_BODY
        {
            return Err(too_large(value.start));
        }
        match self.expectation {
            Some((Expectation::Unknown, value)) if minor_version >= 1 => {
                let error =
                    bad(value.start, "an unknown expectation", "RFC 9110, 10.1.1");
                Err(ParseError {
                    status: Status::ExpectationFailed,
                    ..error
                })
            }
            _ => Ok(()),
        }
    }

    fn check_transfer_encoding(
        &self,
        value: Span,
        minor_version: u8,
    ) -> Result<(), ParseError> {
        if minor_version == 0 {
            let reason = "HTTP/1.0 has no Transfer-Encoding";
            return Err(bad(value.start, reason, "RFC 9112, 6.1"));
        }
        if self.length.is_some() {
            let reason = "Transfer-Encoding and Content-Length contradict each other";
            return Err(bad(value.start, reason, "RFC 9112, 6.3"));
        }
        if !self.chunked {
            return Err(bad(
                value.start,
                "the last coding is not chunked",
                "RFC 9112, 6.3",
            ));
        }
        if let Some(unknown) = self.unknown_coding {
            let error =
                bad(unknown.start, "an unknown transfer coding", "RFC 9112, 6.1");
            return Err(ParseError {
                status: Status::NotImplemented,
                ..error
            });
        }
        Ok(())
    }

    pub fn body(&self) -> Body {
        match self.length {
            _ if self.chunked => Body::Chunked,
            Some((length, _)) => Body::Length(length),
            None => Body::Length(0),
        }
    }

    /// HTTP/1.0 knows no expectations, and its clients do not wait.
    pub fn expects_continue(&self, minor_version: u8) -> bool {
        let expects = matches!(self.expectation, Some((Expectation::Continue, _)));
        expects && minor_version >= 1
    }
}

/// The size in the line before a chunk, in hexadecimal; an extension after `;` is ignored
/// (RFC 9112, 7.1). `line` comes without its CR LF.
pub(crate) fn chunk_size(line: &[u8]) -> Result<u64, ParseError> {
    const SECTION: &str = "RFC 9112, 7.1";
    let size = line.split(|&byte| byte == b';').next().unwrap_or_default();
    let digits = size.trim_ascii_end();
    let length = line
        .iter()
        .position(|byte| !byte.is_ascii_hexdigit())
        .unwrap_or(line.len());
    if digits.is_empty() || length < digits.len() {
        return Err(bad(length, "here a chunk's size should be", SECTION));
    }
    let too_large = || too_large(0);
    digits.iter().try_fold(0_u64, |size, &digit| {
        let digit = char::from(digit).to_digit(16).unwrap_or_default();
        size.checked_mul(16)
            .map(|size| size + u64::from(digit))
            .ok_or_else(too_large)
    })
}

/// 413 for a body beyond [`MAX_BODY`].
pub(crate) fn too_large(offset: usize) -> ParseError {
    let error = bad(offset, "the body is too large", "RFC 9110, 15.5.14");
    ParseError {
        status: Status::ContentTooLarge,
        ..error
    }
}

/// Digits and nothing else, not even a sign; none when there are too many.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(digits).ok()?.parse().ok()
}
