//! Ingresses of our classes: together they are one listener without hostname, behind those of every
//! Gateway.

use super::address::{self, Addresses};
use super::annotations::{self, Effect};
use super::claims::{Claims, protocol_name};
use super::ingress_class::{IngressClasses, Owner};
use super::ingress_rule::{self, Claimed, IngressRules, KIND};
use super::ingress_tls::IngressTls;
use super::report::{
    ACCEPTED, CONFLICTED, Condition, IngressReport, Note, ObjectStatus, PARTIALLY_INVALID,
    RESOLVED_REFS, Refusal,
};
use super::{Context, Shelves};
use crate::ir::{BindAddress, ListenerTls, Protocol, RouteEntry};
use crate::objects::kinds::ingress::Ingress;

/// What Ingress needs of the model.
#[derive(Default)]
pub(super) struct IngressPlane {
    pub routes: Vec<RouteEntry>,
    pub http: Vec<BindAddress>,
    pub https: Vec<BindAddress>,
    /// Present where any Ingress asks for TLS and there is a certificate.
    pub tls: Option<ListenerTls>,
}

/// One Ingress between the object and the report.
struct Draft<'a> {
    ingress: &'a Ingress,
    /// Why it is refused as a whole.
    refused: Option<Refusal>,
    rules: IngressRules,
}

/// Translates every Ingress of ours, the oldest first. `claims` says what Gateways hold.
pub(super) fn translate<'a>(
    context: Context<'a>,
    claims: &mut Claims,
    shelves: &mut Shelves<'a>,
) -> IngressPlane {
    let classes = IngressClasses::new(context, &mut shelves.reports);
    let mut ingresses: Vec<&Ingress> = context
        .objects
        .ingresses()
        .iter()
        .map(|ingress| &**ingress)
        .collect();
    ingresses.sort_by_cached_key(|ingress| ingress.metadata.age());

    // Secrets are read only when referenced, so the default one is left alone until it is needed.
    let mut tls = None;
    let mut claimed = Claimed::default();
    let mut drafts = Vec::new();
    for ingress in ingresses {
        match classes.owner(ingress) {
            Owner::Foreign => {}
            Owner::Unknown(field, message) => {
                shelves.reports.note(ingress, Note::warning(field, message));
            }
            Owner::Refused(message) => drafts.push(Draft {
                ingress,
                refused: Some(Refusal::new("InvalidParameters", message)),
                rules: IngressRules::default(),
            }),
            Owner::Ours => drafts.push(draft(context, ingress, &mut tls, &mut claimed, shelves)),
        }
    }
    let addresses = address::of_ingress(context.settings);
    let plane = plane(context, &drafts, &addresses, tls, claims);
    for draft in &mut drafts {
        report(context, draft, &addresses, &plane, claims, shelves);
    }
    IngressPlane {
        routes: drafts
            .into_iter()
            .flat_map(|draft| draft.rules.entries)
            .collect(),
        ..plane
    }
}

fn draft<'a>(
    context: Context<'a>,
    ingress: &'a Ingress,
    tls: &mut Option<IngressTls>,
    claimed: &mut Claimed,
    shelves: &mut Shelves<'a>,
) -> Draft<'a> {
    let (effect, notes) = annotations::read(ingress);
    for note in notes {
        shelves.reports.note(ingress, note);
    }
    let unsupported = |name: &str, what: &str| {
        let message = format!("metadata.annotations[{name}] is not supported yet: {what}");
        Some(Refusal::new("UnsupportedValue", message))
    };
    let refused = match &effect {
        Effect::None => None,
        Effect::Closed(name) => {
            unsupported(name, "it restricts access, so every request answers 500")
        }
        Effect::Withheld(name) => unsupported(name, "the Ingress is not served"),
    };
    if let Effect::Withheld(_) = effect {
        return Draft {
            ingress,
            refused,
            rules: IngressRules::default(),
        };
    }
    let closed = refused.is_some();
    let mut rules = ingress_rule::translate(ingress, closed, claimed, shelves);
    if !ingress.spec.tls.is_empty() {
        let tls = tls.get_or_insert_with(|| IngressTls::new(context, shelves));
        rules.unresolved.extend(tls.add(ingress, shelves));
    }
    Draft {
        ingress,
        refused,
        rules,
    }
}

/// Where Ingress listens: nowhere while there is none of ours, and for TLS only while one asks for
/// it. What a Gateway holds with the other protocol is left to it.
fn plane(
    context: Context<'_>,
    drafts: &[Draft<'_>],
    addresses: &Addresses,
    tls: Option<IngressTls>,
    claims: &mut Claims,
) -> IngressPlane {
    let mut plane = IngressPlane::default();
    let served = |draft: &&Draft<'_>| draft.is_served();
    let mut take = |port, protocol| -> Vec<BindAddress> {
        let wanted = addresses.ips.iter().map(|ip| BindAddress { ip: *ip, port });
        wanted
            .filter(|bind| claims.take(*bind, protocol, KIND))
            .collect()
    };
    if drafts.iter().any(|draft| served(&draft)) {
        plane.http = take(context.settings.ingress_http_port, Protocol::Http);
    }
    let tls = tls.map(IngressTls::finish);
    if let Some(tls) = tls.filter(|tls| !tls.certificates.is_empty()) {
        plane.https = take(context.settings.ingress_https_port, Protocol::Https);
        plane.tls = Some(tls);
    }
    plane
}

impl Draft<'_> {
    /// Whether it is in the model, closed or not.
    fn is_served(&self) -> bool {
        self.refused.is_none() || !self.rules.entries.is_empty()
    }

    /// Hosts that listeners of Gateways on the same bind are asked for first.
    fn taken_hosts(&self, bind: BindAddress, claims: &Claims) -> Vec<String> {
        let hosts = self.rules.entries.iter().flat_map(|entry| &entry.hostnames);
        hosts
            .filter_map(|host| {
                let (name, owner) = claims.before_fallback(bind, host)?;
                Some(format!(
                    "requests for {name} on {bind} go to {owner}, not to host {host} here"
                ))
            })
            .collect()
    }
}

fn report(
    context: Context<'_>,
    draft: &mut Draft<'_>,
    addresses: &Addresses,
    plane: &IngressPlane,
    claims: &Claims,
    shelves: &mut Shelves<'_>,
) {
    let settings = context.settings;
    let secure = !draft.ingress.spec.tls.is_empty();
    let mut binds = Vec::new();
    let mut unavailable = Vec::new();
    if draft.is_served() {
        let mut wanted = vec![(settings.ingress_http_port, Protocol::Http, &plane.http)];
        if secure && plane.tls.is_some() {
            wanted.push((settings.ingress_https_port, Protocol::Https, &plane.https));
        }
        for (port, protocol, taken) in wanted {
            binds.extend(taken.iter().copied());
            for bind in addresses.ips.iter().map(|ip| BindAddress { ip: *ip, port }) {
                if !taken.contains(&bind) {
                    unavailable.push(lost(bind, protocol, claims));
                }
                let taken = claims.shadowing(bind, KIND);
                for said in taken.into_iter().chain(draft.taken_hosts(bind, claims)) {
                    shelves.reports.note(draft.ingress, Note::warning("", said));
                }
            }
        }
    }
    let conditions = conditions(draft, unavailable, binds.is_empty());
    let report = IngressReport {
        conditions,
        addresses: match binds.is_empty() {
            true => Vec::new(),
            false => addresses.report.clone(),
        },
        binds,
    };
    shelves
        .reports
        .status(draft.ingress, ObjectStatus::Ingress(report));
}

fn lost(bind: BindAddress, protocol: Protocol, claims: &Claims) -> String {
    let (held, owner) = claims.holder(bind);
    format!(
        "Ingress cannot have {} on {bind}, which speaks {held} for {owner}; use another port for \
         one of them",
        protocol_name(protocol)
    )
}

/// An Ingress' status has no conditions; these are in the manner of a route's.
fn conditions(draft: &Draft<'_>, unavailable: Vec<String>, nowhere: bool) -> Vec<Condition> {
    let rules = &draft.rules;
    let mut conditions = Vec::new();
    let served = !nowhere || unavailable.is_empty();
    conditions.push(match &draft.refused {
        Some(refusal) => Condition::fails(ACCEPTED, refusal.reason, &*refusal.message),
        None if served => Condition::holds(ACCEPTED, "Accepted", "the Ingress is accepted"),
        None => Condition::fails(ACCEPTED, "PortUnavailable", unavailable.join("; ")),
    });
    conditions.push(match rules.unresolved.first() {
        None => Condition::holds(RESOLVED_REFS, "ResolvedRefs", "every reference is resolved"),
        Some(first) => Condition::fails(RESOLVED_REFS, first.reason, join(&rules.unresolved)),
    });
    if let Some(first) = rules.dropped.first() {
        let message = format!("Dropped Rule: {}", join(&rules.dropped));
        conditions.push(Condition::holds(PARTIALLY_INVALID, first.reason, message));
    } else if draft.refused.is_none() && served && !unavailable.is_empty() {
        let message = unavailable.join("; ");
        conditions.push(Condition::holds(
            PARTIALLY_INVALID,
            "PortUnavailable",
            message,
        ));
    }
    if !rules.lost.is_empty() {
        let message = rules.lost.join("; ");
        conditions.push(Condition::holds(CONFLICTED, "HostPathConflict", message));
    }
    conditions
}

fn join(refusals: &[Refusal]) -> String {
    let messages: Vec<&str> = refusals
        .iter()
        .map(|refusal| refusal.message.as_str())
        .collect();
    messages.join("; ")
}
