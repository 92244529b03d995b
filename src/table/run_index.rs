//! An index over a long run of candidates that differ in headers and query parameters only.
//!
//! Canaries and tenants put many rules under one path. Each candidate is filed under the rarest
//! exact value that it asks for; a request then looks at those filed under the values it brings,
//! and at the few that ask for none. What is found is still held against the request in full: the
//! index only leaves out candidates that cannot match.

use super::predicates::{Candidate, Condition, Value, values};
use super::request::RequestView;
use crate::wire::head::FieldName;
use crate::wire::target;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

/// Shorter runs are read from front to back.
pub(super) const WORTH: usize = 8;
/// Most names a request is looked up by; candidates that ask for others only are read through.
const NAMES: usize = 16;

/// A name that candidates are filed under.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Name {
    Header(Arc<str>),
    Query(Arc<str>),
}

#[derive(Debug)]
struct File {
    name: u32,
    value: Box<[u8]>,
    positions: Box<[u32]>,
}

/// The index over one run. Positions count from the beginning of the run, in order of rank.
#[derive(Debug)]
pub(super) struct RunIndex {
    hash: FixedState,
    names: Box<[(Name, FieldName)]>,
    files: HashTable<File>,
    /// Candidates that are filed nowhere.
    unfiled: Box<[u32]>,
}

impl RunIndex {
    pub(super) fn new(run: &[Candidate], conditions: &[Condition], seed: u64) -> Self {
        let keys: Vec<Vec<(Name, Box<[u8]>)>> = run
            .iter()
            .map(|candidate| {
                candidate
                    .conditions
                    .of(conditions)
                    .iter()
                    .filter_map(key)
                    .collect()
            })
            .collect();
        let mut by_name: HashMap<&Name, usize> = HashMap::new();
        let mut by_key: HashMap<&(Name, Box<[u8]>), usize> = HashMap::new();
        for key in keys.iter().flatten() {
            *by_name.entry(&key.0).or_default() += 1;
            *by_key.entry(key).or_default() += 1;
        }
        let mut names: Vec<(&Name, usize)> = by_name.into_iter().collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        names.truncate(NAMES);
        let numbers: HashMap<&Name, u32> = names
            .iter()
            .enumerate()
            .map(|(number, (name, _))| (*name, number as u32))
            .collect();
        let mut filed: HashMap<(u32, &[u8]), Vec<u32>> = HashMap::new();
        let mut unfiled = Vec::new();
        for (position, keys) in keys.iter().enumerate() {
            let rarest = keys
                .iter()
                .filter(|(name, _)| numbers.contains_key(name))
                .min_by_key(|key| by_key.get(key));
            match rarest.and_then(|(name, value)| Some((*numbers.get(name)?, &**value))) {
                Some(key) => filed.entry(key).or_default().push(position as u32),
                None => unfiled.push(position as u32),
            }
        }
        let hash = FixedState::with_seed(seed);
        let mut files = HashTable::with_capacity(filed.len());
        for ((name, value), positions) in filed {
            let file = File {
                name,
                value: value.into(),
                positions: positions.into(),
            };
            files.insert_unique(file_hash(&hash, name, value), file, |file| {
                file_hash(&hash, file.name, &file.value)
            });
        }
        let names = names
            .into_iter()
            .map(|(name, _)| (name.clone(), id(name)))
            .collect();
        RunIndex {
            hash,
            names,
            files,
            unfiled: unfiled.into(),
        }
    }

    /// Gives `each` every list of positions in which a candidate for this request may be, each in
    /// order of rank. `text` is working memory.
    pub(super) fn lists(
        &self,
        request: &RequestView<'_>,
        text: &mut Vec<u8>,
        mut each: impl FnMut(&[u32]),
    ) {
        each(&self.unfiled);
        for (number, (name, id)) in self.names.iter().enumerate() {
            let mut ask = |value: &[u8]| {
                let number = number as u32;
                let hash = file_hash(&self.hash, number, value);
                let found = self
                    .files
                    .find(hash, |file| file.name == number && *file.value == *value);
                if let Some(file) = found {
                    each(&file.positions);
                }
            };
            match name {
                Name::Header(name) => {
                    let mut lines = 0;
                    for value in values(request.fields, request.bytes, *id, name) {
                        text.clear();
                        squeeze(value, text);
                        ask(text);
                        lines += 1;
                    }
                    if lines > 1 {
                        text.clear();
                        let lines = values(request.fields, request.bytes, *id, name);
                        for (line, value) in lines.enumerate() {
                            if line > 0 {
                                text.push(b',');
                            }
                            squeeze(value, text);
                        }
                        ask(text);
                    }
                }
                Name::Query(name) => {
                    let query = request.query.unwrap_or_default();
                    if let Some(value) = target::first_value(query, name.as_bytes()) {
                        text.clear();
                        text.extend(target::decoded(value));
                        ask(text);
                    }
                }
            }
        }
    }
}

/// What a condition is filed under; only exact values can be looked up.
fn key(condition: &Condition) -> Option<(Name, Box<[u8]>)> {
    match condition {
        Condition::Header {
            name,
            value: Value::Exact(value),
            ..
        } => {
            let mut squeezed = Vec::new();
            squeeze(value.as_bytes(), &mut squeezed);
            Some((Name::Header(Arc::clone(name)), squeezed.into()))
        }
        Condition::Query {
            name,
            value: Value::Exact(value),
        } => Some((Name::Query(Arc::clone(name)), value.as_bytes().into())),
        _ => None,
    }
}

fn id(name: &Name) -> FieldName {
    match name {
        Name::Header(name) => FieldName::from_bytes(name.as_bytes()),
        Name::Query(_) => FieldName::Other,
    }
}

/// Appends a value without white space beside its commas, so that every way to write a list is one
/// (RFC 9110 section 5.3).
fn squeeze(value: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    for &byte in value {
        if byte == b',' {
            while out.len() > start && out.last().is_some_and(u8::is_ascii_whitespace) {
                out.pop();
            }
        } else if byte.is_ascii_whitespace() && out.last() == Some(&b',') {
            continue;
        }
        out.push(byte);
    }
}

fn file_hash(state: &FixedState, name: u32, value: &[u8]) -> u64 {
    let mut hasher = state.build_hasher();
    hasher.write_u32(name);
    hasher.write(value);
    hasher.finish()
}
