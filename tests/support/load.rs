//! A load client that checks what it gets: every body by checksum, every route by its header.
//!
//! It is no benchmark. Its verdict is in errors and wrongs, which must be none.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::body::checksum;
use super::client::{Connection, Request, Response};
use super::message::Fault;
use super::stream::Tls;

/// How many faults are kept in words.
const SAMPLES: usize = 20;

type Check = Arc<dyn Fn(&Response) -> Result<(), String> + Send + Sync>;

/// One request and what its answer must be.
#[derive(Clone)]
pub struct Shot {
    bytes: Arc<Vec<u8>>,
    method: String,
    status: u16,
    sent: Option<String>,
    headers: Vec<(String, String)>,
    check: Option<Check>,
}

impl Shot {
    /// Wants 200, and the checksums of the origin to agree in both directions.
    pub fn new(request: &Request) -> Self {
        Self {
            bytes: Arc::new(request.encode()),
            method: request.method().to_owned(),
            status: 200,
            sent: request.content().map(checksum),
            headers: Vec::new(),
            check: None,
        }
    }

    /// Wants that status; other than 200, checksums may be absent (an answer of the gateway's own).
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Wants that value in a header of the answer, for instance `X-Origin`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Wants whatever else `check` says.
    pub fn check(
        mut self,
        check: impl Fn(&Response) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    fn judge(&self, response: &Response) -> Result<(), String> {
        if response.status != self.status {
            let (status, text) = (response.status, response.text());
            return Err(format!("status {status} for {}: {text:.200}", self.status));
        }
        for (name, value) in &self.headers {
            let got = response.header(name);
            if got != Some(value) {
                return Err(format!("{name}: {got:?} for {value:?}"));
            }
        }
        let got = checksum(&response.body);
        match response.header("x-checksum") {
            Some(said) if said == got || self.method == "HEAD" => {}
            None if self.status != 200 => {}
            said => return Err(format!("body of checksum {got}, the origin sent {said:?}")),
        }
        if let Some(sent) = self.sent.as_deref().filter(|_| self.status == 200) {
            let received = response.header("x-received-checksum");
            if received != Some(sent) {
                return Err(format!(
                    "sent a body of {sent}, the origin received {received:?}"
                ));
            }
        }
        self.check.as_ref().map_or(Ok(()), |check| check(response))
    }
}

/// What to do.
#[derive(Clone)]
pub struct Plan {
    /// Where to connect.
    pub address: SocketAddr,
    /// How to speak TLS, if at all.
    pub tls: Option<Tls>,
    /// How many connections at once.
    pub connections: usize,
    /// Whether a connection carries many requests.
    pub keep_alive: bool,
    /// A pause between two requests of a connection; none is full speed.
    pub pause: Duration,
    /// Sent in turn.
    pub shots: Vec<Shot>,
}

impl Plan {
    /// Keep-alive at full speed over plain TCP.
    pub fn new(address: SocketAddr, connections: usize, shots: Vec<Shot>) -> Self {
        Self {
            address,
            tls: None,
            connections,
            keep_alive: true,
            pause: Duration::ZERO,
            shots,
        }
    }

    /// Over TLS.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// A connection of its own for every request. The request should say `Connection: close`.
    pub fn close(mut self) -> Self {
        self.keep_alive = false;
        self
    }

    /// A pause between two requests of a connection.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Begins.
    pub fn start(self) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let right = Arc::new(AtomicU64::new(0));
        let plan = Arc::new(self);
        let threads = (0..plan.connections)
            .map(|index| {
                let (plan, stop, right) =
                    (Arc::clone(&plan), Arc::clone(&stop), Arc::clone(&right));
                std::thread::spawn(move || run(&plan, index, &stop, &right))
            })
            .collect();
        Load {
            stop,
            right,
            threads,
        }
    }

    /// Runs for a time.
    pub fn run_for(self, time: Duration) -> Tally {
        let load = self.start();
        std::thread::sleep(time);
        load.stop()
    }
}

/// A load under way; ends when stopped or dropped.
pub struct Load {
    stop: Arc<AtomicBool>,
    right: Arc<AtomicU64>,
    threads: Vec<JoinHandle<Tally>>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Answers as wanted.
    pub right: u64,
    /// Answers other than wanted.
    pub wrong: u64,
    /// Exchanges without a whole answer, and connections refused.
    pub errors: u64,
    /// Connections opened.
    pub opened: u64,
    /// Answers that said `Connection: close` though the connection was still wanted.
    pub asked_to_close: u64,
    /// Some of the wrongs and errors, in words.
    pub samples: Vec<String>,
    /// Microseconds from the request's first byte to the answer's last, sorted.
    pub latencies: Vec<u32>,
}

impl Load {
    /// How many right answers there were so far.
    pub fn right(&self) -> u64 {
        self.right.load(Ordering::Relaxed)
    }

    /// Waits for `count` more right answers.
    pub fn await_more(&self, count: u64) {
        let until = self.right() + count;
        super::eventually("the load to go on", || {
            (self.right() >= until).then_some(())
        });
    }

    /// Ends it after the exchanges under way.
    pub fn stop(mut self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        for thread in self.threads.drain(..) {
            all.add(thread.join().expect("a load thread"));
        }
        all.latencies.sort_unstable();
        all
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.errors += other.errors;
        self.opened += other.opened;
        self.asked_to_close += other.asked_to_close;
        self.samples.extend(other.samples);
        self.samples.truncate(SAMPLES);
        self.latencies.extend(other.latencies);
    }

    /// The latency that a share of the answers kept within, in microseconds.
    pub fn percentile(&self, share: f64) -> u32 {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get((last as f64 * share).round() as usize)
            .copied()
            .unwrap_or(0)
    }

    /// Panics unless there were answers, and all of them right.
    pub fn assert_clean(&self) {
        let Self {
            right,
            wrong,
            errors,
            samples,
            ..
        } = self;
        assert!(
            *right > 0 && *wrong == 0 && *errors == 0,
            "{right} right, {wrong} wrong, {errors} errors: {samples:#?}"
        );
    }

    fn sample(&mut self, what: String) {
        if self.samples.len() < SAMPLES {
            self.samples.push(what);
        }
    }
}

fn run(plan: &Plan, index: usize, stop: &AtomicBool, right: &AtomicU64) -> Tally {
    let mut tally = Tally::default();
    let mut kept: Option<Connection> = None;
    let mut next = index;
    while !stop.load(Ordering::Relaxed) {
        let shot = &plan.shots[next % plan.shots.len()];
        next += 1;
        let fresh = kept.is_none();
        let started = Instant::now();
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => match Connection::try_open(plan.address, plan.tls.as_ref()) {
                Ok(connection) => connection,
                Err(error) => {
                    tally.errors += 1;
                    tally.sample(format!("connect: {error}"));
                    // A refused connection returns at once: no busy loop of them.
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
            },
        };
        tally.opened += u64::from(fresh);
        connection.send(&shot.bytes);
        match connection.response(&shot.method) {
            Ok(response) => match shot.judge(&response) {
                Ok(()) => {
                    tally.right += 1;
                    right.fetch_add(1, Ordering::Relaxed);
                    let time = started.elapsed().as_micros();
                    tally
                        .latencies
                        .push(u32::try_from(time).unwrap_or(u32::MAX));
                    let stray = !connection.ahead().is_empty();
                    if stray {
                        tally.wrong += 1;
                        tally.sample("bytes after a whole answer".to_owned());
                    } else if plan.keep_alive && response.keeps() {
                        kept = Some(connection);
                    } else if plan.keep_alive {
                        tally.asked_to_close += 1;
                    }
                }
                Err(what) => {
                    tally.wrong += 1;
                    tally.sample(what);
                }
            },
            Err(fault) => {
                tally.errors += 1;
                let age = if fresh { "fresh" } else { "kept" };
                let closed = matches!(fault, Fault::Closed | Fault::Reset);
                let note = if closed { ", its request lost" } else { "" };
                tally.sample(format!("{fault} on a {age} connection{note}"));
            }
        }
        if !plan.pause.is_zero() {
            std::thread::sleep(plan.pause);
        }
    }
    tally
}
