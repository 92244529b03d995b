//! Request targets: the normal form of paths, authorities, queries.
//!
//! A path is normalised once, before anything looks at it; what is matched, authorised, logged and
//! forwarded is that one form, so that no two parties can read the same request differently.

mod authority;
mod path;
mod query;

pub use authority::{Authority, HostKind};
pub use path::{Normal, normalise, normalise_rewritten};
pub use query::{Pair, decoded, decoded_eq, first_value, pairs};

use crate::wire::head::Span;

/// Why a target was refused. Each answers 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetError {
    /// A path without leading `/`.
    Relative,
    /// A byte that no path may hold.
    BadByte,
    /// `%` without two hexadecimal digits.
    BadEscape,
    /// `%00` to `%1F`, `%7F`.
    EncodedControl,
    /// Percent-encoded overlong UTF-8, such as `%C0%AF` for `/`.
    Overlong,
    /// A dot segment with parameters, `..;x`: a parent to some origins and a name to others.
    DotParameters,
    /// `..` beyond the root.
    AboveRoot,
}

impl TargetError {
    /// The stable snake_case name for metric and log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Relative => "relative_path",
            Self::BadByte => "bad_path_byte",
            Self::BadEscape => "bad_percent_encoding",
            Self::EncodedControl => "encoded_control",
            Self::Overlong => "overlong_utf8",
            Self::DotParameters => "dot_segment_parameters",
            Self::AboveRoot => "path_above_root",
        }
    }
}

/// Where in an absolute-form target of scheme `http` or `https` its authority lies; path and query
/// follow it.
pub(in crate::wire) fn absolute_authority(raw: &[u8]) -> Option<Span> {
    let prefix = [&b"http://"[..], b"https://"].into_iter().find(|prefix| {
        raw.get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    })?;
    let rest = raw.get(prefix.len()..)?;
    let len = rest
        .iter()
        .position(|b| matches!(b, b'/' | b'?'))
        .unwrap_or(rest.len());
    Some(Span::new(prefix.len(), prefix.len() + len))
}
