//! Turns a [`Response`] into bytes: one buffer, so that one write can send it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

/// A status code, and the words after it, which programs ignore (RFC 9112, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub &'static str);

#[expect(missing_docs, reason = "the names are those of RFC 9110 and RFC 6585")]
impl Status {
    pub const OK: Self = Self(200, "OK");
    pub const NO_CONTENT: Self = Self(204, "No Content");
    pub const NOT_MODIFIED: Self = Self(304, "Not Modified");
    pub const BAD_REQUEST: Self = Self(400, "Bad Request");
    pub const NOT_FOUND: Self = Self(404, "Not Found");
    pub const METHOD_NOT_ALLOWED: Self = Self(405, "Method Not Allowed");
    pub const REQUEST_TIMEOUT: Self = Self(408, "Request Timeout");
    pub const PRECONDITION_FAILED: Self = Self(412, "Precondition Failed");
    pub const CONTENT_TOO_LARGE: Self = Self(413, "Content Too Large");
    pub const URI_TOO_LONG: Self = Self(414, "URI Too Long");
    pub const EXPECTATION_FAILED: Self = Self(417, "Expectation Failed");
    pub const REQUEST_HEADER_FIELDS_TOO_LARGE: Self =
        Self(431, "Request Header Fields Too Large");
    pub const NOT_IMPLEMENTED: Self = Self(501, "Not Implemented");
    pub const VERSION_NOT_SUPPORTED: Self = Self(505, "HTTP Version Not Supported");
}

/// A response. The fields that every response has are added when it's written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: Status,
    /// The value of `Content-Type`, with a charset if it's text.
    pub content_type: &'static str,
    /// The page itself.
    pub body: Cow<'static, [u8]>,
}

impl Response {
    /// Makes a 200 with an HTML page in UTF-8.
    pub fn html(page: impl Into<Cow<'static, [u8]>>) -> Self {
        let content_type = "text/html; charset=utf-8";
        Self { status: Status::OK, content_type, body: page.into() }
    }

    /// Makes a response of this status, with a line of text for a person.
    pub fn text(status: Status, line: &str) -> Self {
        let page = format!("{} {}\n{line}\n", status.0, status.1);
        let content_type = "text/plain; charset=utf-8";
        Self { status, content_type, body: page.into_bytes().into() }
    }

    /// Returns the bytes that go over the wire. HEAD gets the answer to GET without its
    /// body (RFC 9110, 9.3.2).
    pub(crate) fn to_bytes(&self, is_head: bool, now: SystemTime) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256 + self.body.len());
        // Writing to a Vec never fails.
        let _ = self.write_head(&mut bytes, now);
        if self.has_body() && !is_head {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    /// Returns whether a response of this status has a body, and so a length.
    fn has_body(&self) -> bool {
        ![Status::NO_CONTENT, Status::NOT_MODIFIED].contains(&self.status)
    }

    fn write_head(&self, head: &mut Vec<u8>, now: SystemTime) -> io::Result<()> {
        let Self { status, content_type, body } = self;
        write!(head, "HTTP/1.1 {} {}\r\nDate: {}", status.0, status.1, date(now))?;
        if self.has_body() {
            write!(head, "\r\nContent-Type: {content_type}")?;
            write!(head, "\r\nContent-Length: {}", body.len())?;
        }
        // 405 must name the methods (RFC 9110, 15.5.6); here 204 answers OPTIONS.
        if [Status::METHOD_NOT_ALLOWED, Status::NO_CONTENT].contains(status) {
            head.write_all(b"\r\nAllow: GET, HEAD, OPTIONS")?;
        }
        // The next answer may differ, so no browser should keep this one.
        head.write_all(b"\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n")
    }
}

/// Returns an IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn date(time: SystemTime) -> String {
    // A clock set before 1970 is wrong anyway; it gets the first second of 1970.
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut days = seconds / 86_400;
    let weekday = DAYS_SINCE_1970[(days % 7) as usize];
    let mut year = 1970;
    while days >= 365 + leap_day(year) {
        days -= 365 + leap_day(year);
        year += 1;
    }
    let lengths = [31, 28 + leap_day(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (day, month) = (days + 1, MONTHS[month]);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

const DAYS_SINCE_1970: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Returns how much longer than 365 days a year is.
fn leap_day(year: u64) -> u64 {
    let of_four = year.is_multiple_of(4);
    u64::from(of_four && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    /// The first is the RFC's own example; the others surround leap days and new years.
    #[test]
    fn dates() {
        for (seconds, expected) in [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (1_735_516_800, "Mon, 30 Dec 2024 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (1_735_689_600, "Wed, 01 Jan 2025 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(super::date(time), expected);
        }
    }
}
