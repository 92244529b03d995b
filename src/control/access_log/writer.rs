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
/// After less than that, the next records are awaited this long before they are written: a
/// trickle of requests wakes the thread a hundred times a second, not once for each.
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
            while let Ok(order) = self.orders.try_recv() {
                self.obey(order);
            }
            match self.drain() {
                0 if self.stopping => return,
                0 if self.quiet(&waker) => park(),
                written if written < WRITE_AT && !self.stopping => sleep(GATHER),
                _ => {}
            }
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
        for reader in &mut self.readers {
            while reader
                .read(|record, cut| format(self.format, record, cut, &self.names, &mut self.lines))
                .is_some()
            {
                if self.lines.len() >= WRITE_AT {
                    written += self.lines.len();
                    write(&mut self.output, &mut self.lines, &mut self.failing);
                }
            }
        }
        if !self.lines.is_empty() {
            written += self.lines.len();
            write(&mut self.output, &mut self.lines, &mut self.failing);
        }
        self.readers
            .retain(|reader| !reader.is_abandoned() || !reader.is_empty());
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

fn write(output: &mut Output, lines: &mut Vec<u8>, failing: &mut bool) {
    match output.write(lines) {
        Ok(()) => *failing = false,
        Err(error) if !*failing => {
            tracing::error!(%error, "access-log lines are lost");
            *failing = true;
        }
        Err(_) => {}
    }
    lines.clear();
}
