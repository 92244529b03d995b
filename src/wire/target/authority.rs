//! `host [":" port]`, as in Host, `:authority`, absolute-form targets and manifests.

use crate::wire::octet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest host name of the DNS, in its text form.
const NAME_MAX: usize = 253;
/// Longest label of the DNS.
const LABEL_MAX: usize = 63;

/// What kind of host an authority names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// A name of letters, digits, `-`, `_` and dots.
    Name,
    /// An IPv4 address in dotted decimal.
    V4(Ipv4Addr),
    /// An IPv6 address; in its brackets.
    V6(Ipv6Addr),
}

/// A validated authority. Stricter than RFC 3986: no user information, no percent-encoding, no
/// sub-delimiters, no empty label and no empty port, none of which a host of the web has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    /// The host without trailing dot, in the case it came in; IPv6 with its brackets.
    pub host: &'a [u8],
    /// What it is.
    pub kind: HostKind,
    /// The port, 1 to 65535, if one is named.
    pub port: Option<u16>,
    /// Whether the text is in its normal form: lower case, without trailing dot.
    pub is_normal: bool,
}

impl<'a> Authority<'a> {
    /// Parses an authority, or refuses it.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        if let [b'[', ..] = text {
            return Self::parse_v6(text);
        }
        let mut end = 0;
        let mut label = 0;
        let mut classes = 0;
        for &b in text {
            let class = octet::class(b);
            if class & octet::HOST == 0 {
                break;
            }
            if b == b'.' {
                if end - label > LABEL_MAX || end == label {
                    return None;
                }
                label = end + 1;
            }
            classes |= class;
            end += 1;
        }
        if end - label > LABEL_MAX {
            return None;
        }
        let (host, rest) = text.split_at_checked(end)?;
        // One trailing dot; the loop has refused a second, and a lone one.
        let (host, dot) = match host.strip_suffix(b".") {
            Some(host) => (host, true),
            None => (host, false),
        };
        if host.is_empty() || host.len() > NAME_MAX {
            return None;
        }
        // All-numeric hosts that are no dotted quad mean different addresses to different resolvers
        // (`127.1`, `010.0.0.1`).
        let numeric = host.iter().rev().all(|&b| b.is_ascii_digit() || b == b'.');
        let kind = if numeric {
            HostKind::V4(str::from_utf8(host).ok()?.parse().ok()?)
        } else {
            HostKind::Name
        };
        Some(Self {
            host,
            kind,
            port: port(rest)?,
            is_normal: classes & octet::UPPER == 0 && !dot,
        })
    }

    fn parse_v6(text: &'a [u8]) -> Option<Self> {
        let close = text.iter().position(|&b| b == b']')?;
        let (host, rest) = text.split_at_checked(close + 1)?;
        let inner = host.strip_prefix(b"[")?.strip_suffix(b"]")?;
        let address: Ipv6Addr = str::from_utf8(inner).ok()?.parse().ok()?;
        let is_normal = !host.iter().any(u8::is_ascii_uppercase);
        Some(Self {
            host,
            kind: HostKind::V6(address),
            port: port(rest)?,
            is_normal,
        })
    }
}

/// What follows the host: nothing, or a colon and a port without leading zeros.
fn port(rest: &[u8]) -> Option<Option<u16>> {
    match rest {
        [] => Some(None),
        [b':', b'0', ..] => None,
        [b':', digits @ ..] => match u16::try_from(octet::decimal(digits, 5)?) {
            Ok(port) => Some(Some(port)),
            Err(_) => None,
        },
        _ => None,
    }
}
