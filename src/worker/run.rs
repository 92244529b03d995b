//! A worker's life: snapshots are adopted, commands obeyed, until it is drained.

use super::accept::spawn_connection;
use super::binds::Binds;
use super::clock;
use super::connection::Accepted;
use super::context::{Context, Phase};
use super::guarded::guarded;
use super::memory;
use super::peers::Peers;
use super::place::Place;
use super::turns;
use super::view::View;
use crate::snapshot::{Ack, Delivery, FaultKind, Snapshot, Subscriber, WorkerCommand};
use crate::telemetry::names::Counter;
use crate::telemetry::worker_status::WorkerState;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::time::Duration;

/// How often the pool is looked through.
const SWEEP_MS: u64 = 1_000;
/// How often a draining worker looks whether it is done.
const DRAIN_TURN: Duration = Duration::from_millis(20);

/// How long what is cut at the end of a worker may take to notice.
const LET_GO_MS: u64 = 300;
const LET_GO_TURN: Duration = Duration::from_millis(5);

/// Runs the worker until it is told to stop or is drained.
pub async fn run(
    ctx: Rc<Context>,
    subscriber: Subscriber<Snapshot>,
    binds: Rc<Binds>,
    peers: Rc<Peers>,
    place: Place,
) {
    let subscriber = Rc::new(subscriber);
    let revision = Rc::new(Cell::new(0));
    let beat = beat(
        Rc::clone(&ctx),
        Rc::clone(&binds),
        Rc::clone(&subscriber),
        Rc::clone(&revision),
        place,
    );
    spawn_vital(&subscriber, beat);
    let receive = receive_connections(Rc::clone(&ctx), Rc::clone(&binds), Rc::clone(&peers));
    spawn_vital(&subscriber, receive);
    loop {
        match poll_fn(|cx| subscriber.poll_next(cx)).await {
            Delivery::Snapshot(snapshot) => {
                revision.set(snapshot.revision);
                // Tables first: whoever is accepted on a new bind finds its routes.
                ctx.adopt(View::new(snapshot.clone()));
                if ctx.phase.get() < Phase::Draining {
                    binds.apply(&snapshot.binds, clock::now_ms());
                }
                if ctx.status.state() == WorkerState::Starting {
                    ctx.status.set_state(WorkerState::Serving);
                }
                acknowledge(&ctx, &binds, &subscriber, snapshot.revision);
            }
            Delivery::Command(WorkerCommand::Announce) => {
                ctx.phase.set(ctx.phase.get().max(Phase::Announced));
            }
            Delivery::Command(WorkerCommand::Drain) => {
                if ctx.phase.replace(Phase::Draining) != Phase::Draining {
                    ctx.status.set_state(WorkerState::Draining);
                    let drain = drain(
                        Rc::clone(&ctx),
                        Rc::clone(&binds),
                        Rc::clone(&peers),
                        Rc::clone(&subscriber),
                    );
                    spawn_vital(&subscriber, drain);
                }
            }
            Delivery::Command(WorkerCommand::Stop) => return,
            Delivery::Command(WorkerCommand::Connections { limit, answer }) => {
                let all = ctx.registry.describe(ctx.index, limit);
                if answer.send(all).is_err() {
                    tracing::debug!("nobody waits for the list of connections any more");
                }
            }
            Delivery::Command(WorkerCommand::Fault(fault)) => {
                if ctx.settings.fault_injection {
                    inject(&ctx, fault);
                }
            }
        }
    }
}

/// Starts a task that a worker cannot do without: a panic in it ends the worker, in order.
fn spawn_vital(subscriber: &Rc<Subscriber<Snapshot>>, task: impl Future<Output = ()> + 'static) {
    let subscriber = Rc::clone(subscriber);
    monoio::spawn(async move {
        if guarded(task).await {
            subscriber.stop();
        }
    });
}

/// Lets go of everything before the runtime does: dropped with operations pending, monoio keeps
/// their tasks and sockets for ever, so that clients would wait and new ones would be queued on
/// listeners that nobody serves.
pub async fn let_go(ctx: &Context, binds: &Rc<Binds>) {
    // Nobody hands connections over to it any more.
    ctx.status.set_state(WorkerState::Ended);
    let began = clock::now_ms();
    binds.close().await;
    ctx.pool.clear();
    while ctx.taken.get() > 0 && clock::now_ms().saturating_sub(began) < LET_GO_MS {
        ctx.registry.cut();
        monoio::time::sleep(LET_GO_TURN).await;
    }
}

fn acknowledge(ctx: &Context, binds: &Binds, subscriber: &Subscriber<Snapshot>, revision: u64) {
    subscriber.ack(Ack {
        worker: ctx.index,
        revision,
        binds: binds.outcomes(),
    });
}

/// Stamps the heartbeat, fires timers, sweeps the pool, tries failed binds again.
async fn beat(
    ctx: Rc<Context>,
    binds: Rc<Binds>,
    subscriber: Rc<Subscriber<Snapshot>>,
    revision: Rc<Cell<u64>>,
    place: Place,
) {
    let swept_ms = Cell::new(clock::now_ms());
    let timers = Rc::clone(&ctx.timers);
    timers
        .run(|| {
            let now = clock::now_ms();
            ctx.status.stamp(now);
            turns::beat(now);
            if now.saturating_sub(swept_ms.get()) >= SWEEP_MS {
                swept_ms.set(now);
                clock::anchor();
                let closed = ctx.pool.sweep(now);
                ctx.counters.add(Counter::UpstreamIdleClosed, closed);
                ctx.status.set_pooled(ctx.pool.idle());
                memory::give_back();
                place.follow(&ctx.status);
            }
            if ctx.phase.get() < Phase::Draining && binds.retry(now) {
                acknowledge(&ctx, &binds, &subscriber, revision.get());
            }
        })
        .await;
}

/// Serves the connections that other workers hand over.
async fn receive_connections(ctx: Rc<Context>, binds: Rc<Binds>, peers: Rc<Peers>) {
    loop {
        if let Some((stream, handed)) = peers.next().await {
            let accepted = Accepted {
                stream,
                peer: handed.peer,
                bind: handed.bind,
                protocol: handed.protocol,
            };
            spawn_connection(&ctx, accepted, binds.open_on(handed.bind));
        }
    }
}

/// Closes the listeners without losing what waits in them, gives idle connections their grace, and
/// ends the worker when nothing is left (architecture decision 12).
async fn drain(
    ctx: Rc<Context>,
    binds: Rc<Binds>,
    peers: Rc<Peers>,
    subscriber: Rc<Subscriber<Snapshot>>,
) {
    let began = clock::now_ms();
    let grace = ctx.settings.timeouts.drain_idle.as_millis() as u64;
    let closed = Rc::new(Cell::new(false));
    // Beside the rest: a listener may need the descriptors that idle connections hold.
    let closing = {
        let (ctx, closed) = (Rc::clone(&ctx), Rc::clone(&closed));
        async move {
            binds.drain().await;
            ctx.pool.clear();
            closed.set(true);
        }
    };
    spawn_vital(&subscriber, closing);
    while !closed.get() || ctx.taken.get() > 0 || peers.any_waiting() {
        ctx.registry.end_idle(clock::now_ms(), began, grace);
        monoio::time::sleep(DRAIN_TURN).await;
    }
    subscriber.stop();
}

fn inject(ctx: &Context, fault: FaultKind) {
    match fault {
        FaultKind::ConnectionPanic => ctx.panic_next.set(true),
        // tidy: allow panic: this is the fault that the test injects.
        FaultKind::Panic => panic!("injected by a test"),
        FaultKind::Spin => loop {
            std::hint::spin_loop();
        },
    }
}
