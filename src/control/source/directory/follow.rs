//! Following a folder: events in, batches out, on a thread of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use inotify::Inotify;
use mio::{Events, Poll, Token, Waker};

use super::Batch;
use super::disk::{Disk, Sight};
use super::event::Effect;
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
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

/// How the following thread is told to end.
struct Stop {
    is_asked: AtomicBool,
    waker: Waker,
}

const EVENTS: Token = Token(0);
const STOP: Token = Token(1);

impl Drop for Directory {
    fn drop(&mut self) {
        self.stop.is_asked.store(true, Ordering::Release);
        // Without the waker it ends at its next rescan.
        self.stop.waker.wake().ok();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
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
    let inotify = Inotify::init().inspect_err(|error| {
        tracing::warn!(%error, "folders cannot be watched and are only read again now and then");
    });
    start(root, limits, inotify.ok(), tell)
}

/// Follows by the kernel's events, or by rescans alone where there are none.
pub(super) fn start(
    root: &Path,
    limits: Limits,
    inotify: Option<Inotify>,
    tell: impl FnMut(Batch) -> bool + Send + 'static,
) -> io::Result<Directory> {
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), STOP)?;
    let watches = Watches::new(inotify);
    watches.register(poll.registry(), EVENTS)?;
    let stop = Arc::new(Stop {
        is_asked: AtomicBool::new(false),
        waker,
    });
    let follower = Follower {
        disk: Disk::new(root, limits)?,
        watches,
        manifests: Manifests::new(limits),
        poll,
        stop: Arc::clone(&stop),
        dirty: BTreeSet::new(),
        busy: BTreeMap::new(),
        scan: true,
        scanned: Instant::now(),
    };
    let thread = thread::Builder::new()
        .name("manifests".into())
        .spawn(|| follower.run(tell))?;
    Ok(Directory {
        stop,
        thread: Some(thread),
    })
}

struct Follower {
    disk: Disk,
    watches: Watches,
    manifests: Manifests,
    poll: Poll,
    stop: Arc<Stop>,
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

    /// Takes in what happens, if something does in time. False to end.
    fn receive(&mut self, timeout: Duration) -> bool {
        let mut ready = Events::with_capacity(2);
        match self.poll.poll(&mut ready, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                tracing::error!(%error, "the folder of manifests can be followed no longer");
                return false;
            }
            _ => self.catch_up(),
        }
        !self.stop.is_asked.load(Ordering::Acquire)
    }

    /// Takes in what has happened so far.
    fn catch_up(&mut self) {
        for effect in self.watches.read() {
            self.note(effect);
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
        let mut files = match files {
            Ok(files) => files,
            Err(error) => {
                for path in dirty {
                    self.disk.distrust(&path);
                }
                let root = self.disk.root().display();
                return self
                    .manifests
                    .away(format!("the folder {root} cannot be read: {error}"));
            }
        };
        // A scan leaves out what looks as before; an event is better evidence.
        dirty.retain(|path| !self.busy.contains_key(path));
        files.extend(self.disk.read_some(dirty));
        self.leave_out_what_changes(&mut files);
        self.manifests.fold(files)
    }

    /// Whatever was written to since it was read may have been read by half: it is left for later.
    fn leave_out_what_changes(&mut self, files: &mut BTreeMap<Arc<str>, Content>) {
        self.catch_up();
        let now = Instant::now();
        for path in mem::take(&mut self.disk.unsettled) {
            if !self.dirty.contains(&path) {
                self.busy.entry(path).or_insert(now);
            }
        }
        for path in self.busy.keys().chain(&self.dirty) {
            if let Some(name) = self.disk.distrust(path) {
                files.remove(&name);
            }
        }
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
        let see = &mut |sight: Sight<'_>| watches.see(&sight);
        let files = disk.read_all(see, &|path| busy.contains_key(path));
        watches.end();
        files
    }
}
