//! The subcommands, one file each, over `app`.
//!
//! Exit codes: 0 for success, 1 for a failure, 2 for a usage error, 3 for manifests of which
//! something is refused.

mod check;
mod demo;
mod run;
mod version;

use crate::options::{Cli, Request};
use std::process::ExitCode;

/// Something failed while running.
const FAILURE: u8 = 1;
/// Manifests of which something is refused.
const REFUSED: u8 = 3;

/// Reads the command line and the environment and does what they ask.
///
/// Call it before any thread is started: finding the I/O driver forks.
pub fn main() -> ExitCode {
    match Cli::read(std::env::args_os()) {
        Ok(Request::Run(options)) => run::run(&options),
        Ok(Request::Demo(options)) => demo::run(&options),
        Ok(Request::Check(options)) => check::run(&options),
        Ok(Request::Version) => version::run(),
        // Prints help (code 0) or the usage error (code 2).
        Err(usage) => usage.exit(),
    }
}
