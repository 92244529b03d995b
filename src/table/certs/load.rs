//! From PEM to a key that signs.

use crate::ir::{Certificate, Hostname, Labels, Model, Secret};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::sync::Arc;

/// A certificate of the model and what became of it.
pub(super) struct Loaded {
    pub name: Arc<str>,
    chain_pem: Arc<[u8]>,
    key_pem: Secret,
    pub outcome: Result<Arc<Identified>, String>,
}

/// A certificate with its key, and the names in it.
#[derive(Debug)]
pub(super) struct Identified {
    pub key: Arc<CertifiedKey>,
    /// DNS names of the leaf; a wildcard covers one label (RFC 6125 section 6.4.3).
    pub names: Vec<Hostname>,
}

/// Loads every certificate of a model, in the order of its ids; what `previous` has with the same
/// bytes is taken over.
pub(super) fn all(model: &Model, provider: &CryptoProvider, previous: &[Loaded]) -> Vec<Loaded> {
    let mut known: HashMap<&str, &Loaded> = HashMap::new();
    known.extend(previous.iter().map(|loaded| (&*loaded.name, loaded)));
    let load = |certificate: &Certificate| {
        let old = known.get(&*certificate.name).filter(|old| {
            old.chain_pem == certificate.chain_pem && old.key_pem == certificate.key_pem
        });
        Loaded {
            name: Arc::clone(&certificate.name),
            chain_pem: Arc::clone(&certificate.chain_pem),
            key_pem: certificate.key_pem.clone(),
            outcome: match old {
                Some(old) => old.outcome.clone(),
                None => identify(certificate, provider).map(Arc::new),
            },
        }
    };
    model.certificates.iter().map(load).collect()
}

fn identify(certificate: &Certificate, provider: &CryptoProvider) -> Result<Identified, String> {
    let chain = CertificateDer::pem_slice_iter(&certificate.chain_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("the certificate chain is no PEM: {error}"))?;
    let leaf = chain.first().ok_or("the chain holds no certificate")?;
    let names = names(leaf);
    // The error of the key names no byte of it.
    let key = PrivateKeyDer::from_pem_slice(&certificate.key_pem.0)
        .map_err(|error| format!("the private key is no PEM: {error}"))?;
    let key = CertifiedKey::from_der(chain, key, provider)
        .map_err(|error| format!("certificate and key: {error}"))?;
    Ok(Identified {
        key: Arc::new(key),
        names,
    })
}

/// The DNS names of a leaf; none for a certificate without them or of an old version.
fn names(leaf: &CertificateDer<'_>) -> Vec<Hostname> {
    let Ok(leaf) = webpki::EndEntityCert::try_from(leaf) else {
        return Vec::new();
    };
    leaf.valid_dns_names()
        .map(|name| {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            match name.strip_prefix("*.") {
                Some(suffix) => Hostname::Wildcard {
                    suffix: Arc::from(suffix),
                    labels: Labels::One,
                },
                None => Hostname::Exact(Arc::from(name)),
            }
        })
        .collect()
}
