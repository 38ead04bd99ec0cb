//! Every reason to refuse a request: what is wrong, for a person, and where the rule stands.
//! The code that keeps a rule names it, as in `Err(SECOND_HOST.at(offset))`.

use std::fmt;

use crate::Status;

/// Why the bytes are no request that this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The offending byte, counted from the first one given.
    pub offset: usize,
    /// The status of the answer.
    pub status: Status,
    /// What is wrong, for a person.
    pub reason: &'static str,
    /// Where the rule stands, such as `RFC 9112, 3.2`.
    pub section: &'static str,
}

// Lines.
pub(crate) const BARE_LF: ParseError =
    bad("a line ends with CR LF, not LF", "RFC 9112, 2.2");
pub(crate) const BARE_CR: ParseError = bad("a CR without LF", "RFC 9112, 2.2");
pub(crate) const HEAD_TOO_LONG: ParseError = too_large("the head is too long");

// The request line.
pub(crate) const METHOD: ParseError = bad("here the method should be", "RFC 9112, 3.1");
pub(crate) const METHOD_END: ParseError =
    bad("one space follows the method", "RFC 9112, 3");
pub(crate) const METHOD_TOO_LONG: ParseError =
    refused(Status::NOT_IMPLEMENTED, "the method is too long", "RFC 9112, 3");
pub(crate) const TARGET: ParseError = bad("here the target should be", "RFC 9112, 3.2");
pub(crate) const TARGET_END: ParseError =
    bad("one space and the version follow the target", "RFC 9112, 3");
pub(crate) const TARGET_TOO_LONG: ParseError =
    refused(Status::URI_TOO_LONG, "the target is too long", "RFC 9112, 3");
pub(crate) const TARGET_FORM: ParseError =
    bad("a target begins with / or http://", "RFC 9112, 3.2");
pub(crate) const PERCENT: ParseError =
    bad("two hexadecimal digits follow a %", "RFC 3986, 2.1");
pub(crate) const CONTROL_IN_PATH: ParseError =
    bad("a path holds no control characters", "RFC 9110, 17.3");
pub(crate) const VERSION: ParseError =
    bad("here HTTP/1.1 or HTTP/1.0 should be", "RFC 9112, 2.3");
pub(crate) const VERSION_END: ParseError =
    bad("the line ends after the version", "RFC 9112, 3");
pub(crate) const VERSION_UNKNOWN: ParseError = refused(
    Status::HTTP_VERSION_NOT_SUPPORTED,
    "only HTTP/1 is spoken here",
    "RFC 9110, 15.6.6",
);

// Fields.
pub(crate) const LEADING_BLANK: ParseError =
    bad("no field begins with a blank", "RFC 9112, 2.2 and 5.2");
pub(crate) const FIELD_NAME: ParseError =
    bad("here a field's name should be", "RFC 9112, 5");
pub(crate) const COLON: ParseError =
    bad("the colon follows the name at once", "RFC 9112, 5.1");
pub(crate) const FIELD_VALUE: ParseError =
    bad("this byte cannot be in a field's value", "RFC 9110, 5.5");
pub(crate) const TOO_MANY_FIELDS: ParseError = too_large("too many fields");
pub(crate) const NO_HOST: ParseError = bad("there is no Host", "RFC 9112, 3.2");
pub(crate) const SECOND_HOST: ParseError = bad("a second Host", "RFC 9112, 3.2");
pub(crate) const HOST: ParseError = bad("this is no host", "RFC 9112, 3.2");
pub(crate) const PORT: ParseError = bad("this is no port", "RFC 9112, 3.2");
pub(crate) const EXPECTATION: ParseError =
    refused(Status::EXPECTATION_FAILED, "an unknown expectation", "RFC 9110, 10.1.1");

// The body, and where it ends.
pub(crate) const LENGTH: ParseError =
    bad("Content-Length is no number", "RFC 9110, 8.6");
pub(crate) const SECOND_LENGTH: ParseError =
    bad("a second, different Content-Length", "RFC 9112, 6.3");
pub(crate) const CODING_IN_1_0: ParseError =
    bad("HTTP/1.0 has no Transfer-Encoding", "RFC 9112, 6.1");
pub(crate) const CODING_AND_LENGTH: ParseError =
    bad("Transfer-Encoding and Content-Length exclude each other", "RFC 9112, 6.3");
pub(crate) const CHUNKED_TWICE: ParseError =
    bad("nothing follows chunked", "RFC 9112, 6.1");
pub(crate) const CHUNKED_NOT_LAST: ParseError =
    bad("chunked must be the last coding", "RFC 9112, 6.3");
pub(crate) const CODING_UNKNOWN: ParseError =
    refused(Status::NOT_IMPLEMENTED, "an unknown transfer coding", "RFC 9112, 6.1");
pub(crate) const CHUNK_SIZE: ParseError =
    bad("here the size of a chunk should be", "RFC 9112, 7.1");
pub(crate) const CHUNK_END: ParseError =
    bad("a chunk is longer than its size", "RFC 9112, 7.1");
pub(crate) const BODY_TOO_LARGE: ParseError =
    refused(Status::CONTENT_TOO_LARGE, "the body is too large", "RFC 9110, 15.5.14");

// What never comes.
pub(crate) const CUT_SHORT: ParseError =
    bad("the connection ended inside the request", "RFC 9112, 8");
pub(crate) const TOO_LATE: ParseError = refused(
    Status::REQUEST_TIMEOUT,
    "the request did not come in time",
    "RFC 9110, 15.5.9",
);

const fn bad(reason: &'static str, section: &'static str) -> ParseError {
    refused(Status::BAD_REQUEST, reason, section)
}

const fn too_large(reason: &'static str) -> ParseError {
    refused(Status::REQUEST_HEADER_FIELDS_TOO_LARGE, reason, "RFC 6585, 5")
}

const fn refused(
    status: Status,
    reason: &'static str,
    section: &'static str,
) -> ParseError {
    ParseError { offset: 0, status, reason, section }
}

impl ParseError {
    /// The same, at that byte.
    pub(crate) fn at(self, offset: usize) -> Self {
        Self { offset, ..self }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.section)
    }
}

impl std::error::Error for ParseError {}
