//! The control side: sources of objects, the builder, statuses, metrics, logs and the admin pages.
//!
//! One thread with one tokio runtime waits for everything; translation and compilation run on a
//! thread of their own beside it. Knows the workers only by what they share: snapshots and acks,
//! their counters, their status words and their access-log rings.

mod access_log;
mod admin;
mod adoption;
mod build;
mod event;
mod handle;
mod histogram;
mod holdoff;
mod metrics;
mod run;
mod settings;
mod signals;
mod slots;
pub mod source;
mod start;
mod state;
pub mod status;

pub use event::{Source, SourceEvent, SourceSender};
pub use handle::Control;
pub use settings::{AccessLogFormat, AccessLogTarget, Fleet, Pinning, RECHECK, Settings};
pub use signals::Terminate;
pub use start::StartError;
