//! Coarse, lazily re-checked timers of one worker: arming one again later is one store.
//!
//! Every socket has at most two timers for its whole life. They sit in a wheel of 10 ms slots; a
//! timer whose deadline moved away while it sat there is found early and put back. When one fires
//! it acts on the file descriptor (a `shutdown(2)` ends the pending operation with its true result
//! and loses no byte, unlike dropping it) or wakes a task.

use super::clock;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::os::fd::RawFd;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Milliseconds a slot covers.
const TICK_MS: u64 = 10;
const SLOTS: u64 = 1024;
/// The ticker wakes at least this often, for the heartbeat.
pub const TICKER_MS: u64 = 100;
const NONE: u32 = u32::MAX;

/// What a timer does when it fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Ends a pending read with end-of-file; the peer can still be answered.
    ShutdownRead,
    /// Ends every pending operation; the connection is lost.
    ShutdownBoth,
    /// Ends every pending operation with a reset: not even what was written before is delivered as if
    /// it were the whole.
    Reset,
    /// Wakes the task that waits in [`Timer::wait`].
    Wake,
}

struct Node {
    /// Deadline in milliseconds; 0: disarmed.
    deadline: u64,
    /// Tick at which the node is looked at; meaningful while linked.
    due: u64,
    linked: bool,
    prev: u32,
    next: u32,
    fd: RawFd,
    act: Act,
    fired: bool,
    waker: Option<Waker>,
}

struct Wheel {
    nodes: Vec<Node>,
    free: Vec<u32>,
    slots: Vec<u32>,
    /// The last tick that was looked at.
    tick: u64,
}

impl Wheel {
    fn link(&mut self, id: u32, deadline: u64) {
        let due = deadline
            .div_ceil(TICK_MS)
            .clamp(self.tick + 1, self.tick + SLOTS - 1);
        let slot = (due % SLOTS) as usize;
        let head = self.slots[slot];
        if head != NONE {
            self.nodes[head as usize].prev = id;
        }
        let node = &mut self.nodes[id as usize];
        (node.due, node.linked, node.prev, node.next) = (due, true, NONE, head);
        self.slots[slot] = id;
    }

    fn unlink(&mut self, id: u32) {
        let node = &mut self.nodes[id as usize];
        if !node.linked {
            return;
        }
        node.linked = false;
        let (prev, next, slot) = (node.prev, node.next, (node.due % SLOTS) as usize);
        match prev {
            NONE => self.slots[slot] = next,
            prev => self.nodes[prev as usize].next = next,
        }
        if next != NONE {
            self.nodes[next as usize].prev = prev;
        }
    }

    /// Looks at every slot up to `now`; fires what is due.
    fn advance(&mut self, now_ms: u64) -> Vec<Fired> {
        let mut fired = Vec::new();
        let target = now_ms / TICK_MS;
        // After a long stall one turn of the wheel sees everything.
        self.tick = self.tick.max(target.saturating_sub(SLOTS));
        while self.tick < target {
            self.tick += 1;
            let mut id = std::mem::replace(&mut self.slots[(self.tick % SLOTS) as usize], NONE);
            while id != NONE {
                let node = &mut self.nodes[id as usize];
                let next = node.next;
                node.linked = false;
                match node.deadline {
                    0 => {}
                    deadline if deadline <= now_ms => fired.push(node.fire()),
                    deadline => self.link(id, deadline),
                }
                id = next;
            }
        }
        fired
    }

    /// Milliseconds until the next slot that holds a timer, at most `limit`.
    fn quiet_for(&self, now_ms: u64, limit: u64) -> u64 {
        (1..=limit / TICK_MS)
            .find(|ahead| self.slots[((self.tick + ahead) % SLOTS) as usize] != NONE)
            .map_or(limit, |ahead| {
                ((self.tick + ahead) * TICK_MS)
                    .saturating_sub(now_ms)
                    .max(1)
            })
    }
}

/// What has to be done for a fired timer outside the wheel's borrow.
enum Fired {
    Shutdown(RawFd, libc::c_int),
    Reset(RawFd),
    Wake(Waker),
    Nothing,
}

impl Node {
    fn fire(&mut self) -> Fired {
        (self.deadline, self.fired) = (0, true);
        match self.act {
            Act::ShutdownRead => Fired::Shutdown(self.fd, libc::SHUT_RD),
            Act::ShutdownBoth => Fired::Shutdown(self.fd, libc::SHUT_RDWR),
            Act::Reset => Fired::Reset(self.fd),
            Act::Wake => self.waker.take().map_or(Fired::Nothing, Fired::Wake),
        }
    }
}

/// The timers of one worker.
pub struct Timers {
    wheel: RefCell<Wheel>,
    /// When the ticker wakes next, and how to wake it sooner.
    next_wake_ms: Cell<u64>,
    ticker: RefCell<Option<Waker>>,
}

impl Default for Timers {
    fn default() -> Self {
        Timers {
            wheel: RefCell::new(Wheel {
                nodes: Vec::new(),
                free: Vec::new(),
                slots: vec![NONE; SLOTS as usize],
                tick: clock::now_ms() / TICK_MS,
            }),
            next_wake_ms: Cell::new(u64::MAX),
            ticker: RefCell::new(None),
        }
    }
}

impl Timers {
    /// A timer, disarmed, that acts on `fd`. The timer must be dropped before `fd` is closed.
    pub fn timer(self: &Rc<Self>, fd: RawFd) -> Timer {
        let mut wheel = self.wheel.borrow_mut();
        let node = Node {
            deadline: 0,
            due: 0,
            linked: false,
            prev: NONE,
            next: NONE,
            fd,
            act: Act::Wake,
            fired: false,
            waker: None,
        };
        let id = match wheel.free.pop() {
            Some(id) => {
                wheel.nodes[id as usize] = node;
                id
            }
            None => {
                wheel.nodes.push(node);
                (wheel.nodes.len() - 1) as u32
            }
        };
        Timer {
            timers: Rc::clone(self),
            id,
        }
    }

    /// Fires what is due now; returns when to call again, in milliseconds from now.
    fn turn(&self) -> u64 {
        let now = clock::now_ms();
        let fired = self.wheel.borrow_mut().advance(now);
        for fired in fired {
            match fired {
                Fired::Shutdown(fd, how) => super::socket::shutdown_fd(fd, how),
                Fired::Reset(fd) => super::socket::reset_fd(fd),
                Fired::Wake(waker) => waker.wake(),
                Fired::Nothing => {}
            }
        }
        let wait = self.wheel.borrow().quiet_for(now, TICKER_MS);
        self.next_wake_ms.set(now + wait);
        wait
    }

    /// Runs for ever: fires timers and calls `beat` at least every 100 ms.
    pub async fn run(self: Rc<Self>, beat: impl Fn()) {
        loop {
            let wait = self.turn();
            beat();
            let mut sleep = pin!(monoio::time::sleep(Duration::from_millis(wait)));
            poll_fn(|cx| {
                if self.next_wake_ms.get() <= clock::now_ms() {
                    return Poll::Ready(());
                }
                *self.ticker.borrow_mut() = Some(cx.waker().clone());
                sleep.as_mut().poll(cx)
            })
            .await;
        }
    }

    #[inline]
    fn arm(&self, id: u32, now_ms: u64, after: Duration, act: Act) {
        let mut wheel = self.wheel.borrow_mut();
        let node = &mut wheel.nodes[id as usize];
        node.fired = false;
        if after.is_zero() {
            node.deadline = 0;
            return;
        }
        let deadline = now_ms + (after.as_millis() as u64).max(1);
        (node.deadline, node.act) = (deadline, act);
        if node.linked && node.due * TICK_MS <= deadline {
            return;
        }
        drop(wheel);
        self.place(id, deadline);
    }

    /// Puts a timer into the slot of its deadline. Most that are armed again sit in an earlier one.
    #[inline(never)]
    fn place(&self, id: u32, deadline: u64) {
        let mut wheel = self.wheel.borrow_mut();
        wheel.unlink(id);
        wheel.link(id, deadline);
        let due_ms = wheel.nodes[id as usize].due * TICK_MS;
        drop(wheel);
        self.hurry(due_ms);
    }

    fn hurry(&self, due_ms: u64) {
        if due_ms < self.next_wake_ms.get() {
            // The ticker computes its sleep anew.
            self.next_wake_ms.set(0);
            if let Some(waker) = self.ticker.borrow_mut().take() {
                waker.wake();
            }
        }
    }
}

/// Arms a timer from outside its owner. Means nothing once the timer is dropped.
pub struct TimerHandle {
    timers: Rc<Timers>,
    id: u32,
}

impl TimerHandle {
    /// As [`Timer::arm`].
    pub fn arm(&self, after: Duration, act: Act) {
        self.timers.arm(self.id, clock::recent_ms(), after, act);
    }
}

/// One timer; dropping it takes it out of the wheel.
pub struct Timer {
    timers: Rc<Timers>,
    id: u32,
}

impl Timer {
    /// Arms for `after` from now; zero disarms. Replaces what was armed before.
    #[inline]
    pub fn arm(&self, after: Duration, act: Act) {
        self.arm_from(clock::recent_ms(), after, act);
    }

    /// As [`Timer::arm`], from a time that was read already.
    #[inline]
    pub fn arm_from(&self, now_ms: u64, after: Duration, act: Act) {
        self.timers.arm(self.id, now_ms, after, act);
    }

    /// A handle to arm it while its owner is busy.
    pub fn handle(&self) -> TimerHandle {
        TimerHandle {
            timers: Rc::clone(&self.timers),
            id: self.id,
        }
    }

    #[inline]
    pub fn disarm(&self) {
        let mut wheel = self.timers.wheel.borrow_mut();
        let node = &mut wheel.nodes[self.id as usize];
        (node.deadline, node.fired) = (0, false);
    }

    /// Disarms, and remembers whether it fired.
    pub fn stop(&self) {
        self.timers.wheel.borrow_mut().nodes[self.id as usize].deadline = 0;
    }

    /// Whether the timer fired since it was last armed.
    #[inline]
    pub fn fired(&self) -> bool {
        self.timers.wheel.borrow().nodes[self.id as usize].fired
    }

    /// Waits for a timer that was armed with [`Act::Wake`].
    pub async fn wait(&self) {
        poll_fn(|cx| self.poll_wait(cx)).await;
    }

    /// As [`Timer::wait`].
    pub fn poll_wait(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut wheel = self.timers.wheel.borrow_mut();
        let node = &mut wheel.nodes[self.id as usize];
        if node.fired {
            return Poll::Ready(());
        }
        match &mut node.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let mut wheel = self.timers.wheel.borrow_mut();
        wheel.unlink(self.id);
        let node = &mut wheel.nodes[self.id as usize];
        let held = node.waker.take();
        wheel.free.push(self.id);
        drop(wheel);
        drop(held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel() -> Rc<Timers> {
        let timers = Timers::default();
        timers.wheel.borrow_mut().tick = 0;
        Rc::new(timers)
    }

    fn fired_at(timers: &Timers, now: u64) -> usize {
        timers.wheel.borrow_mut().advance(now).len()
    }

    #[test]
    fn a_deadline_that_moved_away_does_not_fire_early() {
        let timers = wheel();
        let timer = timers.timer(-1);
        timer.arm_from(0, Duration::from_millis(100), Act::Wake);
        timer.arm_from(50, Duration::from_millis(100), Act::Wake);
        assert_eq!(fired_at(&timers, 120), 0);
        assert_eq!(fired_at(&timers, 149), 0);
        assert_eq!(fired_at(&timers, 160), 1);
        assert!(timer.fired());
    }

    #[test]
    fn a_deadline_that_came_nearer_fires_in_time_and_a_disarmed_one_never() {
        let timers = wheel();
        let (near, off) = (timers.timer(-1), timers.timer(-1));
        near.arm_from(0, Duration::from_secs(60), Act::Wake);
        near.arm_from(0, Duration::from_millis(30), Act::Wake);
        off.arm_from(0, Duration::from_millis(30), Act::Wake);
        off.disarm();
        assert_eq!(fired_at(&timers, 40), 1);
        assert!(near.fired() && !off.fired());
    }

    #[test]
    fn a_deadline_beyond_one_turn_of_the_wheel_waits_for_its_turn() {
        let timers = wheel();
        let timer = timers.timer(-1);
        timer.arm_from(0, Duration::from_secs(75), Act::Wake);
        for now in (0..75_000).step_by(500) {
            assert_eq!(fired_at(&timers, now), 0, "at {now}");
        }
        assert_eq!(fired_at(&timers, 75_010), 1);
    }

    #[test]
    fn dropped_timers_leave_the_wheel_and_their_place_is_used_again() {
        let timers = wheel();
        for _ in 0..1_000 {
            let timer = timers.timer(-1);
            timer.arm_from(0, Duration::from_secs(9), Act::Wake);
        }
        assert_eq!(timers.wheel.borrow().nodes.len(), 1);
        assert_eq!(fired_at(&timers, 20_000), 0);
    }
}
