//! From the routing model to the table.
//!
//! All ranking happens here, so that a lookup takes the first match it finds. The order within one
//! hostname is that of `HTTPRouteRule.matches` in the Gateway API: exact path, longest prefix,
//! method, number of headers, number of query parameters, oldest route, `{namespace}/{name}`, first
//! rule, first match. A path pattern, whose rank that text leaves to implementations, comes after
//! an exact path and before every prefix, the longest pattern first: behind prefixes, a catch-all
//! `PathPrefix /` would hide them all.

use super::hosts::HostMap;
use super::lookup::{BindTable, Bucket, List, ListenerTable, RouteTable};
use super::paths::{ListId, Paths};
use super::predicates::{ANY_METHOD, Candidate, Condition, NO_PATTERN, PatternSet, Run, Value};
use super::rule::{CompiledRule, ListenerEntry};
use super::run_index::{RunIndex, WORTH};
use crate::ir::pattern::Anchor;
use crate::ir::{Bind, Hostname, Listener, Match, Model, PathMatch, Pattern, RouteEntry, Rule};
use crate::wire::head::FieldName;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A match with all that ranks it.
struct Ranked<'m> {
    entry: &'m RouteEntry,
    /// Position of the rule in its route.
    rule_position: usize,
    match_position: usize,
    rule: u32,
    matched: &'m Match,
}

impl<'m> Ranked<'m> {
    /// The order among matches of one hostname and one path; the last part only makes it total.
    fn rank(&self) -> impl Ord + use<'m> {
        let (matched, age) = (self.matched, &self.entry.precedence);
        (
            matched.method.is_none(),
            Reverse(matched.headers.len()),
            Reverse(matched.query.len()),
            age,
            (self.rule_position, self.match_position, self.rule),
        )
    }
}

/// Where a bucket comes from: the route entries under one hostname, and which of their matches.
type BucketKey = (Vec<*const RouteEntry>, bool);

/// What matches are grouped by under one hostname.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum PathKey<'m> {
    Exact(&'m str),
    /// Without trailing slash.
    Prefix(&'m str),
    Pattern(&'m Arc<str>),
}

impl<'m> PathKey<'m> {
    fn of(path: &'m PathMatch) -> Self {
        match path {
            PathMatch::Exact(path) => PathKey::Exact(path),
            PathMatch::Prefix(prefix) => PathKey::Prefix(prefix.trim_end_matches('/')),
            PathMatch::Regex(pattern) => PathKey::Pattern(pattern),
        }
    }
}

struct Compiler<'m> {
    model: &'m Model,
    seed: u64,
    paths: Paths,
    buckets: Vec<Bucket>,
    /// Hostnames that serve the same routes share one bucket.
    known: HashMap<BucketKey, Option<u32>>,
    lists: Vec<List>,
    candidates: Vec<Candidate>,
    conditions: Vec<Condition>,
    /// Where the conditions of a match begin; a match appears under many hostnames.
    compiled: HashMap<*const Match, Run>,
    methods: Vec<Arc<str>>,
    patterns: PatternSet<'m>,
}

impl RouteTable {
    /// Compiles a model. `previous`, the table of the revision before, lends what did not change.
    /// `seed` makes the hash tables of this process unlike those of others; draw it once.
    pub fn compile(model: &Model, previous: Option<&RouteTable>, seed: u64) -> RouteTable {
        let mut compiler = Compiler {
            model,
            seed,
            paths: Paths::new(seed),
            buckets: Vec::new(),
            known: HashMap::new(),
            lists: Vec::new(),
            candidates: Vec::new(),
            conditions: Vec::new(),
            compiled: HashMap::new(),
            methods: Vec::new(),
            patterns: PatternSet::new(previous.map(|table| &*table.patterns)),
        };
        let mut listeners = Vec::new();
        let binds = model
            .binds
            .iter()
            .map(|bind| compiler.bind(bind, &mut listeners))
            .collect();
        let Compiler {
            mut paths,
            buckets,
            lists,
            candidates,
            conditions,
            methods,
            patterns,
            ..
        } = compiler;
        paths.finish();
        RouteTable {
            binds,
            listeners,
            hosts: buckets,
            paths,
            lists,
            candidates,
            conditions,
            methods,
            patterns: patterns.finish(previous.map(|table| &table.patterns)),
            rules: model.rules.iter().map(CompiledRule::new).collect(),
        }
    }

    /// Whether a table compiled from one model serves the other as well: they differ at most in
    /// endpoints and certificates, which live on shelves of their own.
    pub fn same_routes(one: &Model, other: &Model) -> bool {
        let names = |model: &Model| {
            model
                .backends
                .iter()
                .map(|b| b.name.clone())
                .collect::<Vec<_>>()
        };
        one.binds == other.binds && one.rules == other.rules && names(one) == names(other)
    }
}

impl<'m> Compiler<'m> {
    fn bind(&mut self, bind: &'m Bind, listeners: &mut Vec<ListenerTable>) -> BindTable {
        let mut table = BindTable {
            address: bind.address,
            listeners: HostMap::new(self.seed),
            fallback: None,
            all: Run {
                start: listeners.len() as u32,
                end: 0,
            },
        };
        for listener in &bind.listeners {
            let index = listeners.len() as u32;
            if listener.fallback && listener.hostname.is_none() {
                table.fallback.get_or_insert(index);
            } else {
                table.listeners.insert(listener.hostname.as_ref(), index);
            }
            let compiled = self.listener(listener);
            listeners.push(compiled);
        }
        table.all.end = listeners.len() as u32;
        table
    }

    fn listener(&mut self, listener: &'m Listener) -> ListenerTable {
        let mut by_host: BTreeMap<Option<&Hostname>, Vec<&'m RouteEntry>> = BTreeMap::new();
        for entry in &listener.routes {
            if entry.hostnames.is_empty() {
                by_host.entry(None).or_default().push(entry);
            }
            for hostname in &entry.hostnames {
                let entries = by_host.entry(Some(hostname)).or_default();
                if !entries
                    .last()
                    .is_some_and(|last| std::ptr::eq(*last, entry))
                {
                    entries.push(entry);
                }
            }
        }
        let mut table = ListenerTable {
            entry: ListenerEntry {
                name: listener.name.clone(),
                slot: listener.slot,
            },
            hosts: HostMap::new(self.seed),
            defaults: HostMap::new(self.seed),
        };
        for (hostname, entries) in by_host {
            if let Some(bucket) = self.bucket(&entries, false) {
                table.hosts.insert(hostname, bucket);
            }
            if let Some(bucket) = self.bucket(&entries, true) {
                table.defaults.insert(hostname, bucket);
            }
        }
        table
    }

    /// The bucket of these entries' matches, ordinary or default ones; `None` without any.
    fn bucket(&mut self, entries: &[&'m RouteEntry], default: bool) -> Option<u32> {
        let key = (
            entries
                .iter()
                .map(|entry| std::ptr::from_ref(*entry))
                .collect(),
            default,
        );
        if let Some(bucket) = self.known.get(&key) {
            return *bucket;
        }
        let mut by_path: BTreeMap<PathKey<'m>, Vec<Ranked<'m>>> = BTreeMap::new();
        for ranked in entries
            .iter()
            .flat_map(|entry| matches_of(self.model, entry))
        {
            if ranked.matched.default == default {
                by_path
                    .entry(PathKey::of(&ranked.matched.path))
                    .or_default()
                    .push(ranked);
            }
        }
        let bucket = (!by_path.is_empty()).then(|| self.fill(by_path));
        self.known.insert(key, bucket);
        bucket
    }

    fn fill(&mut self, by_path: BTreeMap<PathKey<'m>, Vec<Ranked<'m>>>) -> u32 {
        let root = self.paths.plant();
        let mut patterns: Vec<(&Arc<str>, Vec<Ranked<'m>>)> = Vec::new();
        for (path, group) in by_path {
            match path {
                PathKey::Exact(path) => {
                    let list = self.sorted(group);
                    self.paths.insert_exact(root, path, list);
                }
                PathKey::Prefix(prefix) => {
                    let list = self.sorted(group);
                    self.paths.insert_prefix(root, prefix, list);
                }
                PathKey::Pattern(pattern) => patterns.push((pattern, group)),
            }
        }
        // Equally long patterns rank like equal ones: by what follows the path.
        let mut ranked: Vec<(Reverse<usize>, Ranked<'m>, u32)> = Vec::new();
        for (text, group) in patterns {
            let number = self.patterns.add(text, Anchor::Start);
            ranked.extend(
                group
                    .into_iter()
                    .map(|one| (Reverse(text.len()), one, number)),
            );
        }
        ranked.sort_by_cached_key(|(length, one, _)| (*length, one.rank()));
        let patterns = self.list(ranked.iter().map(|(_, one, number)| (one, *number)));
        self.buckets.push(Bucket { root, patterns });
        (self.buckets.len() - 1) as u32
    }

    /// The list of the candidates of one path.
    fn sorted(&mut self, mut group: Vec<Ranked<'m>>) -> ListId {
        group.sort_by_cached_key(Ranked::rank);
        self.list(group.iter().map(|one| (one, NO_PATTERN)))
    }

    /// A list of matches in order of rank, each with its path pattern.
    fn list<'r>(&mut self, ranked: impl Iterator<Item = (&'r Ranked<'m>, u32)>) -> ListId
    where
        'm: 'r,
    {
        let start = self.candidates.len() as u32;
        for (one, pattern) in ranked {
            self.push(one, pattern);
        }
        let run = Run {
            start,
            end: self.candidates.len() as u32,
        };
        let candidates = run.of(&self.candidates);
        if candidates.is_empty() {
            return ListId::NONE;
        }
        let index = (candidates.len() >= WORTH)
            .then(|| Box::new(RunIndex::new(candidates, &self.conditions, self.seed)));
        self.lists.push(List { run, index });
        ListId::new(self.lists.len() - 1)
    }

    fn push(&mut self, ranked: &Ranked<'m>, pattern: u32) {
        let matched = ranked.matched;
        let method = match &matched.method {
            Some(method) => self.method(method),
            None => ANY_METHOD,
        };
        let conditions = self.conditions(matched);
        self.candidates.push(Candidate {
            rule: ranked.rule,
            conditions,
            pattern,
            method,
        });
    }

    fn method(&mut self, method: &Arc<str>) -> u16 {
        let known = self.methods.iter().position(|known| known == method);
        let index = known.unwrap_or_else(|| {
            self.methods.push(Arc::clone(method));
            self.methods.len() - 1
        });
        index as u16
    }

    fn conditions(&mut self, matched: &'m Match) -> Run {
        if let Some(run) = self.compiled.get(&std::ptr::from_ref(matched)) {
            return *run;
        }
        let start = self.conditions.len() as u32;
        for header in &matched.headers {
            let value = self.value(&header.value);
            let name = Arc::clone(&header.name);
            let id = FieldName::from_bytes(name.as_bytes());
            self.conditions.push(Condition::Header { id, name, value });
        }
        for parameter in &matched.query {
            let value = self.value(&parameter.value);
            self.conditions.push(Condition::Query {
                name: Arc::clone(&parameter.name),
                value,
            });
        }
        let run = Run {
            start,
            end: self.conditions.len() as u32,
        };
        self.compiled.insert(std::ptr::from_ref(matched), run);
        run
    }

    fn value(&mut self, pattern: &Pattern) -> Value {
        match pattern {
            Pattern::Exact(text) => Value::Exact(Arc::clone(text)),
            Pattern::Regex(text) => Value::Regex(self.patterns.add(text, Anchor::Whole)),
        }
    }
}

/// Every match of an entry. A rule that the model lacks has none.
fn matches_of<'m>(model: &'m Model, entry: &'m RouteEntry) -> impl Iterator<Item = Ranked<'m>> {
    entry
        .rules
        .iter()
        .enumerate()
        .flat_map(move |(rule_position, id)| {
            let matches = model
                .rules
                .get(id.0 as usize)
                .map_or(&[][..], |rule: &Rule| &rule.matches);
            matches
                .iter()
                .enumerate()
                .map(move |(match_position, matched)| Ranked {
                    entry,
                    rule_position,
                    match_position,
                    rule: id.0,
                    matched,
                })
        })
}
