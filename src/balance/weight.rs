//! The choice among weighted shares.

/// Which share a roll of the dice falls on; `cumulative` yields the weights' running sums. `None`
/// when all weights are zero, or there is no share: such a rule answers 500.
///
/// A share of weight zero is never chosen.
pub fn weighted(
    cumulative: impl DoubleEndedIterator<Item = u64> + Clone,
    dice: u64,
) -> Option<usize> {
    let total = cumulative.clone().next_back().filter(|total| *total > 0)?;
    let point = scale(dice, total);
    cumulative.into_iter().position(|sum| point < sum)
}

/// Maps the whole range of dice onto `0..bound` evenly, to within `bound / 2^64`.
pub(super) fn scale(dice: u64, bound: u64) -> u64 {
    ((u128::from(dice) * u128::from(bound)) >> 64) as u64
}
