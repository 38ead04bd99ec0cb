//! Parses request targets in their four forms (RFC 9112, 3.2), down to host and port.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use crate::cursor::{HOST_NAME, is, number};
use crate::rules::{CONTROL_IN_PATH, HOST, PERCENT, PORT, Result, TARGET_FORM};

/// The parts of a target.
#[derive(Debug)]
pub struct Target<'a> {
    pub authority: Option<&'a [u8]>,
    pub path: Cow<'a, [u8]>,
    pub query: Option<&'a [u8]>,
}

/// Takes a target apart, which begins at `offset`. Its form depends on the method.
#[inline]
pub fn parse<'a>(method: &[u8], target: &'a [u8], offset: usize) -> Result<Target<'a>> {
    let no_path = Target { authority: None, path: Cow::Borrowed(b""), query: None };
    match (method, target) {
        (b"CONNECT", _) => {
            // CONNECT needs a port (RFC 9110, 9.3.6).
            let port = check_authority(target, offset)?;
            if port.len() < 2 {
                return Err(PORT.at(offset + target.len() - port.len()));
            }
            Ok(Target { authority: Some(target), ..no_path })
        }
        (b"OPTIONS", b"*") => Ok(no_path),
        (_, [b'/', ..]) => path_and_query(target, offset),
        _ => absolute_form(target, offset),
    }
}

/// Takes `http://authority/path?query` apart, RFC 9112, 3.2.2.
fn absolute_form(target: &[u8], offset: usize) -> Result<Target<'_>> {
    let scheme = b"http://";
    let (start, rest) = target.split_at(target.len().min(scheme.len()));
    if !start.eq_ignore_ascii_case(scheme) {
        return Err(TARGET_FORM.at(offset));
    }
    let offset = offset + scheme.len();
    let end = rest.iter().position(|byte| b"/?".contains(byte));
    let (authority, rest) = rest.split_at(end.unwrap_or(rest.len()));
    check_authority(authority, offset)?;
    let mut target = path_and_query(rest, offset + authority.len())?;
    target.authority = Some(authority);
    if target.path.is_empty() {
        target.path = Cow::Borrowed(b"/");
    }
    Ok(target)
}

fn path_and_query(target: &[u8], offset: usize) -> Result<Target<'_>> {
    let mut parts = target.splitn(2, |&byte| byte == b'?');
    let path = decoded(parts.next().unwrap_or_default(), offset)?;
    Ok(Target { authority: None, path, query: parts.next() })
}

/// Replaces each `%XX` in a path with the byte it means (RFC 3986, 2.1).
fn decoded(path: &[u8], offset: usize) -> Result<Cow<'_, [u8]>> {
    let mut decoded = Vec::new();
    let mut rest = path;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        let place = offset + path.len() - rest.len() + at;
        let byte = rest.get(at + 1..at + 3).and_then(hexadecimal);
        let byte = byte.ok_or(PERCENT.at(place))?;
        if byte.is_ascii_control() {
            return Err(CONTROL_IN_PATH.at(place));
        }
        decoded.extend_from_slice(&rest[..at]);
        decoded.push(byte);
        rest = &rest[at + 3..];
    }
    if rest.len() == path.len() {
        return Ok(Cow::Borrowed(path));
    }
    decoded.extend_from_slice(rest);
    Ok(Cow::Owned(decoded))
}

/// Returns the byte that two hexadecimal digits mean.
fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |index: usize| char::from(digits[index]).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// Checks `uri-host [ ":" port ]`, RFC 9112, 3.2, with a host that isn't empty (RFC
/// 9110, 4.2.1). Returns the port with its colon, or nothing.
#[inline]
pub fn check_authority(authority: &[u8], offset: usize) -> Result<&[u8]> {
    let host_length = match authority {
        // The colons between brackets belong to an IPv6 address.
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
    Ok(port)
}

/// Returns whether this is a name, an IPv4 address or `[IPv6]` (RFC 3986, 3.2.2).
fn is_host(host: &[u8]) -> bool {
    match host {
        [b'[', address @ .., b']'] => {
            str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
        }
        [] => false,
        _ => host.iter().all(|&byte| is(HOST_NAME, byte)) && is_percent_encoded(host),
    }
}

/// Returns whether two hexadecimal digits follow each `%` (RFC 3986, 2.1).
fn is_percent_encoded(bytes: &[u8]) -> bool {
    let mut after_each = bytes.split(|&byte| byte == b'%').skip(1);
    after_each.all(|rest| rest.get(..2).and_then(hexadecimal).is_some())
}

/// Returns whether this is nothing, or a colon and digits, if any, up to 65535.
fn is_port(port: &[u8]) -> bool {
    let digits = port.strip_prefix(b":").unwrap_or(b"x");
    let is_number =
        digits.iter().all(u8::is_ascii_digit) && number(digits, 10) <= 65_535;
    port.is_empty() || is_number
}
