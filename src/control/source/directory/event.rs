//! What an event of the file system means for a folder of manifests.

use std::path::{Path, PathBuf};

use notify::EventKind;
use notify::event::{AccessKind, AccessMode, CreateKind, Event, ModifyKind, RemoveKind};

use super::names::{Name, class};
use super::watches::Watches;

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A file is whole and may have changed.
    Read(PathBuf),
    /// Somebody is writing to a file.
    Busy(PathBuf),
    /// Anything may have changed.
    Scan,
}

/// Whether an event can mean anything: reading files makes events of its own.
pub fn matters(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Access(kind)
        if kind != AccessKind::Close(AccessMode::Write))
}

/// Whether the things that an event names are no longer where they were.
pub fn takes_away(event: &Event) -> bool {
    use notify::event::RenameMode::{Any, Both, From};
    matches!(
        event.kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(Any | Both | From))
    )
}

/// The effects of an event.
pub fn effects(event: &Event, watches: &Watches) -> Vec<Effect> {
    if event.need_rescan() {
        return vec![Effect::Scan];
    }
    event
        .paths
        .iter()
        .flat_map(|path| of_path(event.kind, path, watches))
        .collect()
}

fn of_path(kind: EventKind, path: &Path, watches: &Watches) -> Vec<Effect> {
    if watches.is_folder(path) {
        // Its times change with whatever is in it.
        let trifle = matches!(kind, EventKind::Modify(ModifyKind::Metadata(_)));
        return if trifle && path.exists() {
            Vec::new()
        } else {
            vec![Effect::Scan]
        };
    }
    let listed = watches.listed(path);
    if listed.is_empty() {
        // Beside the folder, nothing matters; where a link leads, whatever it leads to does.
        let written = matches!(kind, EventKind::Modify(ModifyKind::Data(_)));
        return if watches.is_beside(path) || written {
            Vec::new()
        } else {
            vec![Effect::Scan]
        };
    }
    let class = path.file_name().map_or(Name::Other, class);
    match (class, kind) {
        (Name::Hidden, _) => Vec::new(),
        (_, EventKind::Create(CreateKind::Folder) | EventKind::Remove(RemoveKind::Folder)) => {
            vec![Effect::Scan]
        }
        (Name::Manifest, EventKind::Modify(ModifyKind::Data(_))) => {
            listed.into_iter().map(Effect::Busy).collect()
        }
        (Name::Manifest, _) => listed.into_iter().map(Effect::Read).collect(),
        // Of a folder or of a link to one it is only said that it is there, gone or renamed.
        (
            _,
            EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)),
        ) => {
            vec![Effect::Scan]
        }
        (_, EventKind::Any | EventKind::Other) => vec![Effect::Scan],
        (_, EventKind::Access(_) | EventKind::Modify(_)) => Vec::new(),
    }
}
