//! A task that may panic alone: monoio does not catch, so an uncaught panic would end the worker.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Runs `future` to its end; says whether it panicked. The panic hook has logged message and
/// backtrace by then. What the future held is dropped with it: leases and registrations are drop
/// guards.
pub async fn guarded(future: impl Future<Output = ()>) -> bool {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Ready(())) => Poll::Ready(false),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(true),
        },
    )
    .await
}
