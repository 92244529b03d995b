//! The model in the making: ids are given out as things are met, and put in order at the end.

use super::backend::Backends;
use super::certificate::Certificates;
use super::gateway::GatewayDraft;
use super::ingress::IngressPlane;
use super::listener::ListenerDraft;
use crate::ir::{
    BackendId, Bind, BindAddress, CertificateId, Listener, ListenerName, ListenerTls, Model,
    NO_SLOT, Protocol, Rule, Target,
};
use std::collections::BTreeMap;

/// Puts the model together from what the steps left.
pub(super) fn assemble(
    gateways: Vec<GatewayDraft<'_>>,
    ingress: IngressPlane,
    rules: Vec<Rule>,
    backends: Backends<'_>,
    certificates: Certificates<'_>,
) -> Model {
    let mut binds = BTreeMap::new();
    for gateway in &gateways {
        for draft in gateway.listeners.iter().filter(|draft| draft.stands()) {
            let listener = of_gateway(gateway, draft);
            for (bind, protocol) in draft.binds.iter().zip(draft.protocol.iter().cycle()) {
                push(&mut binds, *bind, *protocol, listener.clone());
            }
        }
    }
    of_ingress(&mut binds, ingress);
    // A bind that could refuse handshakes only is not opened. Beside others such a listener stays:
    // its names must not fall to a less specific one.
    binds.retain(|_, bind: &mut Bind| !bind.listeners.iter().all(is_mute));

    let (backends, backend_ids) = backends.finish();
    let (certificates, certificate_ids) = certificates.finish();
    let mut model = Model {
        binds: binds.into_values().collect(),
        rules,
        backends,
        certificates,
    };
    renumber(&mut model, &backend_ids, &certificate_ids);
    model
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

/// Sorts what was collected; the second list says, for each id that was given out, what it became.
pub(super) fn sort_by_key<T, K: Ord, I>(
    items: Vec<T>,
    key: impl Fn(&T) -> K,
    id: impl Fn(u32) -> I,
) -> (Vec<T>, Vec<I>) {
    let mut order: Vec<(usize, T)> = items.into_iter().enumerate().collect();
    order.sort_by_key(|(_, item)| key(item));
    let mut moved: Vec<(usize, I)> = order
        .iter()
        .enumerate()
        .map(|(new, (old, _))| (*old, id(new as u32)))
        .collect();
    moved.sort_by_key(|(old, _)| *old);
    let items = order.into_iter().map(|(_, item)| item).collect();
    (items, moved.into_iter().map(|(_, new)| new).collect())
}

/// Rewrites every id in the model to what it became.
fn renumber(model: &mut Model, backends: &[BackendId], certificates: &[CertificateId]) {
    for rule in &mut model.rules {
        for backend in &mut rule.backends {
            if let Target::Backend(id) = &mut backend.target {
                *id = became(backends, id.0, *id);
            }
        }
    }
    let listeners = model.binds.iter_mut().flat_map(|bind| &mut bind.listeners);
    for tls in listeners.filter_map(|listener| listener.tls.as_mut()) {
        for binding in &mut tls.certificates {
            let id = binding.certificate;
            binding.certificate = became(certificates, id.0, id);
        }
    }
}

fn became<I: Copy>(ids: &[I], number: u32, old: I) -> I {
    ids.get(number as usize).copied().unwrap_or(old)
}
