//! The counters of one worker.

use super::names::Counter;
use super::pages::{Pages, add};
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the duration histogram, in microseconds; one more bucket takes the rest.
pub const DURATION_BOUNDS_US: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
    30_000_000,
];
const BUCKETS: usize = DURATION_BOUNDS_US.len() + 1;

/// Layout of a rule's block: status classes 1xx to 5xx, duration buckets, duration sum in
/// microseconds, body bytes received from clients, body bytes sent to them.
pub const RULE_BLOCK: usize = 5 + BUCKETS + 3;
/// Layout of a listener's block: see [`ListenerCount`].
pub const LISTENER_BLOCK: usize = 4;
/// Layout of a backend's block: see [`BackendCount`].
pub const BACKEND_BLOCK: usize = 6;
/// Distinct refusal reasons kept; all of ours fit.
const REASONS: usize = 128;
const CODES: usize = 600;

/// What is counted for a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum ListenerCount {
    /// Connections accepted.
    Accepted,
    /// Connections ended; open = accepted - ended.
    Ended,
    /// TLS handshakes finished.
    Handshakes,
    /// TLS handshakes failed.
    HandshakesFailed,
}

/// What is counted for a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum BackendCount {
    /// Requests sent, every try.
    Requests,
    /// Tries after the first.
    Retries,
    /// Connections opened.
    Connects,
    /// Connections that could not be opened.
    ConnectErrors,
    /// Exchanges that failed after the connection stood.
    Faults,
    /// Requests that found no endpoint.
    NoEndpoint,
}

/// One worker's counters; shared with the control thread through an `Arc`, written by the worker
/// alone.
pub struct Counters {
    fixed: [AtomicU64; Counter::COUNT],
    codes: Box<[AtomicU64; CODES]>,
    reasons: Box<[(OnceLock<&'static str>, AtomicU64); REASONS]>,
    rules: Pages<RULE_BLOCK>,
    listeners: Pages<LISTENER_BLOCK>,
    backends: Pages<BACKEND_BLOCK>,
}

/// A counter says nothing out of its context; for those who hold one in a struct.
impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counters").finish_non_exhaustive()
    }
}

impl Default for Counters {
    fn default() -> Self {
        Counters {
            fixed: std::array::from_fn(|_| AtomicU64::new(0)),
            codes: Box::new(std::array::from_fn(|_| AtomicU64::new(0))),
            reasons: Box::new(std::array::from_fn(|_| {
                (OnceLock::new(), AtomicU64::new(0))
            })),
            rules: Pages::default(),
            listeners: Pages::default(),
            backends: Pages::default(),
        }
    }
}

impl Counters {
    #[inline]
    pub fn count(&self, counter: Counter) {
        add(&self.fixed[counter as usize], 1);
    }

    #[inline]
    pub fn add(&self, counter: Counter, n: u64) {
        add(&self.fixed[counter as usize], n);
    }

    /// Counts down a gauge kept as a counter pair's difference.
    #[inline]
    pub fn sub(&self, counter: Counter, n: u64) {
        let cell = &self.fixed[counter as usize];
        cell.store(
            cell.load(Ordering::Relaxed).saturating_sub(n),
            Ordering::Relaxed,
        );
    }

    /// Counts a refused request, connection or message by the rule or limit that refused it.
    pub fn refuse(&self, reason: &'static str) {
        for (name, counter) in self.reasons.iter() {
            if *name.get_or_init(|| reason) == reason {
                return add(counter, 1);
            }
        }
        self.count(Counter::RefusedOther);
    }

    /// Counts a finished exchange of a rule.
    #[inline]
    pub fn exchange(&self, rule: u32, status: u16, duration_us: u64, received: u64, sent: u64) {
        if let Some(code) = self.codes.get(status as usize) {
            add(code, 1);
        }
        let block = self.rules.block(rule);
        add(&block[(status / 100).clamp(1, 5) as usize - 1], 1);
        let bucket = DURATION_BOUNDS_US
            .iter()
            .position(|b| duration_us <= *b)
            .unwrap_or(BUCKETS - 1);
        add(&block[5 + bucket], 1);
        add(&block[5 + BUCKETS], duration_us);
        add(&block[5 + BUCKETS + 1], received);
        add(&block[5 + BUCKETS + 2], sent);
    }

    #[inline]
    pub fn listener(&self, slot: u32, what: ListenerCount) {
        add(&self.listeners.block(slot)[what as usize], 1);
    }

    #[inline]
    pub fn backend(&self, slot: u32, what: BackendCount) {
        add(&self.backends.block(slot)[what as usize], 1);
    }

    pub fn read(&self, counter: Counter) -> u64 {
        self.fixed[counter as usize].load(Ordering::Relaxed)
    }

    /// Responses sent with a status code.
    pub fn read_code(&self, status: u16) -> u64 {
        self.codes
            .get(status as usize)
            .map_or(0, |c| c.load(Ordering::Relaxed))
    }

    /// Every refusal reason met so far with its count.
    pub fn read_reasons(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.reasons
            .iter()
            .map_while(|(n, c)| n.get().map(|n| (*n, c.load(Ordering::Relaxed))))
    }

    /// A rule's counters as they lie in its block; [`RuleCounts`] gives them names.
    pub fn read_rule_block(&self, slot: u32) -> [u64; RULE_BLOCK] {
        self.rules.read(slot)
    }

    /// A listener's counters, indexed by [`ListenerCount`].
    pub fn read_listener_block(&self, slot: u32) -> [u64; LISTENER_BLOCK] {
        self.listeners.read(slot)
    }

    /// A backend's counters, indexed by [`BackendCount`].
    pub fn read_backend_block(&self, slot: u32) -> [u64; BACKEND_BLOCK] {
        self.backends.read(slot)
    }

    pub fn read_rule(&self, slot: u32) -> RuleCounts {
        RuleCounts::from(self.rules.read(slot))
    }

    pub fn read_listener(&self, slot: u32, what: ListenerCount) -> u64 {
        self.listeners.read(slot)[what as usize]
    }

    pub fn read_backend(&self, slot: u32, what: BackendCount) -> u64 {
        self.backends.read(slot)[what as usize]
    }
}

/// What was counted for a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// Responses by class, 1xx first.
    pub classes: [u64; 5],
    /// Durations by bucket, not cumulated.
    pub buckets: [u64; BUCKETS],
    pub duration_us: u64,
    pub received: u64,
    pub sent: u64,
}

impl From<[u64; RULE_BLOCK]> for RuleCounts {
    fn from(block: [u64; RULE_BLOCK]) -> Self {
        RuleCounts {
            classes: std::array::from_fn(|i| block[i]),
            buckets: std::array::from_fn(|i| block[5 + i]),
            duration_us: block[5 + BUCKETS],
            received: block[5 + BUCKETS + 1],
            sent: block[5 + BUCKETS + 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_counts_once_by_class_code_and_bucket() {
        let counters = Counters::default();
        counters.exchange(3, 404, 700, 10, 20);
        let rule = counters.read_rule(3);
        assert_eq!(rule.classes, [0, 0, 0, 1, 0]);
        assert_eq!(rule.buckets[1], 1);
        assert_eq!((rule.duration_us, rule.received, rule.sent), (700, 10, 20));
        assert_eq!(counters.read_code(404), 1);
    }

    #[test]
    fn a_refusal_is_counted_under_its_own_reason() {
        let counters = Counters::default();
        counters.refuse("bad_host");
        counters.refuse("header_size");
        counters.refuse("bad_host");
        let reasons: Vec<_> = counters.read_reasons().collect();
        assert_eq!(reasons, [("bad_host", 2), ("header_size", 1)]);
    }
}
