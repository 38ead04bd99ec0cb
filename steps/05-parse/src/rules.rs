//! Every reason to refuse a request: what's wrong, for a person, and the rule's place.
//! The code that enforces a rule names it, as in `Err(SECOND_HOST.at(offset))`.

use std::fmt;

use crate::Status;

/// Why the bytes aren't a request that this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The offending byte, counted from the first one given.
    pub offset: usize,
    /// The status of the answer.
    pub status: Status,
    /// What's wrong, for a person.
    pub reason: &'static str,
    /// Where the rule is written, such as `RFC 9112, 3.2`.
    pub section: &'static str,
}

/// The result of parsing.
pub type Result<T, E = ParseError> = std::result::Result<T, E>;

/// A rule is the error that breaking it causes, minus the place where that happens.
pub type Rule = ParseError;
type Text = &'static str;

// Lines.
pub const BARE_LF: Rule = bad("a line must end in CR LF, not LF", "RFC 9112, 2.2");
pub const BARE_CR: Rule = bad("a CR without its LF", "RFC 9112, 2.2");
pub const HEAD_TOO_LONG: Rule = too_large("the head is too long");

// The request line.
pub const METHOD: Rule = bad("expected a method", "RFC 9112, 3.1");
pub const METHOD_END: Rule = bad("expected one space after the method", "RFC 9112, 3");
pub const METHOD_TOO_LONG: Rule =
    refused(Status::NOT_IMPLEMENTED, "the method is too long", "RFC 9112, 3");
pub const TARGET: Rule =
    bad("expected a target, after exactly one space", "RFC 9112, 3");
pub const TARGET_END: Rule = bad("expected one space, then the version", "RFC 9112, 3");
pub const TARGET_TOO_LONG: Rule =
    refused(Status::URI_TOO_LONG, "the target is too long", "RFC 9112, 3");
pub const TARGET_FORM: Rule = bad("a target begins with / or http://", "RFC 9112, 3.2");
pub const PERCENT: Rule = bad("expected two hex digits after %", "RFC 3986, 2.1");
pub const CONTROL_IN_PATH: Rule =
    bad("a path must not contain control characters", "RFC 9110, 17.3");
pub const VERSION: Rule = bad("expected HTTP/1.1 or HTTP/1.0", "RFC 9112, 2.3");
pub const VERSION_END: Rule = bad("the line must end after the version", "RFC 9112, 3");
pub const VERSION_UNKNOWN: Rule =
    refused(Status::VERSION_NOT_SUPPORTED, "use HTTP/1.1 or 1.0", "RFC 9110, 15.6.6");

// Fields.
pub const LEADING_SPACE: Rule =
    bad("a field must not begin with a space or tab", "RFC 9112, 2.2 and 5.2");
pub const FIELD_NAME: Rule = bad("expected a field name", "RFC 9112, 5");
pub const COLON: Rule = bad("expected a colon right after the name", "RFC 9112, 5.1");
pub const FIELD_VALUE: Rule =
    bad("this byte is not allowed in a field value", "RFC 9110, 5.5");
pub const TOO_MANY_FIELDS: Rule = too_large("too many fields");
pub const NO_HOST: Rule = bad("the Host field is missing", "RFC 9112, 3.2");
pub const SECOND_HOST: Rule = bad("a second Host field", "RFC 9112, 3.2");
pub const HOST: Rule = bad("not a valid host", "RFC 9112, 3.2");
pub const PORT: Rule = bad("not a valid port", "RFC 9112, 3.2");
pub const EXPECTATION: Rule =
    refused(Status::EXPECTATION_FAILED, "an unknown expectation", "RFC 9110, 10.1.1");

// The body, and where it ends.
pub const LENGTH: Rule = bad("Content-Length must be digits only", "RFC 9110, 8.6");
pub const SECOND_LENGTH: Rule =
    bad("a second, different Content-Length", "RFC 9112, 6.3");
pub const CODING: Rule = bad("not a valid transfer coding", "RFC 9112, 6.1 and 7");
pub const CODING_IN_1_0: Rule =
    bad("HTTP/1.0 has no Transfer-Encoding", "RFC 9112, 6.1");
pub const CODING_AND_LENGTH: Rule =
    bad("both Transfer-Encoding and Content-Length", "RFC 9112, 6.3");
pub const CHUNKED_TWICE: Rule = bad("nothing may follow chunked", "RFC 9112, 6.1");
pub const CHUNKED_NOT_LAST: Rule =
    bad("chunked must be the last coding", "RFC 9112, 6.3");
pub const CODING_UNKNOWN: Rule =
    refused(Status::NOT_IMPLEMENTED, "an unknown transfer coding", "RFC 9112, 6.1");
pub const CHUNK_SIZE: Rule = bad("expected a chunk size", "RFC 9112, 7.1");
pub const CHUNK_EXTENSION: Rule =
    bad("expected an extension or the end of the line", "RFC 9112, 7.1.1");
pub const LINE_TOO_LONG: Rule =
    refused(Status::CONTENT_TOO_LARGE, "the line is too long", "RFC 9112, 7.1.1");
pub const CHUNK_END: Rule = bad("the chunk is longer than it says", "RFC 9112, 7.1");
pub const BODY_TOO_LARGE: Rule =
    refused(Status::CONTENT_TOO_LARGE, "the body is too large", "RFC 9110, 15.5.14");

// What never comes.
pub const CUT_SHORT: Rule =
    bad("the connection ended in the middle of the request", "RFC 9112, 8");
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
    /// Returns the error for breaking the rule at that byte.
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
