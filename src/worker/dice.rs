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
    let mut id = [0; 32];
    for digits in id.as_chunks_mut::<16>().0 {
        *digits = hexadecimal(dice.roll()).to_be_bytes();
    }
    id
}

/// The 16 hexadecimal digits of a number, all at once: each half byte goes into a byte of its own,
/// and those above 9 are lifted from behind `9` to `a`.
fn hexadecimal(number: u64) -> u128 {
    const ONES: u128 = u128::from_ne_bytes([1; 16]);
    let mut halves = u128::from(number);
    halves = (halves | halves << 32) & 0x0000_0000_ffff_ffff_0000_0000_ffff_ffff;
    halves = (halves | halves << 16) & 0x0000_ffff_0000_ffff_0000_ffff_0000_ffff;
    halves = (halves | halves << 8) & 0x00ff_00ff_00ff_00ff_00ff_00ff_00ff_00ff;
    halves = (halves | halves << 4) & (ONES * 0x0f);
    let letters = ((halves + ONES * 6) >> 4) & ONES;
    halves + ONES * u128::from(b'0') + letters * u128::from(b'a' - b'9' - 1)
}

#[cfg(test)]
mod tests {
    use super::{Dice, hexadecimal, request_id};

    #[test]
    fn an_id_is_the_digits_of_the_rolls() {
        for number in [0, u64::MAX, 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210] {
            let digits = hexadecimal(number).to_be_bytes();
            assert_eq!(digits, *format!("{number:016x}").as_bytes());
        }
        let dice = Dice::new();
        assert_ne!(request_id(&dice), request_id(&dice));
    }
}
