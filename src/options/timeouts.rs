//! How long anything may take.

use super::duration;
use std::time::Duration;

/// The group `Timeouts`. Zero switches a timeout off; `timeouts` of an HTTPRoute override those
/// that they name.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Timeouts (0: none)")]
pub struct TimeoutFlags {
    /// From the first byte of a request's head to its end; 408
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    pub header_read_timeout: Duration,

    /// A client connection without a request; closed
    #[arg(long, value_name = "TIME", default_value = "75s", value_parser = duration::parse)]
    pub idle_timeout: Duration,

    /// TLS handshake; closed
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    pub tls_handshake_timeout: Duration,

    /// PROXY protocol header of a peer that must send one; closed
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration::parse)]
    pub proxy_protocol_timeout: Duration,

    /// Client sends no byte of its request body; 408
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub request_body_timeout: Duration,

    /// Client takes no byte of its response; cut
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub client_write_timeout: Duration,

    /// Opening an upstream connection; 504
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration::parse)]
    pub connect_timeout: Duration,

    /// Upstream silent before the head of its response; 504
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub upstream_response_timeout: Duration,

    /// Upstream silent within the body of its response; the client is cut
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub upstream_body_timeout: Duration,

    /// Upstream connection unused in the pool; closed
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub upstream_idle_timeout: Duration,

    /// Neither side of an upgraded connection sends; closed
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration::parse)]
    pub tunnel_idle_timeout: Duration,
}
