//! What an event of the file system means for a folder of manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use inotify::EventMask;

use super::names::{Name, class};

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

/// What there is to see in a watched folder; it may be several things at once.
#[derive(Debug, Default)]
pub struct Place {
    /// The paths under which it is listed.
    pub listed: BTreeSet<PathBuf>,
    /// Files in it to which links lead: the links, by the files' names.
    pub targets: BTreeMap<OsString, BTreeSet<PathBuf>>,
    /// The name of the root, where it is the folder around it.
    pub root: Option<OsString>,
}

/// Something came, went or took another name.
fn is_move(mask: EventMask) -> bool {
    let moves = EventMask::CREATE | EventMask::DELETE | EventMask::MOVED_FROM | EventMask::MOVED_TO;
    mask.intersects(moves)
}

/// The effects of an event in a place; `name` is of the thing in it, none for the place itself.
pub fn effects(place: &Place, mask: EventMask, name: Option<&OsStr>) -> Vec<Effect> {
    let Some(name) = name else {
        // Its own times change with whatever is in it; only its end is news.
        let ends = EventMask::DELETE_SELF | EventMask::MOVE_SELF | EventMask::IGNORED;
        let is_news = mask.intersects(ends | EventMask::UNMOUNT);
        return is_news.then_some(Effect::Scan).into_iter().collect();
    };
    if place.root.as_deref() == Some(name) {
        return vec![Effect::Scan];
    }
    let mut effects = Vec::new();
    for link in place.targets.get(name).into_iter().flatten() {
        effects.push(of_file(mask, link));
    }
    for folder in &place.listed {
        effects.extend(of_listed(mask, name, folder));
    }
    effects
}

fn of_listed(mask: EventMask, name: &OsStr, folder: &Path) -> Option<Effect> {
    match class(name) {
        Name::Hidden => None,
        Name::Manifest if !mask.contains(EventMask::ISDIR) => {
            Some(of_file(mask, &folder.join(name)))
        }
        // A folder, a link to one, or what a ConfigMap is swapped by.
        _ => (is_move(mask) || mask.contains(EventMask::ISDIR)).then_some(Effect::Scan),
    }
}

fn of_file(mask: EventMask, path: &Path) -> Effect {
    if mask.contains(EventMask::MODIFY) {
        Effect::Busy(path.to_owned())
    } else {
        Effect::Read(path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_the_effects_of_their_place_and_name() {
        let (read, busy) = (
            || Effect::Read("m/a.yaml".into()),
            || Effect::Busy("m/a.yaml".into()),
        );
        let listed = Place {
            listed: BTreeSet::from(["m".into()]),
            ..Place::default()
        };
        let links = BTreeMap::from([("t.yaml".into(), BTreeSet::from(["m/a.yaml".into()]))]);
        let target = Place {
            targets: links,
            ..Place::default()
        };
        let around = Place {
            root: Some("m".into()),
            ..Place::default()
        };
        let folder = EventMask::ISDIR;
        for (place, mask, name, expected) in [
            (&listed, EventMask::MODIFY, "a.yaml", Some(busy())),
            (&listed, EventMask::CLOSE_WRITE, "a.yaml", Some(read())),
            (&listed, EventMask::CREATE, "a.yaml", Some(read())),
            (&listed, EventMask::MOVED_TO, "a.yaml", Some(read())),
            (&listed, EventMask::DELETE, "a.yaml", Some(read())),
            (&listed, EventMask::ATTRIB, "a.yaml", Some(read())),
            (&listed, EventMask::CREATE, ".a.yaml.swp", None),
            (&listed, EventMask::CLOSE_WRITE, "a.yaml~", None),
            (&listed, EventMask::MOVED_TO, "..data", Some(Effect::Scan)),
            (
                &listed,
                EventMask::CREATE | folder,
                "sub",
                Some(Effect::Scan),
            ),
            (
                &listed,
                EventMask::ATTRIB | folder,
                "sub",
                Some(Effect::Scan),
            ),
            (
                &listed,
                EventMask::DELETE | folder,
                "odd.yaml",
                Some(Effect::Scan),
            ),
            (&listed, EventMask::CREATE, "link", Some(Effect::Scan)),
            (&listed, EventMask::CLOSE_WRITE, "notes.txt", None),
            (&listed, EventMask::DELETE_SELF, "", Some(Effect::Scan)),
            (&listed, EventMask::MOVE_SELF, "", Some(Effect::Scan)),
            (&listed, EventMask::IGNORED, "", Some(Effect::Scan)),
            (&listed, EventMask::ATTRIB | folder, "", None),
            (&target, EventMask::MODIFY, "t.yaml", Some(busy())),
            (&target, EventMask::CLOSE_WRITE, "t.yaml", Some(read())),
            (&target, EventMask::CLOSE_WRITE, "a.yaml", None),
            (&around, EventMask::CREATE | folder, "m", Some(Effect::Scan)),
            (&around, EventMask::CREATE | folder, "other", None),
            (&around, EventMask::CLOSE_WRITE, "a.yaml", None),
        ] {
            let of = Some(name).filter(|name| !name.is_empty()).map(OsStr::new);
            let found = effects(place, mask, of);
            assert_eq!(
                found,
                Vec::from_iter(expected),
                "{mask:?} {name:?} in {place:?}"
            );
        }
    }
}
