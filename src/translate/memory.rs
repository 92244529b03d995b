//! What one translation leaves for the next.

use super::backend::Sources;
use super::certificate::CheckedCertificates;
use super::patterns::CheckedPatterns;
use super::settings::Settings;
use crate::ir::{BackendName, Model};
use crate::objects::Objects;
use std::net::SocketAddr;

/// Saves the next translation time; it never changes an outcome. The settings must stay the same,
/// but for the time.
#[derive(Default)]
pub struct Memory {
    pub(super) certificates: CheckedCertificates,
    pub(super) patterns: CheckedPatterns,
    last: Option<Last>,
}

/// The last translation, as far as its endpoints go.
struct Last {
    objects: Objects,
    sources: Sources,
    /// The backends of its model, in their order.
    backends: Vec<BackendName>,
}

impl Memory {
    /// The endpoints of each backend of the last model, in its order, where nothing but
    /// EndpointSlices changed since, so that the rest of that model and its report stand; `None`
    /// where everything must be translated.
    pub fn endpoints(
        &mut self,
        objects: &Objects,
        settings: &Settings,
    ) -> Option<Vec<Vec<SocketAddr>>> {
        let last = self.last.as_mut()?;
        if !objects.same_but_endpoints(&last.objects) {
            return None;
        }
        let mut found = last.sources.find_again(objects, settings)?;
        let of_backend = |name| found.remove(name);
        let endpoints = last.backends.iter().map(of_backend).collect();
        last.objects = objects.clone();
        endpoints
    }

    pub(super) fn remember(&mut self, objects: &Objects, sources: Sources, model: &Model) {
        let names = model.backends.iter().map(|backend| backend.name.clone());
        self.last = Some(Last {
            objects: objects.clone(),
            sources,
            backends: names.collect(),
        });
    }
}
