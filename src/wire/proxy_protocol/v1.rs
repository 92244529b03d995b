//! Version 1: one line of text.

use super::{ProxyError, ProxyHeader, ProxyParse, V1_MAX};
use crate::wire::limits::Limit;
use crate::wire::octet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub(super) const SIGNATURE: &[u8] = b"PROXY ";

pub(super) fn parse(bytes: &[u8]) -> Result<ProxyParse, ProxyError> {
    let window = bytes.get(..V1_MAX).unwrap_or(bytes);
    let Some(end) = window.iter().position(|&b| b == b'\r' || b == b'\n') else {
        return if window.len() < V1_MAX {
            Ok(ProxyParse::Partial)
        } else {
            Err(ProxyError::TooLarge(Limit::ProxyHeader))
        };
    };
    match window.get(end..) {
        Some([b'\r']) if window.len() < V1_MAX => return Ok(ProxyParse::Partial),
        Some([b'\r']) => return Err(ProxyError::TooLarge(Limit::ProxyHeader)),
        Some([b'\r', b'\n', ..]) => {}
        _ => return Err(ProxyError::BadLine),
    }
    let line = window.get(SIGNATURE.len()..end).unwrap_or_default();
    let header = header(line).ok_or(ProxyError::BadLine)?;
    Ok(ProxyParse::Complete {
        len: end + 2,
        header,
    })
}

fn header(line: &[u8]) -> Option<ProxyHeader> {
    let line = str::from_utf8(line).ok()?;
    let mut parts = line.split(' ');
    let family = parts.next()?;
    if family == "UNKNOWN" {
        // Anything may follow, and is to be ignored.
        return Some(ProxyHeader::Unaddressed);
    }
    let (source, destination) = (parts.next()?, parts.next()?);
    let (source, destination): (IpAddr, IpAddr) = match family {
        "TCP4" => (
            source.parse::<Ipv4Addr>().ok()?.into(),
            destination.parse::<Ipv4Addr>().ok()?.into(),
        ),
        // No parser of addresses accepts a scope (`fe80::1%eth0`) here.
        "TCP6" => (
            source.parse::<Ipv6Addr>().ok()?.into(),
            destination.parse::<Ipv6Addr>().ok()?.into(),
        ),
        _ => return None,
    };
    let (source_port, destination_port) = (port(parts.next()?)?, port(parts.next()?)?);
    if parts.next().is_some() {
        return None;
    }
    Some(ProxyHeader::Proxied {
        source: SocketAddr::new(source, source_port),
        destination: SocketAddr::new(destination, destination_port),
    })
}

/// 0 to 65535 without leading zeros.
fn port(text: &str) -> Option<u16> {
    if text.len() > 1 && text.starts_with('0') {
        return None;
    }
    u16::try_from(octet::decimal(text.as_bytes(), 5)?).ok()
}
