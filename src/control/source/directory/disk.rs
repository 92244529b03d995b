//! Reading a folder: which manifests are there, and their bytes.

use std::collections::{BTreeMap, BTreeSet};
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

/// A folder that is being read, for whoever watches it.
pub struct Visit<'a> {
    /// Its path through whatever links lead there.
    pub path: &'a Path,
    /// Its path without links.
    pub canonical: &'a Path,
    /// Device and inode.
    pub identity: (u64, u64),
    /// False where only the target of a link lies there.
    pub listed: bool,
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

    /// Reads every file that looks different from when it was last read. `visit` is told of each
    /// folder before it is listed; files that `busy` names are left as they were.
    ///
    /// # Errors
    /// When the folder itself cannot be listed.
    pub fn read_all(
        &mut self,
        visit: &mut dyn FnMut(Visit<'_>),
        busy: &dyn Fn(&Path) -> bool,
    ) -> io::Result<BTreeMap<Arc<str>, Content>> {
        let mut walk = Walk {
            found: BTreeMap::new(),
            closed: Vec::new(),
            entered: BTreeSet::new(),
            visit,
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
            if let Ok(relative) = path.strip_prefix(&self.root) {
                let name: Arc<str> = relative.to_string_lossy().into();
                self.read_into(&mut files, &name, &path);
            }
        }
        files
    }

    fn read_into(&mut self, files: &mut BTreeMap<Arc<str>, Content>, name: &Arc<str>, path: &Path) {
        let (content, look) = match read_file(path, self.limits.bytes) {
            Ok(Some((bytes, look))) => (Content::Bytes(bytes), look),
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
    visit: &'a mut dyn FnMut(Visit<'_>),
}

impl Walk<'_> {
    fn enter(&mut self, path: &Path, name: &str, depth: usize) -> io::Result<()> {
        let identity = self.announce(path, true)?;
        if !self.entered.insert(identity) {
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

    /// Tells of a folder.
    fn announce(&mut self, path: &Path, listed: bool) -> io::Result<(u64, u64)> {
        let canonical = fs::canonicalize(path)?;
        let metadata = fs::metadata(&canonical)?;
        let identity = (metadata.dev(), metadata.ino());
        (self.visit)(Visit {
            path,
            canonical: &canonical,
            identity,
            listed,
        });
        Ok(identity)
    }

    /// Tells of the folder that holds what a link leads to: it may change there.
    fn announce_target(&mut self, path: &Path) {
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let target = is_link.then(|| fs::canonicalize(path).ok()).flatten();
        if let Some(folder) = target.as_deref().and_then(Path::parent) {
            // A target that is gone again is found by the next scan.
            self.announce(folder, false).ok();
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

/// The bytes of a file, and how it looked once it had settled.
type Whole = (Vec<u8>, Option<Look>);

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
    Ok(Some((bytes, settled_look(&after))))
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

/// How a file looks, unless it changed so recently that a further change might look the same.
fn settled_look(metadata: &Metadata) -> Option<Look> {
    let age = metadata
        .modified()
        .ok()
        .and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age > TICK).then(|| look_of(metadata))
}
