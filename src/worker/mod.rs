//! The `worker` layer; see `src/README.md`.

pub mod affinity;
pub mod borrow;
pub mod descriptors;
pub mod driver;
pub mod intake;
pub mod listen;
pub mod syn_filter;
