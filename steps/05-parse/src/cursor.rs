//! A place in the bytes, and the classes of bytes that the grammar of RFC 9110 and RFC 9112
//! is made of.

use crate::request::{ParseError, Span, bad};

/// `tchar`: what methods and field names are made of (RFC 9110, 5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// What this server takes in a target: all visible ASCII but `" # < >`. That is more than
/// RFC 9112, 3.2 allows and as much as browsers send.
pub(crate) const TARGET: u8 = 2;
/// Visible ASCII, blank, tab and everything from 0x80 on (RFC 9110, 5.5).
pub(crate) const FIELD_VALUE: u8 = 4;

/// For each byte the classes it belongs to.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        let mut class = 0;
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`')
            || matches!(byte, b'|' | b'~')
        {
            class |= TOKEN;
        }
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>') {
            class |= TARGET;
        }
        if byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | 0x80..) {
            class |= FIELD_VALUE;
        }
        classes[byte as usize] = class;
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
}

/// Complete lines, and how far they have been read.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub fn offset(&self) -> usize {
        self.offset
    }

    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    pub fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub fn starts_with(&self, prefix: &[u8]) -> bool {
        self.rest().starts_with(prefix)
    }

    pub fn skip(&mut self, count: usize) {
        self.offset += count;
    }

    /// Takes the bytes up to the first that is not of `class`.
    pub fn take(&mut self, class: u8) -> Span {
        let rest = self.rest();
        let outside = |&byte: &u8| CLASSES[usize::from(byte)] & class == 0;
        let length = rest.iter().position(outside).unwrap_or(rest.len());
        let start = self.offset;
        self.offset += length;
        Span {
            start,
            end: self.offset,
        }
    }

    /// Takes `byte`, or fails for `reason`.
    pub fn expect(
        &mut self,
        byte: u8,
        reason: &'static str,
        section: &'static str,
    ) -> Result<(), ParseError> {
        if self.rest().first() != Some(&byte) {
            return Err(self.error(reason, section));
        }
        self.skip(1);
        Ok(())
    }

    /// Takes CRLF, or fails for `reason`.
    pub fn end(
        &mut self,
        reason: &'static str,
        section: &'static str,
    ) -> Result<(), ParseError> {
        if !self.starts_with(b"\r\n") {
            return Err(self.error(reason, section));
        }
        self.skip(2);
        Ok(())
    }

    /// A line end that is none explains itself; anything else is wrong for `reason`.
    pub fn error(&self, reason: &'static str, section: &'static str) -> ParseError {
        match self.rest() {
            [b'\n', ..] => bad(
                self.offset,
                "a line ends with CR LF, not LF",
                "RFC 9112, 2.2",
            ),
            [b'\r', b'\n', ..] => bad(self.offset, reason, section),
            [b'\r', ..] => bad(self.offset, "a CR without LF", "RFC 9112, 2.2"),
            _ => bad(self.offset, reason, section),
        }
    }
}
