//! Every object that is known, and every problem with what could not become one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::{Change, Relevance};
use super::key::ObjectKey;
use super::kinds::Kind;
use super::kinds::config_map::ConfigMap;
use super::kinds::endpoint_slice::EndpointSlice;
use super::kinds::gateway::Gateway;
use super::kinds::gateway_class::GatewayClass;
use super::kinds::http_route::HttpRoute;
use super::kinds::ingress::Ingress;
use super::kinds::ingress_class::IngressClass;
use super::kinds::namespace::Namespace;
use super::kinds::reference_grant::ReferenceGrant;
use super::kinds::secret::Secret;
use super::kinds::service::Service;
use super::object::Object;
use super::problem::Problem;
use super::shelf::Shelf;

/// All objects. A clone is a snapshot that costs a few reference counts, for the builder thread.
///
/// Equal contents are equal whatever the order of the changes that led to them, and iterate alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects {
    namespaces: Shelf<Namespace>,
    secrets: Shelf<Secret>,
    config_maps: Shelf<ConfigMap>,
    services: Shelf<Service>,
    endpoint_slices: Shelf<EndpointSlice>,
    reference_grants: Shelf<ReferenceGrant>,
    gateway_classes: Shelf<GatewayClass>,
    gateways: Shelf<Gateway>,
    http_routes: Shelf<HttpRoute>,
    ingress_classes: Shelf<IngressClass>,
    ingresses: Shelf<Ingress>,
    slices_of_services: SlicesOfServices,
    problems: Arc<[Problem]>,
}

/// Names of slices by namespace, then by the Service they say they belong to.
type SlicesOfServices = Arc<BTreeMap<Arc<str>, Arc<BTreeMap<Arc<str>, Arc<BTreeSet<Arc<str>>>>>>>;

impl Objects {
    /// Takes over one change and says how much depends on it.
    pub fn apply(&mut self, change: Change) -> Relevance {
        match change {
            Change::Apply(object) => self.insert(object),
            Change::Delete(key) => self.remove(&key),
        }
    }

    /// Takes over many changes and says how much depends on them together.
    pub fn apply_all(&mut self, changes: impl IntoIterator<Item = Change>) -> Relevance {
        let mut relevance = Relevance::Unchanged;
        for change in changes {
            relevance = relevance.max(self.apply(change));
        }
        relevance
    }

    /// Replaces the list of problems with what a source could not read. Returns whether it differs.
    pub fn set_problems(&mut self, mut problems: Vec<Problem>) -> bool {
        problems.sort();
        let changed = *self.problems != *problems;
        if changed {
            self.problems = problems.into();
        }
        changed
    }

    /// What is wrong with what was read, in a fixed order: by file and place within it.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Namespaces; one that is referred to but absent exists nevertheless, with its name label.
    pub fn namespaces(&self) -> &Shelf<Namespace> {
        &self.namespaces
    }

    pub fn secrets(&self) -> &Shelf<Secret> {
        &self.secrets
    }

    pub fn config_maps(&self) -> &Shelf<ConfigMap> {
        &self.config_maps
    }

    pub fn services(&self) -> &Shelf<Service> {
        &self.services
    }

    pub fn endpoint_slices(&self) -> &Shelf<EndpointSlice> {
        &self.endpoint_slices
    }

    /// The slices that are labelled as a Service's, ordered by name.
    pub fn endpoint_slices_of<'a>(
        &'a self,
        namespace: &'a str,
        service: &str,
    ) -> impl Iterator<Item = &'a Arc<EndpointSlice>> {
        let names = self
            .slices_of_services
            .get(namespace)
            .and_then(|services| services.get(service));
        names
            .into_iter()
            .flat_map(|names| names.iter())
            .filter_map(move |name| self.endpoint_slices.get(namespace, name))
    }

    /// Whether only EndpointSlices can differ from `other`, an earlier or later state of the same
    /// store. Told from what both share, not by comparing objects: `false` says nothing.
    pub fn same_but_endpoints(&self, other: &Self) -> bool {
        self.namespaces.shares(&other.namespaces)
            && self.secrets.shares(&other.secrets)
            && self.config_maps.shares(&other.config_maps)
            && self.services.shares(&other.services)
            && self.reference_grants.shares(&other.reference_grants)
            && self.gateway_classes.shares(&other.gateway_classes)
            && self.gateways.shares(&other.gateways)
            && self.http_routes.shares(&other.http_routes)
            && self.ingress_classes.shares(&other.ingress_classes)
            && self.ingresses.shares(&other.ingresses)
            && Arc::ptr_eq(&self.problems, &other.problems)
    }

    pub fn reference_grants(&self) -> &Shelf<ReferenceGrant> {
        &self.reference_grants
    }

    pub fn gateway_classes(&self) -> &Shelf<GatewayClass> {
        &self.gateway_classes
    }

    pub fn gateways(&self) -> &Shelf<Gateway> {
        &self.gateways
    }

    pub fn http_routes(&self) -> &Shelf<HttpRoute> {
        &self.http_routes
    }

    pub fn ingress_classes(&self) -> &Shelf<IngressClass> {
        &self.ingress_classes
    }

    pub fn ingresses(&self) -> &Shelf<Ingress> {
        &self.ingresses
    }

    fn insert(&mut self, object: Object) -> Relevance {
        let changed = match &object {
            Object::EndpointSlice(slice) => return self.insert_slice(slice),
            Object::Namespace(object) => self.namespaces.insert(object),
            Object::Secret(object) => self.secrets.insert(object),
            Object::ConfigMap(object) => self.config_maps.insert(object),
            Object::Service(object) => self.services.insert(object),
            Object::ReferenceGrant(object) => self.reference_grants.insert(object),
            Object::GatewayClass(object) => self.gateway_classes.insert(object),
            Object::Gateway(object) => self.gateways.insert(object),
            Object::HttpRoute(object) => self.http_routes.insert(object),
            Object::IngressClass(object) => self.ingress_classes.insert(object),
            Object::Ingress(object) => self.ingresses.insert(object),
        };
        if changed {
            Relevance::Full
        } else {
            Relevance::Unchanged
        }
    }

    fn remove(&mut self, key: &ObjectKey) -> Relevance {
        let (namespace, name) = (key.namespace_or_empty(), &*key.name);
        let existed = match key.kind {
            Kind::EndpointSlice => return self.remove_slice(namespace, name),
            Kind::Namespace => self.namespaces.remove(namespace, name).is_some(),
            Kind::Secret => self.secrets.remove(namespace, name).is_some(),
            Kind::ConfigMap => self.config_maps.remove(namespace, name).is_some(),
            Kind::Service => self.services.remove(namespace, name).is_some(),
            Kind::ReferenceGrant => self.reference_grants.remove(namespace, name).is_some(),
            Kind::GatewayClass => self.gateway_classes.remove(namespace, name).is_some(),
            Kind::Gateway => self.gateways.remove(namespace, name).is_some(),
            Kind::HttpRoute => self.http_routes.remove(namespace, name).is_some(),
            Kind::IngressClass => self.ingress_classes.remove(namespace, name).is_some(),
            Kind::Ingress => self.ingresses.remove(namespace, name).is_some(),
        };
        if existed {
            Relevance::Full
        } else {
            Relevance::Unchanged
        }
    }

    fn insert_slice(&mut self, slice: &Arc<EndpointSlice>) -> Relevance {
        let (namespace, name) = (
            slice.metadata.namespace_or_empty(),
            slice.metadata.name.as_str(),
        );
        let before = self.endpoint_slices.get(namespace, name).map(Arc::clone);
        if !self.endpoint_slices.insert(slice) {
            return Relevance::Unchanged;
        }
        let owner = slice.service_name();
        let owner_before = before.as_ref().and_then(|before| before.service_name());
        if owner != owner_before {
            if let Some(service) = owner_before {
                disown(&mut self.slices_of_services, namespace, service, name);
            }
            if let Some(service) = owner {
                own(&mut self.slices_of_services, namespace, service, name);
            }
        }
        Relevance::EndpointsOnly
    }

    fn remove_slice(&mut self, namespace: &str, name: &str) -> Relevance {
        let Some(slice) = self.endpoint_slices.remove(namespace, name) else {
            return Relevance::Unchanged;
        };
        if let Some(service) = slice.service_name() {
            disown(&mut self.slices_of_services, namespace, service, name);
        }
        Relevance::EndpointsOnly
    }
}

fn own(index: &mut SlicesOfServices, namespace: &str, service: &str, slice: &str) {
    let services = Arc::make_mut(index).entry(namespace.into()).or_default();
    let slices = Arc::make_mut(services).entry(service.into()).or_default();
    Arc::make_mut(slices).insert(slice.into());
}

fn disown(index: &mut SlicesOfServices, namespace: &str, service: &str, slice: &str) {
    let namespaces = Arc::make_mut(index);
    let Some(services) = namespaces.get_mut(namespace).map(Arc::make_mut) else {
        return;
    };
    let Some(slices) = services.get_mut(service).map(Arc::make_mut) else {
        return;
    };
    slices.remove(slice);
    if slices.is_empty() {
        services.remove(service);
    }
    if services.is_empty() {
        namespaces.remove(namespace);
    }
}
