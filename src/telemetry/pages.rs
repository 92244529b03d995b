//! Counters that grow with the table: fixed blocks in pages that are allotted once and never move.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Blocks per page.
const PAGE: usize = 64;
/// Pages at most: 16,384 blocks. A slot beyond them counts in block 0, the overflow block.
const PAGES: usize = 256;

/// The highest slot that has a block of its own.
pub const SLOT_MAX: u32 = (PAGE * PAGES) as u32 - 1;

type Page<const N: usize> = Box<[[AtomicU64; N]; PAGE]>;

/// Blocks of `N` counters, addressed by slot.
pub struct Pages<const N: usize> {
    pages: Box<[OnceLock<Page<N>>]>,
}

impl<const N: usize> Default for Pages<N> {
    fn default() -> Self {
        Pages {
            pages: (0..PAGES).map(|_| OnceLock::new()).collect(),
        }
    }
}

impl<const N: usize> Pages<N> {
    /// The block of a slot; the page is allotted on first use.
    #[inline]
    pub fn block(&self, slot: u32) -> &[AtomicU64; N] {
        let slot = if slot > SLOT_MAX { 0 } else { slot as usize };
        let page = self.pages[slot / PAGE].get_or_init(|| {
            Box::new(std::array::from_fn(|_| {
                std::array::from_fn(|_| AtomicU64::new(0))
            }))
        });
        &page[slot % PAGE]
    }

    /// The values of a slot, without allotting its page.
    pub fn read(&self, slot: u32) -> [u64; N] {
        let slot = if slot > SLOT_MAX { 0 } else { slot as usize };
        match self.pages[slot / PAGE].get() {
            Some(page) => std::array::from_fn(|i| page[slot % PAGE][i].load(Ordering::Relaxed)),
            None => [0; N],
        }
    }
}

/// Adds without a read-modify-write: the caller is the only writer.
#[inline]
pub fn add(counter: &AtomicU64, n: u64) {
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(n),
        Ordering::Relaxed,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_keeps_its_own_counts_and_a_slot_too_high_counts_in_block_zero() {
        let pages = Pages::<2>::default();
        add(&pages.block(70)[1], 5);
        add(&pages.block(SLOT_MAX + 1)[0], 7);
        assert_eq!(pages.read(70), [0, 5]);
        assert_eq!(pages.read(0), [7, 0]);
        assert_eq!(pages.read(71), [0, 0]);
    }
}
