//! What a source of objects says, and how it says it.

use crate::objects::{Change, Problem};
use tokio::sync::mpsc;

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

/// The control side's end of a source.
pub struct Source(pub(super) mpsc::UnboundedReceiver<SourceEvent>);

/// The source's end; for any thread.
#[derive(Clone)]
pub struct SourceSender(mpsc::UnboundedSender<SourceEvent>);

impl Source {
    /// Both ends. Unbounded: a source is bounded by what it reads from, and the control side only
    /// moves events into the store.
    pub fn channel() -> (SourceSender, Source) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (SourceSender(sender), Source(receiver))
    }
}

impl SourceSender {
    /// Says something; false when the control side is gone and the source may end.
    pub fn send(&self, event: SourceEvent) -> bool {
        self.0.send(event).is_ok()
    }
}
