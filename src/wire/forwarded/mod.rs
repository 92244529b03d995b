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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who talks to us, as the socket or its PROXY protocol header says.
    pub peer: IpAddr,
    /// Whether the peer talks TLS to us.
    pub tls: bool,
    /// The port that the peer connected to.
    pub port: u16,
}

/// What a request says about its client on its way upstream. Reused from request to request, under
/// one policy: what the connection alone decides is written once for all its requests.
#[derive(Clone, Debug, Default)]
pub struct Forwarding {
    client: Option<IpAddr>,
    peer_trusted: bool,
    replaced: FieldSet,
    /// Whole field lines.
    lines: Vec<u8>,
    fields: Vec<Said>,
    /// What the first lines were written from, where no request has a say in them, and how many
    /// bytes and fields these are.
    standing: Option<(Facts, usize, usize)>,
}

/// A field among the lines.
#[derive(Clone, Debug)]
struct Said {
    name: &'static str,
    value: Range<usize>,
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
        match self.standing {
            Some((told, lines, fields)) if told == *facts => {
                self.lines.truncate(lines);
                self.fields.truncate(fields);
            }
            _ => self.meet(policy, facts, head, bytes),
        }
        self.replaced = FieldSet::default();
        if self.peer_trusted {
            self.replace_written(policy, head);
        } else {
            family::untrusted(head, bytes, &mut self.replaced);
        }
        self.write_host(head, bytes);
        if policy.forwarded {
            self.write_element(facts, head, bytes);
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
        self.fields.iter().map(|said| {
            let value = self.lines.get(said.value.clone());
            (said.name, value.unwrap_or_default())
        })
    }

    /// All of [`Forwarding::fields`] as lines, ready to be sent.
    pub fn lines(&self) -> &[u8] {
        &self.lines
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
        self.lines.extend_from_slice(name.as_bytes());
        self.lines.extend_from_slice(b": ");
        let start = self.lines.len();
        value(&mut self.lines);
        let value = start..self.lines.len();
        self.lines.extend_from_slice(b"\r\n");
        self.fields.push(Said { name, value });
    }

    /// Begins with what the connection decides, alone or, where its peer is trusted, with what the
    /// request says.
    fn meet(&mut self, policy: &ForwardedPolicy, facts: &Facts, head: &RequestHead, bytes: &[u8]) {
        let peer = facts.peer.to_canonical();
        let trusted = is_trusted(peer, &policy.trusted);
        let client = if trusted {
            client_address(peer, &policy.trusted, head, bytes)
        } else {
            peer
        };
        self.peer_trusted = trusted;
        self.client = Some(client);
        self.lines.clear();
        self.fields.clear();
        self.write_hops(head, bytes, peer);
        self.write_scheme_and_port(facts, head, bytes);
        if policy.real_ip {
            self.write("x-real-ip", |values| write_address(values, client));
        }
        if let Some(pseudonym) = &policy.via {
            self.write("via", |values| {
                values.extend_from_slice(b"1.1 ");
                values.extend_from_slice(pseudonym.as_bytes());
            });
        }
        let written = (*facts, self.lines.len(), self.fields.len());
        self.standing = (!trusted).then_some(written);
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

    /// What a trusted hop said of the client's request, on one line.
    fn told<'a>(&self, head: &'a RequestHead, bytes: &'a [u8], id: FieldName) -> Option<&'a [u8]> {
        if self.peer_trusted {
            only_value(head, bytes, id)
        } else {
            None
        }
    }

    /// Scheme and port as the client saw them: from the first trusted hop that said so.
    fn write_scheme_and_port(&mut self, facts: &Facts, head: &RequestHead, bytes: &[u8]) {
        let scheme = self
            .told(head, bytes, FieldName::XForwardedProto)
            .and_then(scheme_name)
            .unwrap_or(if facts.tls { "https" } else { "http" });
        let port = self
            .told(head, bytes, FieldName::XForwardedPort)
            .and_then(|port| octet::decimal(port, 5))
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(facts.port);
        self.write("x-forwarded-proto", |values| {
            values.extend_from_slice(scheme.as_bytes())
        });
        self.write("x-forwarded-port", |values| {
            encode::decimal(values, u64::from(port))
        });
    }

    /// The host as the client saw it.
    fn write_host(&mut self, head: &RequestHead, bytes: &[u8]) {
        let host = self
            .told(head, bytes, FieldName::XForwardedHost)
            .filter(|host| Authority::parse(host).is_some())
            .unwrap_or(head.authority(bytes));
        if !host.is_empty() {
            self.write("x-forwarded-host", |values| values.extend_from_slice(host));
        }
    }

    fn write_element(&mut self, facts: &Facts, head: &RequestHead, bytes: &[u8]) {
        let (trusted, peer) = (self.peer_trusted, facts.peer.to_canonical());
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
