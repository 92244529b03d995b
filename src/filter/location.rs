//! `Location` of redirects.

use super::{Arrival, path};
use crate::ir::{Redirect, Scheme};
use crate::wire::head::RequestHead;

/// Builds the target of a redirect (`HTTPRequestRedirectFilter` in the Gateway API): what the
/// filter leaves out stays as the request has it, the query always does.
///
/// The port is the filter's; without one it is that of the filter's scheme, and without either the
/// listener's. Ports 80 of http and 443 of https are not written.
pub(super) fn build(
    redirect: &Redirect,
    bytes: &[u8],
    head: &RequestHead,
    arrival: &Arrival,
) -> Vec<u8> {
    let host = match &redirect.hostname {
        Some(hostname) => hostname.as_bytes(),
        None => head.host(bytes),
    };
    let mut location = Vec::with_capacity(128);
    // Only HTTP/1.0 comes without a host; a path alone is a valid Location (RFC 9110 10.2.2).
    if !host.is_empty() {
        let scheme = redirect.scheme.unwrap_or(arrival.scheme);
        location.extend_from_slice(match scheme {
            Scheme::Http => b"http://",
            Scheme::Https => b"https://",
        });
        location.extend_from_slice(host);
        let port = match (redirect.port, redirect.scheme) {
            (Some(port), _) => port,
            (None, Some(scheme)) => well_known(scheme),
            (None, None) => arrival.port,
        };
        if port != well_known(scheme) {
            location.extend_from_slice(format!(":{port}").as_bytes());
        }
    }
    let path = head.path(bytes);
    match &redirect.path {
        Some(edit) => {
            let mut edited = Vec::with_capacity(path.len());
            path::replace(edit, path, arrival.matched_prefix, &mut edited);
            push_path(&edited, host.is_empty(), &mut location);
        }
        None => push_path(path, host.is_empty(), &mut location),
    }
    if let Some(query) = head.query(bytes) {
        location.push(b'?');
        location.extend_from_slice(query);
    }
    location
}

/// Appends a path. Alone, or edited, it must not begin with `//`: a browser would read a host of
/// the client's choosing.
fn push_path(path: &[u8], alone: bool, location: &mut Vec<u8>) {
    let slashes = path.iter().take_while(|b| **b == b'/').count();
    let skip = if alone { slashes.saturating_sub(1) } else { 0 };
    location.extend_from_slice(path.get(skip..).unwrap_or_default());
}

fn well_known(scheme: Scheme) -> u16 {
    match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
    }
}
