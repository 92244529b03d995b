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
    let number = u128::from(dice.roll()) << 64 | u128::from(dice.roll());
    digits(number)
}

/// In lower case, and in steps that compilers make a few vector instructions of.
fn digits(number: u128) -> [u8; 32] {
    let halves = number.to_be_bytes().map(|b| [b >> 4, b & 15]);
    let mut digits = [0; 32];
    for (digit, half) in digits.iter_mut().zip(halves.as_flattened()) {
        *digit = half + if *half > 9 { b'a' - 10 } else { b'0' };
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::{Dice, digits, request_id};

    #[test]
    fn an_id_is_the_digits_of_a_number_and_never_the_same() {
        for number in [0, u128::MAX, 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210] {
            assert_eq!(digits(number), *format!("{number:032x}").as_bytes());
        }
        let dice = Dice::new();
        assert_ne!(request_id(&dice), request_id(&dice));
    }
}
