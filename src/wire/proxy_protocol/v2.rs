//! Version 2: a binary header with extensions.

use super::{ProxyError, ProxyHeader, ProxyParse};
use crate::wire::limits::Limit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family and transport, length.
const FIXED: usize = 16;

pub(super) fn parse(bytes: &[u8], max: usize) -> Result<ProxyParse, ProxyError> {
    let local = match bytes.get(SIGNATURE.len()) {
        None => return Ok(ProxyParse::Partial),
        Some(0x20) => true,
        Some(0x21) => false,
        Some(_) => return Err(ProxyError::BadVersion),
    };
    let Some(&kind) = bytes.get(SIGNATURE.len() + 1) else {
        return Ok(ProxyParse::Partial);
    };
    let addresses = match kind {
        0x00 => 0,
        0x11 => 12,
        0x21 => 36,
        0x31 => 216,
        // LOCAL may come with any family, which the receiver must not look at.
        _ if local => 0,
        _ => return Err(ProxyError::BadFamily),
    };
    let Some(length) = bytes.get(FIXED - 2..FIXED).and_then(<[u8]>::first_chunk) else {
        return Ok(ProxyParse::Partial);
    };
    let length = usize::from(u16::from_be_bytes(*length));
    let len = FIXED + length;
    if len > max {
        return Err(ProxyError::TooLarge(Limit::ProxyHeader));
    }
    if !local && length < addresses {
        return Err(ProxyError::BadLength);
    }
    let Some(body) = bytes.get(FIXED..len) else {
        return Ok(ProxyParse::Partial);
    };
    if local {
        return Ok(ProxyParse::Complete {
            len,
            header: ProxyHeader::Local,
        });
    }
    let header = match kind {
        0x11 => inet(body),
        0x21 => inet6(body),
        _ => Some(ProxyHeader::Unaddressed),
    };
    let extensions = body.get(addresses..).unwrap_or_default();
    // UNSPEC leaves the meaning of its payload open.
    if kind != 0x00 && !extensions_add_up(extensions) {
        return Err(ProxyError::BadExtension);
    }
    Ok(ProxyParse::Complete {
        len,
        header: header.ok_or(ProxyError::BadLength)?,
    })
}

fn inet(body: &[u8]) -> Option<ProxyHeader> {
    let (source, rest) = body.split_first_chunk::<4>()?;
    let (destination, rest) = rest.split_first_chunk::<4>()?;
    let (source_port, rest) = rest.split_first_chunk::<2>()?;
    let (destination_port, _) = rest.split_first_chunk::<2>()?;
    Some(ProxyHeader::Proxied {
        source: SocketAddr::from((Ipv4Addr::from(*source), u16::from_be_bytes(*source_port))),
        destination: SocketAddr::from((
            Ipv4Addr::from(*destination),
            u16::from_be_bytes(*destination_port),
        )),
    })
}

fn inet6(body: &[u8]) -> Option<ProxyHeader> {
    let (source, rest) = body.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    let (source_port, rest) = rest.split_first_chunk::<2>()?;
    let (destination_port, _) = rest.split_first_chunk::<2>()?;
    Some(ProxyHeader::Proxied {
        source: SocketAddr::from((Ipv6Addr::from(*source), u16::from_be_bytes(*source_port))),
        destination: SocketAddr::from((
            Ipv6Addr::from(*destination),
            u16::from_be_bytes(*destination_port),
        )),
    })
}

/// Whether `bytes` are type-length-value records without remainder.
fn extensions_add_up(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let [_, high, low, rest @ ..] = bytes else {
            return false;
        };
        let Some(after) = rest.get(usize::from(u16::from_be_bytes([*high, *low]))..) else {
            return false;
        };
        bytes = after;
    }
    true
}
