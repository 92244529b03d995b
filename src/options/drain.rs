//! What happens between a termination signal and the end of the process.

use super::duration;
use std::time::Duration;

/// The group `Drain`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Drain")]
pub struct DrainFlags {
    /// After SIGTERM or SIGINT: serve new connections for so long while /readyz answers 503
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration::parse)]
    pub drain_delay: Duration,

    /// Then: end at the latest after so long, finished or not; 0: wait for the last exchange
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub drain_timeout: Duration,

    /// Then: close a connection without a request after so long
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration::parse)]
    pub drain_idle: Duration,
}
