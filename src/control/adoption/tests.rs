//! Acks in, one answer for all workers out.

use super::*;
use crate::ir::Protocol;
use crate::snapshot::{BindFailureKind, BindOutcome};
use Vitality::{Absent, Live, Silent};

fn address(port: u16) -> BindAddress {
    BindAddress { ip: None, port }
}

fn spec(port: u16) -> BindSpec {
    BindSpec {
        address: address(port),
        protocol: Protocol::Http,
    }
}

fn ack(worker: usize, revision: u64, result: Result<Option<&str>, BindFailureKind>) -> Ack {
    let result = result.map(|note| note.map(str::to_owned));
    let outcome = BindOutcome {
        address: address(80),
        result: result.map_err(|kind| BindFailure {
            kind,
            message: "taken".into(),
        }),
    };
    Ack {
        worker,
        revision,
        binds: vec![outcome],
    }
}

fn listening() -> BindState {
    BindState::Listening { note: None }
}

fn failed() -> BindState {
    BindState::Failed(BindFailure {
        kind: BindFailureKind::InUse,
        message: "taken".into(),
    })
}

#[test]
fn a_bind_counts_when_every_live_worker_listens() {
    let in_use = Err(BindFailureKind::InUse);
    let cases = [
        ("nobody spoke", vec![], [Live, Live], BindState::Pending),
        (
            "one spoke",
            vec![ack(0, 1, Ok(None))],
            [Live, Live],
            BindState::Pending,
        ),
        (
            "both listen",
            vec![ack(0, 1, Ok(None)), ack(1, 1, Ok(None))],
            [Live, Live],
            listening(),
        ),
        (
            "one cannot",
            vec![ack(0, 1, Ok(None)), ack(1, 1, in_use)],
            [Live, Live],
            failed(),
        ),
        (
            "the dead are not awaited",
            vec![ack(0, 1, Ok(None))],
            [Live, Absent],
            listening(),
        ),
        (
            "nor the stuck",
            vec![ack(0, 1, Ok(None))],
            [Live, Silent { ms: 9_000 }],
            listening(),
        ),
        (
            "the word of the dead is void",
            vec![ack(1, 1, in_use), ack(0, 1, Ok(None))],
            [Live, Absent],
            listening(),
        ),
        (
            "nobody lives",
            vec![ack(0, 1, Ok(None))],
            [Absent, Absent],
            BindState::Pending,
        ),
        (
            "a later word replaces the earlier",
            vec![ack(0, 1, in_use), ack(1, 1, Ok(None)), ack(0, 1, Ok(None))],
            [Live, Live],
            listening(),
        ),
        (
            "a fall-back is told",
            vec![ack(0, 1, Ok(None)), ack(1, 1, Ok(Some("IPv4 only")))],
            [Live, Live],
            BindState::Listening {
                note: Some("IPv4 only".into()),
            },
        ),
    ];
    for (name, acks, vitality, expected) in cases {
        let mut adoption = Adoption::new(2);
        for ack in acks {
            adoption.acknowledged(ack);
        }
        let binds = adoption.binds(&[spec(80)], &vitality);
        assert_eq!(binds.get(&address(80)), Some(&expected), "{name}");
    }
}

#[test]
fn a_bind_the_workers_have_not_heard_of_is_pending() {
    let mut adoption = Adoption::new(1);
    adoption.acknowledged(ack(0, 1, Ok(None)));
    let binds = adoption.binds(&[spec(80), spec(81)], &[Live]);
    assert_eq!(binds.get(&address(81)), Some(&BindState::Pending));
}

#[test]
fn a_revision_is_adopted_when_the_last_live_worker_has_it() {
    let start = Instant::now();
    let ms = Duration::from_millis;
    let mut adoption = Adoption::new(2);
    adoption.published(1, start);
    adoption.published(2, start + ms(10));
    assert_eq!(adoption.revision(&[Live, Live]), None);
    adoption.acknowledged(ack(0, 2, Ok(None)));
    assert_eq!(adoption.revision(&[Live, Live]), None);
    adoption.acknowledged(ack(1, 1, Ok(None)));
    assert_eq!(adoption.revision(&[Live, Live]), Some(1));
    assert_eq!(adoption.propagated(&[Live, Live], start + ms(15)), [ms(15)]);
    assert_eq!(
        adoption.propagated(&[Live, Live], start + ms(16)),
        [Duration::ZERO; 0]
    );
    assert_eq!(
        adoption.propagated(&[Live, Absent], start + ms(30)),
        [ms(20)]
    );
}

#[test]
fn a_worker_is_live_from_its_start_absent_while_rebuilt_and_silent_without_heartbeat() {
    let status = WorkerStatus::default();
    assert_eq!(Vitality::of(&status, 60_000), Live);
    status.set_state(WorkerState::Serving);
    status.stamp(60_000);
    assert_eq!(Vitality::of(&status, 64_999), Live);
    assert_eq!(Vitality::of(&status, 65_000), Silent { ms: 5_000 });
    status.set_state(WorkerState::Ended);
    assert_eq!(Vitality::of(&status, 65_000), Absent);
    status.count_rebuild();
    status.set_state(WorkerState::Starting);
    assert_eq!(Vitality::of(&status, 65_000), Absent);
    status.set_state(WorkerState::Serving);
    status.stamp(65_000);
    assert_eq!(Vitality::of(&status, 65_100), Live);
}
