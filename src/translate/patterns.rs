//! Regular expressions of routes: each checked once, and no more of them in one route than it may
//! cost everybody else.

use crate::ir::pattern;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most memory of the compiled expressions of one route, in bytes: some hundreds of ordinary ones.
const ROUTE_SIZE: usize = 8 << 20;

/// What the check of an expression found, by its text: its size in bytes when compiled.
#[derive(Default)]
pub(super) struct CheckedPatterns(BTreeMap<Arc<str>, Result<usize, String>>);

/// The expressions in use. Compiling one to check it takes up to a millisecond, and most never
/// change, so what the last translation found is not looked for again.
pub(super) struct Patterns {
    before: CheckedPatterns,
    checked: CheckedPatterns,
    /// Those of the route at hand.
    of_route: BTreeSet<Arc<str>>,
    /// What they need together.
    size: usize,
}

impl Patterns {
    /// `before` is what the last translation left.
    pub fn new(before: CheckedPatterns) -> Self {
        Self {
            before,
            checked: CheckedPatterns::default(),
            of_route: BTreeSet::new(),
            size: 0,
        }
    }

    /// What follows belongs to another route.
    pub fn begin_route(&mut self) {
        self.of_route.clear();
        self.size = 0;
    }

    /// Whether the route at hand may have this expression, and what is wrong with it if not.
    pub fn check(&mut self, text: &str) -> Result<Arc<str>, String> {
        if let Some(known) = self.of_route.get(text) {
            return Ok(Arc::clone(known));
        }
        let (text, outcome) = self.outcome(text);
        let size = self.size.saturating_add(outcome?);
        if size > ROUTE_SIZE {
            return Err(format!(
                "the compiled patterns of this route need more than {ROUTE_SIZE} bytes; part the \
                 route, or use simpler patterns"
            ));
        }
        self.size = size;
        self.of_route.insert(Arc::clone(&text));
        Ok(text)
    }

    /// What to bring to the next translation.
    pub fn finish(self) -> CheckedPatterns {
        self.checked
    }

    fn outcome(&mut self, text: &str) -> (Arc<str>, Result<usize, String>) {
        if let Some((text, outcome)) = self.checked.0.get_key_value(text) {
            return (Arc::clone(text), outcome.clone());
        }
        let (text, outcome) = match self.before.0.remove_entry(text) {
            Some(known) => known,
            None => (text.into(), pattern::check(text)),
        };
        self.checked.0.insert(Arc::clone(&text), outcome.clone());
        (text, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Near the limit of one pattern.
    fn large(number: usize) -> String {
        format!("(a|b){number}[a-z]{{1,400}}(x|y){{100}}z")
    }

    #[test]
    fn a_route_has_a_budget_and_the_next_one_has_its_own() {
        let mut patterns = Patterns::new(CheckedPatterns::default());
        for _ in 0..2 {
            patterns.begin_route();
            let taken = (0..400).take_while(|n| patterns.check(&large(*n)).is_ok());
            let taken = taken.count();
            assert!((50..400).contains(&taken), "{taken}");
            assert!(patterns.check(&large(0)).is_ok(), "known ones cost nothing");
            let reason = patterns.check(&large(400)).expect_err("one too many");
            assert!(reason.contains("part the route"), "{reason}");
        }
    }

    #[test]
    fn what_was_checked_is_not_checked_again() {
        // An outcome that no check has tells where it comes from.
        let outcome = Err("from the last time".to_owned());
        let mut patterns = Patterns::new(CheckedPatterns([("a+".into(), outcome)].into()));
        assert_eq!(patterns.check("a+"), Err("from the last time".to_owned()));
        assert_eq!(patterns.check("b+").as_deref(), Ok("b+"));
        let mut next = Patterns::new(patterns.finish());
        assert_eq!(next.check("a+"), Err("from the last time".to_owned()));
        let last = next.finish().0;
        assert_eq!(last.len(), 1, "what is not used is forgotten");
    }
}
