//! Hostnames to numbers, most specific first.

use crate::ir::{Hostname, Labels};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

/// A map from hostnames to small numbers. Reading it allocates nothing and costs one hash for the
/// exact name and one for each depth of wildcard that occurs in it.
#[derive(Debug)]
pub(super) struct HostMap {
    hash: FixedState,
    exact: HashTable<(Arc<str>, u32)>,
    wildcards: HashTable<(Arc<str>, Labels, u32)>,
    /// Bit n: a wildcard suffix of n labels exists; the last bit stands for all beyond.
    depths: u128,
    any: Option<u32>,
}

impl HostMap {
    pub(super) fn new(seed: u64) -> Self {
        HostMap {
            hash: FixedState::with_seed(seed),
            exact: HashTable::new(),
            wildcards: HashTable::new(),
            depths: 0,
            any: None,
        }
    }

    /// Adds a hostname, or the absence of one. The first of two equal ones stays.
    pub(super) fn insert(&mut self, hostname: Option<&Hostname>, value: u32) {
        let state = &self.hash;
        match hostname {
            None => {
                self.any.get_or_insert(value);
            }
            Some(Hostname::Exact(name)) => {
                self.exact
                    .entry(
                        hash(state, name.as_bytes()),
                        |(known, _)| known == name,
                        |(known, _)| hash(state, known.as_bytes()),
                    )
                    .or_insert_with(|| (Arc::clone(name), value));
            }
            Some(Hostname::Wildcard { suffix, labels }) => {
                self.depths |= bit(suffix.bytes().filter(|&b| b == b'.').count() + 1);
                self.wildcards
                    .entry(
                        hash(state, suffix.as_bytes()),
                        |(known, span, _)| known == suffix && span == labels,
                        |(known, _, _)| hash(state, known.as_bytes()),
                    )
                    .or_insert_with(|| (Arc::clone(suffix), *labels, value));
            }
        }
    }

    /// The number stored without hostname.
    pub(super) fn any(&self) -> Option<u32> {
        self.any
    }

    /// Asks `each` with the number of every hostname that takes `host`: the exact one, then
    /// wildcards by length (of two equally long the one that covers fewer hosts), then the one
    /// without hostname. Stops at the first answer.
    pub(super) fn find<R>(&self, host: &[u8], mut each: impl FnMut(u32) -> Option<R>) -> Option<R> {
        if !self.exact.is_empty() {
            let found = self
                .exact
                .find(hash(&self.hash, host), |(name, _)| name.as_bytes() == host)
                .and_then(|&(_, value)| each(value));
            if found.is_some() {
                return found;
            }
        }
        if self.depths != 0 {
            let found = self.find_wildcard(host, &mut each);
            if found.is_some() {
                return found;
            }
        }
        self.any.and_then(each)
    }

    fn find_wildcard<R>(&self, host: &[u8], each: &mut impl FnMut(u32) -> Option<R>) -> Option<R> {
        let mut below = host.iter().filter(|byte| **byte == b'.').count();
        let dots = host.iter().enumerate().filter(|(_, byte)| **byte == b'.');
        for (position, (dot, _)) in dots.enumerate() {
            // `below` labels follow this dot.
            let known = self.depths & bit(below) != 0;
            below -= 1;
            if !known || dot == 0 {
                continue;
            }
            let suffix = &host[dot + 1..];
            let hash = hash(&self.hash, suffix);
            let with = |wanted: Labels| {
                self.wildcards
                    .find(hash, |(name, labels, _)| {
                        *labels == wanted && name.as_bytes() == suffix
                    })
                    .map(|&(_, _, value)| value)
            };
            if position == 0
                && let Some(found) = with(Labels::One).and_then(&mut *each)
            {
                return Some(found);
            }
            if let Some(found) = with(Labels::Many).and_then(&mut *each) {
                return Some(found);
            }
        }
        None
    }
}

fn bit(labels: usize) -> u128 {
    1 << labels.min(127)
}

fn hash(state: &FixedState, bytes: &[u8]) -> u64 {
    let mut hasher = state.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}
