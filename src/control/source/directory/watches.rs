//! Which folders the kernel watches for us, and what it has seen.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use inotify::{EventMask, Inotify, WatchDescriptor, WatchMask};
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use super::disk::Sight;
use super::event::{Effect, Place, effects};

/// The watched folders. Each is watched alone, and before it is listed: so nothing can change
/// unseen between the watch and the listing.
///
/// The kernel knows folders by what they are, not by name: watching one again is the same watch, and
/// another folder under an old name is a new one. So every scan watches everything it comes by.
pub struct Watches {
    /// None where the kernel offers no events; then there are rescans alone.
    inotify: Option<Inotify>,
    places: HashMap<WatchDescriptor, Watched>,
    /// Whether it has been said that folders cannot be watched.
    has_warned: bool,
}

#[derive(Debug, Default)]
struct Watched {
    place: Place,
    /// Whether the present scan came by.
    is_current: bool,
}

impl Watches {
    pub fn new(inotify: Option<Inotify>) -> Self {
        Self {
            inotify,
            places: HashMap::new(),
            has_warned: false,
        }
    }

    /// Whether there are events at all.
    pub fn are_live(&self) -> bool {
        self.inotify.is_some()
    }

    /// Has `registry` say when there are events.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        let Some(inotify) = &self.inotify else {
            return Ok(());
        };
        registry.register(
            &mut SourceFd(&inotify.as_raw_fd()),
            token,
            Interest::READABLE,
        )
    }

    /// Before a scan.
    pub fn begin(&mut self) {
        for watched in self.places.values_mut() {
            *watched = Watched::default();
        }
    }

    /// What a scan comes by.
    pub fn see(&mut self, sight: &Sight<'_>) {
        match *sight {
            Sight::Around { folder, root } => {
                if let Some(place) = self.watch(folder) {
                    place.root = Some(root.to_owned());
                }
            }
            Sight::Folder(path) => {
                if let Some(place) = self.watch(path) {
                    place.listed.insert(path.to_owned());
                }
            }
            Sight::Target { folder, name, link } => {
                if let Some(place) = self.watch(folder) {
                    place
                        .targets
                        .entry(name.to_owned())
                        .or_default()
                        .insert(link.to_owned());
                }
            }
        }
    }

    /// After a scan: what it did not come by is watched no longer.
    pub fn end(&mut self) {
        let Some(inotify) = &self.inotify else { return };
        self.places.retain(|descriptor, watched| {
            if !watched.is_current {
                // The kernel drops the watch of a folder that is gone by itself: no news then.
                inotify.watches().remove(descriptor.clone()).ok();
            }
            watched.is_current
        });
    }

    /// Everything that the kernel has seen so far and not said yet.
    pub fn read(&mut self) -> Vec<Effect> {
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        let Some(inotify) = &mut self.inotify else {
            return all;
        };
        loop {
            let events = match inotify.read_events(&mut buffer) {
                Ok(events) => events,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return all,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::warn!(%error, "events of the folder of manifests cannot be read");
                    all.push(Effect::Scan);
                    return all;
                }
            };
            for event in events {
                if event.mask.contains(EventMask::Q_OVERFLOW) {
                    all.push(Effect::Scan);
                } else if let Some(watched) = self.places.get(&event.wd) {
                    all.extend(effects(&watched.place, event.mask, event.name));
                }
                if event.mask.contains(EventMask::IGNORED) {
                    self.places.remove(&event.wd);
                }
            }
        }
    }

    /// Watches a folder. None for one that cannot be: it is left to the rescans.
    fn watch(&mut self, path: &Path) -> Option<&mut Place> {
        let mask = WatchMask::MODIFY
            | WatchMask::CLOSE_WRITE
            | WatchMask::ATTRIB
            | WatchMask::CREATE
            | WatchMask::DELETE
            | WatchMask::MOVED_FROM
            | WatchMask::MOVED_TO
            | WatchMask::DELETE_SELF
            | WatchMask::MOVE_SELF
            | WatchMask::ONLYDIR;
        match self.inotify.as_ref()?.watches().add(path, mask) {
            Ok(descriptor) => {
                let watched = self.places.entry(descriptor).or_default();
                watched.is_current = true;
                Some(&mut watched.place)
            }
            Err(error) => {
                let is_gone = error.kind() == io::ErrorKind::NotFound;
                if !is_gone && !std::mem::replace(&mut self.has_warned, true) {
                    tracing::warn!(folder = %path.display(), %error,
                        "folder cannot be watched and is only read again now and then");
                }
                None
            }
        }
    }
}
