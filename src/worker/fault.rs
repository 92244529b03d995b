//! Why an exchange failed: which side, what kind, and whether trying again is safe.

use crate::telemetry::access_log::ResponseFlags;
use crate::wire::head::{HeadError, ResponseError};

/// Which side of the gateway failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Downstream,
    /// The endpoint.
    Upstream,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The connection was refused or could not be opened; nothing was sent.
    Connect,
    /// No connection within the time allowed; nothing was sent.
    ConnectTimeout,
    /// The peer closed or reset the connection.
    Closed,
    /// The peer was silent for too long.
    Timeout,
    /// The peer took no byte for too long.
    Stalled,
    /// The peer broke the protocol. The word is the reason for log and metric.
    Protocol(&'static str),
    /// A limit of ours was met, with the status that says so.
    Limit(&'static str, u16),
}

/// A failed exchange, or a failed try of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{side:?} {kind:?}")]
pub struct Fault {
    pub side: Side,
    pub kind: Kind,
}

impl Fault {
    pub const fn downstream(kind: Kind) -> Self {
        Fault {
            side: Side::Downstream,
            kind,
        }
    }

    pub const fn upstream(kind: Kind) -> Self {
        Fault {
            side: Side::Upstream,
            kind,
        }
    }

    /// An I/O error on one side; `timed_out` when our timer ended the operation.
    pub fn io(side: Side, timed_out: bool) -> Self {
        Fault {
            side,
            kind: if timed_out {
                Kind::Timeout
            } else {
                Kind::Closed
            },
        }
    }

    /// A write that failed; `timed_out` when our timer ended it.
    pub fn write(side: Side, timed_out: bool) -> Self {
        Fault {
            side,
            kind: if timed_out {
                Kind::Stalled
            } else {
                Kind::Closed
            },
        }
    }

    /// The status of the answer, where there is still somebody to answer.
    pub fn status(self) -> Option<u16> {
        Some(match (self.side, self.kind) {
            (_, Kind::Limit(_, status)) => status,
            (Side::Downstream, Kind::Timeout) => 408,
            (Side::Downstream, Kind::Protocol(_)) => 400,
            (Side::Downstream, _) => return None,
            (Side::Upstream, Kind::Timeout | Kind::Stalled | Kind::ConnectTimeout) => 504,
            (Side::Upstream, _) => 502,
        })
    }

    /// The name of what refused, for metric and log.
    pub fn reason(self) -> &'static str {
        match (self.side, self.kind) {
            (_, Kind::Limit(reason, _) | Kind::Protocol(reason)) => reason,
            (Side::Downstream, Kind::Timeout) => "request_timeout",
            (Side::Downstream, Kind::Stalled) => "client_write_timeout",
            (Side::Downstream, _) => "client_closed",
            (Side::Upstream, Kind::Connect) => "upstream_connect",
            (Side::Upstream, Kind::ConnectTimeout) => "upstream_connect_timeout",
            (Side::Upstream, Kind::Timeout) => "upstream_timeout",
            (Side::Upstream, Kind::Stalled) => "upstream_write_timeout",
            (Side::Upstream, Kind::Closed) => "upstream_closed",
        }
    }

    /// The flags of the access log.
    pub fn flags(self) -> ResponseFlags {
        match (self.side, self.kind) {
            (Side::Downstream, Kind::Timeout | Kind::Stalled) => ResponseFlags::CLIENT_TIMEOUT,
            (Side::Downstream, Kind::Protocol(_) | Kind::Limit(..)) => {
                ResponseFlags::CLIENT_PROTOCOL
            }
            (Side::Downstream, _) => ResponseFlags::CLIENT_GONE,
            (Side::Upstream, Kind::Connect) => ResponseFlags::UPSTREAM_CONNECT,
            (Side::Upstream, Kind::ConnectTimeout) => ResponseFlags::UPSTREAM_CONNECT,
            (Side::Upstream, Kind::Timeout | Kind::Stalled) => ResponseFlags::UPSTREAM_TIMEOUT,
            (Side::Upstream, Kind::Closed) => ResponseFlags::UPSTREAM_CLOSED,
            (Side::Upstream, Kind::Protocol(_) | Kind::Limit(..)) => {
                ResponseFlags::UPSTREAM_PROTOCOL
            }
        }
    }

    /// Whether nothing of the request can have been acted on.
    pub fn nothing_sent(self) -> bool {
        self.side == Side::Upstream && matches!(self.kind, Kind::Connect)
    }
}

impl From<HeadError> for Fault {
    fn from(error: HeadError) -> Self {
        Fault::downstream(Kind::Limit(error.reason(), error.status()))
    }
}

impl From<ResponseError> for Fault {
    fn from(error: ResponseError) -> Self {
        Fault::upstream(Kind::Protocol(error.reason()))
    }
}
