//! The PROXY protocol, versions 1 and 2, receiving side (HAProxy's `proxy-protocol.txt`).
//!
//! A header comes before everything else on a connection, TLS included, and is believed, so it is
//! read strictly and only from peers that were named.

mod v1;
mod v2;

use crate::wire::limits::Limit;
use std::net::SocketAddr;

/// The longest version 1 header, its CRLF included.
pub const V1_MAX: usize = 107;
/// The default bound on a version 2 header: its 16 bytes, addresses and extensions.
pub const V2_MAX_DEFAULT: usize = 16 + 2048;

/// Who a header says is talking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// The proxy itself, for a health check: the connection's own addresses hold.
    Local,
    /// A proxied connection of a family without addresses that matter here (UNKNOWN, UNSPEC, unix):
    /// the connection's own addresses hold.
    Unaddressed,
    /// A proxied TCP connection.
    Proxied {
        /// The client.
        source: SocketAddr,
        /// The address the client connected to.
        destination: SocketAddr,
    },
}

/// How far a header has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyParse {
    /// More bytes are needed.
    Partial,
    /// The header is complete.
    Complete {
        /// Its length in bytes.
        len: usize,
        /// What it says.
        header: ProxyHeader,
    },
}

/// Why a header was refused. The connection is closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.reason())]
pub enum ProxyError {
    /// The first bytes are neither signature.
    Missing,
    /// A version 1 line that is not `PROXY family source destination port port`.
    BadLine,
    /// A version or command that does not exist.
    BadVersion,
    /// A family or transport that does not exist, or datagrams on a stream.
    BadFamily,
    /// The length is less than the addresses take.
    BadLength,
    /// The extensions do not add up to the length.
    BadExtension,
    /// Longer than the limit.
    TooLarge(Limit),
}

impl ProxyError {
    /// The stable snake_case name for metric and log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "proxy_header_missing",
            Self::BadLine => "bad_proxy_line",
            Self::BadVersion => "bad_proxy_version",
            Self::BadFamily => "bad_proxy_family",
            Self::BadLength => "bad_proxy_length",
            Self::BadExtension => "bad_proxy_extension",
            Self::TooLarge(limit) => limit.name(),
        }
    }
}

/// Parses the header at the front of `bytes`, everything received so far. `max` bounds a version 2
/// header, in bytes; version 1 has its own bound. Cheap to call again after each read: nothing is
/// scanned but the end of a line of at most [`V1_MAX`] bytes.
///
/// # Errors
/// [`ProxyError`], as soon as the bytes at hand can no longer become a header.
pub fn parse(bytes: &[u8], max: usize) -> Result<ProxyParse, ProxyError> {
    let starts = |signature: &[u8]| {
        let known = bytes.len().min(signature.len());
        bytes.get(..known) == signature.get(..known)
    };
    if starts(v2::SIGNATURE) {
        v2::parse(bytes, max)
    } else if starts(v1::SIGNATURE) {
        v1::parse(bytes)
    } else {
        Err(ProxyError::Missing)
    }
}
