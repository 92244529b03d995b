//! `ringress run`.

use super::FAILURE;
use crate::app::Gateway;
use crate::options::Options;
use std::process::ExitCode;

/// Serves a folder of manifests until it is told to end.
pub fn run(options: &Options) -> ExitCode {
    match Gateway::prepare(options).and_then(|gateway| gateway.serve(|| {})) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("ringress: {failure}");
            ExitCode::from(FAILURE)
        }
    }
}
