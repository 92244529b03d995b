//! `ringress check`.

use super::{AddressFlags, ObjectFlags};
use std::path::PathBuf;

/// The flags of `check`.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Check")]
pub struct CheckOptions {
    /// Folder of manifests
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// How the findings are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub output: Output,

    #[command(flatten)]
    pub objects: ObjectFlags,
    #[command(flatten)]
    pub addresses: AddressFlags,
}

/// `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    Text,
    Json,
    Yaml,
}
