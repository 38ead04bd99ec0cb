//! A [`Response`] into bytes: one buffer, so that one write can send it.

use std::borrow::Cow;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// The statuses this server answers with (RFC 9110, 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[expect(missing_docs, reason = "the names are those of RFC 9110, 15")]
pub enum Status {
    Ok = 200,
    NoContent = 204,
    BadRequest = 400,
    NotFound = 404,
    MethodNotAllowed = 405,
    RequestTimeout = 408,
    ContentTooLarge = 413,
    UriTooLong = 414,
    ExpectationFailed = 417,
    RequestHeaderFieldsTooLarge = 431,
    InternalServerError = 500,
    NotImplemented = 501,
    HttpVersionNotSupported = 505,
}

impl Status {
    /// The three digits.
    pub fn code(self) -> u16 {
        self as u16
    }

    /// The words after the digits. No program reads them.
    pub fn reason_phrase(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::NoContent => "No Content",
            Self::BadRequest => "Bad Request",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::RequestTimeout => "Request Timeout",
            Self::ContentTooLarge => "Content Too Large",
            Self::UriTooLong => "URI Too Long",
            Self::ExpectationFailed => "Expectation Failed",
            Self::RequestHeaderFieldsTooLarge => "Request Header Fields Too Large",
            Self::InternalServerError => "Internal Server Error",
            Self::NotImplemented => "Not Implemented",
            Self::HttpVersionNotSupported => "HTTP Version Not Supported",
        }
    }
}

/// The methods this server answers, for the field `Allow`.
pub(crate) const ALLOW: &str = "GET, HEAD, OPTIONS";

/// An answer. The fields that every answer of this server has (`Date`, `Content-Length`,
/// `Connection`) are added when it is written.
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
    /// 200, and an HTML page in UTF-8.
    pub fn html(page: impl Into<Cow<'static, [u8]>>) -> Self {
        let content_type = "text/html; charset=utf-8";
        Self {
            status: Status::Ok,
            content_type,
            body: page.into(),
        }
    }

    /// Any status, with a line of text for the person who gets to see it.
    pub fn text(status: Status, line: &str) -> Self {
        let page = format!("{} {}\n{line}\n", status.code(), status.reason_phrase());
        let content_type = "text/plain; charset=utf-8";
        Self {
            status,
            content_type,
            body: page.into_bytes().into(),
        }
    }

    /// The bytes that go over the wire. The answer to HEAD is that to GET without its body
    /// (RFC 9110, 9.3.2), and 204 has none and no length of it (RFC 9110, 8.6).
    pub(crate) fn to_bytes(&self, is_head: bool, now: SystemTime) -> Vec<u8> {
        let mut head = String::with_capacity(256 + self.body.len());
        // Writing to a String cannot fail.
        let _ = self.write_head(&mut head, now);
        let mut bytes = head.into_bytes();
        if !is_head && self.status != Status::NoContent {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    fn write_head(&self, head: &mut String, now: SystemTime) -> std::fmt::Result {
        let (code, reason) = (self.status.code(), self.status.reason_phrase());
        write!(head, "HTTP/1.1 {code} {reason}\r\nDate: ")?;
        write_date(head, now)?;
        if self.status != Status::NoContent {
            let (content_type, length) = (self.content_type, self.body.len());
            write!(
                head,
                "\r\nContent-Type: {content_type}\r\nContent-Length: {length}"
            )?;
        }
        if matches!(self.status, Status::NoContent | Status::MethodNotAllowed) {
            write!(head, "\r\nAllow: {ALLOW}")?;
        }
        head.write_str("\r\nConnection: close\r\n\r\n")
    }
}

/// IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn write_date(text: &mut String, time: SystemTime) -> std::fmt::Result {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
        "Dec",
    ];
    // A clock before 1970 is wrong anyway; it gets the first second of 1970.
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil_date(days);
    write!(
        text,
        "{}, {day:02} {} {year} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days % 7),
        name(&MONTHS, month),
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

fn name(names: &[&'static str], index: u64) -> &'static str {
    usize::try_from(index)
        .ok()
        .and_then(|index| names.get(index))
        .unwrap_or(&"???")
}

/// Year, month (0 is January) and day of month, from the days since 1 January 1970.
fn civil_date(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let mut month = 0;
    while days >= days_in_month(year, month) {
        days -= days_in_month(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

fn days_in_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}
