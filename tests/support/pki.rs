//! A certificate authority for one test, and clients that trust it.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};

use super::stream::Tls;

/// Issues leaf certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    pem: String,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The certificate, PEM.
    pub certificate: String,
    /// The private key, PKCS#8 PEM.
    pub key: String,
    /// The certificate, DER: what [`super::client::Connection`] sees on the wire.
    pub der: Vec<u8>,
    key_der: Vec<u8>,
}

impl Authority {
    /// A new self-signed root.
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a P-256 key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = params.self_signed(&key).expect("a root");
        Self {
            pem: root.pem(),
            root: root.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    /// The root, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A leaf for these names (DNS, wildcards, IP addresses), good for servers and clients.
    pub fn leaf(&self, names: &[&str]) -> Leaf {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().expect("a P-256 key");
        let mut params = CertificateParams::new(names.clone()).expect("names that fit a SAN");
        if let Some(name) = names.first() {
            params
                .distinguished_name
                .push(DnType::CommonName, name.clone());
        }
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let certificate = params.signed_by(&key, &self.issuer).expect("a leaf");
        Leaf {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
            key_der: key.serialize_der(),
        }
    }

    /// A client that trusts this authority and offers `alpn` in that order, over TLS 1.2 and 1.3.
    pub fn client(&self, name: &str, alpn: &[&str]) -> Tls {
        self.build(name, alpn, None, None)
    }

    /// As [`Self::client`], over TLS 1.2 alone.
    pub fn client_tls12(&self, name: &str, alpn: &[&str]) -> Tls {
        self.build(name, alpn, Some(&TLS12), None)
    }

    /// As [`Self::client`], over TLS 1.3 alone.
    pub fn client_tls13(&self, name: &str, alpn: &[&str]) -> Tls {
        self.build(name, alpn, Some(&TLS13), None)
    }

    /// As [`Self::client`], showing a certificate of its own.
    pub fn client_with(&self, name: &str, alpn: &[&str], leaf: &Leaf) -> Tls {
        self.build(name, alpn, None, Some(leaf))
    }

    fn build(
        &self,
        name: &str,
        alpn: &[&str],
        version: Option<&'static rustls::SupportedProtocolVersion>,
        leaf: Option<&Leaf>,
    ) -> Tls {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).expect("our own root");
        let versions = version.map_or(vec![&TLS13, &TLS12], |one| vec![one]);
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&versions)
            .expect("versions the provider has")
            .with_root_certificates(roots);
        let mut config = match leaf {
            None => builder.with_no_client_auth(),
            Some(leaf) => builder
                .with_client_auth_cert(
                    vec![CertificateDer::from(leaf.der.clone())],
                    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf.key_der.clone())),
                )
                .expect("our own leaf"),
        };
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Tls {
            config: Arc::new(config),
            name: name.to_owned(),
        }
    }
}
