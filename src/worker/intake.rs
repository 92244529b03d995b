//! One worker's listener: connections come out of it until it is drained, and none is lost when it
//! closes.
//!
//! Two tasks of the worker share an intake. One calls [`Intake::next`] in a loop and is never
//! dropped inside it: an accept in flight that is dropped leaks the descriptor it may have won. The
//! other calls [`Intake::drain`] when the listener has to go.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use monoio::io::Canceller;
use monoio::net::{TcpListener, TcpStream};
use socket2::SockRef;

use super::driver::IoDriver;
use super::{borrow, syn_filter};

/// How long a drained listener must be without a new connection before it is closed: handshakes
/// that were under way when new ones were refused have ended by then, if their round trip is
/// shorter.
pub const QUIET: Duration = Duration::from_millis(200);

/// A listener with an end.
pub struct Intake {
    listener: TcpListener,
    driver: IoDriver,
    phase: Cell<Phase>,
    /// Ends the accept in flight; taken when that was done.
    canceller: RefCell<Option<Canceller>>,
    accepted_last: Cell<Instant>,
    served_draining: Cell<u64>,
    drainer: Cell<Option<Waker>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// New handshakes are refused, begun ones are served.
    Draining,
    /// What is left in the queue is taken without waiting.
    Sweeping,
    Closed,
}

/// How a drain went.
#[derive(Debug)]
pub struct Drained {
    /// Connections that were accepted after it began.
    pub served: u64,
    /// Why new handshakes could not be refused, if they could not: some may have been reset by the
    /// close.
    pub unfiltered: Option<io::Error>,
}

impl Intake {
    /// Takes a listener from [`listen::open`](super::listen::open) into the running runtime.
    ///
    /// # Errors
    /// When the runtime cannot register it.
    pub fn new(listener: std::net::TcpListener, driver: IoDriver) -> io::Result<Self> {
        Ok(Intake {
            listener: TcpListener::from_std(listener)?,
            driver,
            phase: Cell::new(Phase::Open),
            canceller: RefCell::new(Some(Canceller::new())),
            accepted_last: Cell::new(Instant::now()),
            served_draining: Cell::new(0),
            drainer: Cell::new(None),
        })
    }

    /// The address listened on.
    ///
    /// # Errors
    /// What getsockname(2) answered; in practice none.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Whether it is not drained yet.
    pub fn is_open(&self) -> bool {
        self.phase.get() == Phase::Open
    }

    /// The next connection; `None` when the listener was drained and may be dropped, which closes
    /// it.
    ///
    /// Do not drop the future before it is done.
    ///
    /// # Errors
    /// What accept(2) answered: EMFILE and ENFILE ask for a pause, a connection that is already
    /// dead (ECONNABORTED) for another call.
    pub async fn next(&self) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        while matches!(self.phase.get(), Phase::Open | Phase::Draining) {
            let Some(handle) = self.canceller.borrow().as_ref().map(Canceller::handle) else {
                break;
            };
            match self.listener.cancelable_accept(handle).await {
                Ok(connection) => return self.admit(connection).map(Some),
                // Cancelled; a connection that won the race was served above.
                Err(error) if error.raw_os_error() == Some(libc::ECANCELED) => {}
                Err(error) => return Err(error),
            }
        }
        if self.phase.get() == Phase::Closed {
            return Ok(None);
        }
        match self.accept_at_once() {
            Ok(Some(connection)) => self.admit(connection).map(Some),
            Ok(None) => {
                self.phase.set(Phase::Closed);
                if let Some(drainer) = self.drainer.take() {
                    drainer.wake();
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Refuses new handshakes, lets the queue run dry until it was quiet for `quiet` (see
    /// [`QUIET`]) or `limit` has passed, and ends the accept in flight. Returns when
    /// [`Intake::next`] has given `None`. Connections go on coming out of `next` meanwhile.
    pub async fn drain(&self, quiet: Duration, limit: Duration) -> Drained {
        let began = Instant::now();
        let unfiltered = syn_filter::refuse_handshakes(&self.listener).err();
        if self.phase.get() == Phase::Open {
            self.phase.set(Phase::Draining);
            self.accepted_last.set(began);
        }
        while self.phase.get() == Phase::Draining {
            let quiet_end = self.accepted_last.get() + quiet;
            let end = quiet_end.min(began + limit);
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.phase.set(Phase::Sweeping);
                if let Some(canceller) = self.canceller.take() {
                    canceller.cancel();
                }
                break;
            }
            monoio::time::sleep(left).await;
        }
        poll_fn(|context| {
            if self.phase.get() == Phase::Closed {
                return Poll::Ready(());
            }
            self.drainer.set(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
        Drained {
            served: self.served_draining.get(),
            unfiltered,
        }
    }

    fn admit(&self, connection: (TcpStream, SocketAddr)) -> io::Result<(TcpStream, SocketAddr)> {
        if self.phase.get() != Phase::Open {
            self.served_draining.set(self.served_draining.get() + 1);
            self.accepted_last.set(Instant::now());
            syn_filter::lift(&connection.0)?;
        }
        Ok(connection)
    }

    /// Accepts what is in the queue already. No accept is in flight when it is called, so the
    /// listener may become non-blocking under io_uring too.
    fn accept_at_once(&self) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        let descriptor = borrow::listener(&self.listener);
        let listener = SockRef::from(&descriptor);
        listener.set_nonblocking(true)?;
        let (socket, peer) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        };
        socket.set_nonblocking(!self.driver.is_uring())?;
        let peer = peer.as_socket().ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Some((TcpStream::from_std(socket.into())?, peer)))
    }
}

#[cfg(test)]
mod tests;
