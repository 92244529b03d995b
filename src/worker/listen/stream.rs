//! Options of connections, downstream and upstream, and opening the latter.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use monoio::net::TcpStream;
use socket2::{SockRef, TcpKeepalive};

use crate::worker::borrow;

/// Options that every TCP connection gets. On a listener they are inherited by what it accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSettings {
    /// Send small writes at once (TCP_NODELAY).
    pub nodelay: bool,
    /// Probe peers that are quiet; `None` for never.
    pub keepalive: Option<Keepalive>,
    /// How long sent data may stay unacknowledged (TCP_USER_TIMEOUT, whole milliseconds); `None`
    /// leaves it to the kernel.
    pub user_timeout: Option<Duration>,
}

/// Keepalive probes; whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// Quiet time before the first probe.
    pub idle: Duration,
    /// Time between probes.
    pub interval: Duration,
    /// Unanswered probes after which the connection is dead.
    pub probes: u32,
}

impl Default for StreamSettings {
    fn default() -> Self {
        StreamSettings {
            nodelay: true,
            keepalive: Some(Keepalive {
                idle: Duration::from_secs(60),
                interval: Duration::from_secs(10),
                probes: 3,
            }),
            user_timeout: Some(Duration::from_secs(30)),
        }
    }
}

impl StreamSettings {
    pub(super) fn apply(&self, socket: &socket2::Socket) -> io::Result<()> {
        socket.set_tcp_nodelay(self.nodelay)?;
        match self.keepalive {
            Some(Keepalive {
                idle,
                interval,
                probes,
            }) => socket.set_tcp_keepalive(
                &TcpKeepalive::new()
                    .with_time(idle)
                    .with_interval(interval)
                    .with_retries(probes),
            )?,
            None => socket.set_keepalive(false)?,
        }
        socket.set_tcp_user_timeout(self.user_timeout)
    }
}

/// Gives a connection its options. Accepted ones have them from their listener; those we open need
/// this.
///
/// # Errors
/// When the kernel refuses, as it does once the peer has reset the connection.
pub fn tune(stream: &TcpStream, settings: &StreamSettings) -> io::Result<()> {
    settings.apply(&SockRef::from(&borrow::stream(stream)))
}

/// A connection that was not opened. Nothing was sent: another endpoint may be tried.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No answer within the time allowed.
    #[error("no connection to {address} within {} ms", .allowed.as_millis())]
    TimedOut {
        /// The endpoint.
        address: SocketAddr,
        /// The time it was given.
        allowed: Duration,
    },
    /// The endpoint or the network refused.
    #[error("cannot connect to {address}: {source}")]
    Refused {
        /// The endpoint.
        address: SocketAddr,
        /// What the kernel answered.
        source: io::Error,
    },
}

/// Opens a connection to an endpoint and gives it its options. It may take `allowed`; zero: as long
/// as the kernel tries.
///
/// # Errors
/// [`ConnectError`]; the half-open socket is closed.
pub async fn connect(
    address: SocketAddr,
    allowed: Duration,
    settings: &StreamSettings,
) -> Result<TcpStream, ConnectError> {
    let refused = |source| ConnectError::Refused { address, source };
    let connecting = TcpStream::connect_addr(address);
    let stream = if allowed.is_zero() {
        connecting.await.map_err(refused)?
    } else {
        match monoio::time::timeout(allowed, connecting).await {
            Ok(connected) => connected.map_err(refused)?,
            Err(_) => return Err(ConnectError::TimedOut { address, allowed }),
        }
    };
    tune(&stream, settings).map_err(refused)?;
    Ok(stream)
}

#[cfg(test)]
mod tests;
