//! A tunnel after an accepted upgrade: bytes both ways, half-close, back-pressure, one idle timer.

use super::buffer::Buffer;
use super::clock;
use super::connection::Client;
use super::context::Context;
use super::stream::{Reader, Writer};
use super::timers::{Act, Timer};
use super::upstream::{Lease, UpstreamConnection};
use crate::telemetry::names::Counter;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// Both ends of a tunnel that was agreed on. It holds no snapshot.
pub struct Tunnel {
    pub upstream: Box<UpstreamConnection>,
    pub lease: Lease,
    /// What the upstream said behind its 101.
    pub from_upstream: Buffer,
    /// Longest silence of both sides; zero: any.
    pub idle: Duration,
}

/// What went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    pub received: u64,
    pub sent: u64,
    /// Ended by the idle timeout.
    pub idle: bool,
}

struct Activity {
    last_ms: Cell<u64>,
    received: Cell<u64>,
    sent: Cell<u64>,
}

/// Runs the tunnel to its end. `from_client` is what the client said behind its request.
pub async fn run(client: &mut Client, tunnel: Tunnel, from_client: Buffer) -> Carried {
    let ctx = Rc::clone(&client.ctx);
    ctx.counters.count(Counter::TunnelsOpened);
    let Tunnel {
        mut upstream,
        lease,
        from_upstream,
        idle,
    } = tunnel;
    let activity = Activity {
        last_ms: Cell::new(clock::now_ms()),
        received: Cell::new(0),
        sent: Cell::new(0),
    };
    let timer = ctx.timers.timer(client.reader.socket().fd());
    let timeout = ctx.settings.timeouts.client_write;
    let mut idled = false;
    {
        let mut up = pin!(carry(
            &ctx,
            &mut client.reader,
            &mut upstream.writer,
            from_client,
            timeout,
            &activity,
            &activity.received,
        ));
        let mut down = pin!(carry(
            &ctx,
            &mut upstream.reader,
            &mut client.writer,
            from_upstream,
            timeout,
            &activity,
            &activity.sent,
        ));
        let mut silence = pin!(silent(&timer, idle, &activity));
        let (mut up_done, mut down_done) = (false, false);
        poll_fn(|cx| {
            for (direction, done) in [
                (&mut up as &mut dyn PinnedCarry, &mut up_done),
                (&mut down as &mut dyn PinnedCarry, &mut down_done),
            ] {
                if !*done && let Poll::Ready(result) = direction.poll(cx) {
                    if result.is_err() {
                        return Poll::Ready(());
                    }
                    *done = true;
                }
            }
            if up_done && down_done {
                return Poll::Ready(());
            }
            if silence.as_mut().poll(cx).is_ready() {
                idled = true;
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
    drop(timer);
    upstream.writer.abort();
    client.writer.abort();
    drop(lease);
    ctx.counters.count(Counter::TunnelsEnded);
    Carried {
        received: activity.received.get(),
        sent: activity.sent.get(),
        idle: idled,
    }
}

/// The two directions are futures of different types; both are polled the same way.
trait PinnedCarry {
    fn poll(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), ()>>;
}

impl<F: Future<Output = Result<(), ()>>> PinnedCarry for std::pin::Pin<&mut F> {
    fn poll(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), ()>> {
        Future::poll(self.as_mut(), cx)
    }
}

/// Carries one direction until its sender is done, then tells the receiver. Holds no buffer while
/// it waits.
async fn carry(
    ctx: &Context,
    from: &mut Reader,
    to: &mut Writer,
    first: Buffer,
    timeout: Duration,
    activity: &Activity,
    carried: &Cell<u64>,
) -> Result<(), ()> {
    let mut buffer = first;
    loop {
        while !buffer.is_empty() {
            let (start, len) = (buffer.offset(), buffer.len());
            let (result, out) = to
                .write_all(buffer.outgoing(start, start + len), timeout)
                .await;
            result.map_err(|_| ())?;
            buffer = out.into_inner();
            buffer.consume(len);
            carried.set(carried.get() + len as u64);
            activity.last_ms.set(clock::now_ms());
        }
        ctx.buffers
            .give(std::mem::replace(&mut buffer, Buffer::none()));
        from.readable().await.map_err(|_| ())?;
        let (result, filled) = from.read(ctx.buffers.small()).await;
        buffer = filled;
        activity.last_ms.set(clock::now_ms());
        if result.map_err(|_| ())? == 0 {
            ctx.buffers.give(buffer);
            to.finish(timeout).await;
            return Ok(());
        }
    }
}

/// Ends when nothing went either way for `idle`.
async fn silent(timer: &Timer, idle: Duration, activity: &Activity) {
    if idle.is_zero() {
        return std::future::pending().await;
    }
    loop {
        let since = clock::now_ms().saturating_sub(activity.last_ms.get());
        let left = idle.saturating_sub(Duration::from_millis(since));
        if left.is_zero() {
            return;
        }
        timer.arm(left, Act::Wake);
        timer.wait().await;
    }
}
