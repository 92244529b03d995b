//! Which objects are ours.

use super::CertificateName;

/// The group `Objects`, which `check` has too.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Objects")]
pub struct ObjectFlags {
    /// spec.controllerName of the GatewayClasses that are ours
    #[arg(long, value_name = "NAME", default_value = "ringress.dev/gateway-controller", value_parser = controller)]
    pub gateway_controller_name: String,

    /// spec.controller of the IngressClasses that are ours
    #[arg(long, value_name = "NAME", default_value = "ringress.dev/ingress-controller", value_parser = controller)]
    pub ingress_controller_name: String,

    /// Serve Ingresses that name no class too
    #[arg(long)]
    pub ingress_without_class: bool,

    /// Secret for Ingress TLS without a usable one of its own [default: a self-signed certificate]
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub default_certificate: Option<CertificateName>,
}

/// A domain-prefixed path, as the Gateway API's GatewayController.
fn controller(text: &str) -> Result<String, String> {
    let domain_and_path = text.split_once('/').is_some_and(|(domain, path)| {
        let letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
        let path_letters =
            |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
        !domain.is_empty()
            && domain.bytes().all(letters)
            && !path.is_empty()
            && path.bytes().all(path_letters)
    });
    if domain_and_path && text.len() <= 253 {
        return Ok(text.to_owned());
    }
    Err("expected DOMAIN/PATH, as example.com/gateway-controller".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_name_has_a_domain_and_a_path() {
        assert!(controller("example.com/gateway").is_ok());
        for text in ["", "gateway", "/gateway", "example.com/", "Ex/a", "a/b c"] {
            assert!(controller(text).is_err(), "{text}");
        }
    }
}
