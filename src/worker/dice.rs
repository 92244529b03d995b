//! A worker's dice: fast, seeded per worker, not for secrets.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};

/// SplitMix64 (Steele, Lea, Flood 2014) over a random seed.
pub struct Dice(Cell<u64>);

impl Dice {
    /// Seeded from the operating system through the standard library's hash keys.
    pub fn new() -> Self {
        Dice(Cell::new(RandomState::new().build_hasher().finish()))
    }

    pub fn roll(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self::new()
    }
}

/// A request id: 32 hexadecimal digits, unique among workers and restarts by their seeds.
pub fn request_id(dice: &Dice) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let number = u128::from(dice.roll()) << 64 | u128::from(dice.roll());
    std::array::from_fn(|i| DIGITS[(number >> (124 - 4 * i)) as usize & 15])
}
