//! The workers: one thread a core, each with its own runtime, listeners, sessions, upstream pool
//! and balancing state. Nothing is shared on the request path.

pub mod affinity;
pub mod borrow;
pub mod buffer;
pub mod clock;
pub mod descriptors;
pub mod driver;
pub mod intake;
pub mod listen;
pub mod settings;
pub mod socket;
pub mod stream;
pub mod syn_filter;
pub mod timers;
