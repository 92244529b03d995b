//! Which way of waiting for the kernel a worker uses: io_uring with the best flags this machine
//! allows, or epoll.
//!
//! The flags matter more than anything else here: monoio's default ring costs more processor time
//! than epoll, one with SINGLE_ISSUER and DEFER_TASKRUN less. [`probe`] finds out what works before
//! any thread or runtime exists, in a child process that may be killed; [`block_on`] then builds
//! the runtime inside the worker's own thread.

mod attempt;
mod child;
mod choice;
mod kernel;
mod ladder;
mod runtime;

pub use choice::{Chosen, DriverChoice, IoDriver, RingMode, Rung, UnknownChoice};
pub use ladder::{DriverRefused, probe};
pub use runtime::{DriverError, block_on};
