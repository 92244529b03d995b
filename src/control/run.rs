//! The loop of the control thread: waits for everything, does nothing long.

use super::access_log::AccessLog;
use super::build::{Build, Builder, Message};
use super::event::Source;
use super::holdoff::HoldOff;
use super::signals::Signals;
use super::state::State;
use crate::snapshot::Acks;
use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, interval_at, sleep_until};

/// How often it is looked at who lives.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often statuses are rendered while they change: their times are whole seconds.
const RENDER_EVERY: Duration = Duration::from_secs(1);

/// Everything the loop waits for.
pub struct Run {
    pub state: Rc<RefCell<State>>,
    pub source: Source,
    pub hold_off: HoldOff,
    /// How long what was built stands without being looked at again.
    pub recheck: Duration,
    pub builder: Builder,
    pub messages: UnboundedReceiver<Message>,
    pub acks: Acks,
    pub signals: Signals,
    pub access_log: Option<Arc<AccessLog>>,
    /// Ends the loop.
    pub stop: oneshot::Receiver<()>,
}

impl Run {
    pub async fn run(mut self) {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut render = interval(RENDER_EVERY);
        render.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut recheck = interval_at((Instant::now() + self.recheck).into(), self.recheck);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut source_open = true;
        loop {
            let due = self.hold_off.deadline();
            let due = async move {
                match due {
                    Some(due) => sleep_until(due.into()).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                _ = &mut self.stop => return,
                event = self.source.0.recv(), if source_open => match event {
                    Some(event) => {
                        if self.state.borrow_mut().source(event) {
                            self.hold_off.note(Instant::now());
                        }
                    }
                    None => {
                        tracing::error!("the source of objects is gone; what is served stays");
                        source_open = false;
                        self.state.borrow_mut().source_gone = true;
                    }
                },
                () = due => self.build(),
                Some(message) = self.messages.recv() => self.message(message),
                ack = poll_fn(|cx| self.acks.poll_next(cx)) => {
                    let mut state = self.state.borrow_mut();
                    state.acknowledged(ack);
                    state.settle(Instant::now());
                }
                () = self.signals.next() => {
                    if let Some(log) = &self.access_log {
                        log.reopen();
                    }
                }
                _ = look.tick() => self.state.borrow_mut().settle(Instant::now()),
                _ = render.tick() => self.state.borrow_mut().render(),
                _ = recheck.tick() => {
                    if self.state.borrow().synced {
                        self.hold_off.note(Instant::now());
                    }
                }
            }
        }
    }

    fn build(&mut self) {
        if let Some(since) = self.hold_off.take(Instant::now()) {
            let objects = self.state.borrow().objects.clone();
            self.builder.build(Build { objects, since });
        }
    }

    fn message(&mut self, message: Message) {
        let mut state = self.state.borrow_mut();
        state.built(message);
        state.settle(Instant::now());
    }
}
