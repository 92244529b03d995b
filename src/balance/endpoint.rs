//! The choice among a backend's endpoints.

use super::weight::scale;

/// Draws two different endpoints and takes the one with fewer exchanges in flight ("power of two
/// choices"); equally busy, the dice decide. `avoid` is left out while there is another: a retry
/// goes elsewhere. `None` without endpoints.
pub fn least_of_two(
    endpoints: usize,
    avoid: Option<usize>,
    dice: u64,
    in_flight: impl Fn(usize) -> u32,
) -> Option<usize> {
    let avoid = avoid.filter(|index| *index < endpoints && endpoints > 1);
    // Candidates are numbered without the avoided one, which the last one stands in for.
    let count = endpoints - usize::from(avoid.is_some());
    let pick = |number: usize| match avoid {
        Some(avoid) if number == avoid => endpoints - 1,
        _ => number,
    };
    match count {
        0 => None,
        1 => Some(pick(0)),
        _ => {
            // One roll for both: an ordered pair of different numbers.
            let pairs = (count as u64) * (count as u64 - 1);
            let pair = scale(dice, pairs) as usize;
            let first = pair / (count - 1);
            let second = pair % (count - 1);
            let second = second + usize::from(second >= first);
            let (first, second) = (pick(first), pick(second));
            Some(if in_flight(second) < in_flight(first) {
                second
            } else {
                first
            })
        }
    }
}

/// The next endpoint in turn. `position` is the backend's own state on this worker; it may start
/// anywhere, and better at a roll of dice than at zero, or all workers begin alike. `avoid` as in
/// [`least_of_two`].
pub fn round_robin(endpoints: usize, avoid: Option<usize>, position: &mut usize) -> Option<usize> {
    if endpoints == 0 {
        return None;
    }
    let mut turn = *position % endpoints;
    if avoid == Some(turn) && endpoints > 1 {
        turn = (turn + 1) % endpoints;
    }
    *position = (turn + 1) % endpoints;
    Some(turn)
}
