//! Statuses of objects: rendered from the report and the workers' acknowledgements, and kept with
//! the times of their transitions.

pub mod keeper;
pub mod render;

pub use keeper::StatusKeeper;
