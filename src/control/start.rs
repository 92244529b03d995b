//! How the control thread comes up.

use super::access_log::AccessLog;
use super::admin::{Admin, Listener};
use super::build::{Builder, Rebuild, Shared, Ties, Translated};
use super::event::Source;
use super::holdoff::HoldOff;
use super::run::Run;
use super::settings::{Fleet, Settings};
use super::signals::{Signals, Terminate};
use super::state::{Flags, State};
use crate::objects::Objects;
use crate::snapshot::Acks;
use crate::translate;
use crossbeam_channel::Sender;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

/// Why the control side cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot serve the {pages} pages on {address}: {error}")]
    Listen {
        /// `admin` or `health`.
        pages: &'static str,
        address: SocketAddr,
        error: io::Error,
    },
    #[error("cannot open the access log: {0}")]
    AccessLog(io::Error),
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    #[error("the control thread ended while it started")]
    Ended,
}

/// Everything the control thread takes with it.
pub(super) struct Start {
    pub settings: Settings,
    pub fleet: Fleet,
    pub source: Source,
    pub shared: Arc<Shared>,
    pub flags: Arc<Flags>,
    pub acks: Acks,
    pub admin: Option<Listener>,
    pub health: Option<Listener>,
    pub access_log: Option<Arc<AccessLog>>,
    pub terminations: Sender<Terminate>,
    pub stop: oneshot::Receiver<()>,
}

impl Start {
    /// The control thread's life; `started` is told once it serves, or why it cannot.
    pub fn run(self, started: &Sender<Result<(), StartError>>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return tell(started, Err(StartError::Thread(error))),
        };
        LocalSet::new().block_on(&runtime, async {
            match self.assemble() {
                Ok(run) => {
                    tell(started, Ok(()));
                    run.run().await;
                }
                Err(error) => tell(started, Err(error)),
            }
        });
    }

    fn assemble(self) -> Result<Run, StartError> {
        let settings = self.settings;
        let signals = Signals::take(self.terminations).map_err(StartError::Signals)?;
        let (messages, inbox) = mpsc::unbounded_channel();
        let rebuild = Rebuild::new(
            settings.tls.clone(),
            settings.route_series,
            self.fleet.counters.clone(),
            RandomState::new().hash_one(0),
        );
        let translation = settings.translate.clone();
        let mut memory = translate::Memory::default();
        let translate = move |objects: &Objects, last_stands: bool| {
            // Certificates expire while the process runs.
            let now = Some(jiff::Timestamp::now().as_second());
            let translation = translate::Settings {
                now,
                ..translation.clone()
            };
            if last_stands && let Some(endpoints) = memory.endpoints(objects, &translation) {
                return Translated::Endpoints(endpoints);
            }
            let (model, report) = translate::translate_again(objects, &translation, &mut memory);
            Translated::Whole(model, report)
        };
        let ties = Ties {
            translate: Box::new(translate),
            clock_ms: self.fleet.clock_ms,
            shared: Arc::clone(&self.shared),
            messages,
            access_log: self.access_log.clone(),
        };
        let builder = Builder::start(rebuild, ties).map_err(StartError::Thread)?;
        let state = State::new(self.fleet, self.shared, self.flags);
        let state = Rc::new(RefCell::new(state));
        let recheck = settings.recheck;
        let hold_off = HoldOff::new(settings.hold_off_quiet, settings.hold_off_max);
        let pages = Rc::new(Admin::new(Rc::clone(&state), settings));
        for listener in [self.admin, self.health].into_iter().flatten() {
            listener.serve(&pages)?;
        }
        Ok(Run {
            state,
            source: self.source,
            hold_off,
            recheck,
            builder,
            messages: inbox,
            acks: self.acks,
            signals,
            access_log: self.access_log,
            stop: self.stop,
        })
    }
}

fn tell(started: &Sender<Result<(), StartError>>, result: Result<(), StartError>) {
    if started.send(result).is_err() {
        tracing::debug!("nobody waits for the control thread to start");
    }
}
