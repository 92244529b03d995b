//! The worker's end of the access log. It belongs to the thread, so that a thread that panics hands
//! it back for the one that takes its place.

use crate::telemetry::access_log::{AccessLogWriter, Record};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a worker's writer lies while no thread of it runs.
pub type LogSlot = Arc<Mutex<Option<AccessLogWriter>>>;

struct Lent {
    slot: LogSlot,
    writer: Option<AccessLogWriter>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = self.writer.take();
    }
}

thread_local! {
    static WRITER: RefCell<Option<Lent>> = const { RefCell::new(None) };
}

/// Takes the writer out of its slot for as long as this thread lives.
pub fn take(slot: &LogSlot) {
    let writer = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    if writer.is_some() {
        WRITER.with(|own| {
            *own.borrow_mut() = Some(Lent {
                slot: Arc::clone(slot),
                writer,
            })
        });
    }
}

/// Writes a record; `false` when it was lost because the ring is full.
pub fn write(record: &Record<'_>) -> bool {
    WRITER.with(|own| {
        match own
            .borrow_mut()
            .as_mut()
            .and_then(|lent| lent.writer.as_mut())
        {
            Some(writer) => writer.write(record),
            None => true,
        }
    })
}
