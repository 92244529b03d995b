//! What a change of the objects does to traffic under way: nothing but what it says.
//!
//! Built for the release binary; a step of the run calls it.
#[path = "../support/mod.rs"]
mod support;

mod load;
mod pool;
mod revision;
mod rolling;
mod sockets;
