//! The other workers, as seen at accept: SO_REUSEPORT hashes unevenly, so a worker that is ahead of
//! the least loaded one gives it the next connection (architecture decision 8).

use super::borrow;
use super::clock;
use crate::ir::{BindAddress, Protocol};
use crate::telemetry::worker_status::{WorkerState, WorkerStatus};
use atomic_waker::AtomicWaker;
use crossbeam_channel::{Receiver, Sender, bounded};
use monoio::net::TcpStream;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::task::Poll;

/// Connections that may wait to be picked up by a worker.
const WAITING: usize = 64;
/// Silence of a worker after which it gets nothing more; it says every 100 ms that it lives.
const SILENT_MS: u64 = 500;

/// What goes with a connection that is handed over.
#[derive(Clone, Copy, Debug)]
pub struct Handed {
    pub peer: SocketAddr,
    pub bind: BindAddress,
    pub protocol: Protocol,
}

type Parcel = (OwnedFd, Handed);

struct Door {
    sender: Sender<Parcel>,
    receiver: Receiver<Parcel>,
    waker: Arc<AtomicWaker>,
    status: Arc<WorkerStatus>,
}

/// The doors of all workers, made once per process. A rebuilt worker takes its old door over, with
/// what waits in front of it.
pub struct Doors(Vec<Door>);

impl Doors {
    pub fn new(statuses: &[Arc<WorkerStatus>]) -> Arc<Self> {
        let door = |status: &Arc<WorkerStatus>| {
            let (sender, receiver) = bounded(WAITING);
            Door {
                sender,
                receiver,
                waker: Arc::default(),
                status: Arc::clone(status),
            }
        };
        Arc::new(Doors(statuses.iter().map(door).collect()))
    }
}

/// One worker's view of the doors.
pub struct Peers {
    doors: Arc<Doors>,
    own: usize,
}

impl Peers {
    pub fn new(doors: Arc<Doors>, own: usize) -> Self {
        Peers { doors, own }
    }

    /// A worker that should take the next connection instead of one that holds `own` already: the
    /// least loaded, if the difference is more than one and an eighth. It knows the tables by which
    /// the connection was accepted, or newer ones.
    pub fn lighter(&self, own: u32) -> Option<usize> {
        let now_ms = clock::now_ms();
        let revision = self.doors.0.get(self.own)?.status.revision();
        let (index, load) = self
            .doors
            .0
            .iter()
            .enumerate()
            .filter(|(index, door)| {
                *index != self.own
                    && door.status.state() == WorkerState::Serving
                    && door.status.revision() >= revision
                    && now_ms.saturating_sub(door.status.heartbeat_ms()) < SILENT_MS
            })
            .map(|(index, door)| (index, door.status.connections() + door.sender.len() as u32))
            .min_by_key(|(_, load)| *load)?;
        (own > load + 1 + load / 8).then_some(index)
    }

    /// Hands a connection over.
    ///
    /// # Errors
    /// Gives it back when the other worker has too many waiting.
    pub fn hand_over(&self, to: usize, stream: TcpStream, handed: Handed) -> Result<(), TcpStream> {
        let Some(door) = self.doors.0.get(to) else {
            return Err(stream);
        };
        if door.sender.is_full() {
            return Err(stream);
        }
        // Only this thread knows the connection, so nobody else holds its descriptor.
        match door.sender.try_send((borrow::into_owned(stream), handed)) {
            Ok(()) => {
                door.waker.wake();
                Ok(())
            }
            Err(refused) => borrow::from_owned(refused.into_inner().0).map_or(Ok(()), Err),
        }
    }

    /// Whether connections wait in front of this worker's door.
    pub fn any_waiting(&self) -> bool {
        let door = self.doors.0.get(self.own);
        door.is_some_and(|door| !door.receiver.is_empty())
    }

    /// The next connection handed to this worker.
    pub async fn next(&self) -> Option<(TcpStream, Handed)> {
        let door = self.doors.0.get(self.own)?;
        let (fd, handed) = poll_fn(|cx| {
            if let Ok(parcel) = door.receiver.try_recv() {
                return Poll::Ready(parcel);
            }
            door.waker.register(cx.waker());
            door.receiver.try_recv().map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        borrow::from_owned(fd).map(|stream| (stream, handed))
    }
}
