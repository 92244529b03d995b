//! Attempts to break the data path: peers that stop, lie, leave and flood, against the built
//! binary. Each test is a fault that was there once.

#[path = "../support/mod.rs"]
mod support;

mod handshake;
mod scene;
