//! A range of bytes in the buffer that holds a head.

/// A half-open range of byte positions.
///
/// 32 bits are enough: heads are limited to far less than 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`. Positions beyond 4 GiB collapse to an empty span; no limit
    /// lets a head grow so far.
    #[inline]
    pub fn new(start: usize, end: usize) -> Self {
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => Self::default(),
        }
    }

    /// As [`Span::new`], where a limit on the head already holds both positions below 4 GiB.
    #[inline]
    pub(in crate::wire) const fn within_limits(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The bytes of this span, or none when `bytes` is not the buffer it was made over.
    #[inline]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }

    /// Its length in bytes.
    #[inline]
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether it holds no byte.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }
}
