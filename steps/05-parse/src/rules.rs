//! Every reason to refuse a request: what is wrong, for a person, and which rule says
//! so. The code that keeps a rule names it, as in `Err(SECOND_HOST.at(offset))`.

use std::fmt;

use crate::Status;

/// Why the bytes aren't a request that this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The offending byte, counted from the first one given.
    pub offset: usize,
    /// The status of the answer.
    pub status: Status,
    /// What is wrong, for a person.
    pub reason: &'static str,
    /// The rule's place, such as `RFC 9112, 3.2`.
    pub section: &'static str,
}

/// What parsing returns.
pub type Result<T, E = ParseError> = std::result::Result<T, E>;

/// A rule is the error that breaking it causes, before it is known where that happens.
pub type Rule = ParseError;
type Text = &'static str;

// Lines.
pub const BARE_LF: Rule = bad("a line ends with CR LF, not LF", "RFC 9112, 2.2");
pub const BARE_CR: Rule = bad("a CR without LF", "RFC 9112, 2.2");
pub const HEAD_TOO_LONG: Rule = too_large("the head is too long");

// The request line.
pub const METHOD: Rule = bad("here the method should be", "RFC 9112, 3.1");
pub const METHOD_END: Rule = bad("one space follows the method", "RFC 9112, 3");
pub const METHOD_TOO_LONG: Rule =
    refused(Status::NOT_IMPLEMENTED, "the method is too long", "RFC 9112, 3");
pub const TARGET: Rule = bad("here the target should be", "RFC 9112, 3.2");
pub const TARGET_END: Rule =
    bad("one space and the version follow the target", "RFC 9112, 3");
pub const TARGET_TOO_LONG: Rule =
    refused(Status::URI_TOO_LONG, "the target is too long", "RFC 9112, 3");
pub const TARGET_FORM: Rule = bad("a target begins with / or http://", "RFC 9112, 3.2");
pub const PERCENT: Rule = bad("two hexadecimal digits follow a %", "RFC 3986, 2.1");
pub const CONTROL_IN_PATH: Rule =
    bad("a path holds no control characters", "RFC 9110, 17.3");
pub const VERSION: Rule = bad("here HTTP/1.1 or HTTP/1.0 should be", "RFC 9112, 2.3");
pub const VERSION_END: Rule = bad("the line ends after the version", "RFC 9112, 3");
pub const VERSION_UNKNOWN: Rule =
    refused(Status::VERSION_NOT_SUPPORTED, "speak HTTP/1.1 or 1.0", "RFC 9110, 15.6.6");

// Fields.
pub const LEADING_BLANK: Rule =
    bad("no field begins with a blank", "RFC 9112, 2.2 and 5.2");
pub const FIELD_NAME: Rule = bad("here a field's name should be", "RFC 9112, 5");
pub const COLON: Rule = bad("the colon follows the name at once", "RFC 9112, 5.1");
pub const FIELD_VALUE: Rule =
    bad("this byte cannot be in a field's value", "RFC 9110, 5.5");
pub const TOO_MANY_FIELDS: Rule = too_large("too many fields");
pub const NO_HOST: Rule = bad("there is no Host", "RFC 9112, 3.2");
pub const SECOND_HOST: Rule = bad("a second Host", "RFC 9112, 3.2");
pub const HOST: Rule = bad("this is no host", "RFC 9112, 3.2");
pub const PORT: Rule = bad("this is no port", "RFC 9112, 3.2");
pub const EXPECTATION: Rule =
    refused(Status::EXPECTATION_FAILED, "an unknown expectation", "RFC 9110, 10.1.1");

// The body, and where it ends.
pub const LENGTH: Rule = bad("Content-Length is no number", "RFC 9110, 8.6");
pub const SECOND_LENGTH: Rule =
    bad("a second, different Content-Length", "RFC 9112, 6.3");
pub const CODING: Rule = bad("this is no transfer coding", "RFC 9112, 6.1 and 7");
pub const CODING_IN_1_0: Rule =
    bad("HTTP/1.0 has no Transfer-Encoding", "RFC 9112, 6.1");
pub const CODING_AND_LENGTH: Rule =
    bad("Transfer-Encoding excludes Content-Length", "RFC 9112, 6.3");
pub const CHUNKED_TWICE: Rule = bad("nothing follows chunked", "RFC 9112, 6.1");
pub const CHUNKED_NOT_LAST: Rule =
    bad("chunked must be the last coding", "RFC 9112, 6.3");
pub const CODING_UNKNOWN: Rule =
    refused(Status::NOT_IMPLEMENTED, "an unknown transfer coding", "RFC 9112, 6.1");
pub const CHUNK_SIZE: Rule = bad("here the size of a chunk should be", "RFC 9112, 7.1");
pub const CHUNK_EXTENSION: Rule =
    bad("after its size, a chunk has extensions or a line end", "RFC 9112, 7.1.1");
pub const LINE_TOO_LONG: Rule =
    refused(Status::CONTENT_TOO_LARGE, "the line is too long", "RFC 9112, 7.1.1");
pub const CHUNK_END: Rule = bad("a chunk is longer than its size", "RFC 9112, 7.1");
pub const BODY_TOO_LARGE: Rule =
    refused(Status::CONTENT_TOO_LARGE, "the body is too large", "RFC 9110, 15.5.14");

// What never comes.
pub const CUT_SHORT: Rule =
    bad("the connection ended before the empty line, or in the body", "RFC 9112, 8");
pub const TOO_LATE: Rule =
    refused(Status::REQUEST_TIMEOUT, "the request took too long", "RFC 9110, 15.5.9");

const fn bad(reason: Text, section: Text) -> Rule {
    refused(Status::BAD_REQUEST, reason, section)
}

const fn too_large(reason: Text) -> Rule {
    refused(Status::REQUEST_HEADER_FIELDS_TOO_LARGE, reason, "RFC 6585, 5")
}

const fn refused(status: Status, reason: Text, section: Text) -> Rule {
    ParseError { offset: 0, status, reason, section }
}

impl ParseError {
    /// Returns the same error, at that byte.
    pub fn at(self, offset: usize) -> Self {
        Self { offset, ..self }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.section)
    }
}

impl std::error::Error for ParseError {}
