//! The thread: what it builds, what it survives, what it frees.

use super::*;
use crate::ir::{Bind, BindAddress, Protocol};
use crate::snapshot::Delivery;
use crate::table::TlsSettings;
use crossbeam_channel::bounded;
use std::task::{Context, Poll, Waker};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A model that differs with the number.
fn model(port: u16) -> Model {
    Model {
        binds: vec![Bind {
            address: BindAddress { ip: None, port },
            protocol: Protocol::Http,
            listeners: Vec::new(),
        }],
        ..Model::default()
    }
}

fn start(translate: Translate) -> (Builder, Arc<Shared>, UnboundedReceiver<Message>) {
    let (publisher, _acks) = Publisher::new(1);
    let shared = Arc::new(Shared::new(publisher));
    let (messages, inbox) = unbounded_channel();
    let rebuild = Rebuild::new(TlsSettings::default(), 10, Vec::new(), 1);
    let ties = Ties {
        translate,
        clock_ms: || 0,
        shared: Arc::clone(&shared),
        messages,
        access_log: None,
    };
    let builder = Builder::start(rebuild, ties).unwrap();
    (builder, shared, inbox)
}

fn build(builder: &Builder, since: Instant) {
    builder.build(Build {
        objects: Objects::default(),
        since,
    });
}

fn built(inbox: &mut UnboundedReceiver<Message>) -> Box<Built> {
    match inbox.blocking_recv() {
        Some(Message::Built(built)) => built,
        _ => panic!("not built"),
    }
}

#[test]
fn what_waits_is_replaced_by_what_is_newer_but_its_time_counts() {
    let (begin, began) = bounded(1);
    let (go, gate) = bounded::<u16>(8);
    let translate: Translate = Box::new(move |_, _| {
        begin.send(()).unwrap();
        Translated::Whole(model(gate.recv().unwrap()), Report::default())
    });
    let (builder, _shared, mut inbox) = start(translate);
    let at = |ms| Instant::now() + Duration::from_millis(ms);
    let times = [at(1), at(2), at(3)];
    build(&builder, times[0]);
    began.recv().unwrap();
    build(&builder, times[1]);
    build(&builder, times[2]);
    go.send(80).unwrap();
    assert_eq!(built(&mut inbox).revision, 1);
    began.recv().unwrap();
    go.send(81).unwrap();
    let second = built(&mut inbox);
    assert_eq!((second.revision, second.since), (2, times[1]));
    drop(builder);
    assert!(inbox.blocking_recv().is_none(), "no third build");
}

#[test]
fn a_panic_costs_one_build_and_the_last_snapshot_goes_on() {
    let mut ports = vec![81, 0, 80];
    let ports = std::sync::Mutex::new(move || ports.pop());
    let translate: Translate = Box::new(move |_, _| {
        let port = (ports.lock().unwrap_or_else(PoisonError::into_inner))();
        match port {
            Some(port) if port > 0 => Translated::Whole(model(port), Report::default()),
            _ => panic!("a bug in translation"),
        }
    });
    let (builder, shared, mut inbox) = start(translate);
    build(&builder, Instant::now());
    assert_eq!(built(&mut inbox).revision, 1);
    build(&builder, Instant::now());
    match inbox.blocking_recv() {
        Some(Message::Panicked(text)) => assert_eq!(text, "a bug in translation"),
        _ => panic!("not panicked"),
    }
    assert_eq!(shared.publisher().latest().unwrap().revision, 1);
    build(&builder, Instant::now());
    assert_eq!(built(&mut inbox).revision, 2);
}

#[test]
fn a_snapshot_is_freed_by_the_builder_once_no_worker_holds_it() {
    let ports = std::sync::Mutex::new(80..);
    let translate: Translate = Box::new(move |_, _| {
        Translated::Whole(
            model(ports.lock().unwrap().next().unwrap()),
            Report::default(),
        )
    });
    let (builder, shared, mut inbox) = start(translate);
    let worker = shared.publisher().subscribe(0).unwrap();
    let take = || match worker.poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Delivery::Snapshot(snapshot)) => snapshot,
        _ => panic!("no snapshot"),
    };
    build(&builder, Instant::now());
    built(&mut inbox);
    let held = take();
    build(&builder, Instant::now());
    built(&mut inbox);
    drop(take());
    assert_eq!(shared.live(), 2);
    let weak = Arc::downgrade(&held);
    drop(held);
    // Nobody tells the builder; it looks.
    while shared.live() > 1 {
        std::thread::yield_now();
    }
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_build_that_changes_nothing_publishes_nothing() {
    let (builder, shared, mut inbox) = start(Box::new(|_, _| {
        Translated::Whole(model(80), Report::default())
    }));
    for published in [true, false] {
        build(&builder, Instant::now());
        let built = built(&mut inbox);
        assert_eq!((built.revision, built.published), (1, published));
    }
    assert_eq!(shared.live(), 1);
}
