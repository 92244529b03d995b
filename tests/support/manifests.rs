//! A folder of manifests, and the objects in it: small builders for the usual case, YAML text for
//! everything else.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::pki::Leaf;

/// A folder that the gateway follows; removed when dropped.
pub struct Manifests {
    folder: TempDir,
}

impl Manifests {
    /// An empty folder.
    pub fn new() -> Self {
        Self {
            folder: TempDir::with_prefix("ringress-manifests-").expect("a temporary folder"),
        }
    }

    /// A folder with one file of these objects and our GatewayClass.
    pub fn with(objects: &[Value]) -> Self {
        let manifests = Self::new();
        manifests.put("class.yaml", &[gateway_class()]);
        manifests.put("objects.yaml", objects);
        manifests
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of objects, replacing it in one step.
    pub fn put(&self, file: &str, objects: &[Value]) {
        self.put_text(file, &yaml(objects));
    }

    /// Writes a file as it is, replacing it in one step.
    pub fn put_text(&self, file: &str, text: &str) {
        let hidden = self.path().join(format!(".{file}.new"));
        fs::write(&hidden, text).expect("a folder of our own");
        fs::rename(hidden, self.path().join(file)).expect("a folder of our own");
    }

    /// Removes a file.
    pub fn remove(&self, file: &str) {
        fs::remove_file(self.path().join(file)).expect("a file put before");
    }
}

/// Several documents as one YAML text.
pub fn yaml(objects: &[Value]) -> String {
    let documents = objects
        .iter()
        .map(|object| serde_saphyr::to_string(object).expect("plain"));
    documents.collect::<Vec<_>>().join("---\n")
}

/// The class `ringress` under our controller name.
pub fn gateway_class() -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "ringress"},
        "spec": {"controllerName": "ringress.dev/gateway-controller"},
    })
}

/// A Gateway of class `ringress` in `default`.
pub fn gateway(name: &str, listeners: &[Value]) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"gatewayClassName": "ringress", "listeners": listeners},
    })
}

/// A plain listener.
pub fn http(name: &str, port: u16) -> Value {
    json!({"name": name, "port": port, "protocol": "HTTP"})
}

/// A TLS listener for a host name, or for all when that is empty.
pub fn https(name: &str, port: u16, host: &str, secret: &str) -> Value {
    let mut listener = json!({
        "name": name, "port": port, "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"name": secret}]},
    });
    if !host.is_empty() {
        listener["hostname"] = host.into();
    }
    listener
}

/// An HTTPRoute in `default` on a Gateway of that name.
pub fn http_route(name: &str, gateway: &str, hosts: &[&str], rules: &[Value]) -> Value {
    let mut route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"parentRefs": [{"name": gateway}], "rules": rules},
    });
    if !hosts.is_empty() {
        route["spec"]["hostnames"] = json!(hosts);
    }
    route
}

/// A rule for a path prefix and a Service's port 80.
pub fn prefix(path: &str, service: &str) -> Value {
    json!({
        "matches": [{"path": {"type": "PathPrefix", "value": path}}],
        "backendRefs": [{"name": service, "port": 80}],
    })
}

/// A Service with port 80 and one EndpointSlice for all these addresses, which must share a port.
pub fn service(name: &str, endpoints: &[SocketAddr]) -> [Value; 2] {
    let target = endpoints.first().map_or(80, SocketAddr::port);
    assert!(
        endpoints.iter().all(|endpoint| endpoint.port() == target),
        "one port per Service"
    );
    [service_object(name, target), slice(name, name, endpoints)]
}

/// A Service whose endpoints differ in port: one slice for each.
pub fn service_of_ports(name: &str, endpoints: &[SocketAddr]) -> Vec<Value> {
    let target = endpoints.first().map_or(80, SocketAddr::port);
    let mut objects = vec![service_object(name, target)];
    for (index, endpoint) in endpoints.iter().enumerate() {
        objects.push(slice(&format!("{name}-{index}"), name, &[*endpoint]));
    }
    objects
}

fn service_object(name: &str, target: u16) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"ports": [{"name": "http", "port": 80, "targetPort": target}]},
    })
}

/// An EndpointSlice of a Service's port `http`, every endpoint ready.
pub fn slice(name: &str, service: &str, endpoints: &[SocketAddr]) -> Value {
    let ready = json!({"ready": true, "serving": true, "terminating": false});
    let all: Vec<Value> = endpoints
        .iter()
        .map(|endpoint| json!({"addresses": [endpoint.ip().to_string()], "conditions": ready}))
        .collect();
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name, "namespace": "default",
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": if endpoints.iter().any(SocketAddr::is_ipv6) { "IPv6" } else { "IPv4" },
        "ports": [{"name": "http", "port": endpoints.first().map_or(80, SocketAddr::port)}],
        "endpoints": all,
    })
}

/// A Secret of type `kubernetes.io/tls`.
pub fn tls_secret(name: &str, leaf: &Leaf) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "type": "kubernetes.io/tls",
        "stringData": {"tls.crt": leaf.certificate, "tls.key": leaf.key},
    })
}

/// An object with a field replaced, by JSON pointer; the field's parent must exist.
pub fn set(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a JSON pointer");
    object
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {parent}"))[field] = value;
    object
}
