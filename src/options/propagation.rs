//! How fast a change reaches the workers.

use super::duration;
use std::time::Duration;

/// The group `Propagation`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Propagation")]
pub struct PropagationFlags {
    /// Wait for further changes until none came for so long, then build
    #[arg(long, value_name = "TIME", default_value = "2ms", value_parser = duration::parse)]
    pub hold_off: Duration,

    /// But never hold a change back for longer
    #[arg(long, value_name = "TIME", default_value = "20ms", value_parser = duration::parse)]
    pub hold_off_max: Duration,
}
