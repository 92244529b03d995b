//! Certificates: Secrets of type `kubernetes.io/tls`, checked before anything is served from them.

use super::report::{Note, ReportBuilder};
use super::settings::Settings;
use crate::ir::{Certificate, CertificateId, Secret};
use crate::objects::Objects;
use crate::objects::kinds::secret::{self, TLS_TYPE};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Name of the certificate that stands in for others.
const SELF_SIGNED: &str = "self-signed";

/// What the check of a certificate found, kept from one translation to the next: a check costs a
/// millisecond for an RSA key, and most Secrets never change.
#[derive(Default)]
pub(super) struct CheckedCertificates(BTreeMap<Arc<str>, Checked>);

/// The bytes that were checked and the outcome.
#[derive(Clone)]
struct Checked {
    chain: Arc<[u8]>,
    key: Secret,
    outcome: Result<(), String>,
}

/// The certificates in use, each checked once.
pub(super) struct Certificates<'a> {
    objects: &'a Objects,
    settings: &'a Settings,
    before: CheckedCertificates,
    checked: CheckedCertificates,
    known: BTreeMap<Arc<str>, Result<CertificateId, String>>,
    list: Vec<Certificate>,
}

impl<'a> Certificates<'a> {
    /// `before` is what the last translation left.
    pub fn new(objects: &'a Objects, settings: &'a Settings, before: CheckedCertificates) -> Self {
        Self {
            objects,
            settings,
            before,
            checked: CheckedCertificates::default(),
            known: BTreeMap::new(),
            list: Vec::new(),
        }
    }

    /// The certificate in a Secret, or what is wrong with it.
    pub fn of_secret(
        &mut self,
        namespace: &str,
        name: &str,
        reports: &mut ReportBuilder,
    ) -> Result<CertificateId, String> {
        let full: Arc<str> = format!("{namespace}/{name}").into();
        if let Some(known) = self.known.get(&full) {
            return known.clone();
        }
        let outcome = self.read(namespace, name, &full, reports);
        self.known.insert(full, outcome.clone());
        outcome
    }

    /// The certificate that stands in for others, if the caller gave one that works.
    pub fn self_signed(&mut self) -> Option<CertificateId> {
        if let Some(known) = self.known.get(SELF_SIGNED) {
            return known.clone().ok();
        }
        let pair = self.settings.self_signed.as_ref()?;
        let outcome = self.check(SELF_SIGNED.into(), &pair.chain, &pair.key.0);
        self.known.insert(SELF_SIGNED.into(), outcome.clone());
        outcome.ok()
    }

    /// The whole list, in the order of the ids, and what to bring to the next translation.
    pub fn finish(self) -> (Vec<Certificate>, CheckedCertificates) {
        (self.list, self.checked)
    }

    fn read(
        &mut self,
        namespace: &str,
        name: &str,
        full: &Arc<str>,
        reports: &mut ReportBuilder,
    ) -> Result<CertificateId, String> {
        let Some(secret) = self.objects.secrets().get(namespace, name) else {
            return Err(format!("Secret {full} does not exist"));
        };
        if secret.kind != TLS_TYPE {
            return Err(format!(
                "Secret {full} is of type {}, {TLS_TYPE} is required",
                secret.kind
            ));
        }
        let (chain, key) = (
            entry(secret, full, "tls.crt")?,
            entry(secret, full, "tls.key")?,
        );
        let id = self
            .check(full.clone(), chain, key)
            .map_err(|reason| format!("Secret {full}: {reason}"))?;
        if let Some(warning) = self.settings.now.and_then(|now| validity(chain, now)) {
            reports.note(&**secret, Note::warning("data[tls.crt]", warning));
        }
        Ok(id)
    }

    fn check(&mut self, name: Arc<str>, chain: &[u8], key: &[u8]) -> Result<CertificateId, String> {
        let before = self.before.0.remove(&name);
        let before = before.filter(|old| *old.chain == *chain && *old.key.0 == *key);
        let checked = before.unwrap_or_else(|| Checked {
            chain: chain.into(),
            key: Secret(key.into()),
            outcome: belong_together(chain, key),
        });
        self.checked.0.insert(name.clone(), checked.clone());
        checked.outcome?;
        let id = CertificateId(self.list.len() as u32);
        self.list.push(Certificate {
            name,
            chain_pem: checked.chain,
            key_pem: checked.key,
        });
        Ok(id)
    }
}

fn entry<'a>(secret: &'a secret::Secret, full: &str, name: &str) -> Result<&'a [u8], String> {
    match secret.data.get(name) {
        Some(value) => Ok(value.expose()),
        None => Err(format!("Secret {full} has no data[{name}]")),
    }
}

/// Checks that chain and key parse and belong together. No message shows a byte of the key.
fn belong_together(chain: &[u8], key: &[u8]) -> Result<(), String> {
    let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("tls.crt is not PEM: {error}"))?;
    if chain.is_empty() {
        return Err("tls.crt holds no PEM certificate".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|_| "tls.key holds no PEM private key".to_owned())?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let pair = CertifiedKey::from_der(chain, key, &provider);
    pair.map(drop).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            "tls.key is not the key of the first certificate in tls.crt".to_owned()
        }
        error => format!("tls.crt and tls.key cannot be used: {error}"),
    })
}

/// What is wrong with the leaf's validity at `now`, seconds since the epoch.
///
/// The path is built to no anchor at all, so it always fails; but dates are looked at first, and
/// only their faults are told apart here.
fn validity(chain: &[u8], now: i64) -> Option<String> {
    let leaf = CertificateDer::pem_slice_iter(chain).next()?.ok()?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).ok()?));
    let leaf = webpki::EndEntityCert::try_from(&leaf).ok()?;
    let usage = webpki::KeyUsage::server_auth();
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let date = |at: UnixTime| {
        let seconds = i64::try_from(at.as_secs()).ok();
        let stamp = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        stamp.map(|stamp| stamp.to_string()).unwrap_or_default()
    };
    match leaf.verify_for_usage(algorithms, &[], &[], time, usage, None, None) {
        Err(webpki::Error::CertExpired { not_after, .. }) => {
            Some(format!("the certificate expired at {}", date(not_after)))
        }
        Err(webpki::Error::CertNotValidYet { not_before, .. }) => Some(format!(
            "the certificate is not valid before {}",
            date(not_before)
        )),
        _ => None,
    }
}
