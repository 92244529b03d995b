//! The address of the client behind trusted hops.

use super::element;
use crate::wire::head::{FieldName, RequestHead};
use crate::wire::octet;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// No honest chain of proxies is longer; beyond it a list is not believed further.
pub(super) const HOPS_MAX: usize = 32;

/// Whether `address` lies in one of the networks. An IPv4 address in IPv6 clothes counts as IPv4.
pub fn is_trusted(address: IpAddr, networks: &[IpNet]) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

/// The rightmost address of `X-Forwarded-For`, or without it of `Forwarded`, that is not trusted.
/// Each trusted hop vouches for the one to its left and for nothing beyond; an entry that is no
/// address ends the chain, and so the last hop before it is the client. `peer` is trusted.
pub fn client_address(
    peer: IpAddr,
    networks: &[IpNet],
    head: &RequestHead,
    bytes: &[u8],
) -> IpAddr {
    if head.has(FieldName::XForwardedFor) {
        let lines = head.values(bytes, FieldName::XForwardedFor).rev();
        let entries = lines.flat_map(|line| line.rsplit(|&b| b == b',').map(octet::trim));
        let mut client = peer;
        for hop in entries
            .filter(|entry| !entry.is_empty())
            .map(hop_address)
            .take(HOPS_MAX)
        {
            let Some(hop) = hop else { break };
            client = hop;
            if !is_trusted(hop, networks) {
                break;
            }
        }
        return client;
    }
    // From left to right, as quoted commas cannot be told from the right.
    let mut chain = None;
    for (count, hop) in element::hops(head, bytes).enumerate() {
        if count >= HOPS_MAX {
            return peer;
        }
        chain = match (hop, chain) {
            (None, _) => None,
            (Some(hop), Some(_)) if is_trusted(hop, networks) => chain,
            (Some(hop), _) => Some(hop),
        };
    }
    chain.unwrap_or(peer)
}

/// The address of a hop: alone, or with a port; IPv6 with or without brackets.
pub(super) fn hop_address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?;
    let bracketed = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = match bracketed {
        Some(inner) => IpAddr::V6(inner.parse::<Ipv6Addr>().ok()?),
        None => text
            .parse::<IpAddr>()
            .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
            .ok()?,
    };
    Some(address.to_canonical())
}
