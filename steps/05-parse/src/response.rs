//! A [`Response`] into bytes: one buffer, so that one write can send it.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

/// A status code and the words that follow it, which no program reads (RFC 9112, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub &'static str);

#[expect(missing_docs, reason = "the names are those of RFC 9110 and RFC 6585")]
impl Status {
    pub const OK: Self = Self(200, "OK");
    pub const NO_CONTENT: Self = Self(204, "No Content");
    pub const BAD_REQUEST: Self = Self(400, "Bad Request");
    pub const NOT_FOUND: Self = Self(404, "Not Found");
    pub const METHOD_NOT_ALLOWED: Self = Self(405, "Method Not Allowed");
    pub const REQUEST_TIMEOUT: Self = Self(408, "Request Timeout");
    pub const CONTENT_TOO_LARGE: Self = Self(413, "Content Too Large");
    pub const URI_TOO_LONG: Self = Self(414, "URI Too Long");
    pub const EXPECTATION_FAILED: Self = Self(417, "Expectation Failed");
    pub const REQUEST_HEADER_FIELDS_TOO_LARGE: Self =
        Self(431, "Request Header Fields Too Large");
    pub const NOT_IMPLEMENTED: Self = Self(501, "Not Implemented");
    pub const HTTP_VERSION_NOT_SUPPORTED: Self =
        Self(505, "HTTP Version Not Supported");
}

/// An answer. The fields that every answer has are added when it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: Status,
    /// The value of `Content-Type`, with a charset where it is text.
    pub content_type: &'static str,
    /// The page itself.
    pub body: Cow<'static, [u8]>,
}

impl Response {
    /// 200 and an HTML page in UTF-8.
    pub fn html(page: impl Into<Cow<'static, [u8]>>) -> Self {
        let content_type = "text/html; charset=utf-8";
        Self { status: Status::OK, content_type, body: page.into() }
    }

    /// A status, and a line of text for the person who gets to see it.
    pub fn text(status: Status, line: &str) -> Self {
        let page = format!("{} {}\n{line}\n", status.0, status.1);
        let content_type = "text/plain; charset=utf-8";
        Self { status, content_type, body: page.into_bytes().into() }
    }

    /// The bytes that go over the wire.
    pub(crate) fn to_bytes(&self, is_head: bool, now: SystemTime) -> Vec<u8> {
        let has_body = self.status != Status::NO_CONTENT;
        let mut head = String::with_capacity(256 + self.body.len());
        // Writing to a String cannot fail.
        let _ = self.write_head(&mut head, has_body, now);
        let mut bytes = head.into_bytes();
        // The answer to HEAD is that to GET without its body (RFC 9110, 9.3.2).
        if has_body && !is_head {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    fn write_head(
        &self,
        head: &mut String,
        has_body: bool,
        now: SystemTime,
    ) -> fmt::Result {
        let Self { status, content_type, body } = self;
        write!(head, "HTTP/1.1 {} {}\r\nDate: ", status.0, status.1)?;
        write_date(head, now)?;
        // 204 has no body, and must not speak of its length (RFC 9110, 8.6).
        if has_body {
            write!(
                head,
                "\r\nContent-Type: {content_type}\r\nContent-Length: {}",
                body.len()
            )?;
        }
        // 405 must name the methods (RFC 9110, 15.5.6); here 204 is the answer to OPTIONS.
        if [Status::METHOD_NOT_ALLOWED, Status::NO_CONTENT].contains(status) {
            head.write_str("\r\nAllow: GET, HEAD, OPTIONS")?;
        }
        // The next answer may be another one: no browser is to keep this (RFC 9111, 5.2.2.5).
        head.write_str("\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n")
    }
}

/// IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn write_date(text: &mut String, time: SystemTime) -> fmt::Result {
    // A clock before 1970 is wrong anyway; it gets the first second of 1970.
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let weekday =
        ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(days % 7) as usize];
    let mut year = 1970;
    while days >= 365 + leap_day(year) {
        days -= 365 + leap_day(year);
        year += 1;
    }
    let mut lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    lengths[1] += leap_day(year);
    let mut month = "";
    for (name, length) in MONTHS.into_iter().zip(lengths) {
        month = name;
        if days < length {
            break;
        }
        days -= length;
    }
    let (hour, minute) = (second / 3600, second / 60 % 60);
    write!(text, "{weekday}, {:02} {month} {year} ", days + 1)?;
    write!(text, "{hour:02}:{minute:02}:{:02} GMT", second % 60)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// How much longer than 365 days a year is.
fn leap_day(year: u64) -> u64 {
    let of_four = year.is_multiple_of(4);
    u64::from(of_four && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    /// The first is the RFC's own example; the others stand around leap days and years.
    #[test]
    fn dates() {
        for (seconds, expected) in [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
        ] {
            let mut text = String::new();
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(super::write_date(&mut text, time), Ok(()));
            assert_eq!(text, expected);
        }
    }
}
