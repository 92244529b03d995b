//! TLS of a listener: certificates and the names they are chosen by.

use super::Hostname;
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Index of a certificate in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CertificateId(pub u32);

/// Bytes that no log, dump or golden file may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Arc<[u8]>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[redacted]")
    }
}

/// A certificate chain with its key, checked by translation: the PEM parses, key and leaf belong
/// together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Certificate {
    /// `namespace/name` of the Secret, or `self-signed`.
    pub name: Arc<str>,
    /// PEM of the chain, leaf first.
    #[serde(skip)]
    pub chain_pem: Arc<[u8]>,
    /// PEM of the private key.
    pub key_pem: Secret,
}

/// A certificate as a listener offers it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CertificateBinding {
    pub certificate: CertificateId,
    /// Names it is chosen by (Ingress `tls[].hosts`); empty: the names in the certificate.
    pub hostnames: Vec<Hostname>,
}

/// How a listener terminates TLS. The first binding is the default certificate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListenerTls {
    pub certificates: Vec<CertificateBinding>,
}
