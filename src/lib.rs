//! Ringress: a Kubernetes ingress and Gateway API gateway on io_uring, one thread a core.
//!
//! The map of the code, its layers and its invariants are in `src/README.md`.

#[cfg(all(feature = "control", feature = "worker"))]
pub mod app;
pub mod balance;
#[cfg(all(feature = "control", feature = "worker"))]
pub mod command;
#[cfg(feature = "control")]
pub mod control;
pub mod filter;
pub mod ir;
pub mod objects;
pub mod options;
pub mod snapshot;
pub mod table;
pub mod telemetry;
pub mod translate;
pub mod wire;
#[cfg(feature = "worker")]
pub mod worker;
