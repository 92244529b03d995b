//! What a source of objects says.

use crate::objects::{Change, Problem};

/// One message of a source; a source sends what belongs together in one.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceEvent {
    /// Objects that are now different.
    Changes(Vec<Change>),
    /// Everything that cannot be read at present; replaces what was said before.
    Problems(Vec<Problem>),
    /// What existed at the start has been said; nothing is built before.
    Synced,
}
