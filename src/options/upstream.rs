//! Connections to endpoints.

/// The group `Upstream`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Upstream")]
pub struct UpstreamFlags {
    /// How an endpoint of a backend is chosen
    #[arg(long, value_enum, value_name = "HOW", default_value = "least-of-two")]
    pub balance: Balancing,

    /// Idle connections kept for each endpoint, for the whole process; 0: none
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub upstream_pool: u32,

    /// Requests that an upstream connection may carry; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub upstream_requests_per_connection: u64,
}

/// `--balance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Balancing {
    /// The less loaded of two drawn at random.
    LeastOfTwo,
    /// One after the other.
    RoundRobin,
}
