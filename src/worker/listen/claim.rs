//! One process holds a bind. SO_REUSEPORT would let a second one join silently, so a bind is first
//! taken without it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::error::BindError;
use super::{ListenSettings, bound, is_dual_stack};

/// What a claim found worth saying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenNote {
    /// `[::]` was asked for and the machine has no IPv6.
    NoIpv6,
    /// Another bind of this process covers the same port, so nobody else could be looked for.
    Unprobed,
}

impl ListenNote {
    /// One sentence for an operator.
    pub fn message(self) -> &'static str {
        match self {
            ListenNote::NoIpv6 => "no IPv6: fell back to IPv4",
            ListenNote::Unprobed => {
                "another bind of this process has the same port: other processes cannot be noticed"
            }
        }
    }
}

/// A bind that is this process's to open, in every worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// What to listen on: what was asked for, or the IPv4 wildcard in its place; port 0 replaced by
    /// a free one.
    pub address: SocketAddr,
    /// What is worth saying about it.
    pub note: Option<ListenNote>,
}

/// The binds this process holds. One per process, in the hands of whoever starts and stops
/// listeners.
#[derive(Debug, Default)]
pub struct Claims {
    held: Vec<(SocketAddr, Claimed)>,
}

impl Claims {
    /// Claims a bind. Unless ports are shared, another process that listens there is an error. A
    /// bind that is held already is granted again without looking.
    ///
    /// Between the claim and the first listener another process may still slip in: a few
    /// milliseconds, once per bind.
    ///
    /// # Errors
    /// [`BindError`] naming the bind.
    pub fn claim(
        &mut self,
        asked: SocketAddr,
        settings: &ListenSettings,
    ) -> Result<Claimed, BindError> {
        if let Some((_, claimed)) = self.held.iter().find(|(held, _)| *held == asked) {
            return Ok(claimed.clone());
        }
        let overlaps = self
            .held
            .iter()
            .any(|(_, held)| overlap(held.address, asked, settings));
        let share = settings.share_ports || overlaps;
        let mut claimed = Claimed {
            address: asked,
            note: (overlaps && !settings.share_ports).then_some(ListenNote::Unprobed),
        };
        let socket = match bound(asked, settings, share) {
            Err(error) if is_dual_stack(asked, settings) && lacks_ipv6(&error) => {
                claimed.note = Some(ListenNote::NoIpv6);
                claimed.address = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), asked.port());
                bound(claimed.address, settings, share)
            }
            other => other,
        };
        let local = socket
            .and_then(|socket| socket.local_addr())
            .map_err(|error| BindError::new(asked, &error))?;
        if let Some(local) = local.as_socket() {
            claimed.address.set_port(local.port());
        }
        self.held.push((asked, claimed.clone()));
        Ok(claimed)
    }

    /// Gives a bind back, by the address that was asked for, once its last listener is closed.
    pub fn release(&mut self, asked: SocketAddr) {
        self.held.retain(|(held, _)| *held != asked);
    }
}

fn lacks_ipv6(error: &std::io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL)
    )
}

/// Whether a socket on `a` stands in the way of one on `b`.
fn overlap(a: SocketAddr, b: SocketAddr, settings: &ListenSettings) -> bool {
    let covers = |wide: SocketAddr, narrow: SocketAddr| {
        wide.ip() == narrow.ip()
            || wide.ip().is_unspecified()
                && (wide.is_ipv4() == narrow.is_ipv4() || is_dual_stack(wide, settings))
    };
    a.port() == b.port() && a.port() != 0 && (covers(a, b) || covers(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps() {
        let dual = ListenSettings::default();
        let split = ListenSettings {
            v6_only: true,
            ..ListenSettings::default()
        };
        for (a, b, in_dual, in_split) in [
            ("0.0.0.0:80", "127.0.0.1:80", true, true),
            ("0.0.0.0:80", "127.0.0.1:81", false, false),
            ("127.0.0.1:80", "127.0.0.2:80", false, false),
            ("[::]:80", "127.0.0.1:80", true, false),
            ("[::]:80", "0.0.0.0:80", true, false),
            ("[::]:80", "[::1]:80", true, true),
            ("[::1]:80", "127.0.0.1:80", false, false),
            ("0.0.0.0:80", "[::1]:80", false, false),
            ("0.0.0.0:0", "0.0.0.0:0", false, false),
        ] {
            let (a, b) = (a.parse().unwrap(), b.parse().unwrap());
            for (x, y) in [(a, b), (b, a)] {
                assert_eq!(overlap(x, y, &dual), in_dual, "{x} {y} dual stack");
                assert_eq!(overlap(x, y, &split), in_split, "{x} {y} split");
            }
        }
    }
}
