//! Which addresses objects are served on.

use std::net::IpAddr;

/// The group `Addresses`, which `check` has too.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Addresses")]
pub struct AddressFlags {
    /// Where a Gateway without spec.addresses listens [default: every address of the host]
    #[arg(long, value_name = "IP", value_delimiter = ',')]
    pub listen_address: Vec<IpAddr>,

    /// Where Ingress listens [default: every address of the host]
    #[arg(long, value_name = "IP", value_delimiter = ',')]
    pub ingress_address: Vec<IpAddr>,

    /// Port of Ingress for HTTP
    #[arg(long, value_name = "PORT", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    pub ingress_http_port: u16,

    /// Port of Ingress for HTTPS
    #[arg(long, value_name = "PORT", default_value_t = 8443, value_parser = clap::value_parser!(u16).range(1..))]
    pub ingress_https_port: u16,

    /// Addresses that statuses show for what listens on every address of the host
    #[arg(long, value_name = "IP", value_delimiter = ',')]
    pub publish_address: Vec<IpAddr>,
}
