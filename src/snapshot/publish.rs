//! Publishing: latest wins, nobody waits, nothing is freed on a worker.

use super::ack::{Ack, AckSender, Acks};
use super::command::WorkerCommand;
use atomic_waker::AtomicWaker;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::sync::Arc;
use std::task::{Context, Poll};

struct Mailbox<T> {
    snapshots: (Sender<Arc<T>>, Receiver<Arc<T>>),
    commands: (Sender<WorkerCommand>, Receiver<WorkerCommand>),
    /// Commands that hold for whichever thread works for this worker.
    standing: Vec<WorkerCommand>,
    waker: Arc<AtomicWaker>,
}

impl<T> Mailbox<T> {
    fn new() -> Self {
        Mailbox {
            snapshots: bounded(1),
            commands: unbounded(),
            standing: Vec::new(),
            waker: Arc::default(),
        }
    }

    fn tell(&self, command: WorkerCommand) {
        if self.commands.0.send(command).is_ok() {
            self.waker.wake();
        }
    }

    /// Replaces what the worker has not picked up yet.
    fn put(&self, snapshot: &Arc<T>) {
        let mut next = Arc::clone(snapshot);
        while let Err(full) = self.snapshots.0.try_send(next) {
            next = full.into_inner();
            // Whoever empties the box, the worker or this line, the next turn has room.
            drop(self.snapshots.1.try_recv());
        }
        self.waker.wake();
    }
}

/// The builder's end: one writer.
pub struct Publisher<T> {
    mailboxes: Vec<Mailbox<T>>,
    acks: AckSender,
    latest: Option<Arc<T>>,
    live: Vec<Arc<T>>,
}

impl<T> Publisher<T> {
    /// A publisher for `workers` workers and the end where their acknowledgements arrive.
    pub fn new(workers: usize) -> (Self, Acks) {
        let (sender, receiver) = unbounded();
        let waker = Arc::new(AtomicWaker::new());
        let publisher = Publisher {
            mailboxes: (0..workers).map(|_| Mailbox::new()).collect(),
            acks: AckSender {
                sender,
                waker: Arc::clone(&waker),
            },
            latest: None,
            live: Vec::new(),
        };
        (publisher, Acks { receiver, waker })
    }

    /// The end for a worker's thread, `None` for a worker that does not exist. Asked again for a
    /// rebuilt thread, it starts with the latest snapshot and without the old thread's commands,
    /// unless the process ends: a thread that comes too late to hear of that would serve on.
    pub fn subscribe(&mut self, worker: usize) -> Option<Subscriber<T>> {
        let mailbox = self.mailboxes.get_mut(worker)?;
        let old = std::mem::replace(mailbox, Mailbox::new());
        for command in old.standing {
            mailbox.tell(command.clone());
            mailbox.standing.push(command);
        }
        if let Some(latest) = &self.latest {
            mailbox.put(latest);
        }
        Some(Subscriber {
            worker,
            snapshots: mailbox.snapshots.1.clone(),
            commands: mailbox.commands.1.clone(),
            own_commands: mailbox.commands.0.clone(),
            waker: Arc::clone(&mailbox.waker),
            acks: self.acks.clone(),
        })
    }

    /// Hands a snapshot to every worker; an older one that was not picked up is replaced.
    pub fn publish(&mut self, snapshot: T) {
        let snapshot = Arc::new(snapshot);
        for mailbox in &self.mailboxes {
            mailbox.put(&snapshot);
        }
        self.live.push(Arc::clone(&snapshot));
        self.latest = Some(snapshot);
        self.retire();
    }

    pub fn command(&mut self, worker: usize, command: WorkerCommand) {
        let Some(mailbox) = self.mailboxes.get_mut(worker) else {
            return;
        };
        if matches!(command, WorkerCommand::Announce | WorkerCommand::Drain) {
            mailbox.standing.push(command.clone());
        }
        mailbox.tell(command);
    }

    pub fn workers(&self) -> usize {
        self.mailboxes.len()
    }

    pub fn latest(&self) -> Option<&Arc<T>> {
        self.latest.as_ref()
    }

    /// Frees the snapshots that nobody holds any more, here and not on a worker; returns how many
    /// are live, the latest included.
    pub fn retire(&mut self) -> usize {
        self.live.retain(|snapshot| Arc::strong_count(snapshot) > 1);
        self.live.len()
    }

    /// The snapshots still held by somebody, oldest first.
    pub fn live(&self) -> &[Arc<T>] {
        &self.live
    }
}

/// A worker's end.
pub struct Subscriber<T> {
    worker: usize,
    snapshots: Receiver<Arc<T>>,
    commands: Receiver<WorkerCommand>,
    own_commands: Sender<WorkerCommand>,
    waker: Arc<AtomicWaker>,
    acks: AckSender,
}

/// What a worker finds in its mailbox.
pub enum Delivery<T> {
    Snapshot(Arc<T>),
    Command(WorkerCommand),
}

impl<T> Subscriber<T> {
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// A newer snapshot or a command; registers the waker of `cx` when there is neither.
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Delivery<T>> {
        if let Some(delivery) = self.try_next() {
            return Poll::Ready(delivery);
        }
        self.waker.register(cx.waker());
        match self.try_next() {
            Some(delivery) => Poll::Ready(delivery),
            None => Poll::Pending,
        }
    }

    fn try_next(&self) -> Option<Delivery<T>> {
        if let Ok(snapshot) = self.snapshots.try_recv() {
            return Some(Delivery::Snapshot(snapshot));
        }
        self.commands.try_recv().ok().map(Delivery::Command)
    }

    /// Tells itself to stop: a worker that is drained.
    pub fn stop(&self) {
        // This end holds the receiver, so the channel is open.
        if self.own_commands.send(WorkerCommand::Stop).is_ok() {
            self.waker.wake();
        }
    }

    pub fn ack(&self, ack: Ack) {
        self.acks.send(ack);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn next<T>(subscriber: &Subscriber<T>) -> Option<Delivery<T>> {
        match subscriber.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(delivery) => Some(delivery),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_latest_snapshot_wins_and_older_ones_are_retired() {
        let (mut publisher, _acks) = Publisher::<u64>::new(1);
        let subscriber = publisher.subscribe(0).unwrap();
        publisher.publish(1);
        publisher.publish(2);
        let Some(Delivery::Snapshot(held)) = next(&subscriber) else {
            panic!("no snapshot")
        };
        assert_eq!(*held, 2);
        assert!(next(&subscriber).is_none());
        assert_eq!(publisher.retire(), 1);
        publisher.publish(3);
        assert_eq!(
            publisher.retire(),
            2,
            "revision 2 is still held by the worker"
        );
        drop(held);
        assert_eq!(publisher.retire(), 1);
    }

    #[test]
    fn a_rebuilt_worker_starts_with_the_latest_snapshot() {
        let (mut publisher, _acks) = Publisher::<u64>::new(1);
        publisher.publish(7);
        publisher.command(0, WorkerCommand::Stop);
        let subscriber = publisher.subscribe(0).unwrap();
        assert!(matches!(next(&subscriber), Some(Delivery::Snapshot(s)) if *s == 7));
        assert!(
            next(&subscriber).is_none(),
            "the old thread's command is not the new one's"
        );
    }

    #[test]
    fn a_rebuilt_worker_hears_of_the_end_of_the_process() {
        let (mut publisher, _acks) = Publisher::<u64>::new(1);
        publisher.command(0, WorkerCommand::Announce);
        publisher.command(0, WorkerCommand::Drain);
        for _ in 0..2 {
            let subscriber = publisher.subscribe(0).unwrap();
            for wanted in ["Announce", "Drain"] {
                let Some(Delivery::Command(command)) = next(&subscriber) else {
                    panic!("{wanted} is not heard")
                };
                assert_eq!(format!("{command:?}"), wanted);
            }
            assert!(next(&subscriber).is_none());
        }
    }
}
