//! The workers: one thread a core, each with its own runtime, listeners, sessions, upstream pool
//! and balancing state. Nothing is shared on the request path.

mod accept;
pub mod affinity;
mod binds;
mod borrow;
mod buffer;
pub mod clock;
mod connection;
mod context;
mod date;
pub mod descriptors;
mod dice;
pub mod driver;
mod exchange;
mod fault;
mod guarded;
mod h1;
pub mod intake;
pub mod listen;
mod log_writer;
mod memory;
mod peers;
mod place;
mod registry;
mod run;
pub mod settings;
mod socket;
pub mod start;
mod stream;
pub mod supervise;
pub mod syn_filter;
mod timers;
mod tunnel;
mod turns;
mod upstream;
mod view;
