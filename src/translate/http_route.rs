//! HTTPRoutes: attached to Gateways of ours, with a status for each parent.

use super::attach::{self, Candidate};
use super::gateway::GatewayDraft;
use super::hostname;
use super::http_rule::{self, RouteRules};
use super::report::{
    ACCEPTED, Condition, Note, ObjectStatus, PARTIALLY_INVALID, ParentReport, RESOLVED_REFS,
    Refusal, RouteReport,
};
use super::{Context, Shelves};
use crate::ir::{Hostname, Labels, Precedence, RouteEntry, RuleId};
use crate::objects::kinds::GATEWAY_GROUP;
use crate::objects::kinds::http_route::HttpRoute;
use crate::objects::kinds::reference::ParentRef;
use std::collections::{BTreeMap, BTreeSet};

/// The kind's name, as manifests write it.
pub(super) const KIND: &str = "HTTPRoute";

/// Attaches every HTTPRoute to the Gateways it names.
pub(super) fn translate<'a>(
    context: Context<'a>,
    gateways: &mut [GatewayDraft<'_>],
    shelves: &mut Shelves<'a>,
) {
    let ours: BTreeMap<(String, String), usize> = gateways
        .iter()
        .enumerate()
        .map(|(index, draft)| {
            let metadata = &draft.gateway.metadata;
            let namespace = metadata.namespace_or_empty().to_owned();
            ((namespace, metadata.name.clone()), index)
        })
        .collect();
    for route in context.objects.http_routes().iter() {
        one(context, route, &ours, gateways, shelves);
    }
}

fn one<'a>(
    context: Context<'a>,
    route: &HttpRoute,
    ours: &BTreeMap<(String, String), usize>,
    gateways: &mut [GatewayDraft<'_>],
    shelves: &mut Shelves<'a>,
) {
    let mut parents: Vec<(&ParentRef, usize)> = Vec::new();
    for (index, parent) in route.spec.parent_refs.iter().enumerate() {
        match gateway_of(context, route, parent, ours) {
            Parent::Ours(gateway) => parents.push((parent, gateway)),
            Parent::Foreign => {}
            Parent::Unknown(message) => {
                let note = Note::warning(format!("spec.parentRefs[{index}]"), message);
                shelves.reports.note(route, note);
            }
        }
    }
    if route.spec.parent_refs.is_empty() {
        let message = "no parent is named, nobody serves this";
        shelves
            .reports
            .note(route, Note::warning("spec.parentRefs", message));
    }
    let default_gateways = route.spec.use_default_gateways.as_deref();
    if let Some(scope) = default_gateways.filter(|scope| *scope != "None") {
        let message = format!("{scope}: default Gateways (GEP-3793) are not supported yet");
        let note = Note::refused("spec.useDefaultGateways", message);
        shelves.reports.note(route, note);
    }
    if parents.is_empty() {
        return;
    }
    let rules = http_rule::translate(context, route, shelves);
    let hostnames: Vec<Hostname> = route
        .spec
        .hostnames
        .iter()
        .map(|name| hostname::parse(name, Labels::Many))
        .collect();
    let mut attacher = Attacher {
        context,
        candidate: Candidate {
            kind: KIND,
            namespace: route.metadata.namespace_or_empty(),
            hostnames: &hostnames,
        },
        precedence: precedence(route),
        rules: &rules,
        attached: BTreeSet::new(),
        ids: None,
    };
    let mut reports = Vec::new();
    for (parent, gateway) in parents {
        let Some(draft) = gateways.get_mut(gateway) else {
            continue;
        };
        let accepted = attacher.attach(parent, gateway, draft, shelves);
        reports.push(ParentReport {
            parent_ref: parent.clone(),
            conditions: conditions(accepted, &rules),
        });
    }
    let report = RouteReport {
        controller: context.settings.gateway_controller.clone(),
        parents: reports,
    };
    shelves.reports.status(route, ObjectStatus::Route(report));
}

/// The last tie-breakers of a route.
fn precedence(route: &HttpRoute) -> Precedence {
    let metadata = &route.metadata;
    Precedence {
        created: metadata.creation_timestamp.map(|time| time.as_second()),
        namespace: metadata.namespace_or_empty().into(),
        name: metadata.name.as_str().into(),
    }
}

enum Parent {
    /// Index of the Gateway.
    Ours(usize),
    /// Another controller's; it speaks for itself.
    Foreign,
    /// Nobody will answer for it, so the owner is told.
    Unknown(String),
}

fn gateway_of(
    context: Context<'_>,
    route: &HttpRoute,
    parent: &ParentRef,
    ours: &BTreeMap<(String, String), usize>,
) -> Parent {
    if parent.group != GATEWAY_GROUP || parent.kind != "Gateway" {
        return match (parent.group.as_str(), parent.kind.as_str()) {
            (GATEWAY_GROUP, "ListenerSet") | ("", "Service") => Parent::Unknown(format!(
                "{} {} is not supported (yet) as a parent, use a Gateway",
                parent.kind, parent.name
            )),
            _ => Parent::Foreign,
        };
    }
    let own = route.metadata.namespace_or_empty();
    let namespace = parent.namespace.as_deref().unwrap_or(own);
    if let Some(index) = ours.get(&(namespace.to_owned(), parent.name.clone())) {
        return Parent::Ours(*index);
    }
    match context.objects.gateways().get(namespace, &parent.name) {
        Some(_) => Parent::Foreign,
        None => Parent::Unknown(format!(
            "Gateway {namespace}/{} does not exist",
            parent.name
        )),
    }
}

/// Attaches one route to one Gateway after another.
struct Attacher<'a, 'r> {
    context: Context<'a>,
    candidate: Candidate<'r>,
    precedence: Precedence,
    rules: &'r RouteRules,
    /// Gateway and listener: two references may select the same.
    attached: BTreeSet<(usize, usize)>,
    /// The rules in the model, once they are there.
    ids: Option<Vec<RuleId>>,
}

impl<'a> Attacher<'a, '_> {
    /// Attaches the route through one reference; the refusal is that of `Accepted`.
    fn attach(
        &mut self,
        parent: &ParentRef,
        index: usize,
        gateway: &mut GatewayDraft<'_>,
        shelves: &mut Shelves<'a>,
    ) -> Result<(), Refusal> {
        let attachments = attach::attach(self.context.objects, gateway, parent, &self.candidate)?;
        if let Some(refusal) = self.rules.refused_whole() {
            return Err(refusal.clone());
        }
        for attachment in attachments {
            let Some(listener) = gateway.listeners.get_mut(attachment.listener) else {
                continue;
            };
            if !self.attached.insert((index, attachment.listener)) {
                continue;
            }
            listener.attached += 1;
            let ids = self
                .ids
                .get_or_insert_with(|| self.rules.publish(&mut shelves.rules));
            listener.routes.push(RouteEntry {
                hostnames: attachment.hostnames,
                rules: ids.clone(),
                precedence: self.precedence.clone(),
            });
        }
        Ok(())
    }
}

fn conditions(accepted: Result<(), Refusal>, rules: &RouteRules) -> Vec<Condition> {
    let mut conditions = Vec::new();
    match &accepted {
        Ok(()) => conditions.push(Condition::holds(
            ACCEPTED,
            "Accepted",
            "the route is accepted",
        )),
        Err(refusal) => {
            conditions.push(Condition::fails(
                ACCEPTED,
                refusal.reason,
                &*refusal.message,
            ));
        }
    }
    conditions.push(match rules.unresolved() {
        None => Condition::holds(RESOLVED_REFS, "ResolvedRefs", "every reference is resolved"),
        Some(refusal) => Condition::fails(RESOLVED_REFS, refusal.reason, refusal.message),
    });
    if accepted.is_ok()
        && let Some(refusal) = rules.dropped()
    {
        let condition = Condition::holds(PARTIALLY_INVALID, refusal.reason, refusal.message);
        conditions.push(condition);
    }
    conditions
}
