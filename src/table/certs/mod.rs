//! The TLS configurations of a snapshot: which listener and which certificate a handshake gets.
//!
//! One `ServerConfig` a listener. What did not change is the previous revision's own object, and a
//! listener keeps its ticket keys as long as its identity lasts, so that sessions resume on any
//! worker and across revisions, but never on another listener.

mod listener;
mod load;

use self::listener::ListenerCerts;
use self::load::Loaded;
use super::ListenerIndex;
use super::hosts::HostMap;
use super::rule::BindIndex;
use crate::ir::{Bind, BindAddress, Listener, ListenerName, Model};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{NoServerSessionStorage, ProducesTickets};
use std::collections::HashMap;
use std::sync::Arc;

/// A TLS protocol version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    #[default]
    Tls12,
    Tls13,
}

/// What every listener's TLS has in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TlsSettings {
    pub min_version: TlsVersion,
    /// Protocols offered by ALPN, the preferred first.
    pub alpn: Vec<Vec<u8>>,
}

impl Default for TlsSettings {
    fn default() -> Self {
        TlsSettings {
            min_version: TlsVersion::default(),
            alpn: vec![b"http/1.1".to_vec()],
        }
    }
}

/// A certificate that is not served, for the log and the status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertProblem {
    pub bind: BindAddress,
    pub listener: ListenerName,
    /// `namespace/name` of the Secret; empty when the fault is the listener's.
    pub certificate: Arc<str>,
    pub reason: String,
}

/// What a listener's sessions are bound to.
type Identity = (BindAddress, ListenerName, TlsSettings);

/// One listener's TLS. `config` is `None` when nothing can be served: the handshake is refused
/// rather than answered by a less specific listener.
struct Entry {
    ticketer: Option<Arc<dyn ProducesTickets>>,
    certs: Arc<ListenerCerts>,
    config: Option<Arc<ServerConfig>>,
}

struct BindCerts {
    /// Hostname to listener, without the fallback.
    listeners: HostMap,
    fallback: Option<u32>,
}

/// The TLS side of a snapshot, compiled from the same model as its
/// [`RouteTable`](super::RouteTable).
pub struct CertShelf {
    provider: Arc<CryptoProvider>,
    /// By certificate id.
    loaded: Vec<Loaded>,
    binds: Vec<BindCerts>,
    /// By [`ListenerIndex`]; `None` on plain binds.
    listeners: Vec<Option<Arc<Entry>>>,
    identities: HashMap<Identity, Arc<Entry>>,
    problems: Vec<CertProblem>,
}

impl CertShelf {
    /// Compiles the TLS side of a model. Never fails: what cannot be served is a [`CertProblem`].
    pub fn compile(
        model: &Model,
        settings: &TlsSettings,
        previous: Option<&CertShelf>,
        seed: u64,
    ) -> CertShelf {
        let provider = match previous {
            Some(previous) => Arc::clone(&previous.provider),
            None => Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
        };
        let mut shelf = CertShelf {
            loaded: load::all(
                model,
                &provider,
                previous.map_or(&[], |shelf| &shelf.loaded),
            ),
            provider,
            binds: Vec::new(),
            listeners: Vec::new(),
            identities: HashMap::new(),
            problems: Vec::new(),
        };
        for bind in &model.binds {
            let compiled = shelf.bind(bind, settings, previous, seed);
            shelf.binds.push(compiled);
        }
        shelf
    }

    /// The listener and the configuration for a handshake, by the server name as received. `None`:
    /// no listener of the bind takes it, and the handshake is to be refused.
    pub fn select(
        &self,
        bind: BindIndex,
        sni: Option<&[u8]>,
    ) -> Option<(ListenerIndex, Arc<ServerConfig>)> {
        let bind = self.binds.get(bind.0 as usize)?;
        let mut buffer = [0; ServerName::CAPACITY];
        let name = match sni {
            Some(sni) => ServerName::lower(sni, &mut buffer)?,
            None => &[],
        };
        let owner = match sni {
            Some(_) => bind.listeners.find(name, Some),
            None => bind.listeners.any(),
        };
        let index = match (owner, bind.fallback) {
            (Some(owner), Some(fallback)) if bind.listeners.any() == Some(owner) => {
                // Both take every host; the certificate made for this one decides.
                let better = match (self.entry(owner), self.entry(fallback)) {
                    (Some(one), Some(other)) => {
                        one.config.is_none() || (other.certs.names(name) && !one.certs.names(name))
                    }
                    (one, _) => one.is_none(),
                };
                if better { fallback } else { owner }
            }
            (Some(owner), _) => owner,
            (None, fallback) => fallback?,
        };
        let config = self.entry(index)?.config.as_ref()?;
        Some((ListenerIndex(index), Arc::clone(config)))
    }

    /// What could not be loaded.
    pub fn problems(&self) -> &[CertProblem] {
        &self.problems
    }

    fn entry(&self, listener: u32) -> Option<&Entry> {
        self.listeners.get(listener as usize)?.as_deref()
    }

    fn bind(
        &mut self,
        bind: &Bind,
        settings: &TlsSettings,
        previous: Option<&CertShelf>,
        seed: u64,
    ) -> BindCerts {
        let mut certs = BindCerts {
            listeners: HostMap::new(seed),
            fallback: None,
        };
        for listener in &bind.listeners {
            let index = self.listeners.len() as u32;
            if listener.fallback && listener.hostname.is_none() {
                certs.fallback.get_or_insert(index);
            } else {
                certs.listeners.insert(listener.hostname.as_ref(), index);
            }
            let entry = listener.tls.is_some().then(|| {
                let identity = (bind.address, listener.name.clone(), settings.clone());
                let old = previous.and_then(|shelf| shelf.identities.get(&identity));
                let entry = self.listener(listener, &identity, old, seed);
                self.identities.insert(identity, Arc::clone(&entry));
                entry
            });
            self.listeners.push(entry);
        }
        certs
    }

    fn listener(
        &mut self,
        listener: &Listener,
        identity: &Identity,
        old: Option<&Arc<Entry>>,
        seed: u64,
    ) -> Arc<Entry> {
        let mut offers = Vec::new();
        for binding in listener.tls.iter().flat_map(|tls| &tls.certificates) {
            match self.loaded.get(binding.certificate.0 as usize) {
                Some(Loaded {
                    outcome: Ok(one), ..
                }) => {
                    offers.push((Arc::clone(one), binding.hostnames.clone()));
                }
                Some(Loaded {
                    name,
                    outcome: Err(reason),
                    ..
                }) => {
                    let (name, reason) = (Arc::clone(name), reason.clone());
                    self.report(identity, name, reason);
                }
                None => self.report(identity, Arc::from(""), "not in the model".to_owned()),
            }
        }
        if let Some(old) = old
            && old.certs.offers(&offers)
            && (old.config.is_some() || offers.is_empty())
        {
            return Arc::clone(old);
        }
        let empty = offers.is_empty();
        let certs = Arc::new(ListenerCerts::new(offers, seed));
        let ticketer = old.and_then(|old| old.ticketer.clone());
        let mut entry = Entry {
            ticketer,
            certs,
            config: None,
        };
        if !empty {
            match self.configure(&mut entry, &identity.2) {
                Ok(config) => entry.config = Some(Arc::new(config)),
                Err(error) => self.report(identity, Arc::from(""), error.to_string()),
            }
        }
        Arc::new(entry)
    }

    fn configure(
        &self,
        entry: &mut Entry,
        settings: &TlsSettings,
    ) -> Result<ServerConfig, rustls::Error> {
        let versions: &[&rustls::SupportedProtocolVersion] = match settings.min_version {
            TlsVersion::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
            TlsVersion::Tls13 => &[&rustls::version::TLS13],
        };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&entry.certs) as _);
        let ticketer = match &entry.ticketer {
            Some(ticketer) => Arc::clone(ticketer),
            None => rustls::crypto::aws_lc_rs::Ticketer::new()?,
        };
        config.alpn_protocols = settings.alpn.clone();
        config.ticketer = Arc::clone(&ticketer);
        // Sessions live in tickets alone: a store would be memory and a lock on every worker.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 2;
        // Early data can be replayed (RFC 8470).
        config.max_early_data_size = 0;
        entry.ticketer = Some(ticketer);
        Ok(config)
    }

    fn report(&mut self, identity: &Identity, certificate: Arc<str>, reason: String) {
        let (bind, listener, _) = identity;
        self.problems.push(CertProblem {
            bind: *bind,
            listener: listener.clone(),
            certificate,
            reason,
        });
    }
}

/// Server names as they are looked up.
struct ServerName;

impl ServerName {
    /// Longest name in the DNS with its trailing dot (RFC 1035 section 2.3.4).
    const CAPACITY: usize = 255;

    /// The name in lower case and without trailing dot; `None` when no DNS name is so long.
    fn lower<'a>(name: &[u8], buffer: &'a mut [u8; Self::CAPACITY]) -> Option<&'a [u8]> {
        let name = name.strip_suffix(b".").unwrap_or(name);
        let lower = buffer.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        Some(lower)
    }
}

#[cfg(test)]
mod tests;
