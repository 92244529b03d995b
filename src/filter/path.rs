//! Path edits of rewrites and redirects.

use crate::ir::PathEdit;
use crate::wire::target::{self, Normal};

/// Writes the edited path to `out`. `matched` is the number of bytes of `path` that the match
/// covers.
///
/// A replaced prefix follows the table of `HTTPPathModifier.replacePrefixMatch` in the Gateway API:
/// trailing slashes of prefix and replacement do not count, and what remains is never empty. The
/// rest of the path begins with one slash, so that none is doubled at the seam.
pub(super) fn replace(edit: &PathEdit, path: &[u8], matched: usize, out: &mut Vec<u8>) {
    out.clear();
    match edit {
        PathEdit::Full(full) => out.extend_from_slice(full.as_bytes()),
        PathEdit::Prefix(prefix) => {
            out.extend_from_slice(prefix.trim_end_matches('/').as_bytes());
            let rest = path.get(matched..).unwrap_or_default();
            let slashes = rest.iter().take_while(|b| **b == b'/').count();
            out.extend_from_slice(&rest[slashes.saturating_sub(1)..]);
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
}

/// Brings an edited path into its normal form, in `out`. `false` when it has none that may be sent;
/// it never begins with `//`, which could be read as an authority.
pub(super) fn settle(edited: &[u8], out: &mut Vec<u8>) -> bool {
    match target::normalise_rewritten(edited, out) {
        Ok(Normal::Written) => true,
        Ok(Normal::AsIs) => {
            out.clear();
            out.extend_from_slice(edited);
            true
        }
        Err(_) => false,
    }
}
