//! Rules of an Ingress: hosts, paths, backends.

use super::Shelves;
use super::hostname;
use super::matches;
use super::path;
use super::report::{Note, Refusal};
use crate::ir::{
    Hostname, Labels, Match, NO_SLOT, PathMatch, Precedence, RouteEntry, RouteName, Rule, RuleId,
    Target, Timeouts, WeightedBackend,
};
use crate::objects::kinds::ingress::{Ingress, IngressBackend, IngressPath, PathType};
use std::collections::{BTreeMap, BTreeSet};

/// The kind's name, as manifests write it.
pub(super) const KIND: &str = "Ingress";

/// What a request is taken by. Two Ingresses with the same one conflict.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Path(Option<Hostname>, PathMatch),
    /// What no path of the host takes; without a host, what no other default backend takes.
    Default(Option<Hostname>),
}

/// Who claimed what: older Ingresses come first.
#[derive(Default)]
pub(super) struct Claimed(BTreeMap<Claim, String>);

/// What came of the rules of one Ingress.
#[derive(Default)]
pub(super) struct IngressRules {
    pub entries: Vec<RouteEntry>,
    /// Paths that are not served because their text is no path.
    pub dropped: Vec<Refusal>,
    /// Backends that do not resolve; their requests answer 500.
    pub unresolved: Vec<Refusal>,
    /// What an older Ingress has.
    pub lost: Vec<String>,
}

/// Translates the rules of one Ingress. `closed`: every request is answered with 500.
pub(super) fn translate<'a>(
    ingress: &Ingress,
    closed: bool,
    claimed: &mut Claimed,
    shelves: &mut Shelves<'a>,
) -> IngressRules {
    let metadata = &ingress.metadata;
    let namespace = metadata.namespace_or_empty();
    let mut reader = Reader {
        ingress,
        closed,
        own: format!("{namespace}/{}", metadata.name),
        claimed,
        shelves,
        out: IngressRules::default(),
    };
    let mut hosts: BTreeMap<Option<Hostname>, Vec<RuleId>> = BTreeMap::new();
    for (index, rule) in ingress.spec.rules.iter().enumerate() {
        let host = rule.host.as_deref().filter(|host| !host.is_empty());
        let host = host.map(|host| hostname::parse(host, Labels::One));
        let paths = rule.http.as_ref().map(|http| http.paths.as_slice());
        for (number, spec) in paths.unwrap_or_default().iter().enumerate() {
            if let Some(id) = reader.path(&host, spec, (index, number)) {
                hosts.entry(host.clone()).or_default().push(id);
            }
        }
    }
    let default = ingress.spec.default_backend.as_ref();
    let default = default.and_then(|backend| reader.default(backend));
    let default = default.map_or_else(Vec::new, |(rule, hosts)| defaults(rule, hosts));
    let precedence = Precedence {
        created: metadata.creation_timestamp.map(|time| time.as_second()),
        namespace: namespace.into(),
        name: metadata.name.as_str().into(),
    };
    let mut out = reader.out;
    let entry = |hostnames: Vec<Hostname>, rules: Vec<RuleId>| RouteEntry {
        hostnames,
        rules,
        precedence: precedence.clone(),
    };
    out.entries = hosts
        .into_iter()
        .map(|(host, rules)| entry(host.into_iter().collect(), rules))
        .chain(
            default
                .into_iter()
                .map(|(hosts, rule)| entry(hosts, vec![rule])),
        )
        .collect();
    out
}

/// The entries of a default backend: for hosts it has, and for every host where it has that.
fn defaults(rule: RuleId, hosts: BTreeSet<Option<Hostname>>) -> Vec<(Vec<Hostname>, RuleId)> {
    let every = hosts.contains(&None);
    let named: Vec<Hostname> = hosts.into_iter().flatten().collect();
    let named = (!named.is_empty()).then_some(named);
    let every = every.then(Vec::new);
    named
        .into_iter()
        .chain(every)
        .map(|hosts| (hosts, rule))
        .collect()
}

struct Reader<'a, 'r> {
    ingress: &'r Ingress,
    closed: bool,
    /// `namespace/name` of the Ingress.
    own: String,
    claimed: &'r mut Claimed,
    shelves: &'r mut Shelves<'a>,
    out: IngressRules,
}

impl Reader<'_, '_> {
    fn path(
        &mut self,
        host: &Option<Hostname>,
        spec: &IngressPath,
        (rule, number): (usize, usize),
    ) -> Option<RuleId> {
        let field = format!("spec.rules[{rule}].http.paths[{number}]");
        let text = spec.path.as_deref().filter(|path| !path.is_empty());
        let text = text.unwrap_or("/");
        let path = match spec.path_type {
            PathType::Exact => path::exact(text).map(PathMatch::Exact),
            PathType::Prefix => path::prefix(text).map(PathMatch::Prefix),
            PathType::ImplementationSpecific => {
                self.looks_like_a_pattern(text, &field);
                path::prefix(text).map(PathMatch::Prefix)
            }
        };
        let path = match path {
            Ok(path) => path,
            Err(reason) => {
                let message = format!("{field}.path: {reason}");
                self.out
                    .dropped
                    .push(Refusal::new("UnsupportedValue", message));
                return None;
            }
        };
        let what = match host {
            Some(host) => format!("{field}: {text} of host {host}"),
            None => format!("{field}: {text} of every host"),
        };
        if !self.claim(Claim::Path(host.clone(), path.clone()), what) {
            return None;
        }
        let target = self.target(&spec.backend, &format!("{field}.backend"));
        let matched = Match {
            path,
            ..matches::everything()
        };
        Some(self.publish(format!("{rule}.{number}"), matched, target))
    }

    /// The rule of the default backend and the hosts it has: the Ingress' own, and every other one
    /// unless an older Ingress has that. So what is asked of a host stays with its owner.
    fn default(
        &mut self,
        backend: &IngressBackend,
    ) -> Option<(RuleId, BTreeSet<Option<Hostname>>)> {
        const FIELD: &str = "spec.defaultBackend";
        let mut hosts = BTreeSet::new();
        let named = self.ingress.spec.rules.iter();
        let named = named.filter_map(|rule| rule.host.as_deref().filter(|host| !host.is_empty()));
        let named: BTreeSet<Hostname> = named
            .map(|host| hostname::parse(host, Labels::One))
            .collect();
        for host in named {
            let what = format!("{FIELD}: what no rule matches of host {host}");
            if self.claim(Claim::Default(Some(host.clone())), what) {
                hosts.insert(Some(host));
            }
        }
        match self.take(Claim::Default(None)) {
            Ok(()) => {
                hosts.insert(None);
            }
            Err(winner) if hosts.is_empty() => {
                let message = format!(
                    "{FIELD}: what no rule matches belongs to Ingress {winner}, which comes first"
                );
                self.out.lost.push(message);
                return None;
            }
            Err(winner) => {
                let message = format!(
                    "takes what no rule matches of the hosts named here; for any other host that is \
                     the one of Ingress {winner}, which comes first"
                );
                let note = Note::warning(FIELD, message);
                self.shelves.reports.note(self.ingress, note);
            }
        }
        let target = self.target(backend, "spec.defaultBackend");
        let matched = Match {
            default: true,
            ..matches::everything()
        };
        let rule = self.publish("default".to_owned(), matched, target);
        Some((rule, hosts))
    }

    /// Takes it unless it is taken, by the Ingress that is named then.
    fn take(&mut self, claim: Claim) -> Result<(), String> {
        match self.claimed.0.get(&claim) {
            None => {
                self.claimed.0.insert(claim, self.own.clone());
                Ok(())
            }
            Some(winner) => Err(winner.clone()),
        }
    }

    /// Whether nobody has it; who has is said.
    fn claim(&mut self, claim: Claim, what: String) -> bool {
        let Err(winner) = self.take(claim) else {
            return true;
        };
        self.out.lost.push(match winner == self.own {
            true => format!("{what} occurs twice, the first counts"),
            false => format!("{what} belongs to Ingress {winner}, which comes first"),
        });
        false
    }

    fn target(&mut self, backend: &IngressBackend, field: &str) -> Target {
        let resolved = match backend {
            IngressBackend::Service { name, port } => {
                let namespace = self.ingress.metadata.namespace_or_empty();
                self.shelves.backends.resolve(namespace, name, port)
            }
            IngressBackend::Resource(resource) => {
                let message = format!(
                    "resource {} {} is not supported, use a service",
                    resource.kind, resource.name
                );
                Err(Refusal::new("InvalidKind", message))
            }
        };
        match resolved {
            Ok(_) if self.closed => Target::Invalid {
                reason: "UnsupportedValue",
            },
            Ok(id) => Target::Backend(id),
            Err(refusal) => {
                let reason = refusal.reason;
                self.out.unresolved.push(refusal.at(field));
                Target::Invalid { reason }
            }
        }
    }

    fn publish(&mut self, name: String, matched: Match, target: Target) -> RuleId {
        let metadata = &self.ingress.metadata;
        let id = RuleId(self.shelves.rules.len() as u32);
        self.shelves.rules.push(Rule {
            route: RouteName {
                kind: KIND.into(),
                namespace: metadata.namespace_or_empty().into(),
                name: metadata.name.as_str().into(),
            },
            name: name.into(),
            slot: NO_SLOT,
            matches: vec![matched],
            filters: Vec::new(),
            backends: vec![WeightedBackend {
                weight: 1,
                target,
                filters: Vec::new(),
            }],
            timeouts: Timeouts::default(),
        });
        id
    }

    /// nginx reads an ImplementationSpecific path as a regular expression under some annotations.
    fn looks_like_a_pattern(&mut self, text: &str, field: &str) {
        if text.contains(['(', '[', '*', '|', '\\', '^', '$', '{']) {
            let message = "ImplementationSpecific is read as Prefix, this looks like a regular \
                           expression and is taken literally";
            let note = Note::warning(format!("{field}.path"), message);
            self.shelves.reports.note(self.ingress, note);
        }
    }
}
