//! The compiled table, and the way a request takes through it.

use super::hosts::HostMap;
use super::paths::{ListId, Paths};
use super::predicates::{ANY_METHOD, Candidate, Condition, NO_PATTERN, PatternList, Run};
use super::request::RequestView;
use super::rule::{BindIndex, CompiledRule, ListenerEntry, ListenerIndex, RuleIndex};
use super::run_index::RunIndex;
use super::scratch::Scratch;
use crate::ir::{BindAddress, ListenerName};
use std::sync::Arc;

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Rule(Hit),
    /// 404. The listener it belongs to, if any takes its host.
    NoRoute {
        listener: Option<ListenerIndex>,
    },
    /// 421: the connection was made to another listener than the request belongs to (GEP-3567).
    Misdirected,
}

/// The rule that takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub rule: RuleIndex,
    pub listener: ListenerIndex,
    /// Bytes of the path, from its beginning, that the match covers: the prefix of a prefix match,
    /// what a pattern matched, all of an exact one.
    pub matched_prefix: usize,
}

/// The routing table: immutable, read by every worker.
#[derive(Debug)]
pub struct RouteTable {
    pub(super) binds: Vec<BindTable>,
    pub(super) listeners: Vec<ListenerTable>,
    pub(super) hosts: Vec<Bucket>,
    pub(super) paths: Paths,
    pub(super) lists: Vec<List>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) conditions: Vec<Condition>,
    pub(super) methods: Vec<Arc<str>>,
    pub(super) patterns: Arc<PatternList>,
    pub(super) rules: Vec<CompiledRule>,
}

#[derive(Debug)]
pub(super) struct BindTable {
    pub address: BindAddress,
    /// Hostname to listener, without the fallback.
    pub listeners: HostMap,
    /// Asked after the listener without hostname (architecture decision 11).
    pub fallback: Option<u32>,
    /// Its listeners, by index.
    pub all: Run,
}

#[derive(Debug)]
pub(super) struct ListenerTable {
    pub entry: ListenerEntry,
    /// Hostname to bucket.
    pub hosts: HostMap,
    /// The same for matches that rank below all others.
    pub defaults: HostMap,
}

/// The matches under one hostname.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    pub root: u32,
    /// Candidates with a path pattern, in order of rank.
    pub patterns: ListId,
}

/// Candidates in order of rank.
#[derive(Debug)]
pub(super) struct List {
    pub run: Run,
    /// For a long run.
    pub index: Option<Box<RunIndex>>,
}

impl RouteTable {
    /// The bind at an address.
    pub fn bind(&self, address: BindAddress) -> Option<BindIndex> {
        let index = self.binds.iter().position(|bind| bind.address == address)?;
        Some(BindIndex(index as u32))
    }

    /// The listener of this name on a bind: how a connection that was made under an earlier
    /// revision finds its listener again.
    pub fn listener_named(&self, bind: BindIndex, name: &ListenerName) -> Option<ListenerIndex> {
        let all = self.binds.get(bind.0 as usize)?.all;
        (all.start..all.end)
            .map(ListenerIndex)
            .find(|index| self.listener(*index).name == *name)
    }

    /// A listener of this table.
    ///
    /// # Panics
    /// With an index of another table that is out of range.
    pub fn listener(&self, index: ListenerIndex) -> &ListenerEntry {
        &self.listeners[index.0 as usize].entry
    }

    /// A rule of this table.
    ///
    /// # Panics
    /// With an index of another table that is out of range.
    pub fn rule(&self, index: RuleIndex) -> &CompiledRule {
        &self.rules[index.0 as usize]
    }

    /// Every rule, in the order of [`RuleIndex`].
    pub fn rules(&self) -> &[CompiledRule] {
        &self.rules
    }

    /// Finds the rule for a request on a bind. `tls_listener` is the listener that the server name
    /// chose at the handshake; `None` on a plain bind.
    pub fn lookup(
        &self,
        bind: BindIndex,
        tls_listener: Option<ListenerIndex>,
        request: &RequestView<'_>,
        scratch: &mut Scratch,
    ) -> Outcome {
        let Some(bind) = self.binds.get(bind.0 as usize) else {
            return Outcome::NoRoute { listener: None };
        };
        // Most specific first, so the first is the one the request belongs to.
        let owner = bind.listeners.find(request.host, Some);
        // The fallback stands beside the listener without hostname: it takes what that one does.
        let (first, second) = match owner {
            Some(owner) if bind.listeners.any() == Some(owner) => (owner, bind.fallback),
            Some(owner) => (owner, None),
            None => match bind.fallback {
                Some(fallback) => (fallback, None),
                None => return Outcome::NoRoute { listener: None },
            },
        };
        if tls_listener.is_some_and(|ListenerIndex(own)| own != first && Some(own) != second) {
            return Outcome::Misdirected;
        }
        self.search(first, request, scratch)
            .or_else(|| self.search(second?, request, scratch))
            .map_or(
                Outcome::NoRoute {
                    listener: Some(ListenerIndex(first)),
                },
                Outcome::Rule,
            )
    }

    /// Finds the rule among one listener's routes. The rules of a less specific hostname are asked
    /// when no rule of a more specific one takes the request: hostnames order matches, they do not
    /// hide them (Gateway API `HTTPRouteSpec.hostnames`).
    fn search(
        &self,
        listener: u32,
        request: &RequestView<'_>,
        scratch: &mut Scratch,
    ) -> Option<Hit> {
        let table = self.listeners.get(listener as usize)?;
        let mut ask = |bucket| self.search_bucket(bucket, listener, request, scratch);
        table
            .hosts
            .find(request.host, &mut ask)
            .or_else(|| table.defaults.find(request.host, &mut ask))
    }

    /// Exact path, then patterns, then prefixes from the longest.
    fn search_bucket(
        &self,
        bucket: u32,
        listener: u32,
        request: &RequestView<'_>,
        scratch: &mut Scratch,
    ) -> Option<Hit> {
        let bucket = self.hosts.get(bucket as usize)?;
        let hit = |rule, matched_prefix| Hit {
            rule: RuleIndex(rule),
            listener: ListenerIndex(listener),
            matched_prefix,
        };
        let mut walk = self.paths.walk(bucket.root, request.path);
        if let Some((candidate, _)) = self.first(walk.exact, request, scratch) {
            return Some(hit(candidate.rule, request.path.len()));
        }
        if let Some((candidate, end)) = self.first(bucket.patterns, request, scratch) {
            return Some(hit(candidate.rule, end));
        }
        while let Some((run, length)) = walk.next_prefix() {
            if let Some((candidate, _)) = self.first(run, request, scratch) {
                return Some(hit(candidate.rule, length));
            }
        }
        None
    }

    /// The first candidate of a list that takes the request, and where its path pattern ends.
    fn first(
        &self,
        list: ListId,
        request: &RequestView<'_>,
        scratch: &mut Scratch,
    ) -> Option<(&Candidate, usize)> {
        let list = self.lists.get(list.index())?;
        let run = list.run.of(&self.candidates);
        match &list.index {
            None => run.iter().find_map(|candidate| {
                let end = self.holds(candidate, request, scratch)?;
                Some((candidate, end))
            }),
            Some(index) => self.first_indexed(run, index, request, scratch),
        }
    }

    fn first_indexed<'t>(
        &self,
        run: &'t [Candidate],
        index: &RunIndex,
        request: &RequestView<'_>,
        scratch: &mut Scratch,
    ) -> Option<(&'t Candidate, usize)> {
        let mut best = None;
        let mut bound = run.len();
        let mut text = std::mem::take(&mut scratch.key);
        index.lists(request, &mut text, |positions| {
            for position in positions.iter().map(|position| *position as usize) {
                if position >= bound {
                    break;
                }
                let Some(candidate) = run.get(position) else {
                    break;
                };
                if let Some(end) = self.holds(candidate, request, scratch) {
                    best = Some((candidate, end));
                    bound = position;
                    break;
                }
            }
        });
        scratch.key = text;
        best
    }

    #[inline]
    fn holds(
        &self,
        candidate: &Candidate,
        request: &RequestView<'_>,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        if candidate.is_plain() {
            return Some(0);
        }
        if candidate.method != ANY_METHOD {
            let method = self.methods.get(usize::from(candidate.method))?;
            if method.as_bytes() != request.method {
                return None;
            }
        }
        let conditions = candidate.conditions.of(&self.conditions);
        if !conditions
            .iter()
            .all(|one| one.holds(request, &self.patterns, scratch))
        {
            return None;
        }
        match candidate.pattern {
            NO_PATTERN => Some(0),
            pattern => scratch.match_end(&self.patterns, pattern, request.path),
        }
    }
}
