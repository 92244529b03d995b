//! Signals: terminations for whoever waits for them, SIGUSR1 for the access log.

use crossbeam_channel::Sender;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The process was asked to end, by SIGTERM or SIGINT. A second time: at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminate;

/// What the control thread listens for.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    reopen: Signal,
    terminations: Sender<Terminate>,
}

impl Signals {
    /// Takes over the signals of the process.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn take(terminations: Sender<Terminate>) -> io::Result<Self> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reopen: signal(SignalKind::user_defined1())?,
            terminations,
        })
    }

    /// Returns when logs are to be opened anew; passes terminations on meanwhile.
    pub async fn next(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => self.terminate(),
                _ = self.interrupt.recv() => self.terminate(),
                _ = self.reopen.recv() => return,
            }
        }
    }

    fn terminate(&self) {
        if self.terminations.send(Terminate).is_err() {
            tracing::warn!("asked to end, but nobody waits for it");
        }
    }
}
