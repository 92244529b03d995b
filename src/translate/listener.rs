//! Listeners of a Gateway: what each asks for, and what of it can be served.

use super::grants::{self, Referent, Referrer};
use super::hostname;
use super::report::Refusal;
use super::{Context, Shelves};
use crate::ir::{
    BindAddress, CertificateBinding, Hostname, Labels, ListenerTls, Protocol, RouteEntry,
};
use crate::objects::kinds::GATEWAY_GROUP;
use crate::objects::kinds::gateway::{Gateway, Listener, RouteGroupKind};
use crate::objects::kinds::gateway_tls::{FrontendTlsConfig, TlsMode};

/// A listener between the object and the model.
pub(super) struct ListenerDraft<'a> {
    pub spec: &'a Listener,
    /// `None`: a protocol that is not supported.
    pub protocol: Option<Protocol>,
    pub hostname: Option<Hostname>,
    /// Kinds of routes that may attach.
    pub kinds: Vec<RouteGroupKind>,
    pub tls: Option<ListenerTls>,
    /// Why `Accepted` is False.
    pub refused: Option<Refusal>,
    /// Why `Conflicted` is True.
    pub conflict: Option<Refusal>,
    /// Why `ResolvedRefs` is False.
    pub unresolved: Option<Refusal>,
    /// Other listeners of its binds whose hostnames overlap with this one's.
    pub overlaps: Vec<String>,
    pub binds: Vec<BindAddress>,
    /// What more specific addresses take away from its binds.
    pub shadows: Vec<String>,
    pub routes: Vec<RouteEntry>,
    /// Routes attached, those of a refused listener included.
    pub attached: u32,
}

impl ListenerDraft<'_> {
    /// Whether it claims its port and hostname.
    pub fn stands(&self) -> bool {
        self.protocol.is_some() && self.refused.is_none() && self.conflict.is_none()
    }

    /// Whether an HTTPS listener has no certificate to offer.
    pub fn is_mute(&self) -> bool {
        self.tls
            .as_ref()
            .is_some_and(|tls| tls.certificates.is_empty())
    }

    /// Whether it is in the model: asked after conflicts are settled.
    pub fn is_served(&self) -> bool {
        self.stands() && !self.is_mute()
    }
}

/// Reads one listener.
pub(super) fn draft<'a>(
    context: Context<'a>,
    gateway: &'a Gateway,
    index: usize,
    spec: &'a Listener,
    shelves: &mut Shelves<'a>,
) -> ListenerDraft<'a> {
    let at = format!("spec.listeners[{index}]");
    let protocol = match spec.protocol.as_str() {
        "HTTP" => Some(Protocol::Http),
        "HTTPS" => Some(Protocol::Https),
        _ => None,
    };
    let mut draft = ListenerDraft {
        spec,
        protocol,
        hostname: None,
        kinds: Vec::new(),
        tls: None,
        refused: None,
        conflict: None,
        unresolved: None,
        overlaps: Vec::new(),
        binds: Vec::new(),
        shadows: Vec::new(),
        routes: Vec::new(),
        attached: 0,
    };
    if protocol.is_none() {
        let message = format!(
            "{at}.protocol: {} is not supported (yet); supported: HTTP, HTTPS",
            spec.protocol
        );
        draft.refused = Some(Refusal::new("UnsupportedProtocol", message));
        return draft;
    }
    let hostname = spec.hostname.as_deref().filter(|name| !name.is_empty());
    draft.hostname = hostname.map(|name| hostname::parse(name, Labels::Many));
    let kinds = route_kinds(spec, &at);
    draft.kinds = kinds.0;
    draft.unresolved = kinds.1;
    if let Some(selector) = &spec.allowed_routes.namespaces.selector
        && let Some(fault) = selector.fault()
    {
        let message = format!("{at}.allowedRoutes.namespaces.selector: {fault}");
        draft.refused = Some(Refusal::new("UnsupportedValue", message));
    }
    if protocol == Some(Protocol::Https) {
        let (tls, unresolved) = tls(context, gateway, spec, &at, shelves);
        draft.tls = Some(tls);
        draft.unresolved = unresolved.or(draft.unresolved);
        draft.refused = draft
            .refused
            .or_else(|| unsupported_tls(gateway, spec, &at));
    }
    draft
}

/// The kinds that may attach; those that are named and not supported are a refusal.
fn route_kinds(spec: &Listener, at: &str) -> (Vec<RouteGroupKind>, Option<Refusal>) {
    let http_route = RouteGroupKind {
        group: GATEWAY_GROUP.to_owned(),
        kind: "HTTPRoute".to_owned(),
    };
    if spec.allowed_routes.kinds.is_empty() {
        return (vec![http_route], None);
    }
    let named = spec.allowed_routes.kinds.iter().enumerate();
    let refusal = named
        .filter(|(_, kind)| **kind != http_route)
        .map(|(index, kind)| {
            let message = format!(
                "{at}.allowedRoutes.kinds[{index}]: {} of group {:?} cannot attach to protocol {}; \
                 supported: HTTPRoute",
                kind.kind, kind.group, spec.protocol
            );
            Refusal::new("InvalidRouteKinds", message)
        })
        .next();
    let named = spec.allowed_routes.kinds.contains(&http_route);
    (named.then_some(http_route).into_iter().collect(), refusal)
}

/// The certificates of an HTTPS listener and what is wrong with the references: one that resolves
/// is served even where another does not.
fn tls<'a>(
    context: Context<'a>,
    gateway: &Gateway,
    spec: &Listener,
    at: &str,
    shelves: &mut Shelves<'a>,
) -> (ListenerTls, Option<Refusal>) {
    let mut refusal = None;
    let mut bindings = Vec::new();
    let refs = spec.tls.as_ref().map(|tls| tls.certificate_refs.as_slice());
    let refs = refs.unwrap_or_default();
    if refs.is_empty() {
        let message = format!("{at}.tls.certificateRefs: protocol HTTPS needs a certificate");
        refusal = Some(Refusal::new("InvalidCertificateRef", message));
    }
    for (index, reference) in refs.iter().enumerate() {
        let own = gateway.metadata.namespace_or_empty();
        let namespace = reference.namespace.as_deref().unwrap_or(own);
        let from = Referrer {
            kind: "Gateway",
            namespace: own,
        };
        let to = Referent {
            kind: "Secret",
            namespace,
            name: &reference.name,
        };
        let outcome = if !reference.group.is_empty() || reference.kind != "Secret" {
            let message = format!(
                "kind {} of group {:?} is not supported, use a Secret of the core group",
                reference.kind, reference.group
            );
            Err(Refusal::new("InvalidCertificateRef", message))
        } else if !grants::permits(context.objects, from, to) {
            Err(Refusal::new("RefNotPermitted", grants::missing(from, to)))
        } else {
            let reports = &mut shelves.reports;
            let certificates = &mut shelves.certificates;
            certificates
                .of_secret(namespace, &reference.name, reports)
                .map_err(|message| Refusal::new("InvalidCertificateRef", message))
        };
        match outcome {
            Ok(certificate) => bindings.push(CertificateBinding {
                certificate,
                hostnames: Vec::new(),
            }),
            Err(reason) => {
                let field = format!("{at}.tls.certificateRefs[{index}]");
                refusal = refusal.or(Some(reason.at(&field)));
            }
        }
    }
    let tls = ListenerTls {
        certificates: bindings,
    };
    (tls, refusal)
}

/// What an HTTPS listener asks for and does not get. Serving it without would be less than its
/// owner counts on, so the listener is refused.
fn unsupported_tls(gateway: &Gateway, spec: &Listener, at: &str) -> Option<Refusal> {
    let refuse = |message: String| Some(Refusal::new("UnsupportedValue", message));
    if let Some(tls) = &spec.tls {
        if tls.mode == TlsMode::Passthrough {
            return refuse(format!(
                "{at}.tls.mode: Passthrough is not supported with protocol HTTPS, use Terminate"
            ));
        }
        if let Some(option) = tls.options.keys().next() {
            return refuse(format!(
                "{at}.tls.options: {option:?} is not known, no option is supported; remove it"
            ));
        }
    }
    let frontend = gateway.spec.tls.as_ref()?.frontend.as_ref()?;
    let of_port = frontend
        .per_port
        .iter()
        .find(|entry| entry.port == spec.port);
    let validates = |config: &FrontendTlsConfig| config.validation.is_some();
    let (field, config) = match of_port {
        Some(entry) => (
            format!("spec.tls.frontend.perPort[port={}]", entry.port),
            &entry.tls,
        ),
        None => ("spec.tls.frontend.default".to_owned(), &frontend.default),
    };
    if validates(config) {
        return refuse(format!(
            "{field}.validation: client certificates are not supported yet, so this listener is \
             not served; remove the field"
        ));
    }
    None
}
