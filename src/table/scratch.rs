//! A worker's working memory for lookups.

use super::predicates::PatternList;
use regex_automata::Input;
use regex_automata::meta::Cache;
use std::sync::Arc;

/// Most regular expressions that keep their working memory on one worker, a few kilobytes each as a
/// rule; beyond it all are dropped and made again as they are met.
const CACHES: usize = 1024;

/// Working memory of one worker: it is never shared, so matching takes no lock. Only a regular
/// expression that this worker meets for the first time allocates.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The list that `caches` was made for; shared with the table and with its successors as long
    /// as their patterns are the same.
    patterns: Option<Arc<PatternList>>,
    caches: Vec<Option<Box<Cache>>>,
    live: usize,
    /// Decoded or joined text.
    pub(super) text: Vec<u8>,
    /// The same, for looking up.
    pub(super) key: Vec<u8>,
}

impl Scratch {
    /// Where the pattern's match from the beginning of `text` ends.
    pub(super) fn match_end(
        &mut self,
        patterns: &Arc<PatternList>,
        pattern: u32,
        text: &[u8],
    ) -> Option<usize> {
        let regex = patterns.candidate(pattern, text)?;
        if !self
            .patterns
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, patterns))
        {
            self.caches.clear();
            self.caches.resize_with(patterns.len(), || None);
            self.live = 0;
            self.patterns = Some(Arc::clone(patterns));
        }
        if self.live > CACHES {
            self.caches.iter_mut().for_each(|cache| *cache = None);
            self.live = 0;
        }
        let slot = self.caches.get_mut(pattern as usize)?;
        let live = &mut self.live;
        let cache = slot.get_or_insert_with(|| {
            *live += 1;
            Box::new(regex.create_cache())
        });
        regex
            .search_half_with(cache, &Input::new(text))
            .map(|end| end.offset())
    }
}
