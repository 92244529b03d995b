//! Following a folder: events in, batches out, on a thread of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use notify::RecommendedWatcher;
use notify::event::Event;

use super::Batch;
use super::disk::Disk;
use super::event::{Effect, effects, matters, takes_away};
use super::manifests::{Content, Manifests};
use super::watches::Watches;
use crate::objects::manifest::Limits;

/// Without an event for this long, what has changed is read.
pub const QUIET: Duration = Duration::from_millis(1);

/// However many events there are, what has changed is read after this long.
pub const CAP: Duration = Duration::from_millis(25);

/// A file that nobody closes is read when it has not changed for this long.
const PATIENCE: Duration = Duration::from_secs(1);

/// The folder is scanned this often whatever events say; without events, [`PATIENCE`] apart.
const RESCAN: Duration = Duration::from_secs(5);

/// A folder that is followed; until it is dropped.
pub struct Directory {
    signals: Sender<Signal>,
    thread: Option<JoinHandle<()>>,
}

/// What the following thread waits for.
pub(super) enum Signal {
    Event(notify::Result<Event>),
    Stop,
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A thread that has ended has nobody to tell, and has said why.
        self.signals.send(Signal::Stop).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Follows a folder. `tell` is called on a thread of its own: first with the whole folder (even if
/// that is nothing), then with every change; it returns false to end the following.
///
/// A folder that does not exist yet is waited for; the first batch then says that it is away.
///
/// # Errors
/// When the path is unusable or the thread cannot be started.
pub fn follow(
    root: &Path,
    limits: Limits,
    tell: impl FnMut(Batch) -> bool + Send + 'static,
) -> io::Result<Directory> {
    start(root, limits, watcher, tell)
}

/// Starts following with the events that `watcher` has sent to the signals, if it has any.
pub(super) fn start(
    root: &Path,
    limits: Limits,
    watcher: impl FnOnce(Sender<Signal>) -> Option<RecommendedWatcher>,
    tell: impl FnMut(Batch) -> bool + Send + 'static,
) -> io::Result<Directory> {
    let disk = Disk::new(root, limits)?;
    let (signals, inbox) = channel();
    let follower = Follower {
        disk,
        watches: Watches::new(watcher(signals.clone())),
        manifests: Manifests::new(limits),
        inbox,
        dirty: BTreeSet::new(),
        busy: BTreeMap::new(),
        scan: true,
        scanned: Instant::now(),
    };
    let thread = thread::Builder::new()
        .name("manifests".into())
        .spawn(|| follower.run(tell))?;
    Ok(Directory {
        signals,
        thread: Some(thread),
    })
}

/// The kernel's events, or none where it offers none.
fn watcher(signals: Sender<Signal>) -> Option<RecommendedWatcher> {
    let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.as_ref().map_or(true, matters) {
            // The follower may have ended; then nobody needs the event.
            signals.send(Signal::Event(event)).ok();
        }
    });
    let warn = |error: &notify::Error| {
        tracing::warn!(%error, "folders cannot be watched and are only read again now and then");
    };
    watcher.inspect_err(warn).ok()
}

struct Follower {
    disk: Disk,
    watches: Watches,
    manifests: Manifests,
    inbox: Receiver<Signal>,
    /// Files to read.
    dirty: BTreeSet<PathBuf>,
    /// Files that somebody writes to, and since when nothing was written.
    busy: BTreeMap<PathBuf, Instant>,
    /// Whether to read the whole folder.
    scan: bool,
    /// When that was done last.
    scanned: Instant,
}

impl Follower {
    fn run(mut self, mut tell: impl FnMut(Batch) -> bool) {
        let first = self.read();
        if !tell(first) {
            return;
        }
        while self.wait() && self.settle() {
            let batch = self.read();
            let is_news = !batch.changes.is_empty() || batch.problems.is_some();
            if is_news && !tell(batch) {
                return;
            }
        }
    }

    /// Waits until there is something to read. False to end.
    fn wait(&mut self) -> bool {
        while !self.scan && self.dirty.is_empty() {
            let timeout = self
                .next_deadline()
                .saturating_duration_since(Instant::now());
            if !self.receive(timeout) {
                return false;
            }
            self.note_deadlines();
        }
        true
    }

    /// Gives what belongs together time to arrive. False to end.
    fn settle(&mut self) -> bool {
        let begin = Instant::now();
        loop {
            let left = CAP.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return true;
            }
            let pause = if self.busy.is_empty() {
                QUIET.min(left)
            } else {
                left
            };
            let before = Instant::now();
            if !self.receive(pause) {
                return false;
            }
            if self.busy.is_empty() && before.elapsed() >= pause {
                return true;
            }
        }
    }

    /// Takes in one signal, if one comes in time. False to end.
    fn receive(&mut self, timeout: Duration) -> bool {
        match self.inbox.recv_timeout(timeout) {
            Ok(Signal::Event(Ok(event))) => {
                for effect in effects(&event, &self.watches) {
                    self.note(effect);
                }
                if takes_away(&event) {
                    event
                        .paths
                        .iter()
                        .for_each(|path| self.watches.forget(path));
                }
                true
            }
            Ok(Signal::Event(Err(error))) => {
                tracing::warn!(%error, "watching the folder of manifests failed; reading it whole");
                self.scan = true;
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    fn note(&mut self, effect: Effect) {
        match effect {
            Effect::Scan => self.scan = true,
            Effect::Busy(path) => {
                self.dirty.remove(&path);
                self.busy.insert(path, Instant::now());
            }
            Effect::Read(path) => {
                self.busy.remove(&path);
                self.dirty.insert(path);
            }
        }
    }

    fn next_deadline(&self) -> Instant {
        let rescan = self.scanned
            + if self.watches.are_live() {
                RESCAN
            } else {
                PATIENCE
            };
        let patience = self.busy.values().map(|since| *since + PATIENCE).min();
        patience.map_or(rescan, |patience| patience.min(rescan))
    }

    fn note_deadlines(&mut self) {
        let now = Instant::now();
        let rested = self
            .busy
            .iter()
            .filter(|(_, since)| now >= **since + PATIENCE);
        let rested: Vec<PathBuf> = rested.map(|(path, _)| path.clone()).collect();
        for path in rested {
            self.note(Effect::Read(path));
        }
        self.scan |= now >= self.next_deadline();
    }

    /// Reads what has changed.
    fn read(&mut self) -> Batch {
        let mut dirty = mem::take(&mut self.dirty);
        let scan = mem::take(&mut self.scan);
        let files = if scan {
            self.read_all()
        } else {
            Ok(BTreeMap::new())
        };
        let batch = match files {
            Ok(mut files) => {
                // A scan leaves out what looks as before; an event is better evidence.
                dirty.retain(|path| !self.busy.contains_key(path));
                files.extend(self.disk.read_some(dirty));
                self.manifests.fold(files)
            }
            Err(error) => {
                let root = self.disk.root().display();
                self.manifests
                    .away(format!("the folder {root} cannot be read: {error}"))
            }
        };
        let now = Instant::now();
        for path in mem::take(&mut self.disk.unsettled) {
            self.busy.entry(path).or_insert(now);
        }
        batch
    }

    fn read_all(&mut self) -> io::Result<BTreeMap<Arc<str>, Content>> {
        let Self {
            disk,
            watches,
            busy,
            ..
        } = self;
        self.scanned = Instant::now();
        watches.begin();
        watches.visit_parent(disk.root());
        let files = disk.read_all(&mut |visit| watches.visit(&visit), &|path| {
            busy.contains_key(path)
        });
        watches.end();
        files
    }
}
