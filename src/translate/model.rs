//! The model in the making: listeners on their binds, then only what they lead to, in order.

use super::gateway::GatewayDraft;
use super::ingress::IngressPlane;
use super::listener::ListenerDraft;
use crate::ir::{
    BackendId, Bind, BindAddress, Certificate, CertificateId, Listener, ListenerName, ListenerTls,
    Model, NO_SLOT, Protocol, Target,
};
use std::collections::{BTreeMap, BTreeSet};

/// The binds of all listeners that are served.
pub(super) fn binds(gateways: &[GatewayDraft<'_>], ingress: IngressPlane) -> Vec<Bind> {
    let mut binds = BTreeMap::new();
    for gateway in gateways {
        for draft in gateway.listeners.iter().filter(|draft| draft.stands()) {
            let Some(protocol) = draft.protocol else {
                continue;
            };
            let listener = of_gateway(gateway, draft);
            for bind in &draft.binds {
                push(&mut binds, *bind, protocol, listener.clone());
            }
        }
    }
    of_ingress(&mut binds, ingress);
    // A bind that could refuse handshakes only is not opened. Beside others such a listener stays:
    // its names must not fall to a less specific one.
    binds.retain(|_, bind: &mut Bind| !bind.listeners.iter().all(is_mute));
    binds.into_values().collect()
}

/// Drops what no bind leads to, sorts backends and certificates by name, and renumbers: ids were
/// given out as things were met.
pub(super) fn settle(mut model: Model) -> Model {
    let used = |listeners: &mut dyn Iterator<Item = &Listener>| -> BTreeSet<u32> {
        listeners
            .flat_map(|listener| &listener.routes)
            .flat_map(|route| route.rules.iter().map(|rule| rule.0))
            .collect()
    };
    let used = used(&mut model.binds.iter().flat_map(|bind| &bind.listeners));
    let became = keep(&mut model.rules, &used, |_| ());
    for listener in model.binds.iter_mut().flat_map(|bind| &mut bind.listeners) {
        for rule in listener
            .routes
            .iter_mut()
            .flat_map(|route| &mut route.rules)
        {
            renumber(&mut rule.0, &became);
        }
    }

    let backends = model.rules.iter_mut().flat_map(|rule| &mut rule.backends);
    let mut targets: Vec<&mut BackendId> = backends
        .filter_map(|backend| match &mut backend.target {
            Target::Backend(id) => Some(id),
            Target::Invalid { .. } => None,
        })
        .collect();
    let used = targets.iter().map(|id| id.0).collect();
    let became = keep(&mut model.backends, &used, |backend| backend.name.clone());
    targets
        .iter_mut()
        .for_each(|id| renumber(&mut id.0, &became));

    let listeners = model.binds.iter_mut().flat_map(|bind| &mut bind.listeners);
    let mut bindings: Vec<&mut CertificateId> = listeners
        .filter_map(|listener| listener.tls.as_mut())
        .flat_map(|tls| &mut tls.certificates)
        .map(|binding| &mut binding.certificate)
        .collect();
    let used = bindings.iter().map(|id| id.0).collect();
    let name = |certificate: &Certificate| certificate.name.clone();
    let became = keep(&mut model.certificates, &used, name);
    bindings
        .iter_mut()
        .for_each(|id| renumber(&mut id.0, &became));
    model
}

/// Keeps the used items, sorted; returns what each old number became.
fn keep<T, K: Ord>(
    items: &mut Vec<T>,
    used: &BTreeSet<u32>,
    key: impl Fn(&T) -> K,
) -> BTreeMap<u32, u32> {
    let numbered = (0..).zip(std::mem::take(items));
    let mut kept: Vec<(u32, T)> = numbered.filter(|(old, _)| used.contains(old)).collect();
    kept.sort_by_key(|(_, item)| key(item));
    let became = kept
        .iter()
        .zip(0..)
        .map(|((old, _), new)| (*old, new))
        .collect();
    items.extend(kept.into_iter().map(|(_, item)| item));
    became
}

fn renumber(id: &mut u32, became: &BTreeMap<u32, u32>) {
    if let Some(new) = became.get(id) {
        *id = *new;
    }
}

fn is_mute(listener: &Listener) -> bool {
    let tls = listener.tls.as_ref();
    tls.is_some_and(|tls| tls.certificates.is_empty())
}

fn push(
    binds: &mut BTreeMap<BindAddress, Bind>,
    address: BindAddress,
    protocol: Protocol,
    listener: Listener,
) {
    let bind = binds.entry(address).or_insert_with(|| Bind {
        address,
        protocol,
        listeners: Vec::new(),
    });
    bind.listeners.push(listener);
}

fn of_gateway(gateway: &GatewayDraft<'_>, draft: &ListenerDraft<'_>) -> Listener {
    let metadata = &gateway.gateway.metadata;
    Listener {
        name: ListenerName {
            kind: "Gateway".into(),
            namespace: metadata.namespace_or_empty().into(),
            gateway: metadata.name.as_str().into(),
            listener: draft.spec.name.as_str().into(),
        },
        slot: NO_SLOT,
        hostname: draft.hostname.clone(),
        tls: draft.tls.clone(),
        fallback: false,
        routes: draft.routes.clone(),
    }
}

/// All Ingresses are one listener without hostname, the last on its binds.
fn of_ingress(binds: &mut BTreeMap<BindAddress, Bind>, ingress: IngressPlane) {
    let listener = |name: &str, tls: Option<ListenerTls>| Listener {
        name: ListenerName {
            kind: "Ingress".into(),
            namespace: "".into(),
            gateway: "".into(),
            listener: name.into(),
        },
        slot: NO_SLOT,
        hostname: None,
        tls,
        fallback: true,
        routes: ingress.routes.clone(),
    };
    for bind in ingress.http {
        push(binds, bind, Protocol::Http, listener("http", None));
    }
    for bind in ingress.https {
        push(
            binds,
            bind,
            Protocol::Https,
            listener("https", ingress.tls.clone()),
        );
    }
}
