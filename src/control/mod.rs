//! The control side: sources of objects, the builder, statuses, metrics, logs and the admin pages.
//!
//! One thread with one tokio runtime waits for everything; translation and compilation run on a
//! thread of their own beside it. Knows the workers only by what they share: snapshots and acks,
//! their counters, their status words and their access-log rings.

pub mod adoption;
pub mod build;
pub mod event;
pub mod holdoff;
pub mod settings;
pub mod slots;
pub mod status;

pub use event::SourceEvent;
pub use settings::{AccessLogFormat, AccessLogTarget, Fleet, Settings};
