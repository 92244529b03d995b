//! Following a real folder: everything is waited for by its batch, nothing by time.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{changes, config, problems};
use crate::control::source::directory::follow::{follow, start};
use crate::control::source::directory::{Batch, Directory, read};
use crate::objects::Objects;
use crate::objects::manifest::Limits;

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
        Self::begin(inbox, directory)
    }

    /// Follows without any event of the kernel.
    fn blindly(root: &Path) -> Self {
        let (sender, inbox) = channel();
        let tell = move |batch| sender.send(batch).is_ok();
        Self::begin(inbox, start(root, Limits::default(), None, tell))
    }

    fn begin(inbox: Receiver<Batch>, directory: io::Result<Directory>) -> Self {
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
        let batch = self.receive();
        self.apply(batch);
    }

    fn receive(&self) -> Batch {
        let timeout = Duration::from_secs(20);
        self.inbox.recv_timeout(timeout).expect("a batch in time")
    }

    fn apply(&mut self, batch: Batch) {
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

#[test]
fn a_file_is_read_whole_once_its_writer_is_done_with_it() {
    let folder = Folder::new();
    folder.write(
        "a.yaml",
        &format!("{}---\n{}", config("a", "1"), config("b", "1")),
    );
    let mut followed = Followed::new(&folder.root());
    // Half of the file is a valid file, in which `b` is missing.
    let mut file = File::create(folder.root().join("a.yaml")).expect("a file");
    file.write_all(config("a", "2").as_bytes())
        .expect("it can be written");
    folder.write("c.yaml", &config("c", "1"));
    followed.expect("a=1 b=1 c=1");
    file.write_all(format!("---\n{}", config("b", "2")).as_bytes())
        .expect("it can be written");
    drop(file);
    followed.expect("a=2 b=2 c=1");
    // A writer that never closes is not waited for beyond patience.
    let mut file = File::create(folder.root().join("a.yaml")).expect("a file");
    file.write_all(config("a", "3").as_bytes())
        .expect("it can be written");
    followed.expect("a=3 c=1");
}

#[test]
fn what_events_miss_a_rescan_finds() {
    let folder = Folder::new();
    folder.write("a.yaml", &config("a", "1"));
    let mut followed = Followed::blindly(&folder.root());
    folder.write("a.yaml", &config("a", "2"));
    folder.write("sub/b.yaml", &config("b", "1"));
    fs::create_dir(folder.root().join("empty")).expect("a folder");
    followed.expect("a=2 b=1");
    fs::remove_file(folder.root().join("a.yaml")).expect("it can be removed");
    followed.expect("b=1");
}

#[test]
fn a_file_that_is_rewritten_all_the_time_is_never_taken_by_half() {
    const LAST: u32 = 400;
    let folder = Folder::new();
    let text = |value: &str| {
        let filler = "# filler\n".repeat(200);
        format!("{}{filler}---\n{}", config("a", value), config("b", value))
    };
    folder.write("f.yaml", &text("0"));
    let mut followed = Followed::new(&folder.root());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 1..=LAST {
                // In place: emptied first, then written in two parts.
                let text = text(&turn.to_string());
                let (one, other) = text.split_at(text.len() / 2);
                let mut file = File::create(folder.root().join("f.yaml")).expect("a file");
                file.write_all(one.as_bytes()).expect("it can be written");
                file.write_all(other.as_bytes()).expect("it can be written");
            }
        });
        let last = format!("a={LAST} b={LAST}");
        while followed.state() != last {
            let batch = followed.receive();
            let words = changes(&batch);
            assert!(
                !words.contains('-') && batch.problems.is_none(),
                "{batch:?}"
            );
            let values: Vec<&str> = words
                .split(' ')
                .filter_map(|word| word.split('=').nth(1))
                .collect();
            assert!(values.len() == 2 && values[0] == values[1], "{words}");
            followed.apply(batch);
        }
    });
}
