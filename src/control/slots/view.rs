//! What slots mean to those who read counters or logs.

use super::SlotKind;
use crate::telemetry::counters::Counters;
use std::sync::Arc;

/// A slot with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot<K, const N: usize> {
    pub name: K,
    /// The name has series of its own now.
    pub shown: bool,
    /// The name's counts belong to the overflow's series.
    pub overflow: bool,
    /// The sum of all workers' counters when the name got the slot.
    pub(super) base: [u64; N],
}

/// The names of all slots at one time.
#[derive(Clone, Debug)]
pub struct SlotView<K, const N: usize> {
    pub(super) slots: Vec<Option<Slot<K, N>>>,
    /// Counts of names that shared the overflow and were forgotten.
    pub(super) folded: [u64; N],
    /// Names in the table without series of their own.
    pub(super) crowded: usize,
}

impl<K, const N: usize> Default for SlotView<K, N> {
    fn default() -> Self {
        SlotView {
            slots: Vec::new(),
            folded: [0; N],
            crowded: 0,
        }
    }
}

impl<K: SlotKind<N>, const N: usize> SlotView<K, N> {
    /// The name of a slot; `None` for the overflow slot.
    pub fn name(&self, slot: u32) -> Option<&K> {
        Some(&self.slots.get(slot as usize)?.as_ref()?.name)
    }

    /// The counts of a slot since its name got it; `None` for the overflow slot.
    pub fn counts(&self, slot: u32, counters: &[Arc<Counters>]) -> Option<[u64; N]> {
        let named = self.slots.get(slot as usize)?.as_ref()?;
        Some(named.counts(slot, counters))
    }

    /// Names in the table without series of their own.
    pub fn crowded(&self) -> usize {
        self.crowded
    }

    /// Every name on show with its counts, the sums over all workers.
    pub fn shown<'a>(
        &'a self,
        counters: &'a [Arc<Counters>],
    ) -> impl Iterator<Item = (&'a K, [u64; N])> {
        (0..).zip(&self.slots).filter_map(move |(index, slot)| {
            let slot = slot.as_ref().filter(|slot| slot.shown)?;
            Some((&slot.name, slot.counts(index, counters)))
        })
    }

    /// The counts of everything that has no series of its own.
    pub fn overflow(&self, counters: &[Arc<Counters>]) -> [u64; N] {
        let mut sum = totals::<K, N>(counters, 0);
        add(&mut sum, &self.folded);
        for (index, slot) in (0..).zip(&self.slots) {
            if let Some(slot) = slot.as_ref().filter(|slot| slot.overflow) {
                add(&mut sum, &slot.counts(index, counters));
            }
        }
        sum
    }
}

impl<K: SlotKind<N>, const N: usize> Slot<K, N> {
    pub(super) fn counts(&self, slot: u32, counters: &[Arc<Counters>]) -> [u64; N] {
        let totals = totals::<K, N>(counters, slot);
        std::array::from_fn(|i| totals[i].wrapping_sub(self.base[i]))
    }
}

/// The sum of all workers' counters of a slot.
pub(super) fn totals<K: SlotKind<N>, const N: usize>(
    counters: &[Arc<Counters>],
    slot: u32,
) -> [u64; N] {
    let mut sum = [0; N];
    for worker in counters {
        add(&mut sum, &K::read(worker, slot));
    }
    sum
}

pub(super) fn add<const N: usize>(sum: &mut [u64; N], more: &[u64; N]) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum = sum.wrapping_add(*more);
    }
}
