//! Clients and origins that others wrote: curl, wrk, nginx, and the WebSocket client and server of
//! Python's `websockets`. `tests/steps/65-peers` installs them and runs this.

#[path = "../proxy/scene.rs"]
mod scene;
#[path = "../support/mod.rs"]
mod support;

mod curl;
mod nginx;
mod python;
mod wrk;

use std::process::{Child, Command, Output, Stdio};

/// A program that runs beside a test; killed when dropped.
pub struct Running(Child);

impl Running {
    /// Starts it.
    pub fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Runs a program to its end; panics with what it said when it fails.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}: {said}",
        output.status
    );
    output
}
