//! Where the round robin of each backend stands on this worker.
//!
//! Positions outlive revisions by the names of their backends. Counter slots would not do: all
//! backends beyond the last slot share one, and would take each other's turns.

use crate::balance::round_robin;
use crate::ir::{Backend, BackendName};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use std::cell::RefCell;

/// The positions of the backends that had a turn.
#[derive(Debug, Default)]
pub struct Positions(RefCell<HashMap<BackendName, usize, RandomState>>);

impl Positions {
    /// The index of the endpoint whose turn it is, as [`round_robin`] has it. A backend's first turn
    /// is where `start` says, which is not asked later.
    pub fn next(
        &self,
        backend: &Backend,
        avoid: Option<usize>,
        start: impl FnOnce() -> u64,
    ) -> Option<usize> {
        let mut positions = self.0.borrow_mut();
        let endpoints = backend.endpoints.len();
        if let Some(position) = positions.get_mut(&backend.name) {
            return round_robin(endpoints, avoid, position);
        }
        let mut position = start() as usize;
        let index = round_robin(endpoints, avoid, &mut position);
        positions.insert(backend.name.clone(), position);
        index
    }

    /// Forgets all but these backends.
    pub fn retain(&self, backends: &[Backend]) {
        let mut positions = self.0.borrow_mut();
        if positions.is_empty() {
            return;
        }
        let mut old = std::mem::take(&mut *positions);
        let kept = backends.iter().filter_map(|b| old.remove_entry(&b.name));
        positions.extend(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Balance, UpstreamProtocol};

    /// A backend of three endpoints that got no slot of its own.
    fn backend(service: &str) -> Backend {
        Backend {
            name: BackendName {
                namespace: "default".into(),
                service: service.into(),
                port: 80,
            },
            slot: 0,
            balance: Balance::RoundRobin,
            protocol: UpstreamProtocol::Http1,
            endpoints: (1..=3).map(|n| ([10, 0, 0, n], 80).into()).collect(),
        }
    }

    #[test]
    fn backends_of_one_slot_have_their_own_turns() {
        let positions = Positions::default();
        let (a, b) = (backend("a"), backend("b"));
        let turns: Vec<_> = (0..4)
            .map(|_| {
                (
                    positions.next(&a, None, || 0),
                    positions.next(&b, None, || 1),
                )
            })
            .collect();
        let expected = [(0, 1), (1, 2), (2, 0), (0, 1)];
        assert_eq!(turns, expected.map(|(a, b)| (Some(a), Some(b))));
    }

    #[test]
    fn a_position_outlives_revisions_as_long_as_its_backend_does() {
        let positions = Positions::default();
        let (a, b) = (backend("a"), backend("b"));
        positions.next(&a, None, || 0);
        positions.next(&b, None, || 0);
        positions.retain(&[backend("c"), backend("a")]);
        assert_eq!(positions.next(&a, None, || 0), Some(1));
        assert_eq!(positions.next(&b, None, || 2), Some(2), "it begins anew");
        assert_eq!(positions.0.borrow().len(), 2);
    }
}
