//! From serving to the end of the process.

use super::{Failure, LOOK};
use crate::control::Control;
use crate::options::DrainFlags;
use crate::worker::supervise::Workers;
use crossbeam_channel::RecvTimeoutError;
use std::time::{Duration, Instant};

/// How long workers that were told to stop may take.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// Waits until traffic may come; false when the end was asked for before.
///
/// # Errors
/// [`Failure::Gone`] when the control side is gone.
pub(super) fn until_ready(control: &Control) -> Result<bool, Failure> {
    loop {
        match control.terminations().recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) if control.ready() => return Ok(true),
            Err(RecvTimeoutError::Timeout) => {}
            Ok(_) => return Ok(false),
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::Gone),
        }
    }
}

/// Waits until the end is asked for.
///
/// # Errors
/// [`Failure::Gone`] when the control side is gone, which asks by its absence.
pub(super) fn until_asked(control: &Control) -> Result<(), Failure> {
    control
        .terminations()
        .recv()
        .map(drop)
        .map_err(|_| Failure::Gone)
}

/// Ends serving without losing a request: not ready, then no listeners, then no connections.
///
/// # Errors
/// [`Failure::Cut`] when a second signal came before.
pub(super) fn drain(
    control: &Control,
    workers: Workers,
    flags: &DrainFlags,
) -> Result<(), Failure> {
    workers.expect_end();
    tracing::info!(delay = ?flags.drain_delay, "not ready any more; still serving");
    control.announce();
    if asked_within(control, flags.drain_delay) {
        return cut(control, workers);
    }
    tracing::info!("listeners close; requests under way finish");
    control.drain();
    let end = Instant::now().checked_add(flags.drain_timeout);
    let end = end.filter(|_| !flags.drain_timeout.is_zero());
    while !workers.is_finished() {
        if end.is_some_and(|end| Instant::now() >= end) {
            tracing::warn!(timeout = ?flags.drain_timeout, "not everything finished in time");
            control.stop_workers();
            break;
        }
        if asked_within(control, LOOK) {
            return cut(control, workers);
        }
    }
    if workers.join(STOP_PATIENCE) {
        tracing::info!("drained");
    }
    Ok(())
}

fn cut(control: &Control, workers: Workers) -> Result<(), Failure> {
    control.stop_workers();
    if !workers.join(STOP_PATIENCE) {
        tracing::warn!("a worker does not stop");
    }
    Err(Failure::Cut)
}

/// Whether the end is asked for (again) within a time.
fn asked_within(control: &Control, time: Duration) -> bool {
    match control.terminations().recv_timeout(time) {
        Ok(_) => true,
        Err(RecvTimeoutError::Timeout) => false,
        Err(RecvTimeoutError::Disconnected) => {
            // The control side is gone, and with it whoever would ask.
            std::thread::sleep(time);
            false
        }
    }
}
