//! A place in the bytes, and the classes of bytes that the grammar is made of.

use crate::ParseError;
use crate::rules::{BARE_CR, BARE_LF};

/// `tchar`: what methods and field names are made of (RFC 9110, 5.6.2).
pub const TOKEN: u8 = 1;
/// What a target is made of here: visible ASCII but `" # < >`. RFC 9112, 3.2 allows less,
/// but browsers send it.
pub const TARGET: u8 = 2;
/// Visible ASCII, blank, tab and everything from 0x80 on (RFC 9110, 5.5).
const FIELD_VALUE: u8 = 4;
/// What the name of a host is made of, percent-encoding included (RFC 3986, 3.2.2).
pub const HOST_NAME: u8 = 8;

/// For each byte the classes it belongs to.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut index = 0;
    while index < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let byte = index as u8;
        let tchar = byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.')
            || matches!(byte, b'^'..=b'`' | b'|' | b'~');
        let target =
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>');
        let value = byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | 0x80..);
        let host = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$')
            || matches!(byte, b'&'..=b',' | b';' | b'=');
        classes[index] = if tchar { TOKEN } else { 0 }
            | if target { TARGET } else { 0 }
            | if value { FIELD_VALUE } else { 0 }
            | if host { HOST_NAME } else { 0 };
        index += 1;
    }
    classes
};

/// Whether `byte` belongs to `class`.
#[inline]
pub fn is(class: u8, byte: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// How many bytes at the start, in steps of `N`, are of [`FIELD_VALUE`] and no tab. `&`
/// looks at every byte, where `&&` would stop at the first that is not; this lets the
/// compiler test all of a step at once.
#[inline]
fn visible<const N: usize>(bytes: &[u8]) -> usize {
    let (steps, _) = bytes.as_chunks::<N>();
    let is_visible = |step: &&[u8; N]| {
        step.iter().fold(true, |all, &byte| all & (byte >= b' ') & (byte != 0x7f))
    };
    N * steps.iter().take_while(is_visible).count()
}

/// Complete lines, and how far they have been read.
#[derive(Debug)]
pub struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub offset: usize,
}

// Each of these is called for every few bytes, mostly from other files. Asked to, the
// compiler puts them in where they are called, and parsing takes half as long.
impl<'a> Cursor<'a> {
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    /// Takes the bytes up to the first that is not of `class`.
    #[inline]
    pub fn take(&mut self, class: u8) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().take_while(|&&byte| is(class, byte)).count();
        let taken = &rest[..length];
        self.offset += taken.len();
        taken
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

    /// As [`Cursor::take`], but there must be some, or `rule` is broken.
    #[inline]
    pub fn take_some(
        &mut self,
        class: u8,
        rule: &ParseError,
    ) -> Result<&'a [u8], ParseError> {
        let taken = self.take(class);
        if taken.is_empty() { Err(self.broken(rule)) } else { Ok(taken) }
    }

    /// Takes `text` if it comes next.
    #[inline]
    pub fn skip(&mut self, text: &[u8]) -> bool {
        let comes = self.rest().starts_with(text);
        self.offset += if comes { text.len() } else { 0 };
        comes
    }

    /// Takes `text`, which must come next, or `rule` is broken.
    #[inline]
    pub fn expect(&mut self, text: &[u8], rule: &ParseError) -> Result<(), ParseError> {
        if self.skip(text) { Ok(()) } else { Err(self.broken(rule)) }
    }

    /// `rule` is broken here, unless a line end that is none explains it better.
    pub fn broken(&self, rule: &ParseError) -> ParseError {
        let rule = match self.rest() {
            [b'\n', ..] => &BARE_LF,
            [b'\r', after, ..] if *after != b'\n' => &BARE_CR,
            _ => rule,
        };
        rule.at(self.offset)
    }
}
