//! `ringress run`: every group of flags, and what contradicts what.

use super::{
    AccessLogFormat, AccessLogTarget, AddressFlags, ConnectionFlags, DrainFlags, DriverWish,
    ForwardingFlags, LimitFlags, ObjectFlags, ObservingFlags, PropagationFlags, RingWish,
    TimeoutFlags, UpstreamFlags, WorkerFlags,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

/// The flags as they were given.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Source")]
pub struct RawOptions {
    /// Serve the objects in this folder and below: YAML or JSON, followed live
    #[arg(long, value_name = "DIR")]
    pub manifests: Option<PathBuf>,

    #[command(flatten)]
    pub objects: ObjectFlags,
    #[command(flatten)]
    pub addresses: AddressFlags,
    #[command(flatten)]
    pub workers: WorkerFlags,
    #[command(flatten)]
    pub propagation: PropagationFlags,
    #[command(flatten)]
    pub observing: ObservingFlags,
    #[command(flatten)]
    pub connections: ConnectionFlags,
    #[command(flatten)]
    pub forwarding: ForwardingFlags,
    #[command(flatten)]
    pub upstream: UpstreamFlags,
    #[command(flatten)]
    pub limits: LimitFlags,
    #[command(flatten)]
    pub timeouts: TimeoutFlags,
    #[command(flatten)]
    pub drain: DrainFlags,

    /// For tests: obey faults asked for under the admin address
    #[arg(long, hide = true, help_heading = "Tests")]
    pub enable_fault_injection: bool,
}

/// Flags that agree with each other.
#[derive(Clone, Debug)]
pub struct Options {
    pub manifests: PathBuf,
    pub objects: ObjectFlags,
    pub addresses: AddressFlags,
    pub workers: WorkerFlags,
    pub propagation: PropagationFlags,
    pub observing: ObservingFlags,
    pub access_log_format: AccessLogFormat,
    pub connections: ConnectionFlags,
    pub forwarding: ForwardingFlags,
    pub upstream: UpstreamFlags,
    pub limits: LimitFlags,
    pub timeouts: TimeoutFlags,
    pub drain: DrainFlags,
    pub fault_injection: bool,
}

/// Flags that cannot be obeyed together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    #[error("--manifests DIR is missing: following a cluster's objects comes with a later release")]
    NoSource,
    #[error(
        "--io-uring-mode chooses among io_uring's modes, but --io-driver epoll forbids io_uring"
    )]
    ModeOfEpoll,
    #[error("--max-header-size {one} is larger than --max-headers-size {all}")]
    HeaderAboveHeaders { one: usize, all: usize },
    #[error("--admin-address and --health-address are both {0}: give them different ports")]
    PagesMeet(std::net::SocketAddr),
    #[error("--ingress-http-port and --ingress-https-port are both {0}")]
    IngressPortsMeet(u16),
    #[error("--hold-off {quiet} is longer than --hold-off-max {max}")]
    HoldOffAboveMax { quiet: String, max: String },
    #[error("--access-log-format is given, but --access-log is off")]
    FormatOfNoLog,
    #[error("{flag} names {address} twice, or together with an address that covers it")]
    AddressCovered { flag: &'static str, address: IpAddr },
}

impl RawOptions {
    /// The options, when the flags agree.
    ///
    /// # Errors
    /// The first [`Contradiction`] found.
    pub fn validate(self) -> Result<Options, Contradiction> {
        let manifests = self.manifests.ok_or(Contradiction::NoSource)?;
        if self.workers.io_driver == DriverWish::Epoll
            && self.workers.io_uring_mode != RingWish::Auto
        {
            return Err(Contradiction::ModeOfEpoll);
        }
        let (one, all) = (self.limits.max_header_size, self.limits.max_headers_size);
        if one > all {
            return Err(Contradiction::HeaderAboveHeaders { one, all });
        }
        if let Some(admin) = self.observing.admin_address.0
            && self.observing.health_address.0 == Some(admin)
            && admin.port() != 0
        {
            return Err(Contradiction::PagesMeet(admin));
        }
        if self.addresses.ingress_http_port == self.addresses.ingress_https_port {
            let port = self.addresses.ingress_http_port;
            return Err(Contradiction::IngressPortsMeet(port));
        }
        let (quiet, max) = (self.propagation.hold_off, self.propagation.hold_off_max);
        if quiet > max {
            return Err(Contradiction::HoldOffAboveMax {
                quiet: format!("{quiet:?}"),
                max: format!("{max:?}"),
            });
        }
        let format = self.observing.access_log_format;
        if format.is_some() && self.observing.access_log == AccessLogTarget::Off {
            return Err(Contradiction::FormatOfNoLog);
        }
        distinct("--listen-address", &self.addresses.listen_address)?;
        distinct("--ingress-address", &self.addresses.ingress_address)?;
        Ok(Options {
            manifests,
            objects: self.objects,
            addresses: self.addresses,
            workers: self.workers,
            propagation: self.propagation,
            access_log_format: format.unwrap_or_default(),
            observing: self.observing,
            connections: self.connections,
            forwarding: self.forwarding,
            upstream: self.upstream,
            limits: self.limits,
            timeouts: self.timeouts,
            drain: self.drain,
            fault_injection: self.enable_fault_injection,
        })
    }
}

/// Two sockets on one address, or on an address and its family's wildcard, would race for
/// connections.
fn distinct(flag: &'static str, addresses: &[IpAddr]) -> Result<(), Contradiction> {
    for (index, address) in addresses.iter().enumerate() {
        let wildcard = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let covers =
            |(other, it): (usize, &IpAddr)| other != index && (it == address || *it == wildcard);
        if addresses.iter().enumerate().any(covers) {
            return Err(Contradiction::AddressCovered {
                flag,
                address: *address,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
