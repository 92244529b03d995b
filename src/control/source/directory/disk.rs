//! Reading a folder: which manifests are there, and their bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::manifests::Content;
use super::names::{Name, class};
use crate::objects::Cause;
use crate::objects::manifest::Limits;

/// Folders within folders; deeper ones are reported, not read.
const DEPTH: usize = 32;

/// A file changed this recently may change again within the same tick of its file system's clock.
const TICK: Duration = Duration::from_millis(50);

/// A folder and what is known of its files.
pub struct Disk {
    root: PathBuf,
    limits: Limits,
    /// Every manifest, and how it looked when it was read.
    seen: BTreeMap<Arc<str>, Option<Look>>,
    /// Files that changed while they were read; whoever follows the folder reads them again.
    pub unsettled: BTreeSet<PathBuf>,
}

/// What changes when a file does: device, inode, size, times of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look(u64, u64, u64, (i64, i64), (i64, i64));

/// For this long after a file was emptied, whoever emptied it may be about to write it.
const EMPTIED: Duration = Duration::from_secs(1);

/// What is come by on the way, for whoever watches it.
#[derive(Clone, Copy, Debug)]
pub enum Sight<'a> {
    /// The folder around the root, in which the root comes and goes.
    Around { folder: &'a Path, root: &'a OsStr },
    /// A folder that is about to be listed.
    Folder(&'a Path),
    /// Where the file lies that a link leads to.
    Target {
        folder: &'a Path,
        name: &'a OsStr,
        link: &'a Path,
    },
}

impl Disk {
    /// # Errors
    /// When the path is empty or the current folder is unknown.
    pub fn new(root: &Path, limits: Limits) -> io::Result<Self> {
        let root = std::path::absolute(root)?;
        Ok(Self {
            root,
            limits,
            seen: BTreeMap::new(),
            unsettled: BTreeSet::new(),
        })
    }

    /// The folder, as an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reads every file that looks different from when it was last read. `see` is told what is come by,
    /// folders before they are listed; files that `busy` names are left as they were.
    ///
    /// # Errors
    /// When the folder itself cannot be listed.
    pub fn read_all(
        &mut self,
        see: &mut dyn FnMut(Sight<'_>),
        busy: &dyn Fn(&Path) -> bool,
    ) -> io::Result<BTreeMap<Arc<str>, Content>> {
        if let (Some(folder), Some(root)) = (self.root.parent(), self.root.file_name()) {
            see(Sight::Around { folder, root });
        }
        let mut walk = Walk {
            found: BTreeMap::new(),
            closed: Vec::new(),
            entered: BTreeSet::new(),
            see,
        };
        walk.enter(&self.root, "", 0)?;
        let Walk { found, closed, .. } = walk;
        let mut files = BTreeMap::new();
        for (name, path) in &found {
            let look = look_at(path);
            let known = self.seen.get(name).copied().flatten();
            if !busy(path) && (look.is_none() || known != look) {
                self.read_into(&mut files, name, path);
            }
        }
        let within = |name: &str| closed.iter().any(|(folder, _)| name.starts_with(folder));
        let gone: Vec<Arc<str>> = self
            .seen
            .keys()
            .filter(|name| !found.contains_key(*name) && !within(name))
            .cloned()
            .collect();
        for name in gone {
            self.seen.remove(&name);
            files.insert(name, Content::Gone);
        }
        for (folder, message) in closed {
            let name: Arc<str> = folder.into();
            self.seen.insert(Arc::clone(&name), None);
            files.insert(name, Content::Unreadable(Cause::Unreadable, message));
        }
        Ok(files)
    }

    /// Reads some files, however they look.
    pub fn read_some(
        &mut self,
        paths: impl IntoIterator<Item = PathBuf>,
    ) -> BTreeMap<Arc<str>, Content> {
        let mut files = BTreeMap::new();
        for path in paths {
            if let Some(name) = self.name_of(&path) {
                self.read_into(&mut files, &name, &path);
            }
        }
        files
    }

    /// What was last read of a file was not used: the next scan reads it again, however it looks,
    /// and says that it is gone if it is.
    pub fn distrust(&mut self, path: &Path) -> Option<Arc<str>> {
        let name = self.name_of(path)?;
        self.seen.insert(Arc::clone(&name), None);
        Some(name)
    }

    /// The name of a file by its path.
    fn name_of(&self, path: &Path) -> Option<Arc<str>> {
        let relative = path.strip_prefix(&self.root).ok()?;
        Some(relative.to_string_lossy().into())
    }

    fn read_into(&mut self, files: &mut BTreeMap<Arc<str>, Content>, name: &Arc<str>, path: &Path) {
        let (content, look) = match read_file(path, self.limits.bytes) {
            // Most writers begin by emptying a file: that it is to be empty is believed when it is
            // so for longer.
            Ok(Some(whole)) if whole.is_half_written() && self.seen.contains_key(name) => {
                self.unsettled.insert(path.to_owned());
                return;
            }
            Ok(Some(whole)) => (Content::Bytes(whole.bytes), whole.look),
            Ok(None) => {
                self.unsettled.insert(path.to_owned());
                return;
            }
            Err(Trouble::Gone) => (Content::Gone, None),
            Err(Trouble::Cannot(cause, message)) => (Content::Unreadable(cause, message), None),
        };
        if content == Content::Gone {
            self.seen.remove(name);
        } else {
            self.seen.insert(Arc::clone(name), look);
        }
        files.insert(Arc::clone(name), content);
    }
}

/// One walk through a folder and the folders within.
struct Walk<'a> {
    /// Path of each manifest by its name.
    found: BTreeMap<Arc<str>, PathBuf>,
    /// Folders that cannot be listed, with a slash behind, and why.
    closed: Vec<(String, String)>,
    /// Each folder is listed once, whatever links lead there: so there are no circles.
    entered: BTreeSet<(u64, u64)>,
    see: &'a mut dyn FnMut(Sight<'_>),
}

impl Walk<'_> {
    fn enter(&mut self, path: &Path, name: &str, depth: usize) -> io::Result<()> {
        (self.see)(Sight::Folder(path));
        let metadata = fs::metadata(path)?;
        if !self.entered.insert((metadata.dev(), metadata.ino())) {
            return Ok(());
        }
        if depth > DEPTH {
            return Err(io::Error::other(format!("is deeper than {DEPTH} folders")));
        }
        // Told by name, so that what links lead to in several ways is listed in one fixed way.
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.push(entry?.file_name());
        }
        names.sort();
        for entry in names {
            let class = class(&entry);
            if matches!(class, Name::Hidden | Name::Swap) {
                continue;
            }
            let path = path.join(&entry);
            let name = format!("{name}{}", entry.to_string_lossy());
            let is_folder = fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir());
            if is_folder {
                let name = format!("{name}/");
                if let Err(error) = self.enter(&path, &name, depth + 1) {
                    self.closed.push((name, error.to_string()));
                }
            } else if class == Name::Manifest {
                self.announce_target(&path);
                self.found.insert(name.into(), path);
            }
        }
        Ok(())
    }

    /// Tells where a link leads: what is there may change in its own place.
    fn announce_target(&mut self, link: &Path) {
        let is_link = fs::symlink_metadata(link).is_ok_and(|metadata| metadata.is_symlink());
        let target = is_link.then(|| fs::canonicalize(link).ok()).flatten();
        let target = target
            .as_deref()
            .and_then(|path| Some((path.parent()?, path.file_name()?)));
        if let Some((folder, name)) = target {
            (self.see)(Sight::Target { folder, name, link });
        }
    }
}

enum Trouble {
    Gone,
    Cannot(Cause, String),
}

impl Trouble {
    fn of(path: &Path, error: &io::Error) -> Self {
        let is_dangling = || fs::symlink_metadata(path).is_ok();
        match error.kind() {
            io::ErrorKind::NotFound if is_dangling() => {
                Self::Cannot(Cause::Unreadable, "is a link that leads nowhere".into())
            }
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Gone,
            _ => Self::Cannot(Cause::Unreadable, format!("cannot be read: {error}")),
        }
    }
}

/// A file that did not change while it was read.
struct Whole {
    bytes: Vec<u8>,
    /// None where it changed so recently that a further change might look the same.
    look: Option<Look>,
    /// How long ago it changed; none where clocks disagree.
    age: Option<Duration>,
}

impl Whole {
    fn is_half_written(&self) -> bool {
        self.bytes.is_empty() && self.age.is_some_and(|age| age < EMPTIED)
    }
}

/// Reads a file; none when it changed meanwhile.
fn read_file(path: &Path, most: usize) -> Result<Option<Whole>, Trouble> {
    let cannot = |error: io::Error| Trouble::of(path, &error);
    let metadata = fs::metadata(path).map_err(cannot)?;
    if metadata.is_dir() {
        return Err(Trouble::Gone);
    }
    // Opening a pipe could wait for ever.
    if !metadata.is_file() {
        return Err(Trouble::Cannot(
            Cause::Unreadable,
            "is no regular file".into(),
        ));
    }
    let mut file = File::open(path).map_err(cannot)?;
    let before = file.metadata().map_err(cannot)?;
    if before.len() > most as u64 {
        let message = format!("has {} bytes, may have at most {most}", before.len());
        return Err(Trouble::Cannot(Cause::Limit, message));
    }
    let mut bytes = Vec::with_capacity(before.len() as usize);
    file.by_ref()
        .take(most as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    let after = file.metadata().map_err(cannot)?;
    if look_of(&before) != look_of(&after) || bytes.len() as u64 != after.len() {
        return Ok(None);
    }
    let modified = after.modified().ok();
    let age = modified.and_then(|at| SystemTime::now().duration_since(at).ok());
    let look = age.is_some_and(|age| age > TICK).then(|| look_of(&after));
    Ok(Some(Whole { bytes, look, age }))
}

fn look_at(path: &Path) -> Option<Look> {
    fs::metadata(path).ok().as_ref().map(look_of)
}

fn look_of(metadata: &Metadata) -> Look {
    let modified = (metadata.mtime(), metadata.mtime_nsec());
    let changed = (metadata.ctime(), metadata.ctime_nsec());
    Look(
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        modified,
        changed,
    )
}
