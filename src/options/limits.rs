//! What a peer may make us hold.

use super::size;

/// The group `Limits`. A limit per process is shared out: each worker holds its part, rounded up.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitFlags {
    /// Longest request line; 414 beyond
    #[arg(long, value_name = "SIZE", default_value = "8KiB", value_parser = size::parse_head)]
    pub max_request_line: usize,

    /// Largest header field of a request; 431 beyond
    #[arg(long, value_name = "SIZE", default_value = "16KiB", value_parser = size::parse_head)]
    pub max_header_size: usize,

    /// All header fields of a request together; 431 beyond
    #[arg(long, value_name = "SIZE", default_value = "32KiB", value_parser = size::parse_head)]
    pub max_headers_size: usize,

    /// Header fields of a request, at most 256; 431 beyond
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub max_headers: u16,

    /// Largest request body; 413 beyond; 0: no limit
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = size::parse)]
    pub max_request_body: u64,

    /// Head of an upstream's response; 502 beyond
    #[arg(long, value_name = "SIZE", default_value = "64KiB", value_parser = size::parse_head)]
    pub max_response_headers_size: usize,

    /// 1xx responses of an upstream before its final one; 502 beyond
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub max_interim_responses: u32,

    /// Connections of a listener, for the whole process; accepting pauses at the limit
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections_per_listener: u32,

    /// Share of RLIMIT_NOFILE in use at which accepting pauses
    #[arg(long, value_name = "PERCENT", default_value_t = 90, value_parser = clap::value_parser!(u32).range(10..=100))]
    pub max_descriptors_percent: u32,

    /// Requests that a client connection may carry; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_requests_per_connection: u64,

    /// Least bytes a second of a request body, after its first 10 seconds; 0: no minimum
    #[arg(long, value_name = "SIZE", default_value = "240", value_parser = size::parse)]
    pub min_request_body_rate: u64,

    /// Unread bytes of a request body that are read away to keep its connection, after an early
    /// answer
    #[arg(long, value_name = "SIZE", default_value = "64KiB", value_parser = size::parse)]
    pub max_body_drain: u64,
}
