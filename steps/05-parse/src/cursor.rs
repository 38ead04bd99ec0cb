//! A place in the bytes, and the classes of bytes that the grammar is made of.

use crate::ParseError;

/// `tchar`: what methods and field names are made of (RFC 9110, 5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// What a target is made of here: visible ASCII but `" # < >`. RFC 9112, 3.2 allows less,
/// but browsers send it.
pub(crate) const TARGET: u8 = 2;
/// Visible ASCII, blank, tab and everything from 0x80 on (RFC 9110, 5.5).
pub(crate) const FIELD_VALUE: u8 = 4;

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
        classes[index] = if tchar { TOKEN } else { 0 }
            | if target { TARGET } else { 0 }
            | if value { FIELD_VALUE } else { 0 };
        index += 1;
    }
    classes
};

/// Complete lines, and how far they have been read.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
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
        let of_class = |byte: &&u8| CLASSES[usize::from(**byte)] & class != 0;
        let taken = &rest[..rest.iter().take_while(of_class).count()];
        self.offset += taken.len();
        taken
    }

    /// As [`Cursor::take`], but fails when there is none.
    #[inline]
    pub fn take_some(
        &mut self,
        class: u8,
        reason: &'static str,
        section: &'static str,
    ) -> Result<&'a [u8], ParseError> {
        let taken = self.take(class);
        if taken.is_empty() { Err(self.error(reason, section)) } else { Ok(taken) }
    }

    /// Takes `text` if it comes next.
    #[inline]
    pub fn skip(&mut self, text: &[u8]) -> bool {
        let comes = self.rest().starts_with(text);
        self.offset += if comes { text.len() } else { 0 };
        comes
    }

    /// Takes `text`, or fails for `reason`, which stands in `section` of an RFC.
    #[inline]
    pub fn expect(
        &mut self,
        text: &[u8],
        reason: &'static str,
        section: &'static str,
    ) -> Result<(), ParseError> {
        let comes = self.skip(text);
        if comes { Ok(()) } else { Err(self.error(reason, section)) }
    }

    /// An error here. A line end that is none explains itself.
    pub fn error(&self, reason: &'static str, section: &'static str) -> ParseError {
        let (reason, section) = match self.rest() {
            [b'\n', ..] => ("a line ends with CR LF, not with LF", "RFC 9112, 2.2"),
            [b'\r', after, ..] if *after != b'\n' => {
                ("a CR without LF", "RFC 9112, 2.2")
            }
            _ => (reason, section),
        };
        ParseError::bad(self.offset, reason, section)
    }
}
