//! Folding without a disk, and following a real folder.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::follow::follow;
use super::{Batch, Content, Directory, Manifests, read};
use crate::objects::manifest::Limits;
use crate::objects::{Cause, Change, Object, Objects};

/// A ConfigMap that is told apart by one value.
fn config(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: '{value}'}}\n"
    )
}

/// `+name=value` for what is applied, `-name` for what is deleted.
fn changes(batch: &Batch) -> String {
    let words = batch.changes.iter().map(|change| match change {
        Change::Apply(Object::ConfigMap(map)) => {
            format!("+{}={}", map.metadata.name, map.data["value"])
        }
        Change::Apply(object) => format!("+{}", object.key()),
        Change::Delete(key) => format!("-{}", key.name),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn problems(batch: &Batch) -> Vec<String> {
    let problems = batch
        .problems
        .as_ref()
        .expect("the problems should have changed");
    problems.iter().map(ToString::to_string).collect()
}

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

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("ringress-directory-{}-{number}", std::process::id());
        let around = std::env::temp_dir().join(name);
        fs::create_dir_all(around.join("manifests")).expect("a temporary folder");
        Self(around)
    }

    fn root(&self) -> PathBuf {
        self.0.join("manifests")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().expect("within the root")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Writes aside and renames into place, as careful editors do.
    fn replace(&self, name: &str, text: &str) {
        let aside = self.0.join("aside");
        fs::write(&aside, text).expect("a file");
        fs::rename(aside, self.root().join(name)).expect("a rename");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A folder that is followed, and the objects as they are said to be.
struct Followed {
    inbox: Receiver<Batch>,
    objects: Objects,
    _directory: Directory,
}

impl Followed {
    fn new(root: &Path) -> Self {
        let (sender, inbox) = channel();
        let directory = follow(root, Limits::default(), move |batch| {
            sender.send(batch).is_ok()
        });
        let directory = directory.expect("it can be followed");
        let mut followed = Self {
            inbox,
            objects: Objects::default(),
            _directory: directory,
        };
        followed.take();
        followed
    }

    fn take(&mut self) {
        let batch = self
            .inbox
            .recv_timeout(Duration::from_secs(20))
            .expect("a batch in time");
        self.objects.apply_all(batch.changes);
        if let Some(problems) = batch.problems {
            self.objects.set_problems(problems);
        }
    }

    fn state(&self) -> String {
        let maps = self.objects.config_maps().iter();
        let words = maps.map(|map| format!("{}={}", map.metadata.name, map.data["value"]));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Takes batches until the objects are these.
    fn expect(&mut self, state: &str) {
        while self.state() != state {
            self.take();
        }
    }
}

#[test]
fn a_folder_is_followed_through_everything_that_happens_to_it() {
    let folder = Folder::new();
    folder.write("a.yaml", &config("a", "1"));
    folder.write(
        "deep/er/b.json",
        &serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "b"}, "data": {"value": "1"}})
        .to_string(),
    );
    folder.write(".hidden.yaml", &config("h", "1"));
    folder.write("notes.txt", "none");
    let mut followed = Followed::new(&folder.root());
    assert_eq!(
        followed.state(),
        "a=1 b=1",
        "the first batch is the whole folder"
    );

    folder.write("a.yaml", &config("a", "2"));
    followed.expect("a=2 b=1");
    folder.replace("a.yaml", &config("a", "3"));
    followed.expect("a=3 b=1");
    folder.write("new/c.yml", &config("c", "1"));
    followed.expect("a=3 b=1 c=1");
    folder.write("new/c.yml", &config("c", "2"));
    followed.expect("a=3 b=1 c=2");
    fs::rename(folder.root().join("new"), folder.root().join("renamed")).expect("a rename");
    folder.write("renamed/c.yml", &config("c", "3"));
    followed.expect("a=3 b=1 c=3");
    fs::remove_dir_all(folder.root().join("renamed")).expect("it can be removed");
    followed.expect("a=3 b=1");
    folder.write("a.yaml", "a: [");
    folder.write("d.yaml", &config("d", "1"));
    followed.expect("a=3 b=1 d=1");
    while followed.objects.problems().is_empty() {
        followed.take();
    }
    assert!(
        followed.objects.problems()[0]
            .to_string()
            .starts_with("a.yaml:1: ")
    );
    folder.write("a.yaml", &config("a", "4"));
    followed.expect("a=4 b=1 d=1");

    // The folder itself goes away, stays in force, and comes back as another.
    fs::remove_dir_all(folder.root()).expect("it can be removed");
    folder.write("e.yaml", &config("e", "1"));
    followed.expect("e=1");
    folder.write("e.yaml", &config("e", "2"));
    followed.expect("e=2");
    fs::rename(folder.root(), folder.0.join("old")).expect("a rename");
    folder.write("e.yaml", &config("e", "3"));
    followed.expect("e=3");
}

#[test]
fn a_mounted_config_map_is_followed_through_its_swaps() {
    let folder = Folder::new();
    let publish = |generation: &str, value: &str| {
        folder.write(&format!("..{generation}/a.yaml"), &config("a", value));
        let aside = folder.root().join("..data_tmp");
        symlink(format!("..{generation}"), &aside).expect("a link");
        fs::rename(aside, folder.root().join("..data")).expect("a rename");
    };
    publish("1", "1");
    symlink("..data/a.yaml", folder.root().join("a.yaml")).expect("a link");
    let mut followed = Followed::new(&folder.root());
    assert_eq!(followed.state(), "a=1");
    for (generation, value) in [("2", "2"), ("3", "3"), ("4", "4")] {
        publish(generation, value);
        followed.expect(&format!("a={value}"));
    }
    // The target of a link may also change in place.
    folder.write("..4/a.yaml", &config("a", "5"));
    followed.expect("a=5");
}

#[test]
fn links_in_circles_and_pipes_stop_nothing() {
    let folder = Folder::new();
    folder.write("sub/a.yaml", &config("a", "1"));
    symlink("..", folder.root().join("sub/loop")).expect("a link");
    symlink("nowhere", folder.root().join("dangling.yaml")).expect("a link");
    let socket = std::os::unix::net::UnixListener::bind(folder.root().join("socket.yaml"));
    let _socket = socket.expect("a socket");
    let batch = read(&folder.root(), Limits::default()).expect("it can be read");
    assert_eq!(changes(&batch), "+a=1");
    let found = problems(&batch);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("dangling.yaml: is a link that leads nowhere"),
        "{found:?}"
    );
    assert!(
        found[1].contains("socket.yaml: is no regular file"),
        "{found:?}"
    );
    assert!(read(&folder.0.join("absent"), Limits::default()).is_err());
}

#[test]
fn a_folder_that_comes_later_is_waited_for() {
    let folder = Folder::new();
    fs::remove_dir(folder.root()).expect("it can be removed");
    let mut followed = Followed::new(&folder.root());
    assert!(
        followed.objects.problems()[0]
            .message
            .contains("cannot be read")
    );
    folder.write("a.yaml", &config("a", "1"));
    followed.expect("a=1");
    assert_eq!(followed.objects.problems(), []);
}
