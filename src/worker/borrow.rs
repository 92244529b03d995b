//! Borrows of monoio's sockets: they show only a raw descriptor, which nothing ties to its owner.

use std::os::fd::{AsRawFd, BorrowedFd};

use monoio::net::{TcpListener, TcpStream};

/// A stream's descriptor, for as long as the stream is borrowed.
pub fn stream(stream: &TcpStream) -> BorrowedFd<'_> {
    // SAFETY: the stream owns the descriptor and outlives the borrow.
    unsafe { BorrowedFd::borrow_raw(stream.as_raw_fd()) }
}

/// A listener's descriptor, for as long as the listener is borrowed.
pub fn listener(listener: &TcpListener) -> BorrowedFd<'_> {
    // SAFETY: the listener owns the descriptor and outlives the borrow.
    unsafe { BorrowedFd::borrow_raw(listener.as_raw_fd()) }
}
