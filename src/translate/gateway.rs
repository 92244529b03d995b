//! Gateways of our classes: accepted or not, and their report.

use super::address::{self, Addresses};
use super::gateway_class::Classes;
use super::listener::{self, ListenerDraft};
use super::report::{
    ACCEPTED, CONFLICTED, Condition, GatewayReport, ListenerReport, Note, OVERLAPPING_TLS_CONFIG,
    ObjectStatus, RESOLVED_REFS, Refusal, ReportBuilder,
};
use super::{Context, Shelves};
use crate::objects::kinds::gateway::Gateway;
use crate::objects::kinds::selector::From;

/// A Gateway between the object and the model.
pub(super) struct GatewayDraft<'a> {
    pub gateway: &'a Gateway,
    /// Why it is refused as a whole.
    pub refused: Option<Refusal>,
    pub addresses: Addresses,
    /// In the order of the spec.
    pub listeners: Vec<ListenerDraft<'a>>,
}

impl GatewayDraft<'_> {
    /// `namespace/name`.
    pub fn name(&self) -> String {
        let metadata = &self.gateway.metadata;
        format!("{}/{}", metadata.namespace_or_empty(), metadata.name)
    }
}

/// Reads every Gateway of our classes, the oldest first.
pub(super) fn drafts<'a>(
    context: Context<'a>,
    classes: &Classes<'_>,
    shelves: &mut Shelves<'a>,
) -> Vec<GatewayDraft<'a>> {
    let Context { objects, settings } = context;
    let mut drafts = Vec::new();
    for gateway in objects.gateways().iter() {
        let class = gateway.spec.gateway_class_name.as_str();
        let Some(class_refusal) = classes.get(class) else {
            if objects.gateway_classes().get("", class).is_none() {
                let message = format!("GatewayClass {class} does not exist, nobody serves this");
                let note = Note::warning("spec.gatewayClassName", message);
                shelves.reports.note(&**gateway, note);
            }
            continue;
        };
        let (refused, addresses) = match acceptance(gateway, class, class_refusal.as_deref()) {
            Some(refusal) => (Some(refusal), Addresses::default()),
            None => match address::of_gateway(gateway, settings) {
                Ok(addresses) => (None, addresses),
                Err(refusal) => (Some(refusal), Addresses::default()),
            },
        };
        let listeners = gateway.spec.listeners.iter().enumerate();
        let listeners = listeners
            .map(|(index, spec)| listener::draft(context, gateway, index, spec, shelves))
            .collect();
        remarks(gateway, &mut shelves.reports);
        drafts.push(GatewayDraft {
            gateway,
            refused,
            addresses,
            listeners,
        });
    }
    drafts.sort_by_cached_key(|draft| draft.gateway.metadata.age());
    drafts
}

/// Why a Gateway is refused, addresses aside.
fn acceptance(gateway: &Gateway, class: &str, class_refusal: Option<&str>) -> Option<Refusal> {
    if let Some(reason) = class_refusal {
        let message = format!("GatewayClass {class} is not accepted: {reason}");
        return Some(Refusal::new("InvalidParameters", message));
    }
    let parameters = gateway
        .spec
        .infrastructure
        .as_ref()?
        .parameters_ref
        .as_ref()?;
    let message = format!(
        "spec.infrastructure.parametersRef: {} {} is not supported, no kind of parameters is; \
         remove the reference",
        parameters.kind, parameters.name
    );
    Some(Refusal::new("InvalidParameters", message))
}

/// Fields of the spec that are read and have no condition to be refused by.
fn remarks(gateway: &Gateway, reports: &mut ReportBuilder) {
    let spec = &gateway.spec;
    if let Some(infrastructure) = &spec.infrastructure
        && !(infrastructure.labels.is_empty() && infrastructure.annotations.is_empty())
    {
        let message = "no resource is created for a Gateway, so nothing gets these";
        let note = Note::warning("spec.infrastructure.labels and annotations", message);
        reports.note(gateway, note);
    }
    if let Some(allowed) = &spec.allowed_listeners
        && allowed.namespaces.from != From::None
    {
        let message = "ListenerSet is not supported yet, none will attach; remove the field";
        reports.note(gateway, Note::refused("spec.allowedListeners", message));
    }
    if let Some(scope) = spec
        .default_scope
        .as_deref()
        .filter(|scope| *scope != "None")
    {
        let message = format!("{scope}: default Gateways (GEP-3793) are not supported yet");
        reports.note(gateway, Note::refused("spec.defaultScope", message));
    }
}

/// Reports on a Gateway whose conflicts are settled and whose routes are attached.
pub(super) fn report(draft: &GatewayDraft<'_>, reports: &mut ReportBuilder) {
    let mut conditions = vec![accepted(draft)];
    conditions.push(resolved(draft));
    let report = GatewayReport {
        conditions,
        addresses: draft.addresses.report.clone(),
        unusable: draft.addresses.unusable.clone(),
        listeners: draft
            .listeners
            .iter()
            .map(|listener| listener_report(draft, listener))
            .collect(),
    };
    reports.status(draft.gateway, ObjectStatus::Gateway(report));
}

/// `Accepted` of the Gateway: False when no listener is, True with the reason `ListenersNotValid`
/// when some are not.
fn accepted(draft: &GatewayDraft<'_>) -> Condition {
    if let Some(refusal) = &draft.refused {
        return Condition::fails(ACCEPTED, refusal.reason, refusal.message.as_str());
    }
    let faults: Vec<String> = draft
        .listeners
        .iter()
        .filter(|listener| !listener.stands())
        .map(|listener| format!("listener {} is not accepted", listener.spec.name))
        .collect();
    if faults.is_empty() {
        return Condition::holds(ACCEPTED, "Accepted", "every listener is accepted");
    }
    let message = format!("{}; see the conditions of the listeners", faults.join(", "));
    match faults.len() < draft.listeners.len() {
        true => Condition::holds(ACCEPTED, "ListenersNotValid", message),
        false => Condition::fails(ACCEPTED, "ListenersNotValid", message),
    }
}

/// `ResolvedRefs` of the Gateway: its own references, and a summary of its listeners'.
fn resolved(draft: &GatewayDraft<'_>) -> Condition {
    let tls = draft.gateway.spec.tls.as_ref();
    let client = tls.and_then(|tls| tls.backend.as_ref()?.client_certificate_ref.as_ref());
    if let Some(client) = client {
        let message = format!(
            "spec.tls.backend.clientCertificateRef: {} {} is not used, TLS towards backends is not \
             supported yet; remove the reference",
            client.kind, client.name
        );
        return Condition::fails(RESOLVED_REFS, "InvalidClientCertificateRef", message);
    }
    let faults: Vec<&str> = draft
        .listeners
        .iter()
        .filter(|listener| listener.unresolved.is_some())
        .map(|listener| listener.spec.name.as_str())
        .collect();
    match faults.is_empty() {
        true => Condition::holds(RESOLVED_REFS, "ResolvedRefs", "every reference is resolved"),
        false => {
            let message = format!("see the conditions of listener {}", faults.join(", "));
            Condition::fails(RESOLVED_REFS, "ListenersNotResolved", message)
        }
    }
}

fn listener_report(gateway: &GatewayDraft<'_>, draft: &ListenerDraft<'_>) -> ListenerReport {
    let mut conditions = Vec::new();
    conditions.push(match draft.refused.as_ref().or(draft.conflict.as_ref()) {
        Some(refusal) => Condition::fails(ACCEPTED, refusal.reason, refusal.message.as_str()),
        None => Condition::holds(ACCEPTED, "Accepted", "the listener is accepted"),
    });
    conditions.push(match &draft.conflict {
        Some(refusal) => Condition::holds(CONFLICTED, refusal.reason, refusal.message.as_str()),
        None => Condition::fails(CONFLICTED, "NoConflicts", "no other listener is in its way"),
    });
    conditions.push(match &draft.unresolved {
        Some(refusal) => Condition::fails(RESOLVED_REFS, refusal.reason, refusal.message.as_str()),
        None => Condition::holds(RESOLVED_REFS, "ResolvedRefs", "every reference is resolved"),
    });
    if !draft.overlaps.is_empty() {
        let message = format!(
            "the hostname overlaps with that of listener {} on the same port: a client may reuse \
             the connection of one for the other",
            draft.overlaps.join(", ")
        );
        conditions.push(Condition::holds(
            OVERLAPPING_TLS_CONFIG,
            "OverlappingHostnames",
            message,
        ));
    }
    ListenerReport {
        name: draft.spec.name.as_str().into(),
        supported_kinds: draft.kinds.clone(),
        attached_routes: draft.attached,
        conditions,
        binds: match draft.is_served() {
            true => draft.binds.clone(),
            false => Vec::new(),
        },
        withheld: withheld(gateway, draft),
        shadows: draft.shadows.clone(),
    }
}

/// Why a listener is not in the model.
fn withheld(gateway: &GatewayDraft<'_>, draft: &ListenerDraft<'_>) -> Option<Refusal> {
    if let Some(conflict) = &draft.conflict {
        return Some(conflict.clone());
    }
    let reason = if let Some(refusal) = &gateway.refused {
        format!("the Gateway is not accepted: {}", refusal.message)
    } else if let Some(refusal) = &draft.refused {
        refusal.message.clone()
    } else if draft.is_mute() {
        let message = draft
            .unresolved
            .as_ref()
            .map(|refusal| refusal.message.as_str());
        message.unwrap_or_default().to_owned()
    } else if draft.binds.is_empty() {
        "the Gateway has no usable address".to_owned()
    } else {
        return None;
    };
    Some(Refusal::new("Invalid", reason))
}
