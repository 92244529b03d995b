//! The life of a slot, told as what a reader of the metrics sees.

use super::*;
use crate::ir::BackendName;
use crate::telemetry::counters::{BACKEND_BLOCK, BackendCount};

type Book = SlotBook<BackendName, BACKEND_BLOCK>;

fn name(service: &str) -> BackendName {
    BackendName {
        namespace: "default".into(),
        service: service.into(),
        port: 80,
    }
}

fn workers() -> Vec<Arc<Counters>> {
    vec![Arc::default(), Arc::default()]
}

fn count(counters: &[Arc<Counters>], slot: u32, times: usize) {
    for turn in 0..times {
        counters[turn % counters.len()].backend(slot, BackendCount::Requests);
    }
}

/// Service to requests, as the metrics would show them.
fn shown(book: &mut Book, counters: &[Arc<Counters>]) -> Vec<(String, u64)> {
    let view = book.view();
    let shown = view.shown(counters);
    shown
        .map(|(name, counts)| (name.service.to_string(), counts[0]))
        .collect()
}

fn settle(book: &mut Book, latest: u64, oldest_live: u64, now_ms: u64, scraped_ms: u64) {
    book.settle(Settlement {
        latest,
        oldest_live,
        now_ms,
        scraped_ms,
    });
}

#[test]
fn a_name_keeps_its_slot_and_its_counts_over_revisions_and_absence() {
    let (mut book, counters) = (Book::new(10), workers());
    let slot = book.slot(&name("a"), 1, &counters);
    assert_ne!(slot, 0);
    count(&counters, slot, 5);
    assert_eq!(book.slot(&name("a"), 2, &counters), slot);

    // Revision 3 lacks it; it stays on show until a scrape after the last exchange.
    settle(&mut book, 3, 2, 1_000, 900);
    assert!(book.unsettled());
    count(&counters, slot, 1);
    settle(&mut book, 3, 2, 2_000, 1_500);
    settle(&mut book, 3, 3, 3_000, 1_900);
    assert_eq!(shown(&mut book, &counters), [("a".into(), 6)]);
    settle(&mut book, 3, 3, 4_000, 3_500);
    assert!(!book.unsettled());
    assert_eq!(shown(&mut book, &counters), []);

    // It comes back and goes on from where it was.
    assert_eq!(book.slot(&name("a"), 4, &counters), slot);
    count(&counters, slot, 1);
    assert_eq!(shown(&mut book, &counters), [("a".into(), 7)]);
}

#[test]
fn a_live_snapshot_keeps_a_slot_from_being_given_away() {
    let (mut book, counters) = (Book::new(1), workers());
    let old = book.slot(&name("old"), 1, &counters);
    settle(&mut book, 2, 1, 1_000, 5_000);
    settle(&mut book, 2, 1, 9_000_000, 9_500_000);
    let new = book.slot(&name("new"), 2, &counters);
    assert_ne!(old, new);
    assert_eq!(shown(&mut book, &counters), [("old".into(), 0)]);
}

#[test]
fn a_slot_given_to_another_name_counts_from_zero() {
    let (mut book, counters) = (Book::new(1), workers());
    book.slot_max = 1;
    let slot = book.slot(&name("old"), 1, &counters);
    count(&counters, slot, 9);
    settle(&mut book, 2, 2, 1_000, 0);
    settle(&mut book, 2, 2, 2_000, 1_500);
    assert_eq!(book.slot(&name("new"), 3, &counters), slot);
    count(&counters, slot, 2);
    assert_eq!(shown(&mut book, &counters), [("new".into(), 2)]);
    assert_eq!(book.view().name(slot), Some(&name("new")));
    assert_eq!(
        book.view().counts(slot, &counters).map(|counts| counts[0]),
        Some(2)
    );
    assert_eq!(book.view().counts(0, &counters), None);
}

#[test]
fn a_name_leaves_its_series_to_another_and_its_slot_last() {
    let (mut book, counters) = (Book::new(1), workers());
    book.slot_max = 2;
    let old = book.slot(&name("old"), 1, &counters);
    settle(&mut book, 2, 2, 1_000, 0);
    settle(&mut book, 2, 2, 2_000, 1_500);
    let new = book.slot(&name("new"), 3, &counters);
    assert_ne!(old, new);
    // A tunnel of a revision that is gone ends now.
    count(&counters, old, 3);
    assert_eq!(shown(&mut book, &counters), [("new".into(), 0)]);
    assert_eq!(book.view().name(old), Some(&name("old")));
    assert_eq!(book.view().overflow(&counters)[0], 0);

    // It comes back, and there is no other slot than its old one.
    assert_eq!(book.slot(&name("old"), 4, &counters), old);
    assert_eq!(book.view().crowded(), 1);
    assert_eq!(book.view().overflow(&counters)[0], 0);
}

#[test]
fn counts_that_nobody_scrapes_are_given_up_in_the_end() {
    let (mut book, counters) = (Book::new(1), workers());
    book.slot_max = 1;
    let slot = book.slot(&name("old"), 1, &counters);
    settle(&mut book, 2, 2, 1_000, 0);
    settle(&mut book, 2, 2, 1_000 + UNREAD_MS, 0);
    assert!(book.unsettled());
    settle(&mut book, 2, 2, 1_001 + UNREAD_MS, 0);
    assert_eq!(book.slot(&name("new"), 3, &counters), slot);
}

#[test]
fn names_beyond_the_cap_share_the_overflow_which_never_falls() {
    let (mut book, counters) = (Book::new(1), workers());
    book.slot_max = 2;
    let own = book.slot(&name("own"), 1, &counters);
    let shared = book.slot(&name("shared"), 1, &counters);
    let none = book.slot(&name("none"), 1, &counters);
    assert_eq!((own, shared, none), (1, 2, 0));
    count(&counters, own, 1);
    count(&counters, shared, 2);
    count(&counters, none, 4);
    assert_eq!(shown(&mut book, &counters), [("own".into(), 1)]);
    assert_eq!(book.view().overflow(&counters)[0], 6);
    assert_eq!(book.view().crowded(), 1);
    assert_eq!(book.view().name(shared), Some(&name("shared")));

    // `shared` leaves, and its slot goes to a name that shares the overflow as well.
    book.slot(&name("own"), 2, &counters);
    settle(&mut book, 2, 2, 1_000, 0);
    settle(&mut book, 2, 2, 2_000, 1_500);
    assert_eq!(book.slot(&name("later"), 3, &counters), shared);
    assert_eq!(book.view().overflow(&counters)[0], 6);
    count(&counters, shared, 1);
    assert_eq!(book.view().overflow(&counters)[0], 7);
}

#[test]
fn a_view_is_shared_until_something_changes() {
    let (mut book, counters) = (Book::new(1), workers());
    book.slot(&name("a"), 1, &counters);
    let view = book.view();
    book.slot(&name("a"), 2, &counters);
    assert!(Arc::ptr_eq(&view, &book.view()));
    book.slot(&name("b"), 2, &counters);
    assert!(!Arc::ptr_eq(&view, &book.view()));
}
