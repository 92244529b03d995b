//! When certificates end.

use super::Scrape;
use super::family::Families;
use crate::ir::Certificate;
use crate::telemetry::names;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use std::fmt;
use std::time::Duration;

/// The last second of the year 9999, after which no certificate is valid (RFC 5280 section 4.1.2.5).
const END_OF_TIME: u64 = 253_402_300_799;

pub fn encode(scrape: &Scrape, families: &mut Families<'_>) -> fmt::Result {
    let series = scrape.model.certificates.iter().filter_map(|certificate| {
        let labels = vec![("certificate", certificate.name.to_string())];
        Some((labels, not_after(certificate)? as f64))
    });
    families.gauge(
        names::CERTIFICATE_NOT_AFTER,
        "Time at which the certificate ends, in seconds since the epoch.",
        series,
    )
}

/// The last second in which the leaf is valid; `None` for one that never ends.
///
/// The library tells dates only in its refusals: at the end of time, every leaf has expired.
fn not_after(certificate: &Certificate) -> Option<u64> {
    let leaf = CertificateDer::from_pem_slice(&certificate.chain_pem).ok()?;
    let leaf = webpki::EndEntityCert::try_from(&leaf).ok()?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(END_OF_TIME));
    let usage = webpki::KeyUsage::server_auth();
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    match leaf.verify_for_usage(algorithms, &[], &[], time, usage, None, None) {
        Err(webpki::Error::CertExpired { not_after, .. }) => Some(not_after.as_secs()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Secret;

    fn certificate(pem: &str) -> Certificate {
        Certificate {
            name: "shop/tls".into(),
            chain_pem: pem.as_bytes().into(),
            key_pem: Secret(Vec::new().into()),
        }
    }

    #[test]
    fn the_end_of_a_certificate_is_read_from_it() {
        let mut parameters = rcgen::CertificateParams::new(vec!["a.example".into()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = parameters.self_signed(&key).unwrap().pem();
        assert_eq!(not_after(&certificate(&pem)), Some(1_927_843_200));
        assert_eq!(not_after(&certificate("no PEM")), None);
    }
}
