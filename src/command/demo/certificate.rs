//! A certificate authority for the demo, and a certificate of it for the samples' hosts.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// Names of the certificate: each host of the samples, since clients take no wildcard right below
/// the top.
const HOSTS: [&str; 6] = [
    "shop.example",
    "split.example",
    "www.example",
    "chat.example",
    "live.example",
    "classic.example",
];

/// PEM texts. The authority's key is not kept: nobody can issue more.
pub struct Certificate {
    /// What a client is to trust.
    pub authority: String,
    /// The certificate for [`HOSTS`].
    pub chain: String,
    pub key: String,
}

/// Makes an authority and a certificate.
///
/// # Errors
/// When the machine yields no key.
pub fn make() -> Result<Certificate, rcgen::Error> {
    let mut authority = CertificateParams::default();
    let name = &mut authority.distinguished_name;
    name.push(DnType::CommonName, "Ringress demo authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;

    let mut leaf = CertificateParams::new(HOSTS.map(str::to_owned))?;
    leaf.distinguished_name
        .push(DnType::CommonName, "Ringress demo");
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let issuer = Issuer::new(authority, authority_key);
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok(Certificate {
        authority: authority_certificate.pem(),
        chain: certificate.pem(),
        key: key.serialize_pem(),
    })
}

impl Certificate {
    /// The Secret that the samples' Gateway names.
    pub fn secret(&self) -> String {
        let indented =
            |pem: &str| -> String { pem.lines().map(|line| format!("    {line}\n")).collect() };
        format!(
            "# Made by `ringress demo`; ca.crt is the authority to trust.\n\
             apiVersion: v1\n\
             kind: Secret\n\
             metadata:\n\
             \x20 name: demo-certificate\n\
             \x20 namespace: default\n\
             type: kubernetes.io/tls\n\
             stringData:\n\
             \x20 tls.crt: |\n{}\
             \x20 tls.key: |\n{}",
            indented(&self.chain),
            indented(&self.key),
        )
    }
}
