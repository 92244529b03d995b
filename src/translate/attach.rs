//! Attachment: which listeners of a Gateway take a route, by section, port, kind, namespace and
//! hostname.

use super::gateway::GatewayDraft;
use super::hostname;
use super::listener::ListenerDraft;
use super::report::Refusal;
use crate::ir::Hostname;
use crate::objects::Objects;
use crate::objects::kinds::namespace::NAME_LABEL;
use crate::objects::kinds::reference::ParentRef;
use crate::objects::kinds::selector::{From, Namespaces};

/// A route as its parents see it.
pub(super) struct Candidate<'a> {
    pub kind: &'a str,
    pub namespace: &'a str,
    /// Empty: every host.
    pub hostnames: &'a [Hostname],
}

/// A listener that takes the route, and under which of the route's hostnames.
pub(super) struct Attachment {
    pub listener: usize,
    pub hostnames: Vec<Hostname>,
}

/// The listeners of `gateway` that take the route through `parent`, or why none does: reason and
/// message of `Accepted` False.
pub(super) fn attach(
    objects: &Objects,
    gateway: &GatewayDraft<'_>,
    parent: &ParentRef,
    route: &Candidate<'_>,
) -> Result<Vec<Attachment>, Refusal> {
    let name = gateway.name();
    let mut selected = gateway
        .listeners
        .iter()
        .enumerate()
        .filter(|(_, listener)| selects(parent, listener))
        .peekable();
    if selected.peek().is_none() {
        let message = format!("Gateway {name} has no listener {}", wanted(parent));
        return Err(Refusal::new("NoMatchingParent", message));
    }
    let mut allowed = selected
        .filter(|(_, listener)| allows(objects, gateway, listener, route))
        .peekable();
    if allowed.peek().is_none() {
        let message = format!(
            "no listener of Gateway {name} that the reference selects allows {} from namespace \
             {}: see its allowedRoutes",
            route.kind, route.namespace
        );
        return Err(Refusal::new("NotAllowedByListeners", message));
    }
    let attachments: Vec<Attachment> = allowed
        .filter_map(|(index, listener)| {
            let hostnames = meeting(listener.hostname.as_ref(), route.hostnames)?;
            Some(Attachment {
                listener: index,
                hostnames,
            })
        })
        .collect();
    if attachments.is_empty() {
        let message = format!(
            "spec.hostnames: none of them is among the hostnames of the listeners of Gateway \
             {name}"
        );
        return Err(Refusal::new("NoMatchingListenerHostname", message));
    }
    Ok(attachments)
}

fn selects(parent: &ParentRef, listener: &ListenerDraft<'_>) -> bool {
    let section = parent
        .section_name
        .as_deref()
        .filter(|name| !name.is_empty());
    section.is_none_or(|name| name == listener.spec.name)
        && parent.port.is_none_or(|port| port == listener.spec.port)
}

/// What a reference asks for, for the message that nothing fits.
fn wanted(parent: &ParentRef) -> String {
    match (&parent.section_name, parent.port) {
        (Some(name), Some(port)) => format!("named {name} on port {port}"),
        (Some(name), None) => format!("named {name}"),
        (None, Some(port)) => format!("on port {port}"),
        (None, None) => "at all".to_owned(),
    }
}

fn allows(
    objects: &Objects,
    gateway: &GatewayDraft<'_>,
    listener: &ListenerDraft<'_>,
    route: &Candidate<'_>,
) -> bool {
    let own = gateway.gateway.metadata.namespace_or_empty();
    listener.kinds.iter().any(|kind| kind.kind == route.kind)
        && chosen(
            objects,
            &listener.spec.allowed_routes.namespaces,
            own,
            route.namespace,
        )
}

/// Whether a choice of namespaces made in namespace `own` includes `namespace`.
fn chosen(objects: &Objects, choice: &Namespaces, own: &str, namespace: &str) -> bool {
    match choice.from {
        From::All => true,
        From::Same => namespace == own,
        From::None => false,
        From::Selector => {
            let object = objects.namespaces().get("", namespace);
            let mut labels = match object {
                Some(object) => object.metadata.labels.clone(),
                None => Default::default(),
            };
            // Every namespace has it; the API server adds it.
            labels.insert(NAME_LABEL.to_owned(), namespace.to_owned());
            choice
                .selector
                .as_ref()
                .is_some_and(|selector| selector.selects(&labels))
        }
    }
}

/// The route's hostnames that meet the listener's; none when there is no such.
fn meeting(listener: Option<&Hostname>, route: &[Hostname]) -> Option<Vec<Hostname>> {
    if route.is_empty() {
        return Some(Vec::new());
    }
    let meets = |name: &&Hostname| listener.is_none_or(|own| hostname::intersects(own, name));
    let mut met: Vec<Hostname> = route.iter().filter(meets).cloned().collect();
    met.sort();
    met.dedup();
    (!met.is_empty()).then_some(met)
}
