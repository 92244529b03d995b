//! Ingress (`networking.k8s.io/v1`).

use serde::Deserialize;

use super::metadata::Metadata;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Ingress {
    pub metadata: Metadata,
    #[serde(default)]
    pub spec: IngressSpec,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressSpec {
    pub ingress_class_name: Option<String>,
    /// Takes what no rule matches.
    pub default_backend: Option<IngressBackend>,
    pub tls: Vec<IngressTls>,
    pub rules: Vec<IngressRule>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressTls {
    /// Empty: the certificate serves every name.
    pub hosts: Vec<String>,
    /// Absent: the controller's own certificate.
    pub secret_name: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// Exact, or `*.` and a suffix, where the star stands for one label; absent is every host.
    pub host: Option<String>,
    pub http: Option<IngressHttp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IngressHttp {
    pub paths: Vec<IngressPath>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IngressPath {
    /// Absolute for Exact and Prefix. Absent or empty (only ImplementationSpecific may) is
    /// everything.
    pub path: Option<String>,
    pub path_type: PathType,
    pub backend: IngressBackend,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum PathType {
    Exact,
    Prefix,
    ImplementationSpecific,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawBackend")]
pub enum IngressBackend {
    Service { name: String, port: ServicePortRef },
    Resource(ResourceRef),
}

/// A port of a Service by number or by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ServicePortRef {
    Number(u16),
    Name(String),
}

/// `TypedLocalObjectReference`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRef {
    /// Absent is the core group.
    pub api_group: Option<String>,
    pub kind: String,
    pub name: String,
}

#[derive(Deserialize)]
struct RawBackend {
    service: Option<RawService>,
    resource: Option<ResourceRef>,
}

#[derive(Deserialize)]
struct RawService {
    name: String,
    #[serde(default)]
    port: RawPort,
}

#[derive(Default, Deserialize)]
struct RawPort {
    name: Option<String>,
    number: Option<u16>,
}

impl TryFrom<RawBackend> for IngressBackend {
    type Error = String;

    fn try_from(raw: RawBackend) -> Result<Self, String> {
        let service = match (raw.service, raw.resource) {
            (Some(service), None) => service,
            (None, Some(resource)) => return Ok(Self::Resource(resource)),
            _ => return Err("either a service or a resource is required".into()),
        };
        let number = service.port.number.filter(|number| *number != 0);
        let port = match (service.port.name.filter(|name| !name.is_empty()), number) {
            (Some(name), None) => ServicePortRef::Name(name),
            (None, Some(number)) => ServicePortRef::Number(number),
            _ => return Err("either port.name or port.number is required".into()),
        };
        Ok(Self::Service {
            name: service.name,
            port,
        })
    }
}
