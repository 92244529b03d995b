//! The thread that reads the rings and writes the lines.

use super::output::Output;
use super::{Order, format};
use crate::control::settings::AccessLogFormat;
use crate::control::slots::SlotViews;
use crate::telemetry::access_log::AccessLogReader;
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{Thread, current, park, sleep};
use std::time::Duration;

/// Lines are written when there are so many bytes of them.
const WRITE_AT: usize = 64 * 1024;
/// Records read from one ring before it is the next one's turn.
const VISIT_MAX: usize = 1024;
/// After less than [`WRITE_AT`] was found, the thread sleeps this long: a trickle of requests wakes
/// it a hundred times a second, not once for each.
const GATHER: Duration = Duration::from_millis(10);

/// Wakes the thread.
struct Bell(Thread);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The thread's own state.
pub struct Writer {
    orders: Receiver<Order>,
    output: Output,
    format: AccessLogFormat,
    readers: Vec<AccessLogReader>,
    names: SlotViews,
    lines: Vec<u8>,
    /// The last write failed; said once.
    failing: bool,
    stopping: bool,
}

impl Writer {
    pub(super) fn new(orders: Receiver<Order>, output: Output, format: AccessLogFormat) -> Self {
        Writer {
            orders,
            output,
            format,
            readers: Vec::new(),
            names: SlotViews::default(),
            lines: Vec::new(),
            failing: false,
            stopping: false,
        }
    }

    pub fn run(&mut self) {
        let waker = Waker::from(Arc::new(Bell(current())));
        loop {
            self.obey_all();
            match self.drain() {
                0 if self.stopping => return,
                0 if self.quiet(&waker) => park(),
                written if written < WRITE_AT && !self.stopping => sleep(GATHER),
                _ => {}
            }
        }
    }

    fn obey_all(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.obey(order);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Reader(reader) => self.readers.push(reader),
            Order::Names(names) => self.names = names,
            Order::Reopen => {
                if let Err(error) = self.output.reopen() {
                    tracing::error!(%error, "the access log cannot be opened anew; the old file stays");
                }
            }
            Order::Stop => self.stopping = true,
        }
    }

    /// Writes everything that lies in the rings; returns how many bytes that were.
    fn drain(&mut self) -> usize {
        let mut written = 0;
        // A ring that comes meanwhile is read the next time.
        for index in 0..self.readers.len() {
            for _ in 0..VISIT_MAX {
                if !self.read(index) {
                    break;
                }
                if self.lines.len() >= WRITE_AT {
                    written += self.write();
                }
            }
        }
        written += self.write();
        self.readers
            .retain(|reader| !reader.is_abandoned() || !reader.is_empty());
        written
    }

    /// Reads one record of a ring; false when it is empty.
    fn read(&mut self, index: usize) -> bool {
        if self
            .readers
            .get(index)
            .is_none_or(AccessLogReader::is_empty)
        {
            return false;
        }
        // Names are told before a worker can use them: now that the record is here, they are.
        self.obey_all();
        let (kind, names, lines) = (self.format, &self.names, &mut self.lines);
        self.readers
            .get_mut(index)
            .and_then(|reader| reader.read(|record, cut| format(kind, record, cut, names, lines)))
            .is_some()
    }

    /// Writes the lines; returns how many bytes they were.
    fn write(&mut self) -> usize {
        if self.lines.is_empty() {
            return 0;
        }
        match self.output.write(&self.lines) {
            Ok(()) => self.failing = false,
            Err(error) if !self.failing => {
                tracing::error!(%error, "access-log lines are lost");
                self.failing = true;
            }
            Err(_) => {}
        }
        let written = self.lines.len();
        self.lines.clear();
        written
    }

    /// Whether there is nothing to do until the waker wakes.
    fn quiet(&self, waker: &Waker) -> bool {
        for reader in &self.readers {
            reader.register(waker);
        }
        // What came before the waker was in place did not wake anybody.
        self.orders.is_empty() && self.readers.iter().all(AccessLogReader::is_empty)
    }
}
