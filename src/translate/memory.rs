//! What one translation leaves for the next.

use super::backend::Sources;
use super::certificate::CheckedCertificates;
use super::patterns::CheckedPatterns;
use super::settings::Settings;
use crate::ir::{BackendName, Model};
use crate::objects::Objects;
use std::net::SocketAddr;

/// Seconds for which a translation stands though time goes by: certificates expire in it.
const STANDS_FOR: i64 = 3000;

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
    /// [`Settings::now`] when everything was translated.
    now: Option<i64>,
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
        let age = settings.now.zip(last.now).map(|(now, then)| now - then);
        let is_old = age.is_some_and(|age| !(0..STANDS_FOR).contains(&age));
        if is_old || !objects.same_but_endpoints(&last.objects) {
            return None;
        }
        let mut found = last.sources.find_again(objects, settings)?;
        let of_backend = |name| found.remove(name);
        let endpoints = last.backends.iter().map(of_backend).collect();
        last.objects = objects.clone();
        endpoints
    }

    pub(super) fn remember(
        &mut self,
        objects: &Objects,
        now: Option<i64>,
        sources: Sources,
        model: &Model,
    ) {
        let names = model.backends.iter().map(|backend| backend.name.clone());
        self.last = Some(Last {
            objects: objects.clone(),
            now,
            sources,
            backends: names.collect(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::translate_again;

    #[test]
    fn a_translation_stands_for_less_than_an_hour() {
        let (objects, mut memory) = (Objects::default(), Memory::default());
        let at = |now| Settings {
            now: Some(now),
            ..Settings::default()
        };
        translate_again(&objects, &at(1_000_000), &mut memory);
        for (now, stands) in [
            (1_000_000, true),
            (1_002_999, true),
            (1_003_600, false),
            (999_999, false),
        ] {
            assert_eq!(
                memory.endpoints(&objects, &at(now)).is_some(),
                stands,
                "{now}"
            );
        }
    }
}
