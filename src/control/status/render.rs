//! Renders the status of every object: pure, from the report and the state of the binds.
//!
//! `Programmed` is decided here and nowhere else: a listener is programmed when every live worker
//! listens on each of its binds.

use crate::ir::BindAddress;
use crate::objects::ObjectKey;
use crate::objects::kinds::reference::ParentRef;
use crate::snapshot::{BindFailure, BindFailureKind};
use crate::translate::Report;
use crate::translate::report::{
    AddressReport, ClassReport, Condition, ConditionStatus, GatewayReport, IngressReport,
    ListenerReport, Note, ObjectStatus, PROGRAMMED, RouteReport,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What the workers say about one bind, taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindState {
    /// Not every live worker has answered yet.
    Pending,
    /// Every live worker listens; the note tells of a fall-back, such as to IPv4 only.
    Listening { note: Option<String> },
    /// At least one worker cannot listen.
    Failed(BindFailure),
}

/// The state of every bind; one that is absent is pending.
pub type Binds = BTreeMap<BindAddress, BindState>;

/// The status of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusDocument {
    pub object: ObjectKey,
    /// `status` as Kubernetes has it, but for `lastTransitionTime`, which the caller adds; absent
    /// where the object's status is not ours to write.
    pub status: Option<Value>,
    /// Conditions of ours on an object whose status has none (Ingress).
    pub conditions: Vec<Condition>,
    pub notes: Vec<Note>,
}

/// Renders every status of a report.
pub fn render(report: &Report, binds: &Binds) -> Vec<StatusDocument> {
    let document = |object: &crate::translate::report::ObjectReport| {
        let generation = object.generation;
        let (status, conditions) = match &object.status {
            ObjectStatus::GatewayClass(class) => (Some(gateway_class(class, generation)), vec![]),
            ObjectStatus::Gateway(report) => (Some(gateway(report, generation, binds)), vec![]),
            ObjectStatus::Route(report) => (Some(route(report, generation)), vec![]),
            ObjectStatus::Ingress(report) => {
                (Some(ingress(report, binds)), report.conditions.clone())
            }
            ObjectStatus::None => (None, vec![]),
        };
        StatusDocument {
            object: object.object.clone(),
            status,
            conditions,
            notes: object.notes.clone(),
        }
    };
    report.objects.iter().map(document).collect()
}

fn gateway_class(class: &ClassReport, generation: i64) -> Value {
    let features = class.supported_features.iter();
    json!({
        "conditions": conditions(&class.conditions, generation),
        "supportedFeatures": features.map(|name| json!({ "name": name })).collect::<Vec<_>>(),
    })
}

/// Most entries of `status.addresses` (schema).
const ADDRESSES: usize = 16;

fn gateway(report: &GatewayReport, generation: i64, binds: &Binds) -> Value {
    let used: Vec<BindAddress> = report
        .listeners
        .iter()
        .flat_map(|listener| listener.binds.iter().copied())
        .collect();
    let listening = |address: &&AddressReport| {
        let mut on_it = used.iter().filter(|bind| bind.ip == address.ip).peekable();
        on_it.peek().is_some()
            && on_it.all(|bind| matches!(binds.get(bind), Some(BindState::Listening { .. })))
    };
    let addresses: Vec<Value> = report
        .addresses
        .iter()
        .filter(listening)
        .take(ADDRESSES)
        .map(|address| json!({ "type": "IPAddress", "value": address.value.to_string() }))
        .collect();
    let mut all = report.conditions.clone();
    all.push(gateway_programmed(report, &used, binds));
    let mut status = Map::new();
    if !addresses.is_empty() {
        status.insert("addresses".into(), addresses.into());
    }
    status.insert("conditions".into(), conditions(&all, generation));
    let listener = |report| listener(report, generation, binds);
    let listeners: Vec<Value> = report.listeners.iter().map(listener).collect();
    status.insert("listeners".into(), listeners.into());
    status.into()
}

fn gateway_programmed(report: &GatewayReport, used: &[BindAddress], binds: &Binds) -> Condition {
    if let Some(refusal) = report
        .conditions
        .iter()
        .find(|condition| condition.kind == "Accepted" && condition.refuses())
    {
        return Condition::fails(PROGRAMMED, "Invalid", refusal.message.as_str());
    }
    if let Some(message) = report.unusable.first() {
        return Condition::fails(PROGRAMMED, "AddressNotUsable", message.as_str());
    }
    if used.is_empty() {
        let message = "no listener can be served; see the conditions of the listeners";
        return Condition::fails(PROGRAMMED, "Invalid", message);
    }
    programmed(used, &[], binds)
}

fn listener(report: &ListenerReport, generation: i64, binds: &Binds) -> Value {
    let condition = match &report.withheld {
        Some(withheld) => Condition::fails(PROGRAMMED, withheld.reason, withheld.message.as_str()),
        None => programmed(&report.binds, &report.shadows, binds),
    };
    let mut all = report.conditions.clone();
    all.push(condition);
    let kinds = report.supported_kinds.iter();
    let kinds = kinds.map(|kind| json!({ "group": kind.group, "kind": kind.kind }));
    json!({
        "name": report.name,
        "supportedKinds": kinds.collect::<Vec<_>>(),
        "attachedRoutes": report.attached_routes,
        "conditions": conditions(&all, generation),
    })
}

/// `Programmed` of something that needs all these binds.
fn programmed(needed: &[BindAddress], shadows: &[String], binds: &Binds) -> Condition {
    let failed = needed.iter().find_map(|bind| match binds.get(bind) {
        Some(BindState::Failed(failure)) => Some((bind, failure)),
        _ => None,
    });
    if let Some((bind, failure)) = failed {
        let message = format!("cannot listen on {bind}: {}", failure.message);
        return Condition::fails(PROGRAMMED, "AddressNotUsable", message);
    }
    let listens =
        |bind: &&BindAddress| matches!(binds.get(bind), Some(BindState::Listening { .. }));
    if let Some(bind) = needed.iter().find(|bind| !listens(bind)) {
        let message = format!("waiting until every worker listens on {bind}");
        return Condition::fails(PROGRAMMED, "Pending", message);
    }
    let notes = needed.iter().filter_map(|bind| match binds.get(bind) {
        Some(BindState::Listening { note: Some(note) }) => Some(format!("{bind}: {note}")),
        _ => None,
    });
    let said = notes.chain(shadows.iter().cloned()).collect::<Vec<_>>();
    let message = match said.is_empty() {
        true => "every worker listens".to_owned(),
        false => said.join("; "),
    };
    Condition::holds(PROGRAMMED, "Programmed", message)
}

fn route(report: &RouteReport, generation: i64) -> Value {
    let parents = report.parents.iter().map(|parent| {
        json!({
            "parentRef": parent_ref(&parent.parent_ref),
            "controllerName": report.controller,
            "conditions": conditions(&parent.conditions, generation),
        })
    });
    json!({ "parents": parents.collect::<Vec<_>>() })
}

/// The reference as its owner wrote it, defaults filled in.
fn parent_ref(parent: &ParentRef) -> Value {
    let mut out = Map::new();
    out.insert("group".into(), parent.group.as_str().into());
    out.insert("kind".into(), parent.kind.as_str().into());
    if let Some(namespace) = &parent.namespace {
        out.insert("namespace".into(), namespace.as_str().into());
    }
    out.insert("name".into(), parent.name.as_str().into());
    if let Some(section) = &parent.section_name {
        out.insert("sectionName".into(), section.as_str().into());
    }
    if let Some(port) = parent.port {
        out.insert("port".into(), port.into());
    }
    out.into()
}

/// `status.loadBalancer` (`networking.k8s.io/v1` `IngressLoadBalancerStatus`).
fn ingress(report: &IngressReport, binds: &Binds) -> Value {
    let points = report.addresses.iter().filter_map(|address| {
        let on_it = report.binds.iter().filter(|bind| bind.ip == address.ip);
        let ports: Vec<Value> = on_it
            .filter_map(|bind| match binds.get(bind)? {
                BindState::Pending => None,
                BindState::Listening { .. } => {
                    Some(json!({ "port": bind.port, "protocol": "TCP" }))
                }
                BindState::Failed(failure) => Some(json!({
                    "port": bind.port, "protocol": "TCP", "error": port_error(failure.kind),
                })),
            })
            .collect();
        let served = ports.iter().any(|port| port.get("error").is_none());
        served.then(|| json!({ "ip": address.value.to_string(), "ports": ports }))
    });
    let points: Vec<Value> = points.collect();
    match points.is_empty() {
        true => json!({ "loadBalancer": {} }),
        false => json!({ "loadBalancer": { "ingress": points } }),
    }
}

/// `ports[].error`, a CamelCase word.
fn port_error(kind: BindFailureKind) -> &'static str {
    match kind {
        BindFailureKind::InUse => "PortInUse",
        BindFailureKind::NotAvailable => "AddressNotAvailable",
        BindFailureKind::Denied => "PortDenied",
        BindFailureKind::Other => "BindFailed",
    }
}

fn conditions(conditions: &[Condition], generation: i64) -> Value {
    let condition = |condition: &Condition| {
        json!({
            "type": condition.kind,
            "status": ConditionStatus::as_str(condition.status),
            "observedGeneration": generation,
            "reason": condition.reason,
            "message": condition.message,
        })
    };
    conditions.iter().map(condition).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests;
