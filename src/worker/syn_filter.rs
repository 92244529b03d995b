//! Stops new handshakes on a listening socket without losing the connections that wait there.
//!
//! Closing a listener resets its accept queue, so the queue has to run dry first, with nothing new
//! coming in. What does that, on every kernel and without privilege, is the hop limit a socket may
//! demand of what it receives (IP_MINTTL, IPV6_MINHOPCOUNT; RFC 5082): at 255 a SYN that crossed a
//! router, or came from a host that starts at 64 or 128 as nearly all do, is dropped without an
//! answer. The kernel asks this of segments for the listener itself; the ACK that ends a handshake
//! under way is matched to its request before, and passes. The client of a dropped SYN sends it
//! again after a second; by then the listener is closed, and the SYN finds another listener of the
//! port or is refused.
//!
//! Three things to know. A connection whose handshake ends after the demand was made inherits it:
//! [`lift`] frees it when it is accepted, and what its client sent before then is sent again a few
//! hundred milliseconds later. A neighbour that starts at 255 gets through and is served as before.
//! And SO_REUSEPORT goes on choosing the listener for its share of the SYNs until it is closed,
//! whoever else listens: those clients lose a second.
//!
//! Considered and left: a classic BPF filter that drops SYNs (SO_ATTACH_FILTER) wants CAP_NET_ADMIN
//! on TCP sockets since 2026 (Linux commit 5d39580f68e6, also in 6.18.y). A program that steers
//! SO_REUSEPORT (SO_ATTACH_REUSEPORT_CBPF) names listeners by their place in a group that other
//! processes share and every close reorders. net.ipv4.tcp_migrate_req (Linux 5.14) hands a closed
//! listener's queue to its siblings, but needs siblings, and is not for a pod to set.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use monoio::net::{TcpListener, TcpStream};

use super::borrow;

/// The largest hop limit there is: nothing that crossed a router has it.
const NEIGHBOURS_ONLY: libc::c_int = 255;
const EVERYBODY: libc::c_int = 0;

/// Lets no new handshake begin on this listener, until it is closed.
///
/// # Errors
/// When the kernel refuses; new handshakes then still begin, and connections that are not accepted
/// before the close are reset.
pub fn refuse_handshakes(listener: &TcpListener) -> io::Result<()> {
    let is_ipv6 = listener.local_addr()?.is_ipv6();
    demand(borrow::listener(listener), is_ipv6, NEIGHBOURS_ONLY)
}

/// Frees a connection, accepted from a listener that refuses handshakes, from what it may have
/// inherited.
///
/// # Errors
/// When the kernel refuses; the connection may then be deaf and is best closed.
pub fn lift(stream: &TcpStream) -> io::Result<()> {
    // A connection over IPv4 on a dual-stack listener is an IPv6 socket too.
    let is_ipv6 = stream.local_addr()?.is_ipv6();
    demand(borrow::stream(stream), is_ipv6, EVERYBODY)
}

fn demand(socket: BorrowedFd<'_>, is_ipv6: bool, hops: libc::c_int) -> io::Result<()> {
    if is_ipv6 {
        set(socket, libc::IPPROTO_IPV6, libc::IPV6_MINHOPCOUNT, hops)?;
    }
    set(socket, libc::IPPROTO_IP, libc::IP_MINTTL, hops)
}

fn set(socket: BorrowedFd<'_>, level: i32, option: i32, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the option's value is one c_int that lives until the call returns.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            size_of_val(&value) as libc::socklen_t,
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
