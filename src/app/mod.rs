//! Wiring: turns [`Options`] into the settings of the planes, starts them and ends them. Decides
//! nothing itself.
//!
//! The order matters: the I/O driver is probed by a forked child and must come before any thread;
//! the control side before the workers, which subscribe to it; its end after theirs, since it
//! writes their last log lines.

pub mod build;
mod drain;
mod logging;
mod memory;
mod panics;
mod self_signed;
mod settings;

use crate::control::source::directory::{self, Directory};
use crate::control::{Control, Fleet, Pinning, Source, SourceSender, StartError};
use crate::objects::manifest::Limits;
use crate::options::{
    Cores, DriverWish, Options, PinWish, RingWish, WorkerFlags, WorkersWish, cli,
};
use crate::worker::affinity::{
    self, CoreList, Machine, PinChoice, Pins, PlanError, Wishes, WorkerCount,
};
use crate::worker::clock;
use crate::worker::driver::{self, Chosen, DriverChoice, DriverRefused, RingMode};
use crate::worker::start::Start;
use crate::worker::supervise::Workers;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

pub use self_signed::make as self_signed;
pub use settings::translation;

/// Entries of each worker's submission queue; the ladder takes fewer where these are refused.
const RING_ENTRIES: u32 = 4096;
/// How often readiness is looked at while starting, and the workers while ending.
const LOOK: Duration = Duration::from_millis(10);

/// Why the gateway could not serve, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("cannot read which cores may be used: {0}")]
    Machine(io::Error),
    #[error("--cores: {0}")]
    Cores(#[from] PlanError),
    #[error("--io-driver: {0}")]
    Driver(#[from] DriverRefused),
    #[error("cannot make the default certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("--manifests {}: {error}", folder.display())]
    Manifests { folder: PathBuf, error: io::Error },
    #[error(transparent)]
    Control(#[from] StartError),
    #[error("cannot start the workers: {0}")]
    Workers(io::Error),
    #[error("the control side ended; see the log")]
    Gone,
    #[error("ended at once by a second signal")]
    Cut,
}

/// A gateway that is about to serve: it knows its workers and how they do I/O.
pub struct Gateway<'a> {
    options: &'a Options,
    pins: Arc<Pins>,
    chosen: Chosen,
}

impl<'a> Gateway<'a> {
    /// Finds out how this machine can be served on, and starts logging.
    ///
    /// Call it before any thread is started: finding the I/O driver forks.
    ///
    /// # Errors
    /// When the workers or the driver that were asked for cannot be had.
    pub fn prepare(options: &'a Options) -> Result<Self, Failure> {
        let machine = Machine::read().map_err(Failure::Machine)?;
        let wishes = wishes(&options.workers);
        let cores = wishes.cores.as_ref();
        let plan = affinity::plan(&machine, wishes.workers, cores, wishes.pin)?;
        let chosen = probe(&options.workers, plan.workers())?;
        logging::start(&options.observing.log_level, options.observing.log_format);
        memory::use_small_pages();
        panics::log();
        let pins = Arc::new(Pins::new(wishes, machine, &plan));
        introduce(&chosen, &pins);
        if !plan.ignored.ids().is_empty() {
            tracing::warn!(cores = %plan.ignored, "--cores names cores that may not be used");
        }
        Ok(Self {
            options,
            pins,
            chosen,
        })
    }

    /// Serves until SIGTERM or SIGINT, and drains. `ready` is called once traffic may come, unless
    /// the end comes before.
    ///
    /// # Errors
    /// When something cannot be started, or a second signal cuts the drain short.
    pub fn serve(self, ready: impl FnOnce()) -> Result<(), Failure> {
        // Fails only where a provider is installed already, which is then the same one.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let options = self.options;
        let settings = settings::control(options, self_signed::make()?);
        let (objects, source) = Source::channel();
        let _following = follow(&options.manifests, objects)?;
        let fleet = self.fleet();
        let (statuses, counters) = (fleet.statuses.clone(), fleet.counters.clone());
        let control = Arc::new(Control::start(settings, fleet, source)?);
        // Weak: the workers' supervisor must not keep the control side alive at the end.
        let weak = Arc::downgrade(&control);
        let subscribe = move |worker| weak.upgrade()?.subscribe(worker);
        let workers = Workers::spawn(Start {
            settings: Arc::new(settings::worker(options)),
            chosen: self.chosen,
            access_log: statuses.iter().map(|_| control.access_log()).collect(),
            pins: self.pins,
            statuses,
            counters,
            subscribe: Box::new(subscribe),
        })
        .map_err(Failure::Workers)?;
        let end = drain::until_ready(&control).and_then(|is_ready| match is_ready {
            true => {
                ready();
                drain::until_asked(&control)
            }
            false => Ok(()),
        });
        drain::drain(&control, workers, &options.drain)?;
        end
    }

    fn fleet(&self) -> Fleet {
        let workers = self.pins.workers();
        let pins = Arc::clone(&self.pins);
        Fleet {
            statuses: (0..workers).map(|_| Arc::default()).collect(),
            counters: (0..workers).map(|_| Arc::default()).collect(),
            clock_ms: clock::now_ms,
            io_driver: self.chosen.driver.name().to_owned(),
            io_driver_reason: self.chosen.reason.clone(),
            pinning: Pinning::new(move || pins.reason().to_string()),
        }
    }
}

/// Follows a folder while the returned value lives. One that is missing at the start is a mistake
/// in the command line, most likely; one that goes away later is waited for.
fn follow(folder: &Path, objects: SourceSender) -> Result<Directory, Failure> {
    let failure = |error| Failure::Manifests {
        folder: folder.to_owned(),
        error,
    };
    if !fs::metadata(folder).map_err(failure)?.is_dir() {
        return Err(failure(io::ErrorKind::NotADirectory.into()));
    }
    directory::follow(folder, Limits::default(), objects).map_err(failure)
}

fn wishes(flags: &WorkerFlags) -> Wishes {
    let ids = |cores: &Cores| CoreList::new(cores.ids().iter().copied());
    Wishes {
        workers: match flags.workers {
            WorkersWish::Auto => WorkerCount::Auto,
            WorkersWish::Exactly(number) => WorkerCount::Exactly(number),
        },
        cores: flags.cores.as_ref().map(ids),
        pin: match flags.pin {
            PinWish::Auto => PinChoice::Auto,
            PinWish::Always => PinChoice::Always,
            PinWish::Never => PinChoice::Never,
        },
    }
}

fn probe(flags: &WorkerFlags, workers: usize) -> Result<Chosen, DriverRefused> {
    let choice = match flags.io_driver {
        DriverWish::Auto => DriverChoice::Auto,
        DriverWish::Uring => DriverChoice::Uring,
        DriverWish::Epoll => DriverChoice::Epoll,
    };
    let mode = match flags.io_uring_mode {
        RingWish::Auto => RingMode::Auto,
        RingWish::Defer => RingMode::Defer,
        RingWish::Coop => RingMode::Coop,
        RingWish::Plain => RingMode::Plain,
    };
    driver::probe(choice, mode, RING_ENTRIES, workers)
}

/// What everybody who reads a log wants to know first.
fn introduce(chosen: &Chosen, pins: &Pins) {
    let build = build::THIS;
    tracing::info!(version = build.version, commit = build.commit, "ringress");
    tracing::info!(driver = %chosen.driver, reason = %chosen.reason, "I/O driver");
    tracing::info!(workers = pins.workers(), pinning = %pins.reason(), "workers");
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for variable in cli::unknown_variables(names) {
        tracing::warn!(%variable, "no flag has this variable");
    }
}
