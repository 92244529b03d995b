//! The subcommands, one file each, over `app`.
//!
//! Exit codes: 0 for success, 1 for a failure, 2 for a usage error, 3 for manifests of which
//! something is refused.

mod version;

use crate::options::{Cli, Request};
use std::process::ExitCode;

/// Something failed while running.
pub const FAILURE: u8 = 1;

/// Reads the command line and the environment and does what they ask.
///
/// Call it before any thread is started: finding the I/O driver forks.
pub fn main() -> ExitCode {
    match Cli::read(std::env::args_os()) {
        Ok(Request::Version) => version::run(),
        Ok(_) => {
            eprintln!("ringress: serving is not part of this build yet");
            ExitCode::from(FAILURE)
        }
        // Prints help (code 0) or the usage error (code 2).
        Err(usage) => usage.exit(),
    }
}
