//! What the files of a folder say, folded into objects: pure, bytes in and changes out.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::Batch;
use crate::objects::manifest::{self, Entry, Limits};
use crate::objects::{Cause, Change, Object, ObjectKey, Origin, Problem, Severity};

/// Problems of one file that are kept and shown.
const PROBLEMS_MAX: usize = 1000;

/// What is now in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Bytes(Vec<u8>),
    /// It is there and cannot be read: why.
    Unreadable(Cause, String),
    /// It is no longer there.
    Gone,
}

/// The files of a folder as they were last read, and the objects that they define.
#[derive(Debug)]
pub struct Manifests {
    limits: Limits,
    /// By path relative to the folder.
    files: BTreeMap<Arc<str>, File>,
    /// Which files define an object; the first one counts.
    claims: BTreeMap<ObjectKey, BTreeSet<Arc<str>>>,
    /// What is wrong with the folder as a whole.
    trouble: Option<Problem>,
    /// What was said last.
    problems: Vec<Problem>,
}

#[derive(Debug, Default)]
struct File {
    /// Of the bytes last read; none when they could not be.
    digest: Option<u64>,
    objects: BTreeMap<ObjectKey, Definition>,
    problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq)]
struct Definition {
    object: Object,
    origin: Origin,
}

impl Manifests {
    /// No files at all.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            files: BTreeMap::new(),
            claims: BTreeMap::new(),
            trouble: None,
            problems: Vec::new(),
        }
    }

    /// Takes in files that may have changed and says what follows. Files that are not named are as
    /// they were. The result does not depend on how changes are cut into calls, but for the last
    /// good versions that are kept.
    pub fn fold(&mut self, files: BTreeMap<Arc<str>, Content>) -> Batch {
        self.trouble = None;
        let mut touched = BTreeMap::new();
        for (name, content) in files {
            let file = match self.read(&name, content) {
                Read::Same => continue,
                Read::Gone => None,
                Read::New(file) => Some(file),
            };
            self.replace(&name, file, &mut touched);
        }
        let changes =
            touched
                .into_iter()
                .filter_map(|(key, before)| match (before, self.definition(&key)) {
                    (Some(before), Some(after)) if before == after.object => None,
                    (_, Some(after)) => Some(Change::Apply(after.object.clone())),
                    (Some(_), None) => Some(Change::Delete(key)),
                    (None, None) => None,
                });
        let changes = changes.collect();
        Batch {
            changes,
            problems: self.news(),
        }
    }

    /// The folder itself cannot be read: everything stays, and that is said.
    pub fn away(&mut self, message: String) -> Batch {
        let (origin, field) = (Origin::default(), String::new());
        self.trouble = Some(Problem {
            origin,
            object: None,
            field,
            cause: Cause::Unreadable,
            message,
        });
        Batch {
            changes: Vec::new(),
            problems: self.news(),
        }
    }

    fn read(&self, name: &Arc<str>, content: Content) -> Read {
        let before = self.files.get(name);
        match content {
            Content::Gone if before.is_none() => Read::Same,
            Content::Gone => Read::Gone,
            Content::Unreadable(cause, message) => {
                Read::New(unreadable(name, before, cause, message))
            }
            Content::Bytes(bytes) => {
                let digest = Some(digest_of(&bytes));
                if before.is_some_and(|before| before.digest == digest) {
                    return Read::Same;
                }
                let file = guarded(|| read_file(name, &bytes, before, &self.limits));
                let file = file.unwrap_or_else(|| {
                    let message = "cannot be read through a defect of Ringress".into();
                    unreadable(name, before, Cause::Unreadable, message)
                });
                Read::New(File { digest, ..file })
            }
        }
    }

    /// Puts a file in its place. Remembers for each object that it concerns what it was before the
    /// first file of this batch.
    fn replace(
        &mut self,
        name: &Arc<str>,
        file: Option<File>,
        touched: &mut BTreeMap<ObjectKey, Option<Object>>,
    ) {
        let none = BTreeMap::new();
        let before = self.files.get(name).map_or(&none, |file| &file.objects);
        let after = file.as_ref().map_or(&none, |file| &file.objects);
        let keys = before.keys().chain(after.keys());
        let keys: BTreeSet<ObjectKey> = keys
            .filter(|key| before.get(key) != after.get(key))
            .cloned()
            .collect();
        for key in &keys {
            if !touched.contains_key(key) {
                let object = self
                    .definition(key)
                    .map(|definition| definition.object.clone());
                touched.insert(key.clone(), object);
            }
        }
        for key in keys {
            let defines = file
                .as_ref()
                .is_some_and(|file| file.objects.contains_key(&key));
            if defines {
                self.claims.entry(key).or_default().insert(Arc::clone(name));
            } else if let Some(files) = self.claims.get_mut(&key) {
                files.remove(name);
                if files.is_empty() {
                    self.claims.remove(&key);
                }
            }
        }
        match file {
            Some(file) => self.files.insert(Arc::clone(name), file),
            None => self.files.remove(name),
        };
    }

    /// The definition that counts.
    fn definition(&self, key: &ObjectKey) -> Option<&Definition> {
        let file = self.claims.get(key)?.first()?;
        self.files.get(file)?.objects.get(key)
    }

    /// Everything that is wrong, if that is not what was said last.
    fn news(&mut self) -> Option<Vec<Problem>> {
        let of_files = self
            .files
            .values()
            .flat_map(|file| file.problems.iter().cloned());
        let mut problems: Vec<Problem> = self.trouble.iter().cloned().chain(of_files).collect();
        for (key, files) in &self.claims {
            let Some(counts) = self.definition(key) else {
                continue;
            };
            for file in files.iter().skip(1) {
                let loser = self.files.get(file).and_then(|file| file.objects.get(key));
                problems.extend(loser.map(|loser| duplicate(key, &loser.origin, &counts.origin)));
            }
        }
        problems.sort();
        if problems == self.problems {
            return None;
        }
        self.problems.clone_from(&problems);
        Some(problems)
    }
}

enum Read {
    Same,
    Gone,
    New(File),
}

/// A file that is there and cannot be read: what it last held stays.
fn unreadable(name: &Arc<str>, before: Option<&File>, cause: Cause, message: String) -> File {
    let objects = before
        .map(|before| before.objects.clone())
        .unwrap_or_default();
    let problem = Problem {
        origin: Origin {
            file: Some(Arc::clone(name)),
            document: 0,
            line: 0,
        },
        object: None,
        field: String::new(),
        cause,
        message: kept_of_file(message, objects.len()),
    };
    File {
        digest: None,
        objects,
        problems: vec![problem],
    }
}

/// None when reading panics: whatever one file does to a parser, the others are still followed.
/// What is read from stays as it was, since it is only looked at.
fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).ok()
}

fn read_file(name: &Arc<str>, bytes: &[u8], before: Option<&File>, limits: &Limits) -> File {
    let (entries, mut problems) = manifest::objects(name, bytes, limits);
    let mut nameless = !problems.is_empty();
    let mut objects: BTreeMap<ObjectKey, Definition> = BTreeMap::new();
    let last_good = |key: &ObjectKey| before.and_then(|before| before.objects.get(key));
    for entry in entries {
        nameless |= is_nameless(&entry);
        let Entry {
            origin,
            key,
            object,
            problems: mut of_entry,
        } = entry;
        if let Some(key) = key {
            let first = objects
                .get(&key)
                .map(|first| duplicate(&key, &origin, &first.origin));
            let definition = match object {
                Some(object) => Some(Definition { object, origin }),
                None => last_good(&key).cloned(),
            };
            match (first, definition) {
                (Some(problem), _) => of_entry.push(problem),
                (None, Some(definition)) => {
                    let kept = last_good(&key) == Some(&definition);
                    note_kept(&mut of_entry, kept);
                    objects.insert(key, definition);
                }
                (None, None) => {}
            }
        }
        problems.append(&mut of_entry);
    }
    if nameless {
        let lost = before.into_iter().flat_map(|before| &before.objects);
        let lost: Vec<_> = lost.filter(|(key, _)| !objects.contains_key(key)).collect();
        for problem in problems
            .iter_mut()
            .filter(|problem| problem.object.is_none())
        {
            if problem.severity() == Severity::Refused {
                problem.message = kept_of_file(std::mem::take(&mut problem.message), lost.len());
            }
        }
        objects.extend(
            lost.into_iter()
                .map(|(key, object)| (key.clone(), object.clone())),
        );
    }
    shorten(name, &mut problems);
    File {
        digest: None,
        objects,
        problems,
    }
}

/// Cuts a long list, what is refused kept before what is not, and says so.
fn shorten(name: &Arc<str>, problems: &mut Vec<Problem>) {
    if problems.len() > PROBLEMS_MAX {
        problems.sort_by_key(Problem::severity);
        let rest = problems.split_off(PROBLEMS_MAX);
        problems.extend(rest.first().map(|first| Problem {
            origin: Origin {
                file: Some(Arc::clone(name)),
                ..Origin::default()
            },
            object: None,
            field: String::new(),
            cause: first.cause,
            message: format!("{} more problems of this file are not listed", rest.len()),
        }));
    }
}

/// Whether a document is meant to be an object of ours and does not even say which.
fn is_nameless(entry: &Entry) -> bool {
    let of_ours = |problem: &Problem| matches!(problem.cause, Cause::Type | Cause::Invalid);
    entry.key.is_none() && entry.problems.iter().any(of_ours)
}

fn note_kept(problems: &mut [Problem], kept: bool) {
    for problem in problems {
        if kept && problem.severity() == Severity::Refused {
            problem
                .message
                .push_str("; the last good version still counts");
        }
    }
}

fn kept_of_file(message: String, objects: usize) -> String {
    match objects {
        0 => message,
        1 => format!("{message}; 1 object as last read from this file still counts"),
        many => format!("{message}; {many} objects as last read from this file still count"),
    }
}

/// Says that a second definition does not count.
fn duplicate(key: &ObjectKey, second: &Origin, first: &Origin) -> Problem {
    let file = first.file.as_deref().unwrap_or_default();
    Problem {
        origin: second.clone(),
        object: Some(key.clone()),
        field: "metadata.name".into(),
        cause: Cause::Duplicate,
        message: format!(
            "is already defined in {file}, line {}; that one counts",
            first.line
        ),
    }
}

fn digest_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_the_file_that_caused_it() {
        assert_eq!(guarded(|| 7), Some(7));
        assert_eq!(guarded(|| -> u8 { panic!("as a parser might") }), None);
    }
}
