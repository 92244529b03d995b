//! The ends of an instance and of its workers under load: a drain loses nothing, and a worker that
//! ends or sticks takes nobody with it.
//!
//! Built for the release binary; a step of the run calls it.
#[path = "../support/mod.rs"]
mod support;

mod drain;
mod workers;
