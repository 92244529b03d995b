//! What the workers are told at start; never changes while they run.

use crate::wire::forwarded::ForwardedPolicy;
use crate::wire::limits::{HeadLimits, UnderscoreNames};
use ipnet::IpNet;
use std::time::Duration;

/// Limits, timeouts and habits of the data path. Every field is a flag of `ringress run`.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub limits: Limits,
    pub timeouts: Timeouts,
    pub forwarding: Forwarding,
    pub upstream: Upstream,
    /// Peers that must speak PROXY protocol; everybody else must not.
    pub proxy_protocol_from: Vec<IpNet>,
    /// Listen although another process holds a bind (SO_REUSEPORT shares it).
    pub share_ports: bool,
    pub access_log: bool,
    /// Tests only: obey `WorkerCommand::Fault`.
    pub fault_injection: bool,
    /// Listen backlog of each worker's socket.
    pub backlog: u32,
}

/// What a peer may make us hold. A limit per process is shared out: each worker holds its part,
/// rounded up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Request line in bytes; 414 beyond.
    pub request_line: usize,
    /// One header field in bytes; 431 beyond.
    pub header_size: usize,
    /// All header fields of a request in bytes; 431 beyond.
    pub headers_size: usize,
    /// Header fields of a request; 431 beyond.
    pub header_count: usize,
    /// Request body in bytes; 413 beyond. `None`: no limit.
    pub request_body: Option<u64>,
    /// Head of a response in bytes; 502 beyond.
    pub response_headers_size: usize,
    /// 1xx responses before the final one; 502 beyond.
    pub interim_responses: u32,
    /// Connections per listener and process.
    pub connections_per_listener: u32,
    /// Share of RLIMIT_NOFILE at which accepting pauses, in percent.
    pub descriptors_percent: u32,
    /// Least bytes a second of a request body after the first 10 seconds; 0: no minimum.
    pub body_min_rate: u64,
    /// Bytes of an unread request body that are still read away to keep a connection.
    pub body_drain: u64,
    /// Requests a client connection may carry; 0: no limit.
    pub requests_per_connection: u64,
}

/// How long anything may take. Zero disables a timeout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the first byte of a request's head to its end; 408.
    pub header_read: Duration,
    /// A client connection without a request.
    pub idle: Duration,
    pub tls_handshake: Duration,
    pub proxy_protocol: Duration,
    /// Opening an upstream connection; 504.
    pub connect: Duration,
    /// Upstream silent before its response head; 504.
    pub upstream_response: Duration,
    /// Upstream silent within a body; the client's connection is cut.
    pub upstream_body: Duration,
    /// Client sends no byte of a request body; 408.
    pub request_body: Duration,
    /// Client takes no byte; cut.
    pub client_write: Duration,
    /// Neither side of a tunnel sends.
    pub tunnel_idle: Duration,
    /// An idle pooled upstream connection.
    pub upstream_idle: Duration,
    /// After the drain began: grace of an idle client connection.
    pub drain_idle: Duration,
}

/// Header fields the gateway owns.
#[derive(Clone, Debug, PartialEq)]
pub struct Forwarding {
    /// Peers whose X-Forwarded-* and Forwarded are believed.
    pub trusted: Vec<IpNet>,
    /// Send `Forwarded` (RFC 7239).
    pub forwarded: bool,
    /// Send `X-Real-IP`.
    pub real_ip: bool,
    /// Send `Via` under this name.
    pub via: Option<String>,
    /// Value of `Server` on answers of our own; `None`: none.
    pub server: Option<String>,
    /// What happens to field names with an underscore.
    pub underscores: UnderscoreNames,
}

/// Upstream connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Idle connections kept per endpoint and process.
    pub pool_per_endpoint: u32,
    /// Requests an upstream connection may carry; 0: no limit.
    pub requests_per_connection: u64,
    /// TCP keepalive: idle, interval, probes.
    pub keepalive: (Duration, Duration, u32),
    /// TCP_USER_TIMEOUT on both sides.
    pub user_timeout: Duration,
}

impl Settings {
    /// The limits of a request's head.
    pub fn request_limits(&self) -> HeadLimits {
        HeadLimits {
            request_line: self.limits.request_line,
            field_line: self.limits.header_size,
            head_bytes: self.limits.headers_size,
            fields: self.limits.header_count,
            underscore: self.forwarding.underscores,
            ..HeadLimits::REQUEST
        }
    }

    /// The limits of a response's head.
    pub fn response_limits(&self) -> HeadLimits {
        HeadLimits {
            field_line: self.limits.response_headers_size,
            head_bytes: self.limits.response_headers_size,
            ..HeadLimits::RESPONSE
        }
    }

    /// Whom to believe, and what upstreams are told.
    pub fn forwarded_policy(&self) -> ForwardedPolicy {
        ForwardedPolicy {
            trusted: self.forwarding.trusted.clone(),
            forwarded: self.forwarding.forwarded,
            real_ip: self.forwarding.real_ip,
            via: self.forwarding.via.clone(),
        }
    }
}
