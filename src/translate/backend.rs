//! Backends: ports of Services that routes refer to.

use super::endpoints;
use super::report::{Refusal, ReportBuilder};
use super::settings::Settings;
use crate::ir::{Backend, BackendId, BackendName, NO_SLOT, UpstreamProtocol};
use crate::objects::Objects;
use crate::objects::kinds::ingress::ServicePortRef;
use crate::objects::kinds::service::{Protocol, Service, ServiceKind, ServicePort};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// The backends in use, each resolved once.
pub(super) struct Backends<'a> {
    objects: &'a Objects,
    settings: &'a Settings,
    known: BTreeMap<BackendName, BackendId>,
    list: Vec<Backend>,
    sources: Sources,
}

/// Where the endpoints of each backend came from, and what there was to say on them.
#[derive(Default)]
pub(super) struct Sources {
    ports: BTreeMap<BackendName, (Arc<Service>, ServicePort)>,
    /// Notes on Services and EndpointSlices; nothing else depends on slices.
    pub notes: ReportBuilder,
}

impl Sources {
    /// Finds the endpoints of the same backends again; `None` when there is something else to say
    /// on them than before.
    pub fn find_again(
        &self,
        objects: &Objects,
        settings: &Settings,
    ) -> Option<BTreeMap<&BackendName, Vec<SocketAddr>>> {
        let mut notes = ReportBuilder::default();
        let found = self.ports.iter().map(|(name, (service, port))| {
            let endpoints = endpoints::find(objects, settings, service, port, &mut notes);
            (name, endpoints)
        });
        let found = found.collect();
        (notes == self.notes).then_some(found)
    }
}

impl<'a> Backends<'a> {
    pub fn new(objects: &'a Objects, settings: &'a Settings) -> Self {
        Self {
            objects,
            settings,
            known: BTreeMap::new(),
            list: Vec::new(),
            sources: Sources::default(),
        }
    }

    /// The backend behind a port of a Service, or why there is none: a reason of `ResolvedRefs`
    /// and its message.
    pub fn resolve(
        &mut self,
        namespace: &str,
        name: &str,
        port: &ServicePortRef,
    ) -> Result<BackendId, Refusal> {
        let Some(service) = self.objects.services().get(namespace, name) else {
            let message = format!("Service {namespace}/{name} does not exist");
            return Err(Refusal::new("BackendNotFound", message));
        };
        if service.spec.kind == ServiceKind::ExternalName {
            let message = format!(
                "Service {namespace}/{name} is of type ExternalName, which is not supported: it \
                 would let a route reach any host; use a Service with EndpointSlices"
            );
            return Err(Refusal::new("UnsupportedValue", message));
        }
        let port = find_port(service, port)?;
        let backend = BackendName {
            namespace: namespace.into(),
            service: name.into(),
            port: port.port,
        };
        if let Some(id) = self.known.get(&backend) {
            return Ok(*id);
        }
        let protocol = protocol(service, port)?;
        let notes = &mut self.sources.notes;
        let endpoints = endpoints::find(self.objects, self.settings, service, port, notes);
        let id = BackendId(self.list.len() as u32);
        self.list.push(Backend {
            name: backend.clone(),
            slot: NO_SLOT,
            balance: self.settings.balance,
            protocol,
            endpoints,
        });
        let source = (Arc::clone(service), port.clone());
        self.sources.ports.insert(backend.clone(), source);
        self.known.insert(backend, id);
        Ok(id)
    }

    /// The whole list, in the order of the ids, and where their endpoints came from.
    pub fn finish(self) -> (Vec<Backend>, Sources) {
        (self.list, self.sources)
    }
}

fn find_port<'a>(
    service: &'a Service,
    wanted: &ServicePortRef,
) -> Result<&'a ServicePort, Refusal> {
    let is_it = |port: &&ServicePort| match wanted {
        ServicePortRef::Number(number) => port.port == *number,
        ServicePortRef::Name(name) => port.name == *name,
    };
    let full = ServiceName(service);
    let wanted_text = match wanted {
        ServicePortRef::Number(number) => number.to_string(),
        ServicePortRef::Name(name) => format!("{name:?}"),
    };
    let mut found = service.spec.ports.iter().filter(is_it).peekable();
    if found.peek().is_none() {
        let ports: Vec<String> = service.spec.ports.iter().map(describe).collect();
        let message = format!(
            "{full} has no port {wanted_text}; it has {}",
            ports.join(", ")
        );
        return Err(Refusal::new("BackendNotFound", message));
    }
    // A number may occur once for each protocol.
    found
        .find(|port| port.protocol == Protocol::Tcp)
        .ok_or_else(|| {
            let message = format!("port {wanted_text} of {full} is not a TCP port");
            Refusal::new("UnsupportedProtocol", message)
        })
}

fn describe(port: &ServicePort) -> String {
    match port.name.as_str() {
        "" => port.port.to_string(),
        name => format!("{} ({name})", port.port),
    }
}

/// What is spoken to the port (KEP-3726 names the protocols).
fn protocol(service: &Service, port: &ServicePort) -> Result<UpstreamProtocol, Refusal> {
    let Some(said) = port.app_protocol.as_deref() else {
        return Ok(UpstreamProtocol::Http1);
    };
    match said.to_ascii_lowercase().as_str() {
        "" | "http" | "tcp" | "ws" | "kubernetes.io/ws" => Ok(UpstreamProtocol::Http1),
        _ => {
            let message = format!(
                "port {} of {} has appProtocol {said}, which is not supported yet; supported: \
                 http, kubernetes.io/ws, or none",
                port.port,
                ServiceName(service)
            );
            Err(Refusal::new("UnsupportedProtocol", message))
        }
    }
}

struct ServiceName<'a>(&'a Service);

impl std::fmt::Display for ServiceName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let metadata = &self.0.metadata;
        write!(
            f,
            "Service {}/{}",
            metadata.namespace_or_empty(),
            metadata.name
        )
    }
}
