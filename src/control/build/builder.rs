//! The builder's thread: latest objects win, a panic costs one build and never the snapshot in use.

use super::news::News;
use super::nice::be_nice;
use super::rebuild::Rebuild;
use crate::control::access_log::AccessLog;
use crate::control::slots::SlotViews;
use crate::ir::Model;
use crate::objects::Objects;
use crate::snapshot::{Publisher, Snapshot};
use crate::table::CertProblem;
use crate::translate::Report;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// How often snapshots that left the table are looked at while there are some.
const RETIRE_EVERY: Duration = Duration::from_millis(200);
/// Live revisions above this are worth a warning: something holds on to them.
const LIVE_MAX: usize = 8;

/// Translation with its settings and with what it remembers of the last time. Where it is told that
/// the last build stands, endpoints alone may be given.
pub type Translate = Box<dyn FnMut(&Objects, bool) -> Translated + Send>;

/// What translation gave.
pub enum Translated {
    Whole(Model, Report),
    /// Of each backend of the last model, in its order; everything else stands.
    Endpoints(Vec<Vec<SocketAddr>>),
}

/// Objects to build.
pub struct Build {
    pub objects: Objects,
    /// When the first of the changes came.
    pub since: Instant,
}

/// What the builder says.
pub enum Message {
    Built(Box<Built>),
    /// A panic in translation or compilation; the last snapshot goes on serving.
    Panicked(String),
    /// Names that left the table were settled.
    Settled(SlotViews),
}

/// A finished build.
pub struct Built {
    /// The snapshot in use after it.
    pub revision: u64,
    /// False when it served nothing new, and the snapshot before stays.
    pub published: bool,
    /// The same object as before when the report is the same.
    pub report: Arc<Report>,
    pub model: Arc<Model>,
    pub cert_problems: Vec<CertProblem>,
    pub views: SlotViews,
    pub since: Instant,
    /// Translation and compilation.
    pub took: Duration,
}

/// What the builder shares with the other threads of the control side.
pub struct Shared {
    /// Locked to hand over or to free a snapshot, never during a build.
    publisher: Mutex<Publisher<Snapshot>>,
    /// Revisions that a worker holds.
    live: AtomicUsize,
    /// When the metrics were read last, on the workers' clock, in milliseconds.
    pub scraped_ms: AtomicU64,
}

impl Shared {
    pub fn new(publisher: Publisher<Snapshot>) -> Self {
        Shared {
            publisher: Mutex::new(publisher),
            live: AtomicUsize::new(0),
            scraped_ms: AtomicU64::new(0),
        }
    }

    pub fn publisher(&self) -> MutexGuard<'_, Publisher<Snapshot>> {
        // A panic under the lock leaves nothing half done: each step stands alone.
        self.publisher
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }
}

/// The thread and its mailbox. Dropped: the thread ends after the build at hand.
pub struct Builder {
    jobs: Option<Sender<Build>>,
    thread: Option<JoinHandle<()>>,
}

/// What the builder works with besides what it is sent.
pub struct Ties {
    pub translate: Translate,
    /// The clock that workers stamp their heartbeat with, in milliseconds.
    pub clock_ms: fn() -> u64,
    pub shared: Arc<Shared>,
    pub messages: UnboundedSender<Message>,
    /// Learns what slots mean before a worker can write a record with one of them.
    pub access_log: Option<Arc<AccessLog>>,
}

impl Builder {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(rebuild: Rebuild, ties: Ties) -> std::io::Result<Self> {
        let (jobs, inbox) = unbounded();
        let work = Work {
            rebuild,
            ties,
            report: Arc::default(),
            cert_problems: Vec::new(),
            news: News::default(),
            stands: false,
            warned: false,
        };
        let thread = std::thread::Builder::new()
            .name("builder".into())
            .spawn(move || work.run(&inbox))?;
        Ok(Builder {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Asks for a build; one that has not begun yet is replaced.
    pub fn build(&self, build: Build) {
        let gone = self
            .jobs
            .as_ref()
            .is_none_or(|jobs| jobs.send(build).is_err());
        if gone {
            tracing::error!("the builder's thread is gone");
        }
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the builder's thread ended by a panic");
        }
    }
}

struct Work {
    rebuild: Rebuild,
    ties: Ties,
    /// Of the last build.
    report: Arc<Report>,
    cert_problems: Vec<CertProblem>,
    news: News,
    /// The last translation was compiled too, so that the next may build on it.
    stands: bool,
    /// It was said that many revisions are in use.
    warned: bool,
}

impl Work {
    fn run(mut self, inbox: &Receiver<Build>) {
        be_nice();
        loop {
            let job = match self.ties.shared.live() > 1 || self.rebuild.unsettled() {
                true => inbox.recv_timeout(RETIRE_EVERY),
                false => inbox.recv().map_err(RecvTimeoutError::from),
            };
            match job {
                Ok(first) => {
                    let since = first.since;
                    let latest = inbox.try_iter().last().unwrap_or(first);
                    self.guarded(|work| work.build(&Build { since, ..latest }));
                }
                Err(RecvTimeoutError::Timeout) => self.guarded(Self::settle),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// A panic ends the step alone: what was published goes on serving, and the next change is built.
    fn guarded(&mut self, step: impl FnOnce(&mut Self)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| step(self))) {
            let text = panic_text(&*panic);
            tracing::error!(panic = %text, "building panicked; the last snapshot goes on serving");
            self.tell(Message::Panicked(text));
        }
    }

    fn build(&mut self, build: &Build) {
        let began = Instant::now();
        let stands = std::mem::replace(&mut self.stands, false);
        let (snapshot, report) = match (self.ties.translate)(&build.objects, stands) {
            Translated::Whole(model, report) => (self.rebuild.compile(model), Some(report)),
            Translated::Endpoints(endpoints) => (self.rebuild.endpoints(endpoints), None),
        };
        let published = snapshot.is_some();
        let views = self.name_slots();
        if let Some(snapshot) = snapshot {
            self.ties.shared.publisher().publish(snapshot);
        }
        let took = began.elapsed();
        tracing::debug!(
            revision = self.rebuild.revision(),
            published,
            ?took,
            "built"
        );
        let cert_problems = self.cert_problems();
        if let Some(report) = report {
            self.report(report, &cert_problems);
        }
        self.retire();
        self.tell(Message::Built(Box::new(Built {
            revision: self.rebuild.revision(),
            published,
            report: Arc::clone(&self.report),
            model: self.rebuild.model().cloned().unwrap_or_default(),
            cert_problems,
            views,
            since: build.since,
            took,
        })));
        // Only what was done to its end may be built on.
        self.stands = true;
    }

    /// Tells the access log what slots mean from now on.
    fn name_slots(&mut self) -> SlotViews {
        let views = self.rebuild.views();
        if let Some(log) = &self.ties.access_log {
            log.names(views.clone());
        }
        views
    }

    fn cert_problems(&self) -> Vec<CertProblem> {
        match self.ties.shared.publisher().latest() {
            Some(latest) => latest.certs.problems().to_vec(),
            None => Vec::new(),
        }
    }

    /// Takes over a report and logs what is new in it.
    fn report(&mut self, report: Report, cert_problems: &[CertProblem]) {
        let same = *self.report == report;
        if !same || self.cert_problems != cert_problems {
            self.news.of(&report, cert_problems).log();
            self.cert_problems = cert_problems.to_vec();
        }
        if !same {
            self.report = Arc::new(report);
        }
    }

    fn settle(&mut self) {
        let before = self.rebuild.views();
        self.retire();
        if !before.same(&self.rebuild.views()) {
            let views = self.name_slots();
            self.tell(Message::Settled(views));
        }
    }

    /// Frees what no worker holds any more, and looks at the names that left with it.
    fn retire(&mut self) {
        let (live, oldest) = {
            let mut publisher = self.ties.shared.publisher();
            let live = publisher.retire();
            let oldest = publisher.live().first().map_or(0, |oldest| oldest.revision);
            (live, oldest)
        };
        self.ties.shared.live.store(live, Ordering::Relaxed);
        if live > LIVE_MAX && !self.warned {
            tracing::warn!(live, oldest, "many revisions are still in use");
        }
        self.warned = live > LIVE_MAX;
        let scraped_ms = self.ties.shared.scraped_ms.load(Ordering::Relaxed);
        self.rebuild
            .settle(oldest, (self.ties.clock_ms)(), scraped_ms);
    }

    fn tell(&self, message: Message) {
        if self.ties.messages.send(message).is_err() {
            // The control thread ends before the builder; nobody is left to tell.
            tracing::debug!("the control thread is gone");
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests;
