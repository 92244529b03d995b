//! The certificates of one listener, and the choice among them.

use super::ServerName;
use super::load::Identified;
use crate::ir::Hostname;
use crate::table::hosts::HostMap;
use rustls::SignatureScheme;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A certificate with the names it is to be chosen by; empty: the names in it.
type Offer = (Arc<Identified>, Vec<Hostname>);

/// The certificates of one listener. The first is the default.
#[derive(Debug)]
pub(super) struct ListenerCerts {
    offers: Vec<Offer>,
    /// Name to an index in `chosen`.
    names: HostMap,
    /// Offers that share a name, in order: an RSA and an ECDSA certificate for instance.
    chosen: Vec<Vec<usize>>,
}

impl ListenerCerts {
    pub(super) fn new(offers: Vec<Offer>, seed: u64) -> Self {
        let mut by_name: BTreeMap<Hostname, Vec<usize>> = BTreeMap::new();
        for (index, (identified, hostnames)) in offers.iter().enumerate() {
            let names = if hostnames.is_empty() {
                &identified.names
            } else {
                hostnames
            };
            for name in names {
                by_name.entry(name.clone()).or_default().push(index);
            }
        }
        let mut names = HostMap::new(seed);
        let mut chosen = Vec::new();
        for (name, offers) in by_name {
            names.insert(Some(&name), chosen.len() as u32);
            chosen.push(offers);
        }
        ListenerCerts {
            offers,
            names,
            chosen,
        }
    }

    /// Whether these are the offers: the same loaded certificates under the same names.
    pub(super) fn offers(&self, offers: &[Offer]) -> bool {
        self.offers.len() == offers.len()
            && self
                .offers
                .iter()
                .zip(offers)
                .all(|((one, names), (other, others))| Arc::ptr_eq(one, other) && names == others)
    }

    /// Whether a certificate here is made for this name, in lower case.
    pub(super) fn names(&self, name: &[u8]) -> bool {
        self.names.find(name, Some).is_some()
    }

    /// The certificate for a name: exact, then wildcard, then the default; among equals the first
    /// whose key the client can verify.
    fn choose(&self, name: &[u8], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let usable = |index: usize| {
            let key = &self.offers.get(index)?.0.key;
            key.key
                .choose_scheme(schemes)
                .is_some()
                .then(|| Arc::clone(key))
        };
        self.names
            .find(name, |list| {
                self.chosen
                    .get(list as usize)?
                    .iter()
                    .copied()
                    .find_map(usable)
            })
            .or_else(|| (0..self.offers.len()).find_map(usable))
    }
}

impl ResolvesServerCert for ListenerCerts {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut buffer = [0; ServerName::CAPACITY];
        let name = hello.server_name().unwrap_or_default().as_bytes();
        let name = ServerName::lower(name, &mut buffer)?;
        self.choose(name, hello.signature_schemes())
    }
}
