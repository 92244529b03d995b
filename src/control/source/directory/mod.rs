//! Directory mode: the objects are the manifests in a folder, followed live.
//!
//! Read are `*.yaml`, `*.yml` and `*.json` in the folder and in the folders within, through symbolic
//! links; names that begin with a dot and editors' copies are left aside. The files of a mounted
//! ConfigMap (links into `..data`, which is swapped whole) are followed, and so is a folder that is
//! taken away and comes back: while it is away, what it last held stays.
//!
//! What a folder cannot say has fixed rules. An object without a namespace is in `default`. Of two
//! definitions of one object the first counts: by path, then by place in the file. An object
//! without `creationTimestamp` is older than any that has one, and among such the namespace and
//! name decide, so that the order in which files were first seen leaves no trace. The last good
//! version of an object that became unreadable stays: by its name where the document still says it,
//! else as long as the file holds a document that cannot be read.
//!
//! Following is event-driven: a file is read when its writer closes it or renames it into place,
//! within a few milliseconds ([`follow::QUIET`], [`follow::CAP`]). A slow rescan catches what events
//! miss (a network file system, a full event queue).

mod disk;
mod event;
mod follow;
mod manifests;
mod names;
#[cfg(test)]
mod tests;
mod watches;

use std::io;
use std::path::Path;

use crate::objects::manifest::Limits;
use crate::objects::{Change, Problem};

use crate::control::{SourceEvent, SourceSender};

pub use follow::{CAP, Directory, QUIET};
pub use manifests::{Content, Manifests};

/// What a folder says at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Objects that are now different; at most one change of each.
    pub changes: Vec<Change>,
    /// Everything that is wrong at present, where that differs from what was said last.
    pub problems: Option<Vec<Problem>>,
}

/// Follows a folder, for as long as the returned value lives: says the whole of it, that this was
/// the whole, and then every change.
///
/// A folder that does not exist yet is waited for; that it is away is then its first problem.
///
/// # Errors
/// When the path is unusable or the thread cannot be started; trying again does not help.
pub fn follow(root: &Path, limits: Limits, source: SourceSender) -> io::Result<Directory> {
    let mut is_first = true;
    follow::follow(root, limits, move |batch| {
        let Batch { changes, problems } = batch;
        let changes = (!changes.is_empty()).then_some(SourceEvent::Changes(changes));
        let problems = problems.map(SourceEvent::Problems);
        let synced = std::mem::take(&mut is_first).then_some(SourceEvent::Synced);
        let mut events = [changes, problems, synced].into_iter().flatten();
        events.all(|event| source.send(event))
    })
}

/// Reads a folder once: every object, and everything that is wrong.
///
/// # Errors
/// When the folder itself cannot be read; trying again helps only once it can.
pub fn read(root: &Path, limits: Limits) -> io::Result<Batch> {
    let mut disk = disk::Disk::new(root, limits)?;
    let files = disk.read_all(&mut |_| {}, &|_| false)?;
    Ok(Manifests::new(limits).fold(files))
}
