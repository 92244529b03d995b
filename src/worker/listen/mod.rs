//! Listening sockets, made so that every worker has its own and another process's is noticed.
//!
//! A bind is claimed once per process with [`Claims::claim`] and then opened by each worker with
//! [`open`], in the worker itself and right before it accepts: with SO_REUSEPORT the kernel hands
//! connections to a listener from the moment it exists, and one that nobody accepts from yet would
//! make clients wait.

mod claim;
mod error;
mod stream;

use std::net::{Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

pub use claim::{Claimed, Claims, ListenNote};
pub use error::{BindError, BindErrorKind};
pub use stream::{ConnectError, Keepalive, StreamSettings, connect, tune};

use super::driver::IoDriver;

/// How listening sockets are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenSettings {
    /// Connections that may wait to be accepted, per worker. The kernel caps it at
    /// `net.core.somaxconn`.
    pub backlog: i32,
    /// `--share-ports`: another process may listen on the same binds, and connections are divided
    /// between both.
    pub share_ports: bool,
    /// `[::]` serves IPv6 only, instead of IPv4 too.
    pub v6_only: bool,
    /// Options that accepted connections inherit from the listener, which costs no system call on
    /// any of them.
    pub stream: StreamSettings,
}

impl Default for ListenSettings {
    fn default() -> Self {
        ListenSettings {
            backlog: 4096,
            share_ports: false,
            v6_only: false,
            stream: StreamSettings::default(),
        }
    }
}

/// Opens one worker's listener on a claimed bind. Blocking under io_uring, where a non-blocking
/// descriptor would complete with EAGAIN; non-blocking under epoll. Hand it to
/// `monoio::net::TcpListener::from_std`.
///
/// # Errors
/// [`BindError`] naming the bind.
pub fn open(
    claimed: &Claimed,
    settings: &ListenSettings,
    driver: IoDriver,
) -> Result<TcpListener, BindError> {
    let address = claimed.address;
    let listener = || {
        let socket = bound(address, settings, true)?;
        settings.stream.apply(&socket)?;
        socket.set_nonblocking(!driver.is_uring())?;
        socket.listen(settings.backlog)?;
        Ok(socket.into())
    };
    listener().map_err(|error| BindError::new(address, &error))
}

/// A socket bound to `address`, not listening yet, closed when the process executes another
/// program.
fn bound(address: SocketAddr, settings: &ListenSettings, share: bool) -> std::io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM.cloexec(),
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(!is_dual_stack(address, settings))?;
    }
    // A port whose last connections are in TIME_WAIT can be bound again at once.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(share)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn is_dual_stack(address: SocketAddr, settings: &ListenSettings) -> bool {
    address.ip() == Ipv6Addr::UNSPECIFIED && !settings.v6_only
}

#[cfg(test)]
mod tests;
