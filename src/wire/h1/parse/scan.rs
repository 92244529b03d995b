//! The state of a scan between two calls.

use crate::wire::head::HeadError;
use crate::wire::limits::{HeadLimits, Limit};

/// Which part of the head the scan is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::wire) enum Phase {
    /// Before the start line; empty lines may come first.
    #[default]
    Start,
    /// In the method.
    Method,
    /// In the target, before any `?`.
    Path,
    /// In the target, after its `?`.
    Query,
    /// In the version of a request, or anywhere in a status line.
    Version,
    /// In the reason phrase.
    Reason,
    /// At the first byte of a field line or of the closing empty line.
    Line,
    /// In a field name.
    Name,
    /// In the white space before a value.
    BeforeValue,
    /// In a value.
    Value,
    /// The head was complete or refused; the next call begins anew.
    Done,
}

/// Where a scan stopped.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::wire) struct Scan {
    pub phase: Phase,
    /// The first byte that was not consumed.
    pub pos: usize,
    /// Where the current line began.
    pub line: usize,
    /// Where the current part of the line began: target, version, reason or value.
    pub part: usize,
    /// One past the current field's name.
    pub name_end: usize,
    /// The current field's name holds `_`.
    pub underscore: bool,
    /// The path holds a `%`, or a segment that begins with a dot.
    pub uneven: bool,
    /// Empty lines before the start line.
    pub blank_lines: u8,
}

/// How far a line may reach: the nearer of its own limit and the head's.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    last: usize,
    limit: Limit,
}

impl Reach {
    /// The reach of a line that begins at `line`.
    pub fn of(line: usize, line_limit: usize, limit: Limit, limits: &HeadLimits) -> Self {
        let own = line.saturating_add(line_limit);
        let head = Self::head_last(limits);
        if own <= head {
            Self { last: own, limit }
        } else {
            Self {
                last: head,
                limit: Limit::HeadersSize,
            }
        }
    }

    /// How far a head may reach. Spans are made of 32 bits.
    #[inline]
    pub fn head_last(limits: &HeadLimits) -> usize {
        limits.head_bytes.min(u32::MAX as usize / 2)
    }

    /// Refuses a scan that went beyond it. Asked wherever a scan stops, before the reason why it
    /// stopped is looked at, so that the answer does not depend on how much arrived at once.
    #[inline]
    pub fn check(self, pos: usize) -> Result<(), HeadError> {
        if pos > self.last {
            Err(HeadError::TooLarge(self.limit))
        } else {
            Ok(())
        }
    }
}

/// What a scan met at the end of a part.
pub(super) enum Stop {
    /// The bytes ran out.
    Out,
    /// CRLF.
    Eol,
    /// This byte.
    At(u8),
}

/// What lies at `pos`: a CRLF is one thing.
///
/// # Errors
/// A CR or LF alone.
#[inline]
pub(super) fn stop(bytes: &[u8], pos: usize) -> Result<Stop, HeadError> {
    match bytes.get(pos..) {
        Some([b'\r', b'\n', ..]) => Ok(Stop::Eol),
        None | Some([] | [b'\r']) => Ok(Stop::Out),
        Some([b'\r', ..]) => Err(HeadError::BareCr),
        Some([b'\n', ..]) => Err(HeadError::BareLf),
        Some([b, ..]) => Ok(Stop::At(*b)),
    }
}
