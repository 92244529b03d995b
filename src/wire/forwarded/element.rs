//! The elements of `Forwarded` (RFC 7239 section 4).

use super::client::hop_address;
use super::write_address;
use crate::wire::head::{FieldName, RequestHead};
use crate::wire::octet;
use std::net::IpAddr;

/// Appends the element that describes this hop.
pub(super) fn write(values: &mut Vec<u8>, peer: IpAddr, tls: bool, authority: &[u8]) {
    values.extend_from_slice(b"for=");
    match peer {
        IpAddr::V4(_) => write_address(values, peer),
        IpAddr::V6(_) => {
            values.extend_from_slice(b"\"[");
            write_address(values, peer);
            values.extend_from_slice(b"]\"");
        }
    }
    if !authority.is_empty() {
        // A validated authority holds neither quote nor backslash; a colon wants the quotes.
        values.extend_from_slice(b";host=\"");
        values.extend_from_slice(authority);
        values.push(b'"');
    }
    values.extend_from_slice(if tls { b";proto=https" } else { b";proto=http" });
}

/// The `for` of each element, from left to right; none where it is missing or no address.
pub(super) fn hops<'a>(
    head: &'a RequestHead,
    bytes: &'a [u8],
) -> impl Iterator<Item = Option<IpAddr>> + 'a {
    head.values(bytes, FieldName::Forwarded)
        .flat_map(|line| split_outside_quotes(line, b','))
        .filter(|element| !element.is_empty())
        .map(|element| {
            split_outside_quotes(element, b';').find_map(|pair| {
                let equals = pair.iter().position(|&b| b == b'=')?;
                let (name, value) = pair.split_at_checked(equals)?;
                if !name.eq_ignore_ascii_case(b"for") {
                    return None;
                }
                let value = value.get(1..)?;
                let unquoted = value
                    .strip_prefix(b"\"")
                    .and_then(|rest| rest.strip_suffix(b"\""));
                hop_address(unquoted.unwrap_or(value))
            })
        })
}

/// Whether every quoted string of a line ends on it, so that an element appended after it cannot be
/// swallowed.
pub(super) fn is_balanced(line: &[u8]) -> bool {
    let mut quoted = false;
    let mut escaped = false;
    for &b in line {
        let escape = escaped;
        escaped = quoted && !escape && b == b'\\';
        quoted ^= b == b'"' && !escape;
    }
    !quoted
}

/// The trimmed parts of `text` between separators that are outside quoted strings.
fn split_outside_quotes(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |&b| {
        let escape = escaped;
        escaped = quoted && !escape && b == b'\\';
        if b == b'"' && !escape {
            quoted = !quoted;
        }
        b == separator && !quoted
    })
    .map(octet::trim)
}
