//! Why a bind failed, in words for a status condition.

use std::io;
use std::net::SocketAddr;

/// A bind that could not be listened on. Retrying may help: addresses and other processes come and
/// go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot listen on {address}: {message}")]
pub struct BindError {
    /// The bind.
    pub address: SocketAddr,
    /// What kind of trouble it is.
    pub kind: BindErrorKind,
    /// One sentence for an operator.
    pub message: String,
}

/// Kinds of [`BindError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindErrorKind {
    /// Another process listens there (EADDRINUSE).
    InUse,
    /// No interface of this machine has the address (EADDRNOTAVAIL), or the machine lacks its
    /// family (EAFNOSUPPORT).
    NotAvailable,
    /// A low port without CAP_NET_BIND_SERVICE, or a security module (EACCES, EPERM).
    Denied,
    /// Anything else, such as descriptors running out.
    Other,
}

impl BindError {
    pub(super) fn new(address: SocketAddr, error: &io::Error) -> Self {
        let (kind, message) = match error.raw_os_error() {
            Some(libc::EADDRINUSE) => (
                BindErrorKind::InUse,
                "another process listens there".to_owned(),
            ),
            Some(libc::EADDRNOTAVAIL) => (
                BindErrorKind::NotAvailable,
                "no interface of this machine has the address".to_owned(),
            ),
            Some(libc::EAFNOSUPPORT) => (
                BindErrorKind::NotAvailable,
                "this machine has no such address family".to_owned(),
            ),
            Some(libc::EACCES | libc::EPERM) if address.port() < 1024 => (
                BindErrorKind::Denied,
                "permission denied; ports below 1024 may need CAP_NET_BIND_SERVICE".to_owned(),
            ),
            Some(libc::EACCES | libc::EPERM) => {
                (BindErrorKind::Denied, "permission denied".to_owned())
            }
            _ => (BindErrorKind::Other, error.to_string()),
        };
        BindError {
            address,
            kind,
            message,
        }
    }
}
