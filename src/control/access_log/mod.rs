//! The access log: reads the workers' rings, puts names to slots, writes lines.
//!
//! On a thread of its own, so that a slow disk or a full pipe costs records (counted by the worker
//! that finds its ring full) and never a request or the control thread. Sleeps while there is
//! nothing to write: the first record after a silence wakes it, and what follows within a few
//! milliseconds is gathered into one write.

mod combined;
mod escape;
mod json;
mod output;
mod writer;

use crate::control::settings::{AccessLogFormat, AccessLogTarget};
use crate::control::slots::SlotViews;
use crate::telemetry::access_log::{AccessLogReader, AccessLogWriter, CAPACITY, Record, Ring};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use output::Output;
use std::io;
use std::thread::Thread;
use std::time::Duration;
use writer::Writer;

/// What the thread is told.
enum Order {
    /// A worker has a new ring.
    Reader(AccessLogReader),
    /// Slots mean something else now.
    Names(SlotViews),
    /// Open the file anew: it was moved away.
    Reopen,
    /// Write what there is and end.
    Stop,
}

/// The thread, from outside.
pub struct AccessLog {
    orders: Sender<Order>,
    thread: Thread,
    ended: Receiver<()>,
}

impl AccessLog {
    /// Opens the target and starts the thread; `None` when the log is off.
    ///
    /// # Errors
    /// When the file cannot be opened, or there is no thread to be had.
    pub fn start(target: AccessLogTarget, format: AccessLogFormat) -> io::Result<Option<Self>> {
        let Some(output) = Output::open(target)? else {
            return Ok(None);
        };
        let (orders, inbox) = unbounded();
        let (end, ended) = bounded(1);
        let thread = std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || {
                Writer::new(inbox, output, format).run();
                drop(end);
            })?
            .thread()
            .clone();
        Ok(Some(AccessLog {
            orders,
            thread,
            ended,
        }))
    }

    /// A ring for a worker's thread; what the thread before it left behind is still written.
    pub fn writer(&self) -> AccessLogWriter {
        let Ring { writer, reader } = Ring::new(CAPACITY);
        self.order(Order::Reader(reader));
        writer
    }

    /// Tells what slots mean from now on.
    pub fn names(&self, views: SlotViews) {
        self.order(Order::Names(views));
    }

    /// Opens the file anew.
    pub fn reopen(&self) {
        self.order(Order::Reopen);
    }

    /// Writes what there is and ends the thread; false when that took longer than `patience`, as
    /// it does when nobody reads the pipe.
    pub fn stop(&self, patience: Duration) -> bool {
        self.order(Order::Stop);
        !matches!(
            self.ended.recv_timeout(patience),
            Err(crossbeam_channel::RecvTimeoutError::Timeout)
        )
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_ok() {
            self.thread.unpark();
        }
    }
}

/// Appends the line of a record; `cut`: a field of it was too long.
fn format(
    format: AccessLogFormat,
    record: &Record<'_>,
    cut: bool,
    names: &SlotViews,
    out: &mut Vec<u8>,
) {
    match format {
        AccessLogFormat::Json => json::line(record, cut, names, out),
        AccessLogFormat::Combined => combined::line(record, out),
    }
}

#[cfg(test)]
mod tests;
