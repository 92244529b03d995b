//! The listeners of a worker follow the binds of its snapshot.

use super::accept::Acceptor;
use super::context::Context;
use super::driver::IoDriver;
use super::guarded::guarded;
use super::intake::{Intake, QUIET};
use super::listen::{BindError, BindErrorKind, Claims, ListenNote, ListenSettings, open};
use super::peers::Peers;
use crate::ir::BindAddress;
use crate::snapshot::{BindFailure, BindFailureKind, BindOutcome, BindSpec};
use crate::telemetry::names::Counter;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest time a drained listener may take.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);
/// Rest of an acceptor that panicked, so that a panic at every turn does not take the core.
const AFTER_PANIC: Duration = Duration::from_millis(100);
/// Waits between tries at a bind that failed: doubled each time, up to the last.
const RETRY_FIRST_MS: u64 = 250;
const RETRY_LAST_MS: u64 = 5_000;

/// The binds that the process holds, and how many of its workers listen on each. Asked when a
/// listener comes or goes, never by a request.
#[derive(Default)]
pub struct ProcessBinds(Mutex<(Claims, BTreeMap<BindAddress, usize>)>);

struct Listening {
    spec: BindSpec,
    intake: Rc<Intake>,
    note: Option<ListenNote>,
}

struct Failed {
    failure: BindFailure,
    retry_at_ms: u64,
    wait_ms: u64,
}

/// The listeners of one worker.
pub struct Binds {
    ctx: Rc<Context>,
    driver: IoDriver,
    settings: ListenSettings,
    peers: Rc<Peers>,
    process: Arc<ProcessBinds>,
    workers: u32,
    listening: RefCell<BTreeMap<BindAddress, Listening>>,
    failed: RefCell<BTreeMap<BindAddress, Failed>>,
    /// Connections by bind; outlives the listener, as connections do.
    open: RefCell<BTreeMap<BindAddress, Rc<Cell<u32>>>>,
    wanted: RefCell<Vec<BindSpec>>,
}

impl Binds {
    pub fn new(
        ctx: Rc<Context>,
        driver: IoDriver,
        settings: ListenSettings,
        peers: Rc<Peers>,
        process: Arc<ProcessBinds>,
        workers: usize,
    ) -> Rc<Self> {
        Rc::new(Binds {
            ctx,
            driver,
            settings,
            peers,
            process,
            workers: workers.max(1) as u32,
            listening: RefCell::default(),
            failed: RefCell::default(),
            open: RefCell::default(),
            wanted: RefCell::default(),
        })
    }

    /// Opens what is new, drains what is gone, and leaves the rest alone.
    pub fn apply(self: &Rc<Self>, specs: &[BindSpec], now_ms: u64) {
        *self.wanted.borrow_mut() = specs.to_vec();
        let unwanted = |address: &BindAddress, spec: Option<&BindSpec>| {
            !specs
                .iter()
                .any(|s| s.address == *address && spec.is_none_or(|spec| spec == s))
        };
        let gone: Vec<BindAddress> = self
            .listening
            .borrow()
            .values()
            .filter(|l| unwanted(&l.spec.address, Some(&l.spec)))
            .map(|l| l.spec.address)
            .collect();
        for address in gone {
            if let Some(listening) = self.listening.borrow_mut().remove(&address) {
                self.spawn_drain(address, listening.intake);
            }
        }
        self.failed
            .borrow_mut()
            .retain(|address, _| !unwanted(address, None));
        for spec in specs {
            let known = self.listening.borrow().contains_key(&spec.address)
                || self.failed.borrow().contains_key(&spec.address);
            if !known {
                self.try_open(*spec, now_ms, RETRY_FIRST_MS);
            }
        }
    }

    /// Tries failed binds again whose time has come; says whether anything changed.
    pub fn retry(self: &Rc<Self>, now_ms: u64) -> bool {
        let due: Vec<(BindAddress, u64)> = self
            .failed
            .borrow()
            .iter()
            .filter(|(_, failed)| failed.retry_at_ms <= now_ms)
            .map(|(address, failed)| (*address, failed.wait_ms))
            .collect();
        let mut changed = false;
        for (address, wait_ms) in due {
            let spec = self
                .wanted
                .borrow()
                .iter()
                .find(|s| s.address == address)
                .copied();
            if let Some(spec) = spec {
                let before = self.failed.borrow_mut().remove(&address).map(|f| f.failure);
                self.try_open(spec, now_ms, (wait_ms * 2).min(RETRY_LAST_MS));
                changed |= self
                    .failed
                    .borrow()
                    .get(&address)
                    .map(|f| f.failure.clone())
                    != before;
            }
        }
        changed
    }

    /// The state of every wanted bind.
    pub fn outcomes(&self) -> Vec<BindOutcome> {
        let listening = self.listening.borrow();
        let failed = self.failed.borrow();
        self.wanted
            .borrow()
            .iter()
            .filter_map(|spec| {
                let address = spec.address;
                let result = match (listening.get(&address), failed.get(&address)) {
                    (Some(listening), _) => Ok(listening.note.map(|n| n.message().to_owned())),
                    (None, Some(failed)) => Err(failed.failure.clone()),
                    (None, None) => return None,
                };
                Some(BindOutcome { address, result })
            })
            .collect()
    }

    /// Drains every listener; ends when all are closed.
    pub async fn drain(self: &Rc<Self>) {
        self.wanted.borrow_mut().clear();
        self.failed.borrow_mut().clear();
        let all = std::mem::take(&mut *self.listening.borrow_mut());
        let drains: Vec<_> = all
            .into_iter()
            .map(|(address, listening)| self.spawn_drain(address, listening.intake))
            .collect();
        for drain in drains {
            drain.await;
        }
    }

    /// Closes every listener without waiting; what is in their queues is taken.
    pub async fn close(self: &Rc<Self>) {
        let all = std::mem::take(&mut *self.listening.borrow_mut());
        for (address, listening) in all {
            listening.intake.drain(Duration::ZERO, Duration::ZERO).await;
            self.process.release(address, socket_address(address));
        }
    }

    /// Where connections of a bind are counted.
    pub fn open_on(&self, address: BindAddress) -> Rc<Cell<u32>> {
        Rc::clone(self.open.borrow_mut().entry(address).or_default())
    }

    fn try_open(self: &Rc<Self>, spec: BindSpec, now_ms: u64, wait_ms: u64) {
        let asked = socket_address(spec.address);
        let opened = self
            .process
            .claim(spec.address, asked, &self.settings)
            .and_then(|claimed| {
                let listener = open(&claimed, &self.settings, self.driver);
                if listener.is_err() {
                    self.process.release(spec.address, asked);
                }
                Ok((listener?, claimed.note))
            });
        match opened {
            Ok((listener, note)) => match Intake::new(listener, self.driver) {
                Ok(intake) => self.start(spec, Rc::new(intake), note),
                Err(error) => {
                    self.process.release(spec.address, asked);
                    let failure = BindFailure {
                        kind: BindFailureKind::Other,
                        message: error.to_string(),
                    };
                    self.fail(spec.address, failure, now_ms, wait_ms);
                }
            },
            Err(error) => self.fail(spec.address, failure(&error), now_ms, wait_ms),
        }
    }

    fn fail(&self, address: BindAddress, failure: BindFailure, now_ms: u64, wait_ms: u64) {
        tracing::warn!(bind = %address, error = %failure.message, retry_ms = wait_ms, "cannot listen");
        let retry_at_ms = now_ms + wait_ms;
        self.failed.borrow_mut().insert(
            address,
            Failed {
                failure,
                retry_at_ms,
                wait_ms,
            },
        );
    }

    fn start(self: &Rc<Self>, spec: BindSpec, intake: Rc<Intake>, note: Option<ListenNote>) {
        let acceptor = Acceptor {
            ctx: Rc::clone(&self.ctx),
            bind: spec.address,
            protocol: spec.protocol,
            driver: self.driver,
            peers: Rc::clone(&self.peers),
            open: self.open_on(spec.address),
            limit: self
                .ctx
                .settings
                .limits
                .connections_per_listener
                .div_ceil(self.workers),
        };
        let accepting = Rc::clone(&intake);
        monoio::spawn(async move {
            // A listener is not left without somebody who accepts.
            while guarded(acceptor.run(&accepting)).await {
                acceptor.ctx.counters.count(Counter::ConnectionPanics);
                monoio::time::sleep(AFTER_PANIC).await;
            }
        });
        self.listening
            .borrow_mut()
            .insert(spec.address, Listening { spec, intake, note });
    }

    fn spawn_drain(
        self: &Rc<Self>,
        address: BindAddress,
        intake: Rc<Intake>,
    ) -> monoio::task::JoinHandle<()> {
        let process = Arc::clone(&self.process);
        let closing = async move {
            let drained = intake.drain(QUIET, DRAIN_LIMIT).await;
            if let Some(error) = drained.unfiltered {
                tracing::warn!(bind = %address, %error, "new handshakes could not be held off while closing");
            }
            tracing::debug!(bind = %address, served = drained.served, "listener closed");
            drop(intake);
            process.release(address, socket_address(address));
        };
        // Not caught, a panic would end the worker with everything in its hands.
        monoio::spawn(async move {
            guarded(closing).await;
        })
    }
}

impl ProcessBinds {
    fn claim(
        &self,
        address: BindAddress,
        asked: SocketAddr,
        settings: &ListenSettings,
    ) -> Result<super::listen::Claimed, BindError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claimed = held.0.claim(asked, settings)?;
        *held.1.entry(address).or_default() += 1;
        Ok(claimed)
    }

    fn release(&self, address: BindAddress, asked: SocketAddr) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = held.1.get(&address).map_or(0, |n| n.saturating_sub(1));
        if left == 0 {
            held.1.remove(&address);
            held.0.release(asked);
        } else {
            held.1.insert(address, left);
        }
    }
}

fn socket_address(address: BindAddress) -> SocketAddr {
    SocketAddr::new(
        address.ip.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        address.port,
    )
}

fn failure(error: &BindError) -> BindFailure {
    let kind = match error.kind {
        BindErrorKind::InUse => BindFailureKind::InUse,
        BindErrorKind::NotAvailable => BindFailureKind::NotAvailable,
        BindErrorKind::Denied => BindFailureKind::Denied,
        BindErrorKind::Other => BindFailureKind::Other,
    };
    BindFailure {
        kind,
        message: error.to_string(),
    }
}
