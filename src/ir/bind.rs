//! A bind: one address and port the workers listen on, whoever asks for it.

use super::Listener;
use serde::Serialize;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Where a bind listens. `ip: None` is every address, dual stack where the host has IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct BindAddress {
    pub ip: Option<IpAddr>,
    pub port: u16,
}

impl fmt::Display for BindAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            Some(ip) => write!(f, "{}", SocketAddr::new(ip, self.port)),
            None => write!(f, "*:{}", self.port),
        }
    }
}

/// The protocol family of a bind; every listener on it speaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Protocol {
    Http,
    Https,
}

/// One bind with the listeners that meet on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bind {
    pub address: BindAddress,
    pub protocol: Protocol,
    /// In order of rank: Gateways by age then name, Ingress last. Unique by hostname, except that
    /// one `fallback` listener without hostname may follow another without hostname.
    pub listeners: Vec<Listener>,
}
