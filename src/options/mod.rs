//! What the command line and the environment ask for: raw flags, then validated [`Options`].
//!
//! Every flag of a group is a field of the group's struct, in the type that the rest of the program
//! needs; what one flag alone can get wrong is refused while it is parsed, what several flags
//! contradict is refused by [`RawOptions::validate`]. Every flag is also an environment variable
//! ([`cli::variable`]); the command line wins over the environment.
//!
//! Names no other layer: `app` turns these values into the settings of the planes.

pub mod access_log;
pub mod addresses;
pub mod certificate_name;
pub mod check;
pub mod cli;
pub mod connections;
pub mod core_list;
pub mod demo;
pub mod drain;
pub mod duration;
pub mod endpoint;
pub mod forwarding;
pub mod limits;
pub mod log_level;
pub mod network;
pub mod objects;
pub mod observing;
pub mod propagation;
pub mod reference;
pub mod run;
pub mod size;
pub mod timeouts;
pub mod upstream;
pub mod workers;

pub use access_log::{AccessLogFormat, AccessLogTarget};
pub use addresses::AddressFlags;
pub use certificate_name::CertificateName;
pub use check::{CheckOptions, Output};
pub use cli::{Cli, Request};
pub use connections::{ConnectionFlags, TlsVersion};
pub use core_list::Cores;
pub use demo::DemoOptions;
pub use drain::DrainFlags;
pub use endpoint::Endpoint;
pub use forwarding::{ForwardingFlags, UnderscoreHeaders};
pub use limits::LimitFlags;
pub use log_level::{LogLevel, Verbosity};
pub use objects::ObjectFlags;
pub use observing::{LogFormat, ObservingFlags};
pub use propagation::PropagationFlags;
pub use run::{Contradiction, Options, RawOptions};
pub use timeouts::TimeoutFlags;
pub use upstream::{Balancing, UpstreamFlags};
pub use workers::{DriverWish, PinWish, RingWish, WorkerFlags, WorkersWish};
