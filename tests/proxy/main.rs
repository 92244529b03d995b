//! The built binary between real clients and real origins: what is served, and how.
//!
//! Every test has a gateway of its own. What hostile peers do is in `tests/hostile`.

#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod drain;
mod faults;
mod filters;
mod forwarding;
mod ingress;
mod listeners;
mod live;
mod messages;
mod observing;
mod pool;
mod proxy_protocol;
mod puppet;
mod retries;
mod routing;
mod scene;
mod secure;
mod start;
mod timeouts;
mod tls;
mod upgrades;
