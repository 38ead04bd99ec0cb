//! The four forms of a request target (RFC 9112, 3.2), host and port, percent-encoding.

use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::str::{self, FromStr};

use crate::request::{ParseError, Span, bad};

/// A target's parts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target {
    pub authority: Option<Span>,
    pub path: Span,
    pub query: Option<Span>,
}

/// Takes a target apart. Which form it may have depends on the method.
pub(crate) fn parse(
    bytes: &[u8],
    method: Span,
    target: Span,
) -> Result<Target, ParseError> {
    let text = target.of(bytes);
    if method.of(bytes) == b"CONNECT" {
        check_authority(bytes, target)?;
        return Ok(Target {
            authority: Some(target),
            ..Target::default()
        });
    }
    match text {
        [b'/', ..] => path_and_query(bytes, target),
        b"*" if method.of(bytes) == b"OPTIONS" => Ok(Target::default()),
        [b'*', ..] => Err(bad(
            target.start,
            "only OPTIONS may ask for *",
            "RFC 9112, 3.2.4",
        )),
        _ => absolute_form(bytes, target),
    }
}

/// `http://authority/path?query`, RFC 9112, 3.2.2.
fn absolute_form(bytes: &[u8], target: Span) -> Result<Target, ParseError> {
    const SCHEME: &[u8] = b"http://";
    let text = target.of(bytes);
    if !text
        .get(..SCHEME.len())
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
    {
        let reason = "a target begins with / or http://";
        return Err(bad(target.start, reason, "RFC 9112, 3.2"));
    }
    let start = target.start + SCHEME.len();
    let after = Span {
        start,
        end: target.end,
    }
    .of(bytes);
    let length = after
        .iter()
        .position(|byte| b"/?".contains(byte))
        .unwrap_or(after.len());
    let authority = Span {
        start,
        end: start + length,
    };
    check_authority(bytes, authority)?;
    let rest = Span {
        start: authority.end,
        end: target.end,
    };
    Ok(Target {
        authority: Some(authority),
        ..path_and_query(bytes, rest)?
    })
}

fn path_and_query(bytes: &[u8], target: Span) -> Result<Target, ParseError> {
    let text = target.of(bytes);
    let length = text
        .iter()
        .position(|&byte| byte == b'?')
        .unwrap_or(text.len());
    let path = Span {
        end: target.start + length,
        ..target
    };
    let query = (path.end < target.end).then(|| Span {
        start: path.end + 1,
        ..target
    });
    check_percent(bytes, path)?;
    Ok(Target {
        authority: None,
        path,
        query,
    })
}

/// Each `%` of a path is followed by two hexadecimal digits that mean no control character.
fn check_percent(bytes: &[u8], path: Span) -> Result<(), ParseError> {
    let text = path.of(bytes);
    for (index, _) in text.iter().enumerate().filter(|&(_, &byte)| byte == b'%') {
        let offset = path.start + index;
        match escaped_byte(&text[index..]) {
            None => {
                let reason = "two hexadecimal digits follow a %";
                return Err(bad(offset, reason, "RFC 3986, 2.1"));
            }
            Some(byte) if byte.is_ascii_control() => {
                let reason = "a path holds no control characters";
                return Err(bad(offset, reason, "RFC 9110, 17.3"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A path with each `%XX` replaced by its byte.
pub(crate) fn decoded(path: &[u8]) -> Cow<'_, [u8]> {
    if !path.contains(&b'%') {
        return Cow::Borrowed(path);
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = escaped_byte(rest);
        decoded.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &rest[3..] } else { after };
    }
    Cow::Owned(decoded)
}

/// The byte that a leading `%XX` stands for.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |&byte: &u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// `uri-host [ ":" port ]`, neither user information nor an empty host (RFC 9112, 3.2;
/// RFC 9110, 4.2.1 and 4.2.4).
pub(crate) fn check_authority(bytes: &[u8], authority: Span) -> Result<(), ParseError> {
    let text = authority.of(bytes);
    let host_length = match text {
        // The colons between brackets are those of an IPv6 address.
        [b'[', ..] => text
            .iter()
            .position(|&byte| byte == b']')
            .map(|end| end + 1),
        _ => text.iter().position(|&byte| byte == b':'),
    };
    let (host, port) = text.split_at(host_length.unwrap_or(text.len()));
    if host.is_empty() {
        return Err(bad(authority.start, "the host is empty", "RFC 9110, 4.2.1"));
    }
    if !is_host(host) {
        return Err(bad(authority.start, "this is no host", "RFC 9112, 3.2"));
    }
    if !is_port(port) {
        let offset = authority.start + host.len();
        return Err(bad(offset, "this is no port", "RFC 9112, 3.2"));
    }
    Ok(())
}

/// A name, an IPv4 address or, in brackets, an IPv6 address (RFC 3986, 3.2.2).
fn is_host(host: &[u8]) -> bool {
    match host {
        [b'[', address @ .., b']'] => number::<Ipv6Addr>(address).is_some(),
        _ => host.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(byte)
        }),
    }
}

/// Nothing, or a colon and digits; the digits may be missing (RFC 3986, 3.2.3).
fn is_port(port: &[u8]) -> bool {
    match port {
        [] | [b':'] => true,
        [b':', b'0'..=b'9', ..] => number::<u16>(&port[1..]).is_some(),
        _ => false,
    }
}

/// Text that means a number or an address.
fn number<T: FromStr>(text: &[u8]) -> Option<T> {
    str::from_utf8(text).ok()?.parse().ok()
}
