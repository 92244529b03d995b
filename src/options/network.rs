//! Networks on the command line: `10.0.0.0/8`, or one address.

use ipnet::IpNet;
use std::net::IpAddr;

/// Reads a CIDR block, whose bits beyond the prefix must be zero, or a single address.
///
/// # Errors
/// The text to show behind the flag's name.
pub fn parse(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let Ok(network) = text.parse::<IpNet>() else {
        return Err("expected a network as 10.0.0.0/8, or an address".to_owned());
    };
    if network != network.trunc() {
        return Err(format!(
            "has bits beyond its prefix; {} is meant?",
            network.trunc()
        ));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_others_refused() {
        assert_eq!(parse("10.0.0.0/8").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(parse("::1").unwrap().to_string(), "::1/128");
        for text in ["", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "localhost"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
