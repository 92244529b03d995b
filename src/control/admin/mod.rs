//! The pages of the process over HTTP/1.1: probes, metrics, and what it thinks.
//!
//! Read-only, but for faults that a test may ask for. Each request has a connection of its own,
//! with limits on the size of its head, on its time and on how many there are at once.

mod connections;
mod debug;
mod fault;
mod health;
mod index;
mod page;
mod router;
mod server;

pub use page::Page;
pub use router::{Admin, Pages};
pub use server::Listener;
