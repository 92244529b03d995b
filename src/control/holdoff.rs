//! The hold-off: how long a change waits for its siblings before it is built.
//!
//! A change is built once nothing came for `quiet`, and never later than `max` after the first of
//! its batch: an editor that saves ten files costs one build, a storm of endpoints delays nothing.

use std::time::{Duration, Instant};

/// Decides when to build; told the time, never asking for it.
#[derive(Debug)]
pub struct HoldOff {
    quiet: Duration,
    max: Duration,
    /// When the first and the last change of the waiting batch came.
    waiting: Option<(Instant, Instant)>,
}

impl HoldOff {
    pub fn new(quiet: Duration, max: Duration) -> Self {
        HoldOff {
            quiet,
            max,
            waiting: None,
        }
    }

    /// A change came.
    pub fn note(&mut self, now: Instant) {
        let first = self.waiting.map_or(now, |(first, _)| first);
        self.waiting = Some((first, now));
    }

    /// When the waiting batch is to be built, if one waits.
    pub fn deadline(&self) -> Option<Instant> {
        let (first, last) = self.waiting?;
        Some((last + self.quiet).min(first + self.max))
    }

    /// Takes the batch when it is due and says when its first change came.
    pub fn take(&mut self, now: Instant) -> Option<Instant> {
        if self.deadline()? > now {
            return None;
        }
        self.waiting.take().map(|(first, _)| first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times of changes and the time at which each batch is built, in milliseconds, for 2 and 20.
    const CASES: &[(&str, &[u64], &[u64])] = &[
        ("nothing", &[], &[]),
        ("one change waits for the quiet", &[0], &[2]),
        ("siblings share a build", &[0, 1, 2], &[4]),
        ("a pause parts two batches", &[0, 5], &[2, 7]),
        (
            "a storm is built at the latest after the maximum",
            &[
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
            ],
            &[20, 23],
        ),
    ];

    #[test]
    fn batches_are_built_when_they_are_due() {
        let start = Instant::now();
        for (name, changes, builds) in CASES {
            let mut hold_off = HoldOff::new(Duration::from_millis(2), Duration::from_millis(20));
            let mut built = Vec::new();
            for ms in 0..40 {
                let now = start + Duration::from_millis(ms);
                if hold_off.take(now).is_some() {
                    built.push(ms);
                }
                if changes.contains(&ms) {
                    hold_off.note(now);
                }
            }
            assert_eq!(&built, builds, "{name}");
        }
    }

    #[test]
    fn a_batch_knows_when_its_first_change_came() {
        let start = Instant::now();
        let mut hold_off = HoldOff::new(Duration::from_millis(2), Duration::from_millis(20));
        hold_off.note(start);
        hold_off.note(start + Duration::from_millis(1));
        assert_eq!(hold_off.take(start + Duration::from_millis(2)), None);
        assert_eq!(hold_off.take(start + Duration::from_millis(3)), Some(start));
        assert_eq!(hold_off.take(start + Duration::from_millis(9)), None);
    }
}
