//! What files say, folded: no disk, no clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{changes, config, problems};
use crate::control::source::directory::{Batch, Content, Manifests};
use crate::objects::manifest::Limits;
use crate::objects::{Cause, Objects};

fn fold(manifests: &mut Manifests, files: &[(&str, &str)]) -> Batch {
    let content = |text: &str| match text {
        "" => Content::Gone,
        "?" => Content::Unreadable(Cause::Unreadable, "cannot be read".into()),
        text => Content::Bytes(text.as_bytes().to_vec()),
    };
    manifests.fold(
        files
            .iter()
            .map(|(name, text)| ((*name).into(), content(text)))
            .collect(),
    )
}

#[test]
fn changes_are_what_differs_from_before() {
    let mut manifests = Manifests::new(Limits::default());
    let (a1, a2, b1) = (config("a", "1"), config("a", "2"), config("b", "1"));
    let both = format!("{a2}---\n{b1}");
    let steps: &[(&[(&str, &str)], &str)] = &[
        (&[("b.yaml", &b1), ("a.yaml", &a1)], "+a=1 +b=1"),
        (&[("a.yaml", &a1)], ""),
        (&[("a.yaml", &a2)], "+a=2"),
        // The same objects elsewhere are the same.
        (&[("a.yaml", ""), ("b.yaml", &both)], ""),
        (&[("gone.yaml", "")], ""),
        (&[("b.yaml", &a1)], "+a=1 -b"),
        (&[("b.yaml", "")], "-a"),
    ];
    for (files, expected) in steps {
        let batch = fold(&mut manifests, files);
        assert_eq!(changes(&batch), *expected, "{files:?}");
        assert_eq!(batch.problems, None);
    }
}

#[test]
fn of_two_definitions_the_first_by_path_counts() {
    let mut manifests = Manifests::new(Limits::default());
    let (one, two) = (config("a", "1"), config("a", "2"));
    let batch = fold(&mut manifests, &[("b.yaml", &two), ("a/z.yaml", &one)]);
    assert_eq!(changes(&batch), "+a=1");
    assert_eq!(
        problems(&batch),
        [
            "b.yaml:1: ConfigMap default/a: metadata.name: is already defined in a/z.yaml, line 1; that one counts"
        ]
    );
    let batch = fold(&mut manifests, &[("a/z.yaml", "")]);
    assert_eq!(
        (changes(&batch).as_str(), problems(&batch)),
        ("+a=2", vec![])
    );
    let twice = format!("{two}---\n{one}");
    let batch = fold(&mut manifests, &[("b.yaml", &twice)]);
    assert_eq!(changes(&batch), "");
    let [problem] = &problems(&batch)[..] else {
        panic!("{batch:?}")
    };
    assert!(
        problem.starts_with("b.yaml:6: ") && problem.contains("in b.yaml, line 1"),
        "{problem}"
    );
}

#[test]
fn the_last_good_version_stays_while_an_object_cannot_be_read() {
    let good = format!("{}---\n{}", config("a", "1"), config("b", "1"));
    let gone_too = "the last good version still counts";
    for (text, expected, says) in [
        // Its name can still be read.
        (
            format!(
                "{}---\n{}",
                config("a", "1\\n").replace("'1\\n'", "true"),
                config("b", "2")
            ),
            "+b=2",
            gone_too,
        ),
        // Nothing of it can be read.
        (
            format!("a: [\n---\n{}", config("b", "2")),
            "+b=2",
            "1 object as last read from this file still counts",
        ),
        (
            "a: [\n".to_owned(),
            "",
            "2 objects as last read from this file still count",
        ),
        ("?".to_owned(), "", "2 objects as last read"),
        ("kind: ConfigMap\n".to_owned(), "", "2 objects as last read"),
        // What is somebody else's is no bad version of ours.
        (
            "apiVersion: apps/v1\nkind: Deployment\n".to_owned(),
            "-a -b",
            "left aside",
        ),
    ] {
        let mut manifests = Manifests::new(Limits::default());
        fold(&mut manifests, &[("f.yaml", &good)]);
        let batch = fold(&mut manifests, &[("f.yaml", &text)]);
        assert_eq!(changes(&batch), expected, "{text}");
        let found = problems(&batch);
        assert!(
            found.iter().any(|problem| problem.contains(says)),
            "{text}: {found:?}"
        );
        let batch = fold(&mut manifests, &[("f.yaml", &config("a", "3"))]);
        let b_is_there = !expected.contains("-b");
        assert_eq!(
            changes(&batch),
            if b_is_there { "+a=3 -b" } else { "+a=3" },
            "{text}"
        );
        assert_eq!(problems(&batch), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_folder_that_is_away_keeps_its_objects() {
    let mut manifests = Manifests::new(Limits::default());
    fold(&mut manifests, &[("a.yaml", &config("a", "1"))]);
    let batch = manifests.away("the folder is away".into());
    assert_eq!(
        (changes(&batch).as_str(), problems(&batch)),
        ("", vec!["the folder is away".into()])
    );
    let batch = fold(&mut manifests, &[("a.yaml", &config("a", "2"))]);
    assert_eq!(
        (changes(&batch).as_str(), problems(&batch)),
        ("+a=2", vec![])
    );
}

#[test]
fn the_order_in_which_files_are_seen_leaves_no_trace() {
    let files = [
        ("a.yaml", config("x", "1")),
        ("b.yaml", config("x", "2")),
        ("c.yaml", config("z", "1")),
        ("d.yaml", "a: [\n".to_owned()),
    ];
    let all: BTreeMap<Arc<str>, Content> = files
        .iter()
        .map(|(name, text)| ((*name).into(), Content::Bytes(text.clone().into_bytes())))
        .collect();
    let state = |batches: Vec<Batch>| {
        let mut objects = Objects::default();
        for batch in batches {
            objects.apply_all(batch.changes);
            batch.problems.into_iter().for_each(|problems| {
                objects.set_problems(problems);
            });
        }
        objects
    };
    let at_once = state(vec![Manifests::new(Limits::default()).fold(all.clone())]);
    assert_eq!(
        (at_once.config_maps().len(), at_once.problems().len()),
        (2, 2)
    );
    for first in 0..files.len() {
        let mut manifests = Manifests::new(Limits::default());
        let turns = (0..files.len())
            .rev()
            .map(|turn| (first + turn) % files.len());
        let batches = turns.map(|turn| {
            let one = all
                .iter()
                .nth(turn)
                .map(|(name, content)| (name.clone(), content.clone()));
            manifests.fold(one.into_iter().collect())
        });
        assert_eq!(state(batches.collect()), at_once, "beginning with {first}");
    }
}

#[test]
fn of_very_many_problems_a_number_is_said() {
    let mut manifests = Manifests::new(Limits::default());
    let typos: String = (0..60).map(|n| format!("typo{n}: 1\n")).collect();
    let typo = format!("---\n{}{typos}", config("a", "1"));
    let bad = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: B}\n";
    let batch = fold(&mut manifests, &[("a.yaml", &(typo.repeat(20) + bad))]);
    let problems = problems(&batch);
    assert_eq!(problems.len(), 1001);
    let said = |text: &str| problems.iter().any(|problem| problem.contains(text));
    // 1200 typos, 19 repetitions, a bad name; what is refused comes before typos.
    assert!(
        said("220 more problems of this file are not listed"),
        "{}",
        problems[0]
    );
    assert!(said("must be a DNS name"));
}
