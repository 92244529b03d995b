//! Counting and recording, without knowing who scrapes or writes.
//!
//! Every counter has one writer, the worker it belongs to, and is read by the control thread with
//! relaxed loads: no shared counter, no lock, no read-modify-write on the request path.

pub mod access_log;
pub mod counters;
pub mod names;
pub mod pages;
pub mod worker_status;
