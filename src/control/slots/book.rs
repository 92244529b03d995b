//! The slots of one kind of name.

use super::Settlement;
use super::view::{self, Slot, SlotView};
use crate::telemetry::counters::Counters;
use crate::telemetry::pages::SLOT_MAX;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

/// Unread counts of a name that left the table are given up after this long, in milliseconds.
const UNREAD_MS: u64 = 600_000;

/// Names that are counted under slots, in blocks of `N` counters.
pub trait SlotKind<const N: usize>: Clone + Eq + Hash {
    /// One worker's counters of a slot.
    fn read(counters: &Counters, slot: u32) -> [u64; N];
}

/// How a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The latest revision names it.
    Named,
    /// It left the table at this time; its counts are still on show.
    Left { at_ms: u64 },
    /// Its counts were seen for the last time; the slot may go to another name.
    Settled,
}

#[derive(Debug)]
struct Entry<K, const N: usize> {
    slot: Slot<K, N>,
    /// The last revision that named it.
    revision: u64,
    standing: Standing,
}

/// Which name has which slot. Slot 0 is nobody's: it counts for all who got none.
#[derive(Debug)]
pub struct SlotBook<K, const N: usize> {
    by_name: HashMap<K, u32>,
    /// By slot, from 1.
    entries: Vec<Entry<K, N>>,
    /// Slots of settled names, the longest settled first.
    settled: VecDeque<u32>,
    /// Slots whose names were forgotten to make room for other series, the longest forgotten first.
    forgotten: VecDeque<u32>,
    series: usize,
    series_max: usize,
    slot_max: usize,
    folded: [u64; N],
    view: Option<Arc<SlotView<K, N>>>,
}

impl<K: SlotKind<N>, const N: usize> SlotBook<K, N> {
    /// A book in which `series_max` names at most have series of their own.
    pub fn new(series_max: usize) -> Self {
        SlotBook {
            by_name: HashMap::new(),
            entries: Vec::new(),
            settled: VecDeque::new(),
            forgotten: VecDeque::new(),
            series: 0,
            series_max,
            slot_max: SLOT_MAX as usize,
            folded: [0; N],
            view: None,
        }
    }

    /// The slot under which a revision counts for a name; 0 when there is none left.
    pub fn slot(&mut self, name: &K, revision: u64, counters: &[Arc<Counters>]) -> u32 {
        if let Some(slot) = self.by_name.get(name).copied()
            && let Some(entry) = self.entries.get_mut(slot as usize - 1)
        {
            entry.revision = revision;
            if entry.standing != Standing::Named {
                if entry.standing == Standing::Settled {
                    self.settled.retain(|settled| *settled != slot);
                }
                entry.standing = Standing::Named;
                entry.slot.shown = !entry.slot.overflow;
                self.view = None;
            }
            return slot;
        }
        self.allot(name, revision, counters)
    }

    /// Says that a revision names what the one before it named.
    pub fn carry(&mut self, before: u64, revision: u64) {
        for entry in &mut self.entries {
            if entry.revision == before {
                entry.revision = revision;
            }
        }
    }

    fn allot(&mut self, name: &K, revision: u64, counters: &[Arc<Counters>]) -> u32 {
        if self.series >= self.series_max {
            self.make_room(counters);
        }
        let slot = match self.entries.len() < self.slot_max {
            true => self.entries.len() as u32 + 1,
            false => match self.reuse(counters) {
                Some(slot) => slot,
                None => return 0,
            },
        };
        let overflow = self.series >= self.series_max;
        self.series += usize::from(!overflow);
        let entry = Entry {
            slot: Slot {
                name: name.clone(),
                shown: !overflow,
                overflow,
                base: view::totals::<K, N>(counters, slot),
            },
            revision,
            standing: Standing::Named,
        };
        match self.entries.get_mut(slot as usize - 1) {
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
        self.by_name.insert(name.clone(), slot);
        self.view = None;
        slot
    }

    /// Forgets the name that has been settled longest of those with series of their own, so that
    /// another may have some. Its slot is not given away as long as there are others: a tunnel that
    /// outlived its revision still counts under it, and is named by it in the log.
    fn make_room(&mut self, counters: &[Arc<Counters>]) {
        let own_series = |slot: &u32| {
            let entry = self.entries.get(*slot as usize - 1);
            entry.is_some_and(|entry| !entry.slot.overflow)
        };
        let position = self.settled.iter().position(own_series);
        if let Some(slot) = position.and_then(|position| self.settled.remove(position)) {
            self.forget(slot, counters);
            self.forgotten.push_back(slot);
        }
    }

    /// The slot that nobody has needed for the longest time.
    fn reuse(&mut self, counters: &[Arc<Counters>]) -> Option<u32> {
        if let Some(slot) = self.forgotten.pop_front() {
            return Some(slot);
        }
        let slot = self.settled.pop_front()?;
        self.forget(slot, counters);
        Some(slot)
    }

    /// Parts a name from its slot. What was counted for one that shared the overflow stays there:
    /// its slot is given away at once.
    fn forget(&mut self, slot: u32, counters: &[Arc<Counters>]) {
        let Some(entry) = self.entries.get(slot as usize - 1) else {
            return;
        };
        self.by_name.remove(&entry.slot.name);
        if entry.slot.overflow {
            view::add(&mut self.folded, &entry.slot.counts(slot, counters));
        } else {
            self.series -= 1;
        }
    }

    /// Finds the names that left the table, and those of them that nobody counts for any more and
    /// whose last counts were seen.
    pub fn settle(&mut self, settlement: Settlement) {
        for (index, entry) in self.entries.iter_mut().enumerate() {
            if entry.standing == Standing::Named && entry.revision < settlement.latest {
                entry.standing = Standing::Left {
                    at_ms: settlement.now_ms,
                };
            }
            let Standing::Left { at_ms } = entry.standing else {
                continue;
            };
            if entry.revision >= settlement.oldest_live {
                // Still counted for: what was scraped until now is not the last word.
                entry.standing = Standing::Left {
                    at_ms: settlement.now_ms,
                };
            } else if settlement.scraped_ms > at_ms
                || settlement.now_ms.saturating_sub(at_ms) > UNREAD_MS
            {
                entry.standing = Standing::Settled;
                entry.slot.shown = false;
                self.settled.push_back(index as u32 + 1);
                self.view = None;
            }
        }
    }

    /// Whether a name left the table and is not settled.
    pub fn unsettled(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(entry.standing, Standing::Left { .. }))
    }

    /// What the slots mean now; the same object until something changes.
    pub fn view(&mut self) -> Arc<SlotView<K, N>> {
        if let Some(view) = &self.view {
            return Arc::clone(view);
        }
        let named = |entry: &&Entry<K, N>| entry.standing == Standing::Named;
        let slots = self.entries.iter().map(|entry| Some(entry.slot.clone()));
        let view = Arc::new(SlotView {
            slots: std::iter::once(None).chain(slots).collect(),
            folded: self.folded,
            crowded: self
                .entries
                .iter()
                .filter(named)
                .filter(|entry| entry.slot.overflow)
                .count(),
        });
        self.view = Some(Arc::clone(&view));
        view
    }
}

#[cfg(test)]
mod tests;
