//! Which folders the kernel watches for us.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::disk::Visit;

/// The watched folders. Each is watched alone, by its path without links, before it is listed: so
/// nothing can change unseen between the listing and the watch.
pub struct Watches {
    /// None where the kernel offers no events; then there are rescans alone.
    watcher: Option<RecommendedWatcher>,
    folders: BTreeMap<PathBuf, Folder>,
    /// Where the root is seen to come and go, by its path without links.
    root: PathBuf,
    /// Whether it has been said that folders cannot be watched.
    has_warned: bool,
}

#[derive(Debug)]
struct Folder {
    /// Device and inode: another folder of the same name is watched anew.
    identity: (u64, u64),
    /// The paths under which it is listed; none where only the targets of links lie.
    paths: BTreeSet<PathBuf>,
    /// Whether the present scan came by.
    current: bool,
}

impl Watches {
    pub fn new(watcher: Option<RecommendedWatcher>) -> Self {
        Self {
            watcher,
            folders: BTreeMap::new(),
            root: PathBuf::new(),
            has_warned: false,
        }
    }

    /// Whether there are events at all.
    pub fn are_live(&self) -> bool {
        self.watcher.is_some()
    }

    /// Before a scan.
    pub fn begin(&mut self) {
        for folder in self.folders.values_mut() {
            folder.current = false;
            folder.paths.clear();
        }
    }

    /// A scan is about to list a folder.
    pub fn visit(&mut self, visit: &Visit<'_>) {
        let known = self.folders.get(visit.canonical);
        if known.is_none_or(|folder| folder.identity != visit.identity) {
            if known.is_some() {
                self.unwatch(visit.canonical);
            }
            if !self.watch(visit.canonical) {
                return;
            }
        }
        let folder = self
            .folders
            .entry(visit.canonical.to_owned())
            .or_insert_with(|| Folder {
                identity: visit.identity,
                paths: BTreeSet::new(),
                current: true,
            });
        folder.identity = visit.identity;
        folder.current = true;
        if visit.listed {
            folder.paths.insert(visit.path.to_owned());
        }
    }

    /// A scan begins at `root`, whose own coming and going is seen in the folder around it.
    pub fn visit_parent(&mut self, root: &Path) {
        let Some(path) = root.parent() else { return };
        let canonical = path.canonicalize();
        let metadata = path.metadata();
        if let (Ok(canonical), Ok(metadata)) = (canonical, metadata) {
            self.root = canonical.join(root.file_name().unwrap_or_default());
            let identity = (metadata.dev(), metadata.ino());
            self.visit(&Visit {
                path,
                canonical: &canonical,
                identity,
                listed: false,
            });
        }
    }

    /// After a scan: what it did not come by is watched no longer.
    pub fn end(&mut self) {
        let stale = self.folders.iter().filter(|(_, folder)| !folder.current);
        let stale: Vec<PathBuf> = stale.map(|(path, _)| path.clone()).collect();
        for path in stale {
            self.unwatch(&path);
            self.folders.remove(&path);
        }
    }

    /// Whether something is the root or a watched folder itself.
    pub fn is_folder(&self, path: &Path) -> bool {
        path == self.root || (self.folders.contains_key(path) && Some(path) != self.root.parent())
    }

    /// Whether something lies beside the root.
    pub fn is_beside(&self, path: &Path) -> bool {
        path != self.root && path.parent() == self.root.parent()
    }

    /// A folder is gone or renamed: another one in its place is to be watched anew, even if it has
    /// the same inode.
    pub fn forget(&mut self, path: &Path) {
        if self.folders.remove(path).is_some() {
            self.unwatch(path);
        }
    }

    /// The paths, as they are listed, of something in a watched folder.
    pub fn listed(&self, path: &Path) -> Vec<PathBuf> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Vec::new();
        };
        let folder = self.folders.get(parent).into_iter();
        folder
            .flat_map(|folder| &folder.paths)
            .map(|path| path.join(name))
            .collect()
    }

    /// Returns false for a folder that cannot be watched: it is left to the rescans.
    fn watch(&mut self, path: &Path) -> bool {
        let Some(watcher) = &mut self.watcher else {
            return false;
        };
        match watcher.watch(path, RecursiveMode::NonRecursive) {
            Ok(()) => true,
            Err(error) => {
                if !std::mem::replace(&mut self.has_warned, true) {
                    tracing::warn!(folder = %path.display(), %error,
                        "folder cannot be watched and is only read again now and then");
                }
                false
            }
        }
    }

    fn unwatch(&mut self, path: &Path) {
        if let Some(watcher) = &mut self.watcher {
            // The kernel drops the watch of a folder that is gone by itself: an error is no news.
            watcher.unwatch(path).ok();
        }
    }
}
