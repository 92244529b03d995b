//! What every socket and every connection has to satisfy.

use super::{duration, network};
use ipnet::IpNet;
use std::time::Duration;

/// The group `Connections`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Connections")]
pub struct ConnectionFlags {
    /// Listen although another process holds the same address and port with this flag
    #[arg(long)]
    pub share_ports: bool,

    /// Connections that may wait to be accepted, for each worker and port; the kernel caps it at
    /// net.core.somaxconn
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..=65535))]
    pub listen_backlog: u32,

    /// Peers that must speak PROXY protocol v1 or v2; it is refused from everybody else
    #[arg(long, value_name = "CIDR", value_delimiter = ',', value_parser = network::parse)]
    pub proxy_protocol_from: Vec<IpNet>,

    /// Lowest TLS version that clients may speak
    #[arg(long, value_enum, value_name = "VERSION", default_value = "1.2")]
    pub tls_min_version: TlsVersion,

    /// Silence after which TCP keepalive probes a connection, on both sides; 0: none
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub tcp_keepalive_idle: Duration,

    /// Time between TCP keepalive probes
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse_some)]
    pub tcp_keepalive_interval: Duration,

    /// Unanswered TCP keepalive probes that end a connection
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=127))]
    pub tcp_keepalive_probes: u32,

    /// How long sent bytes may stay unacknowledged before a connection ends, on both
    /// sides; 0: as long as the kernel retries
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    pub tcp_user_timeout: Duration,
}

/// `--tls-min-version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum TlsVersion {
    #[value(name = "1.2")]
    Tls12,
    #[value(name = "1.3")]
    Tls13,
}
