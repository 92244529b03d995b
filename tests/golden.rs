//! Golden cases of translation: manifests in, the model and every status out.
//!
//! `tests/golden/NAME.in.yaml` is one behaviour, complete in itself; `NAME.out.yaml` is what comes
//! of it. `UPDATE_GOLDEN=1 cargo test --test golden` writes the outputs anew; read every difference
//! against the specification before it is committed.
//!
//! A document `kind: GoldenSettings` in an input sets what is not in manifests: settings of the
//! translation, and binds that do not listen (all others do).
#![cfg(feature = "control")]

#[path = "golden/case.rs"]
mod case;

use case::{Case, names};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ringress::objects::kinds::endpoint_slice::EndpointSlice;
use ringress::objects::{Change, Object, Objects};
use ringress::translate::{Memory, translate, translate_again};
use std::fs;

#[test]
fn outputs_are_what_was_blessed() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differing = Vec::new();
    for name in names() {
        let case = Case::load(&name);
        let (got, path) = (case.output(), case.output_path());
        let blessed = fs::read_to_string(&path).unwrap_or_default();
        if got == blessed {
            continue;
        }
        if update {
            fs::write(&path, &got).expect("a writable checkout");
        } else {
            differing.push(format!("{name}:\n{}", first_difference(&blessed, &got)));
        }
    }
    assert!(
        differing.is_empty(),
        "{} outputs differ (UPDATE_GOLDEN=1 rewrites them):\n{}",
        differing.len(),
        differing.join("\n")
    );
}

fn first_difference(blessed: &str, got: &str) -> String {
    let mut lines = blessed.lines().zip(got.lines()).enumerate();
    match lines.find(|(_, (old, new))| old != new) {
        Some((index, (old, new))) => format!("  line {}\n  - {old}\n  + {new}", index + 1),
        None => "  one is longer than the other".to_owned(),
    }
}

/// What a translation says, in bytes.
fn bytes(case: &Case, objects: &[Object]) -> String {
    let mut store = Objects::default();
    store.apply_all(objects.iter().cloned().map(Change::Apply));
    let (model, report) = translate(&store, &case.settings);
    serde_json::to_string(&(model, report)).expect("plain data")
}

#[test]
fn any_order_of_the_same_objects_gives_the_same_bytes() {
    for name in names() {
        let case = Case::load(&name);
        let expected = bytes(&case, &case.objects);
        let mut runner = TestRunner::new(Config {
            cases: 12,
            failure_persistence: None,
            ..Config::default()
        });
        let shuffled = Just(case.objects.clone()).prop_shuffle();
        runner
            .run(&shuffled, |objects| {
                prop_assert_eq!(&bytes(&case, &objects), &expected, "{}", name);
                Ok(())
            })
            .expect("one outcome");
    }
}

#[test]
fn what_one_translation_leaves_for_the_next_changes_nothing() {
    let mut memory = Memory::default();
    for name in names().iter().chain(&names()) {
        let case = Case::load(name);
        let mut store = Objects::default();
        store.apply_all(case.objects.iter().cloned().map(Change::Apply));
        let fresh = translate(&store, &case.settings);
        let again = translate_again(&store, &case.settings, &mut memory);
        assert_eq!(again, fresh, "{name}");
    }
}

/// One object of a case gone, or, of an EndpointSlice, its endpoints gone, terminating, or others.
fn changes(object: &Object) -> Vec<Change> {
    let mut changes = vec![Change::Delete(object.key())];
    if let Object::EndpointSlice(slice) = object {
        let changed = |change: fn(&mut EndpointSlice)| {
            let mut slice = (**slice).clone();
            change(&mut slice);
            Change::Apply(Object::EndpointSlice(slice.into()))
        };
        changes.push(changed(|slice| slice.endpoints.clear()));
        changes.push(changed(|slice| slice.ports.clear()));
        changes.push(changed(|slice| {
            let leaving = r#"{"ready": false, "serving": true, "terminating": true}"#;
            for endpoint in &mut slice.endpoints {
                endpoint.conditions = serde_json::from_str(leaving).expect("conditions");
            }
        }));
        changes.push(changed(|slice| {
            for endpoint in &mut slice.endpoints {
                endpoint.addresses = vec!["192.0.2.9".into()];
            }
        }));
    }
    changes.push(Change::Apply(object.clone()));
    changes
}

#[test]
fn endpoints_that_change_alone_leave_the_rest_as_it_would_be_translated() {
    let mut alone = 0;
    for name in names() {
        let case = Case::load(&name);
        let (mut store, mut memory) = (Objects::default(), Memory::default());
        store.apply_all(case.objects.iter().cloned().map(Change::Apply));
        let mut last = translate_again(&store, &case.settings, &mut memory);
        for change in case.objects.iter().flat_map(changes) {
            store.apply(change);
            match memory.endpoints(&store, &case.settings) {
                Some(endpoints) => {
                    assert_eq!(endpoints.len(), last.0.backends.len(), "{name}");
                    for (backend, endpoints) in last.0.backends.iter_mut().zip(endpoints) {
                        alone += usize::from(backend.endpoints != endpoints);
                        backend.endpoints = endpoints;
                    }
                }
                None => last = translate_again(&store, &case.settings, &mut memory),
            }
            assert_eq!(last, translate(&store, &case.settings), "{name}");
        }
    }
    assert!(alone > 100, "{alone} changes of endpoints were seen alone");
}

#[test]
fn no_output_shows_a_key() {
    for name in names() {
        let case = Case::load(&name);
        let out = case.output();
        assert!(!out.contains("PRIVATE KEY"), "{name}");
        assert!(!out.contains("BEGIN CERTIFICATE"), "{name}");
    }
}
