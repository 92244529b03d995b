//! Distributions over seeded dice, and the corners.

use super::{least_of_two, round_robin, weighted};

/// SplitMix64: a sequence of dice from a seed.
fn dice(seed: u64) -> impl Iterator<Item = u64> {
    (1..).map(move |n: u64| {
        let mut z = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

fn sums(weights: &[u64]) -> Vec<u64> {
    weights
        .iter()
        .scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

#[test]
fn shares_follow_weights() {
    for weights in [
        &[1, 1][..],
        &[70, 30, 0],
        &[0, 1, 0, 9],
        &[1_000_000, 1, 999_999],
        &[5],
    ] {
        let (sums, total) = (sums(weights), weights.iter().sum::<u64>() as f64);
        let mut counts = vec![0_u32; weights.len()];
        let rolls = 100_000;
        for roll in dice(1).take(rolls) {
            counts[weighted(sums.iter().copied(), roll).unwrap()] += 1;
        }
        for (count, weight) in counts.iter().zip(weights) {
            let expected = *weight as f64 / total * rolls as f64;
            assert!(
                (f64::from(*count) - expected).abs() < 0.01 * rolls as f64,
                "{counts:?}"
            );
            assert!(
                *weight > 0 || *count == 0,
                "a share without weight was chosen"
            );
        }
    }
}

#[test]
fn the_ends_of_the_dice_fall_on_the_first_and_last_share_with_weight() {
    let sums = sums(&[0, 3, 4, 0]);
    assert_eq!(weighted(sums.iter().copied(), 0), Some(1));
    assert_eq!(weighted(sums.iter().copied(), u64::MAX), Some(2));
    assert_eq!(weighted([0, 0].into_iter(), 7), None);
    assert_eq!(weighted([].into_iter(), 7), None);
}

#[test]
fn equally_busy_endpoints_are_drawn_evenly_and_the_avoided_one_never() {
    for (endpoints, avoid) in [
        (1, None),
        (2, None),
        (3, None),
        (7, None),
        (2, Some(0)),
        (2, Some(1)),
        (5, Some(4)),
        (5, Some(2)),
        (5, Some(0)),
    ] {
        let mut counts = vec![0_u32; endpoints];
        let rolls = 60_000;
        for roll in dice(2).take(rolls) {
            counts[least_of_two(endpoints, avoid, roll, |_| 3).unwrap()] += 1;
        }
        let share = rolls as f64 / (endpoints - usize::from(avoid.is_some())) as f64;
        for (index, count) in counts.iter().enumerate() {
            let expected = if avoid == Some(index) { 0.0 } else { share };
            assert!(
                (f64::from(*count) - expected).abs() < 0.03 * share,
                "{avoid:?} {counts:?}"
            );
        }
    }
}

#[test]
fn the_less_busy_of_two_different_endpoints_is_taken() {
    // Endpoint n has n exchanges: the busiest is never the less busy of a pair, the idlest always.
    let mut counts = [0_u32; 4];
    for roll in dice(3).take(12_000) {
        counts[least_of_two(4, None, roll, |index| index as u32).unwrap()] += 1;
    }
    for (count, expected) in counts.iter().zip([6000, 4000, 2000, 0]) {
        assert!(count.abs_diff(expected) < 300, "{counts:?}");
    }
    for roll in dice(4).take(1000) {
        assert_eq!(least_of_two(2, None, roll, |index| [9, 8][index]), Some(1));
        assert_eq!(
            least_of_two(3, Some(1), roll, |index| [9, 0, 8][index]),
            Some(2)
        );
    }
}

#[test]
fn a_single_endpoint_serves_even_if_it_is_to_be_avoided() {
    assert_eq!(least_of_two(1, Some(0), 5, |_| 0), Some(0));
    assert_eq!(round_robin(1, Some(0), &mut 0), Some(0));
    assert_eq!(least_of_two(0, None, 5, |_| 0), None);
    assert_eq!(least_of_two(0, Some(0), 5, |_| 0), None);
    assert_eq!(round_robin(0, None, &mut 0), None);
    // An index of a backend that has shrunk avoids nothing.
    assert_eq!(least_of_two(1, Some(7), 5, |_| 0), Some(0));
}

#[test]
fn round_robin_takes_turns_from_wherever_it_stands() {
    let mut position = 10;
    let mut turn = |endpoints, avoid| round_robin(endpoints, avoid, &mut position).unwrap();
    assert_eq!([0; 5].map(|_| turn(3, None)), [1, 2, 0, 1, 2]);
    assert_eq!([0; 3].map(|_| turn(3, Some(1))), [0, 2, 0]);
    // The set shrank below the position.
    assert_eq!(turn(1, None), 0);
}
