//! A cursor over lines of bytes, and the classes of bytes that the grammar is made of.

use crate::ParseError;
use crate::rules::{BARE_CR, BARE_LF, Result, Rule};

/// `tchar`: what methods and field names are made of (RFC 9110, 5.6.2).
pub const TOKEN: u8 = 1;
/// Visible ASCII except `" # < >`: more than RFC 9112, 3.2 allows; browsers send it.
pub const TARGET: u8 = 2;
/// Visible ASCII, space, tab and everything from 0x80 on (RFC 9110, 5.5).
pub const FIELD_VALUE: u8 = 4;
/// What a host name is made of, percent-encoding included (RFC 3986, 3.2.2).
pub const HOST_NAME: u8 = 8;
/// Space and tab (RFC 9110, 5.6.3).
pub const WHITESPACE: u8 = 16;
/// `HEXDIG`: what a chunk size is made of (RFC 5234, B.1).
pub const HEX_DIGIT: u8 = 32;

/// The classes that each byte belongs to; NUL belongs to none.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        classes[byte as usize] = classes_of(byte);
        byte -= 1;
    }
    classes
};

const fn classes_of(byte: u8) -> u8 {
    let is_alphanumeric = byte.is_ascii_alphanumeric();
    let is_token = is_alphanumeric
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.')
        || matches!(byte, b'^'..=b'`' | b'|' | b'~');
    let is_host = is_alphanumeric
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$')
        || matches!(byte, b'&'..=b',' | b';' | b'=');
    let is_target =
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>');
    let is_whitespace = matches!(byte, b' ' | b'\t');
    let is_value = byte.is_ascii_graphic() || is_whitespace || byte >= 0x80;
    is_token as u8 * TOKEN
        + is_target as u8 * TARGET
        + is_value as u8 * FIELD_VALUE
        + is_host as u8 * HOST_NAME
        + is_whitespace as u8 * WHITESPACE
        + byte.is_ascii_hexdigit() as u8 * HEX_DIGIT
}

/// Returns whether `byte` belongs to `class`.
#[inline]
pub fn is(class: u8, byte: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// Returns whether a line ends at `index`: an LF, or what's in its place after a CR.
#[inline]
pub fn ends_line(bytes: &[u8], index: usize) -> bool {
    bytes[index] == b'\n' || (index > 0 && bytes[index - 1] == b'\r')
}

/// Counts the bytes at the start, in steps of `N`, that are of [`FIELD_VALUE`] but not
/// tabs. Unlike `&&`, `&` looks at every byte, so a whole step can be tested together.
#[inline]
fn visible<const N: usize>(bytes: &[u8]) -> usize {
    let (steps, _) = bytes.as_chunks::<N>();
    let is_visible = |step: &&[u8; N]| {
        step.iter().fold(true, |all, &byte| all & (byte >= b' ') & (byte != 0x7f))
    };
    N * steps.iter().take_while(is_visible).count()
}

/// Converts digits to a number, or to the largest `usize` if it's more.
pub fn number(digits: &[u8], radix: u32) -> usize {
    digits.iter().fold(0_usize, |number, &digit| {
        let digit = char::from(digit).to_digit(radix).unwrap_or_default();
        number.saturating_mul(radix as usize).saturating_add(digit as usize)
    })
}

/// Lines, and how far they have been read.
#[derive(Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    pub offset: usize,
    /// What's wrong if the bytes end inside a line: that happens only at a limit.
    limit: &'a Rule,
}

// `#[inline]`, because these are called every few bytes, and from other files.
impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], limit: &'a Rule) -> Self {
        Self { bytes, offset: 0, limit }
    }

    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    /// Takes the bytes before the first that isn't of `class`.
    #[inline]
    pub fn take(&mut self, class: u8) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().take_while(|&&byte| is(class, byte)).count();
        self.offset += length;
        &rest[..length]
    }

    /// Takes a field's value: sixteen bytes at a time, then eight, then one by one.
    #[inline]
    pub fn take_value(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let mut length = visible::<16>(rest);
        length += visible::<8>(&rest[length..]);
        let tail = rest[length..].iter();
        length += tail.take_while(|&&byte| is(FIELD_VALUE, byte)).count();
        self.offset += length;
        &rest[..length]
    }

    /// Takes at least one byte of `class`, or else `rule` is broken.
    #[inline]
    pub fn take_while1(&mut self, class: u8, rule: &Rule) -> Result<&'a [u8]> {
        let taken = self.take(class);
        if taken.is_empty() { Err(self.error(rule)) } else { Ok(taken) }
    }

    /// Takes `text` if it comes next.
    #[inline]
    pub fn eat(&mut self, text: &[u8]) -> bool {
        let comes = self.rest().starts_with(text);
        self.offset += if comes { text.len() } else { 0 };
        comes
    }

    /// Takes `text` if it comes next, and any whitespace around it.
    pub fn eat_padded(&mut self, text: &[u8]) -> bool {
        let start = self.offset;
        self.take(WHITESPACE);
        if !self.eat(text) {
            self.offset = start;
            return false;
        }
        self.take(WHITESPACE);
        true
    }

    /// Takes `text`, which must come next, or else `rule` is broken.
    #[inline]
    pub fn expect(&mut self, text: &[u8], rule: &Rule) -> Result<()> {
        if self.eat(text) { Ok(()) } else { Err(self.error(rule)) }
    }

    /// Returns the error for breaking `rule` here, or another that explains it better.
    #[cold]
    pub fn error(&self, rule: &Rule) -> ParseError {
        let rule = match self.rest() {
            [] | [b'\r'] => self.limit,
            [b'\n', ..] => &BARE_LF,
            [b'\r', after, ..] if *after != b'\n' => &BARE_CR,
            _ => rule,
        };
        rule.at(self.offset)
    }
}
