//! Who the client is, and what the upstream is told about it: `X-Forwarded-*`, `X-Real-IP`,
//! `Forwarded` (RFC 7239) and `Via` (RFC 9110 section 7.6.3).
//!
//! What an untrusted peer says of this is dropped and said anew; what a trusted one says is
//! continued. Trust is a list of networks.

mod client;
mod element;
mod family;
#[cfg(test)]
mod tests;

pub use client::{client_address, is_trusted};
pub use family::speaks_of_client;

use crate::wire::h1::encode;
use crate::wire::head::{FieldName, FieldSet, RequestHead};
use crate::wire::octet;
use crate::wire::target::Authority;
use ipnet::IpNet;
use std::io::Write as _;
use std::net::IpAddr;
use std::ops::Range;

/// Whom to believe, and which of the optional fields to send.
#[derive(Clone, Debug, Default)]
pub struct ForwardedPolicy {
    /// Networks whose peers are believed: load balancers and proxies in front.
    pub trusted: Vec<IpNet>,
    /// Send `Forwarded`.
    pub forwarded: bool,
    /// Send `X-Real-IP`.
    pub real_ip: bool,
    /// Send `Via` with this pseudonym, a token.
    pub via: Option<String>,
}

/// What we know ourselves about a connection.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Who talks to us, as the socket or its PROXY protocol header says.
    pub peer: IpAddr,
    /// Whether the peer talks TLS to us.
    pub tls: bool,
    /// The port that the peer connected to.
    pub port: u16,
}

/// What a request says about its client on its way upstream. Reused from request to request.
#[derive(Clone, Debug, Default)]
pub struct Forwarding {
    client: Option<IpAddr>,
    peer_trusted: bool,
    replaced: FieldSet,
    values: Vec<u8>,
    fields: Vec<(&'static str, Range<usize>)>,
}

impl Forwarding {
    /// Works out everything for one request, replacing what was here before.
    pub fn compute(
        &mut self,
        policy: &ForwardedPolicy,
        facts: &Facts,
        head: &RequestHead,
        bytes: &[u8],
    ) {
        let peer = facts.peer.to_canonical();
        let trusted = is_trusted(peer, &policy.trusted);
        self.peer_trusted = trusted;
        self.client = Some(if trusted {
            client_address(peer, &policy.trusted, head, bytes)
        } else {
            peer
        });
        self.replaced = FieldSet::default();
        self.values.clear();
        self.fields.clear();
        if trusted {
            self.replace_written(policy, head);
        } else {
            family::untrusted(head, bytes, &mut self.replaced);
        }
        self.write_hops(head, bytes, peer);
        self.write_facts(facts, head, bytes);
        if policy.real_ip {
            let client = self.client.unwrap_or(peer);
            self.write("x-real-ip", |values| write_address(values, client));
        }
        if policy.forwarded {
            self.write_element(facts, head, bytes, peer);
        }
        if let Some(pseudonym) = &policy.via {
            self.write("via", |values| {
                values.extend_from_slice(b"1.1 ");
                values.extend_from_slice(pseudonym.as_bytes());
            });
        }
    }

    /// The address of the client: the rightmost hop that is not trusted, or the peer.
    pub fn client(&self) -> Option<IpAddr> {
        self.client
    }

    /// Whether the peer is believed.
    pub fn peer_trusted(&self) -> bool {
        self.peer_trusted
    }

    /// Indices of the request's fields that must not be forwarded: lies, or said anew by
    /// [`Forwarding::fields`].
    pub fn replaced(&self) -> &FieldSet {
        &self.replaced
    }

    /// The fields to send, in lower case. `via` adds to those that the request has.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let values = &self.values;
        self.fields
            .iter()
            .map(|(name, range)| (*name, values.get(range.clone()).unwrap_or_default()))
    }

    /// Marks the lines of a trusted peer that are continued in ours.
    fn replace_written(&mut self, policy: &ForwardedPolicy, head: &RequestHead) {
        for (index, field) in head.fields.iter().enumerate() {
            let written = match field.id {
                FieldName::XForwardedFor
                | FieldName::XForwardedProto
                | FieldName::XForwardedHost
                | FieldName::XForwardedPort => true,
                FieldName::XRealIp => policy.real_ip,
                FieldName::Forwarded => policy.forwarded,
                _ => false,
            };
            if written {
                self.replaced.insert(index);
            }
        }
    }

    fn write(&mut self, name: &'static str, value: impl FnOnce(&mut Vec<u8>)) {
        let start = self.values.len();
        value(&mut self.values);
        self.fields.push((name, start..self.values.len()));
    }

    fn write_hops(&mut self, head: &RequestHead, bytes: &[u8], peer: IpAddr) {
        let trusted = self.peer_trusted;
        self.write("x-forwarded-for", |values| {
            if trusted {
                write_existing(values, head, bytes, FieldName::XForwardedFor);
            }
            write_address(values, peer);
        });
    }

    /// Scheme, host and port as the client saw them: from the first trusted hop that said so.
    fn write_facts(&mut self, facts: &Facts, head: &RequestHead, bytes: &[u8]) {
        let told = |id| {
            if self.peer_trusted {
                only_value(head, bytes, id)
            } else {
                None
            }
        };
        let scheme = told(FieldName::XForwardedProto)
            .and_then(scheme_name)
            .unwrap_or(if facts.tls { "https" } else { "http" });
        let host = told(FieldName::XForwardedHost)
            .filter(|host| Authority::parse(host).is_some())
            .unwrap_or(head.authority(bytes));
        let port = told(FieldName::XForwardedPort)
            .and_then(|port| octet::decimal(port, 5))
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(facts.port);
        self.write("x-forwarded-proto", |values| {
            values.extend_from_slice(scheme.as_bytes())
        });
        if !host.is_empty() {
            self.write("x-forwarded-host", |values| values.extend_from_slice(host));
        }
        self.write("x-forwarded-port", |values| {
            encode::decimal(values, u64::from(port))
        });
    }

    fn write_element(&mut self, facts: &Facts, head: &RequestHead, bytes: &[u8], peer: IpAddr) {
        let trusted = self.peer_trusted;
        self.write("forwarded", |values| {
            if trusted {
                write_existing(values, head, bytes, FieldName::Forwarded);
            }
            element::write(values, peer, facts.tls, head.authority(bytes));
        });
    }
}

/// Appends the values that a trusted peer sent, each with a comma after it. One with an open quote
/// would take what follows into it, and is left out.
fn write_existing(values: &mut Vec<u8>, head: &RequestHead, bytes: &[u8], id: FieldName) {
    let continued = |value: &&[u8]| !value.is_empty() && element::is_balanced(value);
    for value in head.values(bytes, id).filter(continued) {
        values.extend_from_slice(value);
        values.extend_from_slice(b", ");
    }
}

fn write_address(values: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            let mut text = [0; 15];
            let mut len = 0;
            let mut put = |b: u8| {
                if let Some(slot) = text.get_mut(len) {
                    *slot = b;
                    len += 1;
                }
            };
            for (index, octet) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    put(b'.');
                }
                if octet >= 100 {
                    put(b'0' + octet / 100);
                }
                if octet >= 10 {
                    put(b'0' + octet / 10 % 10);
                }
                put(b'0' + octet % 10);
            }
            values.extend_from_slice(text.get(..len).unwrap_or_default());
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(address) => drop(write!(values, "{address}")),
    }
}

/// The value of a field that occurs on one line.
fn only_value<'a>(head: &'a RequestHead, bytes: &'a [u8], id: FieldName) -> Option<&'a [u8]> {
    let mut values = head.values(bytes, id);
    let first = values.next();
    if values.next().is_some() { None } else { first }
}

fn scheme_name(text: &[u8]) -> Option<&'static str> {
    ["http", "https"]
        .into_iter()
        .find(|scheme| text.eq_ignore_ascii_case(scheme.as_bytes()))
}
