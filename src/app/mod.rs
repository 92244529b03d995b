//! Wiring: turns [`Options`](crate::options::Options) into the settings of the planes, starts them
//! and ends them. Decides nothing itself.

pub mod build;
