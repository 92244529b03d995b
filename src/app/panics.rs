//! Panics, wherever they happen, go to the log with their backtrace.
//!
//! Who catches them decides what they end: a worker's guard, one connection; the supervisor, one
//! worker.

use std::backtrace::Backtrace;
use std::panic::{self, PanicHookInfo};
use std::thread;

/// Logs every panic of the process from now on.
pub(super) fn log() {
    panic::set_hook(Box::new(say));
}

fn say(panic: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let location = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("without a message");
    let backtrace = Backtrace::force_capture();
    tracing::error!(
        thread = thread.name().unwrap_or_default(),
        location,
        %backtrace,
        "panicked: {message}"
    );
}
