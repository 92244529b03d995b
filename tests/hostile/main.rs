//! The built binary against peers that break the rules, stop, lie, leave and flood: what is
//! refused, with which status, and that nothing of it reaches an origin or another client.
//!
//! The cases of `tests/wire/cases` are run again here, end to end: there against the parser, here
//! against the sockets of a gateway with a strict, recording origin behind it.

#[path = "../wire/case.rs"]
mod case;
#[path = "../proxy/puppet.rs"]
mod puppet;
#[path = "../proxy/scene.rs"]
mod stage;
#[path = "../support/mod.rs"]
mod support;

mod abandon;
mod bypass;
mod cut;
mod drain;
mod flood;
mod handshake;
mod limits;
mod mutations;
mod requests;
mod responses;
mod reuse;
mod scene;
mod slow;
mod smuggling;
mod tell;
mod wait;
