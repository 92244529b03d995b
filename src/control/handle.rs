//! The control side from outside: started once, asked by whoever owns the worker threads.

use super::access_log::AccessLog;
use super::admin::{Listener, Pages};
use super::build::Shared;
use super::event::Source;
use super::settings::{Fleet, Settings};
use super::signals::Terminate;
use super::start::{Start, StartError};
use super::state::Flags;
use crate::snapshot::{Publisher, Snapshot, Subscriber, WorkerCommand};
use crate::telemetry::access_log::AccessLogWriter;
use crossbeam_channel::{Receiver, bounded, unbounded};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the end waits for the access log's last lines.
const LOG_PATIENCE: Duration = Duration::from_secs(2);

/// The running control side. Dropped: its threads end, the access log last.
pub struct Control {
    shared: Arc<Shared>,
    flags: Arc<Flags>,
    access_log: Option<Arc<AccessLog>>,
    terminations: Receiver<Terminate>,
    admin_address: Option<SocketAddr>,
    health_address: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Opens what is to be opened and starts the threads. Call it from a thread that is not
    /// pinned: its threads run where that one may.
    ///
    /// # Errors
    /// When an address, the access log, a thread or a signal handler cannot be had.
    pub fn start(settings: Settings, fleet: Fleet, source: Source) -> Result<Self, StartError> {
        let open = |pages, address: Option<SocketAddr>| {
            address
                .map(|address| Listener::open(pages, address))
                .transpose()
        };
        let admin = open(Pages::All, settings.admin_address)?;
        let health = open(Pages::Health, settings.health_address)?;
        let target = settings.access_log.clone();
        let access_log = AccessLog::start(target, settings.access_log_format)
            .map_err(StartError::AccessLog)?
            .map(Arc::new);
        let (publisher, acks) = Publisher::new(fleet.statuses.len());
        let (terminations, inbox) = unbounded();
        let (stop, stopped) = oneshot::channel();
        let mut control = Control {
            shared: Arc::new(Shared::new(publisher)),
            flags: Arc::default(),
            access_log: access_log.clone(),
            terminations: inbox,
            admin_address: admin.as_ref().map(Listener::address),
            health_address: health.as_ref().map(Listener::address),
            stop: Some(stop),
            thread: None,
        };
        let start = Start {
            settings,
            fleet,
            source,
            shared: Arc::clone(&control.shared),
            flags: Arc::clone(&control.flags),
            acks,
            admin,
            health,
            access_log,
            terminations,
            stop: stopped,
        };
        let (started, starting) = bounded(1);
        let thread = std::thread::Builder::new()
            .name("control".into())
            .spawn(move || start.run(&started))
            .map_err(StartError::Thread)?;
        control.thread = Some(thread);
        starting.recv().unwrap_or(Err(StartError::Ended))?;
        Ok(control)
    }

    /// The snapshots and commands for a worker's thread; `None` for a worker that does not exist.
    /// Asked again for a rebuilt thread, it starts with the latest snapshot.
    pub fn subscribe(&self, worker: usize) -> Option<Subscriber<Snapshot>> {
        self.shared.publisher().subscribe(worker)
    }

    /// A ring for a worker's access-log records; `None` when the log is off.
    pub fn access_log(&self) -> Option<AccessLogWriter> {
        self.access_log.as_ref().map(|log| log.writer())
    }

    /// Tells one worker something.
    pub fn command(&self, worker: usize, command: WorkerCommand) {
        self.shared.publisher().command(worker, command);
    }

    /// The end begins: not ready from now on, and answers say that connections close.
    pub fn announce(&self) {
        self.flags.draining.store(true, Ordering::Release);
        self.flags.ready.store(false, Ordering::Release);
        self.tell_all(&WorkerCommand::Announce);
    }

    /// Listeners close, and workers end when they have nothing left to do.
    pub fn drain(&self) {
        self.tell_all(&WorkerCommand::Drain);
    }

    /// Workers end at once.
    pub fn stop_workers(&self) {
        self.tell_all(&WorkerCommand::Stop);
    }

    fn tell_all(&self, command: &WorkerCommand) {
        let mut publisher = self.shared.publisher();
        for worker in 0..publisher.workers() {
            publisher.command(worker, command.clone());
        }
    }

    /// Where SIGTERM and SIGINT arrive.
    pub fn terminations(&self) -> &Receiver<Terminate> {
        &self.terminations
    }

    /// What `/readyz` answers at this moment.
    pub fn ready(&self) -> bool {
        self.flags.ready.load(Ordering::Acquire)
    }

    /// Where the admin pages are, with the port that was got when 0 was asked for.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Likewise the pages for probes.
    pub fn health_address(&self) -> Option<SocketAddr> {
        self.health_address
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take()
            && stop.send(()).is_err()
        {
            tracing::error!("the control thread ended on its own");
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the control thread ended by a panic");
        }
        if let Some(log) = &self.access_log
            && !log.stop(LOG_PATIENCE)
        {
            tracing::warn!("nobody takes the access log's last lines");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Pinning, SourceEvent};
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Instant;

    /// Builds so far, as the metrics say.
    fn builds(address: SocketAddr) -> Option<u64> {
        let mut stream = TcpStream::connect(address).ok()?;
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            .ok()?;
        let mut page = String::new();
        stream.read_to_string(&mut page).ok()?;
        let (_, count) = page.split_once("ringress_snapshot_build_seconds_count ")?;
        count.lines().next()?.parse().ok()
    }

    #[test]
    fn what_depends_on_the_time_is_looked_at_again_without_a_change() {
        let settings = Settings {
            admin_address: Some(([127, 0, 0, 1], 0).into()),
            recheck: Duration::from_millis(10),
            ..Settings::default()
        };
        let fleet = Fleet {
            statuses: Vec::new(),
            counters: Vec::new(),
            clock_ms: || 0,
            io_driver: String::new(),
            io_driver_reason: String::new(),
            pinning: Pinning::new(String::new),
        };
        let (source, receiver) = Source::channel();
        let control = Control::start(settings, fleet, receiver).unwrap();
        assert!(source.send(SourceEvent::Synced));
        let address = control.admin_address().unwrap();
        let end = Instant::now() + Duration::from_secs(30);
        while builds(address).is_none_or(|builds| builds < 3) {
            assert!(
                Instant::now() < end,
                "it was built {:?} times",
                builds(address)
            );
        }
    }
}
