//! Building: objects in, a published snapshot and a report out, on a thread of its own.

mod builder;
mod news;
mod nice;
mod rebuild;

pub use builder::{Build, Builder, Built, Message, Shared, Ties, Translated};
pub use rebuild::Rebuild;
