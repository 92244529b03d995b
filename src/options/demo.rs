//! `ringress demo`.

use super::WorkerFlags;
use std::path::PathBuf;

/// The flags of `demo`.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Demo")]
pub struct DemoOptions {
    /// Copy the sample manifests to this folder, which must be empty or absent, and serve them from
    /// there [default: a new temporary folder]
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,

    #[command(flatten)]
    pub workers: WorkerFlags,
}
