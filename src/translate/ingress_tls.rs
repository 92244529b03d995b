//! TLS of Ingress: which certificate answers for which name.

use super::hostname;
use super::report::{Note, Refusal};
use super::{Context, Shelves};
use crate::ir::{CertificateBinding, CertificateId, Hostname, Labels, ListenerTls};
use crate::objects::kinds::ingress::Ingress;
use std::collections::BTreeMap;

/// The certificates of every Ingress in the making.
pub(super) struct IngressTls {
    /// Stands in where an Ingress names no usable Secret, and for names that nobody claims.
    default: Option<CertificateId>,
    /// Which certificate that is, or what is wrong with it; part of every remark on its use.
    default_text: String,
    bindings: Vec<CertificateBinding>,
    /// Who claimed a name, with which certificate.
    names: BTreeMap<Hostname, (CertificateId, String)>,
}

impl IngressTls {
    pub fn new(context: Context<'_>, shelves: &mut Shelves<'_>) -> Self {
        let mut fault = String::new();
        if let Some((namespace, name)) = &context.settings.default_certificate {
            match shelves
                .certificates
                .of_secret(namespace, name, &mut shelves.reports)
            {
                Ok(default) => return Self::of(Some(default), format!("{namespace}/{name}")),
                Err(reason) => {
                    fault = format!("; the default certificate cannot be used: {reason}");
                }
            }
        }
        match shelves.certificates.self_signed() {
            Some(default) => Self::of(Some(default), format!("a self-signed one{fault}")),
            None => Self::of(None, format!("none: TLS is not served{fault}")),
        }
    }

    fn of(default: Option<CertificateId>, default_text: String) -> Self {
        Self {
            default,
            default_text,
            bindings: Vec::new(),
            names: BTreeMap::new(),
        }
    }

    /// Adds the TLS section of one Ingress; older ones come first. Returns what does not resolve.
    pub fn add(&mut self, ingress: &Ingress, shelves: &mut Shelves<'_>) -> Vec<Refusal> {
        let namespace = ingress.metadata.namespace_or_empty();
        let mut unresolved = Vec::new();
        for (index, entry) in ingress.spec.tls.iter().enumerate() {
            let field = format!("spec.tls[{index}]");
            let secret = entry.secret_name.as_deref().filter(|name| !name.is_empty());
            let found = secret.map(|name| {
                shelves
                    .certificates
                    .of_secret(namespace, name, &mut shelves.reports)
            });
            let certificate = match found {
                Some(Ok(certificate)) => Some(certificate),
                Some(Err(reason)) => {
                    let message = format!(
                        "{field}.secretName: {reason}; the certificate served instead is {}",
                        self.default_text
                    );
                    unresolved.push(Refusal::new("InvalidCertificateRef", message));
                    self.default
                }
                None => {
                    let message = format!(
                        "no Secret is named, the certificate served is {}",
                        self.default_text
                    );
                    shelves
                        .reports
                        .note(ingress, Note::warning(&*field, message));
                    self.default
                }
            };
            let Some(certificate) = certificate else {
                continue;
            };
            let by_default = Some(certificate) == self.default;
            self.bind(
                ingress,
                &field,
                &entry.hosts,
                certificate,
                by_default,
                shelves,
            );
        }
        unresolved
    }

    fn bind(
        &mut self,
        ingress: &Ingress,
        field: &str,
        hosts: &[String],
        certificate: CertificateId,
        by_default: bool,
        shelves: &mut Shelves<'_>,
    ) {
        if hosts.is_empty() {
            // Chosen by the names in it; the default one is there already.
            let binding = CertificateBinding {
                certificate,
                hostnames: Vec::new(),
            };
            if !by_default && !self.bindings.contains(&binding) {
                self.bindings.push(binding);
            }
            return;
        }
        let metadata = &ingress.metadata;
        let own = format!("{}/{}", metadata.namespace_or_empty(), metadata.name);
        let mut hostnames = Vec::new();
        for (index, host) in hosts.iter().enumerate() {
            let name = hostname::parse(host, Labels::One);
            match self.names.get(&name) {
                None => {
                    self.names.insert(name.clone(), (certificate, own.clone()));
                    hostnames.push(name);
                }
                Some((known, _)) if *known == certificate => {}
                Some((_, winner)) => {
                    let message = format!(
                        "{host} has the certificate of Ingress {winner}, which comes first; use the \
                         same Secret or another host"
                    );
                    let note = Note::refused(format!("{field}.hosts[{index}]"), message);
                    shelves.reports.note(ingress, note);
                }
            }
        }
        if !hostnames.is_empty() {
            hostnames.sort();
            self.bindings.push(CertificateBinding {
                certificate,
                hostnames,
            });
        }
    }

    /// The whole; the default certificate first.
    pub fn finish(self) -> ListenerTls {
        let default = self.default.map(|certificate| CertificateBinding {
            certificate,
            hostnames: Vec::new(),
        });
        ListenerTls {
            certificates: default.into_iter().chain(self.bindings).collect(),
        }
    }
}
