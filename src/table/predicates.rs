//! The conditions of a match besides host and path, compiled.

use super::request::RequestView;
use super::scratch::Scratch;
use crate::ir::pattern::{self, Anchor};
use crate::wire::head::{FieldName, Fields, Values};
use crate::wire::target;
use regex_automata::meta::Regex;
use std::collections::HashMap;
use std::sync::Arc;

/// Every regular expression of a table, each once.
#[derive(Debug, Default)]
pub(super) struct PatternList {
    entries: Vec<PatternEntry>,
}

#[derive(Clone, Debug)]
struct PatternEntry {
    text: Arc<str>,
    anchor: Anchor,
    /// What every match begins with.
    literal: Box<[u8]>,
    /// `None`: translation let through what does not compile; it matches nothing.
    regex: Option<Regex>,
}

impl PatternList {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The pattern, if a match of it could begin `text`.
    pub(super) fn candidate(&self, index: u32, text: &[u8]) -> Option<&Regex> {
        let entry = self.entries.get(index as usize)?;
        entry
            .regex
            .as_ref()
            .filter(|_| text.starts_with(&entry.literal))
    }
}

/// Collects the patterns of a table; those of the previous table are not compiled again.
pub(super) struct PatternSet<'a> {
    known: HashMap<(&'a str, Anchor), &'a PatternEntry>,
    numbers: HashMap<(Arc<str>, Anchor), u32>,
    list: PatternList,
}

impl<'a> PatternSet<'a> {
    pub(super) fn new(previous: Option<&'a PatternList>) -> Self {
        let entries = previous.map(|list| &list.entries[..]).unwrap_or_default();
        PatternSet {
            known: entries
                .iter()
                .map(|entry| ((&*entry.text, entry.anchor), entry))
                .collect(),
            numbers: HashMap::new(),
            list: PatternList::default(),
        }
    }

    pub(super) fn add(&mut self, text: &Arc<str>, anchor: Anchor) -> u32 {
        let next = self.list.entries.len() as u32;
        let number = *self
            .numbers
            .entry((Arc::clone(text), anchor))
            .or_insert(next);
        if number == next {
            self.list
                .entries
                .push(match self.known.get(&(&**text, anchor)) {
                    Some(&entry) => entry.clone(),
                    None => PatternEntry {
                        text: Arc::clone(text),
                        anchor,
                        literal: pattern::literal_start(text).into(),
                        regex: pattern::compile(text, anchor).ok(),
                    },
                });
        }
        number
    }

    /// The finished list: the previous one itself where nothing changed.
    pub(super) fn finish(self, previous: Option<&Arc<PatternList>>) -> Arc<PatternList> {
        let same = |old: &&Arc<PatternList>| {
            old.entries.len() == self.list.entries.len()
                && old
                    .entries
                    .iter()
                    .zip(&self.list.entries)
                    .all(|(a, b)| a.text == b.text && a.anchor == b.anchor)
        };
        match previous.filter(same) {
            Some(old) => Arc::clone(old),
            None => Arc::new(self.list),
        }
    }
}

/// A run of entries in one of the table's vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub start: u32,
    pub end: u32,
}

impl Run {
    pub(super) fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The entries; none when the vector is another table's.
    pub(super) fn of<T>(self, all: &[T]) -> &[T] {
        all.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// What a value must be.
#[derive(Debug)]
pub(super) enum Value {
    Exact(Arc<str>),
    Regex(u32),
}

/// One condition on a header or a query parameter.
#[derive(Debug)]
pub(super) enum Condition {
    Header {
        id: FieldName,
        name: Arc<str>,
        value: Value,
    },
    Query {
        name: Arc<str>,
        value: Value,
    },
}

/// A method that no candidate asks for.
pub(super) const ANY_METHOD: u16 = u16::MAX;
/// A candidate whose path is no regular expression.
pub(super) const NO_PATTERN: u32 = u32::MAX;

/// A match of a rule under one host and path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub rule: u32,
    /// Its conditions in the table's list.
    pub conditions: Run,
    /// Path pattern, or [`NO_PATTERN`].
    pub pattern: u32,
    /// Index in the table's methods, or [`ANY_METHOD`].
    pub method: u16,
}

impl Candidate {
    /// Whether host and path are all it asks for.
    pub(super) fn is_plain(&self) -> bool {
        self.method == ANY_METHOD && self.pattern == NO_PATTERN && self.conditions.is_empty()
    }
}

impl Condition {
    pub(super) fn holds(
        &self,
        request: &RequestView<'_>,
        patterns: &Arc<PatternList>,
        scratch: &mut Scratch,
    ) -> bool {
        match self {
            Condition::Header { id, name, value } => match value {
                Value::Exact(expected) => header_equals(request, *id, name, expected.as_bytes()),
                Value::Regex(pattern) => {
                    header_matches(request, *id, name, patterns, *pattern, scratch)
                }
            },
            Condition::Query { name, value } => {
                let Some(raw) = request
                    .query
                    .and_then(|query| target::first_value(query, name.as_bytes()))
                else {
                    return false;
                };
                match value {
                    Value::Exact(expected) => target::decoded_eq(raw, expected.as_bytes()),
                    Value::Regex(pattern) => {
                        let mut text = std::mem::take(&mut scratch.text);
                        text.clear();
                        text.extend(target::decoded(raw));
                        let end = scratch.match_end(patterns, *pattern, &text);
                        scratch.text = text;
                        end.is_some()
                    }
                }
            }
        }
    }
}

/// The values of a header, in order of arrival.
pub(super) fn values<'a>(
    fields: &'a Fields,
    bytes: &'a [u8],
    id: FieldName,
    name: &'a str,
) -> Values<'a> {
    match id {
        FieldName::Other => fields.values_by_name(bytes, name.as_bytes()),
        id => fields.values(bytes, id),
    }
}

/// Several lines of one name mean the same as one line with a list (RFC 9110 section 5.3), so a
/// condition holds when a line fulfils it or when the list does: a client cannot dodge it by
/// sending the header twice.
fn header_equals(request: &RequestView<'_>, id: FieldName, name: &str, expected: &[u8]) -> bool {
    let values = values(request.fields, request.bytes, id, name);
    let mut lines = 0;
    let mut rest = Some(expected);
    for value in values {
        if value == expected {
            return true;
        }
        if lines > 0 {
            rest = rest.and_then(|rest| rest.trim_ascii_start().strip_prefix(b","));
            rest = rest.map(<[u8]>::trim_ascii_start);
        }
        rest = rest.and_then(|rest| rest.strip_prefix(value));
        lines += 1;
    }
    lines > 1 && rest.is_some_and(<[u8]>::is_empty)
}

fn header_matches(
    request: &RequestView<'_>,
    id: FieldName,
    name: &str,
    patterns: &Arc<PatternList>,
    pattern: u32,
    scratch: &mut Scratch,
) -> bool {
    let values = values(request.fields, request.bytes, id, name);
    let mut joined = std::mem::take(&mut scratch.text);
    joined.clear();
    let mut lines = 0;
    let mut holds = false;
    for value in values {
        holds = scratch.match_end(patterns, pattern, value).is_some();
        if holds {
            break;
        }
        if lines > 0 {
            joined.extend_from_slice(b", ");
        }
        joined.extend_from_slice(value);
        lines += 1;
    }
    holds = holds || (lines > 1 && scratch.match_end(patterns, pattern, &joined).is_some());
    scratch.text = joined;
    holds
}
