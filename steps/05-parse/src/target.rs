//! The four forms of a request target (RFC 9112, 3.2), percent-encoding, host and port.

use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::str;

use crate::ParseError;
use crate::cursor::{HOST_NAME, is};
use crate::rules::{CONTROL_IN_PATH, HOST, PERCENT, PORT, TARGET_FORM};

/// A target's parts.
#[derive(Debug)]
pub struct Target<'a> {
    pub authority: Option<&'a [u8]>,
    pub path: Cow<'a, [u8]>,
    pub query: Option<&'a [u8]>,
}

/// Takes a target apart. Which form it may have depends on the method. `offset` is that of
/// the target.
pub fn parse<'a>(
    method: &[u8],
    target: &'a [u8],
    offset: usize,
) -> Result<Target<'a>, ParseError> {
    let no_path = Target { authority: None, path: Cow::Borrowed(b""), query: None };
    match (method, target) {
        (b"CONNECT", _) => {
            check_authority(target, offset)?;
            Ok(Target { authority: Some(target), ..no_path })
        }
        (b"OPTIONS", b"*") => Ok(no_path),
        (_, [b'/', ..]) => path_and_query(target, offset),
        _ => absolute_form(target, offset),
    }
}

/// `http://authority/path?query`, RFC 9112, 3.2.2.
fn absolute_form(target: &[u8], offset: usize) -> Result<Target<'_>, ParseError> {
    let scheme = b"http://".len();
    if !target.get(..scheme).is_some_and(|start| start.eq_ignore_ascii_case(b"http://"))
    {
        return Err(TARGET_FORM.at(offset));
    }
    let is_end = |byte: &u8| matches!(byte, b'/' | b'?');
    let end =
        target[scheme..].iter().position(is_end).map_or(target.len(), |at| scheme + at);
    let authority = &target[scheme..end];
    check_authority(authority, offset + scheme)?;
    let mut parts = path_and_query(&target[end..], offset + end)?;
    if parts.path.is_empty() {
        parts.path = Cow::Borrowed(b"/");
    }
    Ok(Target { authority: Some(authority), ..parts })
}

fn path_and_query(target: &[u8], offset: usize) -> Result<Target<'_>, ParseError> {
    let mut parts = target.splitn(2, |&byte| byte == b'?');
    let path = decoded(parts.next().unwrap_or_default(), offset)?;
    Ok(Target { authority: None, path, query: parts.next() })
}

/// A path with each `%XX` replaced by the byte it means (RFC 3986, 2.1).
fn decoded(path: &[u8], offset: usize) -> Result<Cow<'_, [u8]>, ParseError> {
    if !path.contains(&b'%') {
        return Ok(Cow::Borrowed(path));
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut index = 0;
    while let Some(&byte) = path.get(index) {
        let byte = match (byte, path.get(index + 1..index + 3)) {
            (b'%', digits) => {
                digits.and_then(hexadecimal).ok_or(PERCENT.at(offset + index))?
            }
            _ => byte,
        };
        if byte.is_ascii_control() {
            return Err(CONTROL_IN_PATH.at(offset + index));
        }
        index += if path[index] == b'%' { 3 } else { 1 };
        decoded.push(byte);
    }
    Ok(Cow::Owned(decoded))
}

/// The byte that two hexadecimal digits mean.
fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |index: usize| char::from(digits[index]).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// `uri-host [ ":" port ]`, with no user information and no empty host (RFC 9112, 3.2;
/// RFC 9110, 4.2.1 and 4.2.4).
pub fn check_authority(authority: &[u8], offset: usize) -> Result<(), ParseError> {
    let host_length = match authority {
        // The colons between brackets are those of an IPv6 address.
        [b'[', ..] => authority.iter().position(|&byte| byte == b']').map(|at| at + 1),
        _ => authority.iter().position(|&byte| byte == b':'),
    };
    let (host, port) = authority.split_at(host_length.unwrap_or(authority.len()));
    if !is_host(host) {
        return Err(HOST.at(offset));
    }
    if !is_port(port) {
        return Err(PORT.at(offset + host.len()));
    }
    Ok(())
}

/// A name, an IPv4 address or, in brackets, an IPv6 address (RFC 3986, 3.2.2).
fn is_host(host: &[u8]) -> bool {
    match host {
        [b'[', address @ .., b']'] => is_ipv6_address(address),
        _ => !host.is_empty() && host.iter().all(|&byte| is(HOST_NAME, byte)),
    }
}

fn is_ipv6_address(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

/// Nothing, or a colon and digits, of which there may be none (RFC 3986, 3.2.3), up to
/// 65535.
fn is_port(port: &[u8]) -> bool {
    let append = |number: u16, &digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().try_fold(0, append).is_some(),
        _ => false,
    }
}
