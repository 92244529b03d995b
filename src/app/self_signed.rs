//! The certificate of Ingress TLS that has no other.

use crate::ir::Secret;
use crate::translate::KeyPair;
use rcgen::{CertificateParams, DnType};

/// The name it carries: an address that no client asks for, so that nobody mistakes it for theirs.
const NAME: &str = "ringress.invalid";

/// Makes a certificate for this run of the process.
///
/// # Errors
/// When the machine yields no key.
pub fn make() -> Result<KeyPair, rcgen::Error> {
    let mut parameters = CertificateParams::new([NAME.to_owned()])?;
    let name = &mut parameters.distinguished_name;
    name.push(DnType::CommonName, "Ringress default certificate");
    let key = rcgen::KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    Ok(KeyPair {
        chain: certificate.pem().into_bytes().into(),
        key: Secret(key.serialize_pem().into_bytes().into()),
    })
}
