//! Stops new handshakes on a listening socket without losing those that wait to be accepted.
//!
//! Closing a listener resets its accept queue. A classic BPF filter on the socket, which needs no
//! privilege, lets the queue run dry first: it drops segments with SYN and without ACK, so no
//! handshake begins, while the ACKs that end begun ones pass. The client of a dropped SYN hears
//! nothing and sends it again after a second; by then the listener is closed, and the SYN finds
//! another listener of the port or is refused.
//!
//! While the filtered socket is open, SO_REUSEPORT goes on choosing it for its share of the SYNs,
//! whoever else listens: those clients lose a second. A program that steers the choice
//! (SO_ATTACH_REUSEPORT_CBPF) would spare them, but it names listeners by their position in a group
//! that other processes share and every close reorders. Where net.ipv4.tcp_migrate_req is 1 (Linux
//! 5.14; not a sysctl a pod may set) a plain close hands the queue to the other listeners, if there
//! are any.
//!
//! Connections whose handshake ends after the filter is set inherit it, which is harmless: no
//! segment of an established connection has SYN without ACK.

use std::io;

use monoio::net::TcpListener;
use socket2::{SockFilter, SockRef};

use super::borrow;

/// Byte of the TCP header that holds the flags (RFC 9293, 3.1). The kernel runs a TCP socket's
/// filter on the segment from its TCP header on, for IPv4 and IPv6 alike.
const FLAGS_AT: u32 = 13;
const SYN: u32 = 0x02;
const ACK: u32 = 0x10;

/// Lets no new handshake begin on this listener. It stays so until the listener is closed.
///
/// # Errors
/// When the kernel refuses the filter; new handshakes then still begin, and those not accepted
/// before the close are reset.
pub fn refuse_handshakes(listener: &TcpListener) -> io::Result<()> {
    SockRef::from(&borrow::listener(listener)).attach_filter(&program())
}

fn program() -> [SockFilter; 5] {
    const LOAD_BYTE: u16 = (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16;
    const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
    const JUMP_IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    const DROP: u32 = 0;
    const PASS: u32 = u32::MAX;
    [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS_AT),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, DROP),
        SockFilter::new(RETURN, 0, 0, PASS),
    ]
}
