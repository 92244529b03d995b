//! The two directions of a TCP connection, each with the one timer that may end its pending
//! operation.
//!
//! A read or write in flight is never dropped while the connection is to live: a timeout shuts the
//! socket down, which completes the operation with its true result, and an idle connection keeps
//! its read, with a tiny buffer, from one task of its life to the next (architecture decision 2).

use super::buffer::{Buffer, Outgoing};
use super::timers::{Act, Timer, Timers};
use super::turns::{self, Turns};
use monoio::BufResult;
use monoio::io::{AsyncReadRent, AsyncWriteRent};
use monoio::net::TcpStream;
use std::cell::UnsafeCell;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

/// How the silence of a connection was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nothing to read, not closed.
    Silent,
    /// Bytes are waiting.
    Bytes,
    /// The peer closed, or the connection is broken.
    Closed,
}

/// A read that outlives the task that began it: an idle connection waits in it.
pub type Waiting = Pin<Box<dyn Future<Output = BufResult<usize, Buffer>>>>;

struct Shared(UnsafeCell<TcpStream>);

/// The reading direction. Its timer leaves the wheel before the descriptor can close.
pub struct SocketReader {
    timer: Timer,
    shared: Rc<Shared>,
    fd: RawFd,
    turns: Turns,
}

/// The writing direction.
pub struct SocketWriter {
    timer: Timer,
    /// What becomes of a peer that takes nothing.
    stalled: Act,
    shared: Rc<Shared>,
    fd: RawFd,
}

/// Splits a connection.
pub fn split(stream: TcpStream, timers: &Rc<Timers>) -> (SocketReader, SocketWriter) {
    let fd = stream.as_raw_fd();
    let shared = Rc::new(Shared(UnsafeCell::new(stream)));
    let reader = SocketReader {
        timer: timers.timer(fd),
        shared: Rc::clone(&shared),
        fd,
        turns: Turns::default(),
    };
    let writer = SocketWriter {
        timer: timers.timer(fd),
        stalled: Act::ShutdownBoth,
        shared,
        fd,
    };
    (reader, writer)
}

impl SocketReader {
    pub fn fd(&self) -> RawFd {
        self.fd
    }

    pub fn timer(&self) -> &Timer {
        &self.timer
    }

    /// Reads into the room of `buffer`; 0 is the end of the stream.
    pub async fn read(&mut self, buffer: Buffer) -> BufResult<usize, Buffer> {
        self.turn().await;
        // SAFETY: the stream is used by this reader and its writer, both of this thread. Each
        // holds the reference only to submit an operation; the operation itself owns a clone of
        // the descriptor. This is the contract under which monoio declares `TcpStream: Split`.
        let stream = unsafe { &mut *self.shared.0.get() };
        let mut read = pin!(stream.read(buffer));
        poll_fn(|cx| {
            let polled = read.as_mut().poll(cx);
            if polled.is_pending() {
                self.turns.waited();
            }
            polled
        })
        .await
    }

    /// Lets others run where this connection never waits; for loops that may not read.
    pub async fn turn(&self) {
        if self.turns.worked() {
            turns::pause().await;
        }
    }

    /// Begins a read that the caller keeps until it is done, whatever else happens meanwhile.
    pub fn begin_read(&mut self, buffer: Buffer) -> Waiting {
        let shared = Rc::clone(&self.shared);
        Box::pin(async move {
            // SAFETY: as in `read`; the stream lives as long as this future.
            let stream = unsafe { &mut *shared.0.get() };
            stream.read(buffer).await
        })
    }

    /// Waits until a read would not block, holding no buffer.
    pub async fn readable(&mut self) -> io::Result<()> {
        // SAFETY: as in `read`.
        let stream = unsafe { &*self.shared.0.get() };
        stream.readable(false).await
    }

    /// Looks whether the peer said anything, without taking it (one `recv(2)` with MSG_PEEK).
    pub fn silence(&self) -> Silence {
        silence(self.fd)
    }

    /// The address of our end; IPv4 as such also on a dual-stack socket. One `getsockname(2)`.
    ///
    /// # Errors
    /// What the kernel answered: the connection is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        // SAFETY: as in `read`.
        let stream = unsafe { &*self.shared.0.get() };
        let address = stream.local_addr()?;
        Ok(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    /// Whether the peer closed its direction, bytes waiting before that or not.
    pub fn peer_closed(&self) -> bool {
        peer_closed(self.fd)
    }
}

impl SocketWriter {
    /// Has a peer that takes nothing cut by a reset. Of a connection that is shut down, it could take
    /// what waits for it after all, and a clean end behind it. An upstream's may have its answer
    /// waiting, which a reset would lose.
    pub fn cut_when_stalled(mut self) -> Self {
        self.stalled = Act::Reset;
        self
    }

    pub fn timer(&self) -> &Timer {
        &self.timer
    }

    /// Writes all of `out`, allowing `timeout` for each write that takes bytes.
    pub async fn write_all(
        &mut self,
        mut out: Outgoing,
        timeout: Duration,
    ) -> BufResult<(), Outgoing> {
        self.timer.arm(timeout, self.stalled);
        loop {
            // SAFETY: as in `SocketReader::read`.
            let stream = unsafe { &mut *self.shared.0.get() };
            let (result, back) = stream.write(out).await;
            out = back;
            match result {
                Ok(0) => return (Err(io::ErrorKind::WriteZero.into()), out),
                Ok(n) => out.advance(n),
                Err(error) => return (Err(error), out),
            }
            if out.is_empty() {
                self.timer.disarm();
                return (Ok(()), out);
            }
            self.timer.arm(timeout, self.stalled);
        }
    }

    /// As [`SocketWriter::write_all`], for a vector.
    pub async fn write_vec(&mut self, out: Vec<u8>, timeout: Duration) -> BufResult<(), Vec<u8>> {
        // SAFETY: as in `SocketReader::read`.
        let stream = unsafe { &mut *self.shared.0.get() };
        let (timer, stalled) = (&self.timer, self.stalled);
        let mut armed = false;
        let mut write = pin!(stream.write(out));
        // Most go at once where nothing has to be waited for, and need no timer.
        let (result, out) = poll_fn(|cx| {
            let polled = write.as_mut().poll(cx);
            if polled.is_pending() && !armed {
                timer.arm(timeout, stalled);
                armed = true;
            }
            polled
        })
        .await;
        let mut written = match result {
            Ok(n) if n == out.len() => {
                if armed {
                    self.timer.disarm();
                }
                return (Ok(()), out);
            }
            Ok(0) => return (Err(io::ErrorKind::WriteZero.into()), out),
            Ok(n) => n,
            Err(error) => return (Err(error), out),
        };
        let mut rest = out;
        loop {
            self.timer.arm(timeout, self.stalled);
            // SAFETY: as in `SocketReader::read`.
            let stream = unsafe { &mut *self.shared.0.get() };
            let (result, back) = stream
                .write(monoio::buf::IoBuf::slice(rest, written..))
                .await;
            rest = back.into_inner();
            match result {
                Ok(0) => return (Err(io::ErrorKind::WriteZero.into()), rest),
                Ok(n) => written += n,
                Err(error) => return (Err(error), rest),
            }
            if written == rest.len() {
                self.timer.disarm();
                return (Ok(()), rest);
            }
        }
    }

    /// Ends our direction; the peer reads to the end and may still speak.
    pub fn finish(&self) {
        shutdown_fd(self.fd, libc::SHUT_WR);
    }

    /// Ends both directions.
    pub fn abort(&self) {
        shutdown_fd(self.fd, libc::SHUT_RDWR);
    }

    /// Ends the connection with a reset.
    pub fn reset(&self) {
        reset_fd(self.fd);
    }
}

/// Has an accepted connection closed when the process executes another program, as libraries may:
/// it would hold the client's connection open. Only io_uring needs it, where monoio 0.2.4 accepts
/// without SOCK_CLOEXEC; on epoll it accepts with it. One `fcntl(2)`: a new descriptor has no other
/// flag to keep.
///
/// # Errors
/// What the kernel answered; in practice none.
pub fn close_on_exec(stream: &TcpStream) -> io::Result<()> {
    // SAFETY: `fcntl` takes no memory here; the stream holds the descriptor open.
    match unsafe { libc::fcntl(stream.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Shuts a socket down; that it was closed by the peer before is no error.
pub fn shutdown_fd(fd: RawFd, how: libc::c_int) {
    // SAFETY: `shutdown` takes no memory; the caller holds the descriptor open (timers leave the
    // wheel before it closes).
    unsafe { libc::shutdown(fd, how) };
}

/// Ends a connection with a reset, and with an error whatever waits on it. Unlike a close, this does
/// not wait for the last owner of the descriptor.
pub fn reset_fd(fd: RawFd) {
    let nowhere = libc::sockaddr {
        sa_family: libc::AF_UNSPEC as libc::sa_family_t,
        sa_data: [0; 14],
    };
    // SAFETY: the address outlives the call and has the length given, and "connecting" to
    // AF_UNSPEC, which dissolves a connection (connect(2)), does not block. The caller holds the
    // descriptor open.
    let done = unsafe { libc::connect(fd, &raw const nowhere, size_of_val(&nowhere) as u32) };
    if done != 0 {
        shutdown_fd(fd, libc::SHUT_RDWR);
    }
}

fn silence(fd: RawFd) -> Silence {
    let mut byte = 0_u8;
    // SAFETY: the buffer is one byte long and outlives the call, which does not block.
    let n = unsafe {
        libc::recv(
            fd,
            (&raw mut byte).cast(),
            1,
            libc::MSG_PEEK | libc::MSG_DONTWAIT,
        )
    };
    match n {
        0 => Silence::Closed,
        1.. => Silence::Bytes,
        _ => match io::Error::last_os_error().kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Silence::Silent,
            _ => Silence::Closed,
        },
    }
}

fn peer_closed(fd: RawFd) -> bool {
    let mut poll = libc::pollfd {
        fd,
        events: libc::POLLRDHUP,
        revents: 0,
    };
    // SAFETY: one pollfd, which outlives the call; a timeout of 0 does not block.
    let n = unsafe { libc::poll(&raw mut poll, 1, 0) };
    n > 0 && poll.revents & (libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) != 0
}
