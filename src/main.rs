//! The `ringress` binary.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(all(feature = "control", feature = "worker"))]
fn main() -> ExitCode {
    ringress::command::main()
}

#[cfg(not(all(feature = "control", feature = "worker")))]
fn main() -> ExitCode {
    eprintln!(
        "ringress: built without the features `control` and `worker`, both of which serving needs"
    );
    ExitCode::FAILURE
}
