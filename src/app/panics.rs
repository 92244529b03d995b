//! Panics, wherever they happen, go to the log with their backtrace.
//!
//! Who catches them decides what they end: a worker's guard, one connection; the supervisor, one
//! worker. Putting names to a backtrace reads the debug information of the whole binary, which can
//! take half a second the first time: a thread of its own does that, so that neither the other
//! connections of a worker nor its rebuilding wait for it.

use std::backtrace::Backtrace;
use std::panic::{self, PanicHookInfo};
use std::thread::{self, Builder};

/// Logs every panic of the process from now on.
pub(super) fn log() {
    panic::set_hook(Box::new(|panic| {
        let panic = Panic::of(panic);
        // A panic of the first thread ends the process: nothing would wait for another thread.
        if panic.thread == "main" {
            panic.say();
            return;
        }
        let (sender, receiver) = std::sync::mpsc::channel::<Panic>();
        let named = Builder::new().name("panic-log".to_owned());
        let sayer = named.spawn(move || receiver.iter().for_each(|panic| panic.say()));
        if let Err(unsent) = sender.send(panic) {
            unsent.0.say();
        }
        if let Err(error) = sayer {
            tracing::error!(%error, "no thread is left to log a panic on");
        }
    }));
}

/// What is known of a panic.
struct Panic {
    thread: String,
    location: String,
    message: String,
    backtrace: Backtrace,
}

impl Panic {
    fn of(panic: &PanicHookInfo<'_>) -> Self {
        Panic {
            thread: thread::current().name().unwrap_or_default().to_owned(),
            location: panic
                .location()
                .map(ToString::to_string)
                .unwrap_or_default(),
            message: panic
                .payload_as_str()
                .unwrap_or("without a message")
                .to_owned(),
            backtrace: Backtrace::force_capture(),
        }
    }

    fn say(&self) {
        tracing::error!(
            thread = self.thread,
            location = self.location,
            backtrace = %self.backtrace,
            "panicked: {}",
            self.message
        );
    }
}
