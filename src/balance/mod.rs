//! Which backend, and which of its endpoints.
//!
//! Pure: dice and figures in flight are arguments, the caller keeps all state.

mod endpoint;
mod weight;

pub use endpoint::{least_of_two, round_robin};
pub use weight::weighted;

#[cfg(test)]
mod tests;
