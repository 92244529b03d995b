//! Borrows of monoio's sockets: they show only a raw descriptor, which nothing ties to its owner.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

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

/// Takes a stream's descriptor out of this thread's runtime.
pub fn into_owned(stream: TcpStream) -> OwnedFd {
    // SAFETY: `into_raw_fd` gives the ownership of an open descriptor away.
    unsafe { OwnedFd::from_raw_fd(stream.into_raw_fd()) }
}

/// Puts a connection into this thread's runtime; `None` when the runtime cannot register it, and
/// then it is closed.
pub fn from_owned(fd: OwnedFd) -> Option<TcpStream> {
    TcpStream::from_std(std::net::TcpStream::from(fd)).ok()
}
