//! Translation of many and of hostile objects: same table whatever the order, and nobody's
//! nonsense changes what others get.

mod hostile;
mod order;

use ringress::ir::Model;
use ringress::objects::manifest::{Limits, objects};
use ringress::objects::{Change, Object, Objects};
use ringress::translate::{Report, Settings, translate};

/// Reads manifests; what the schemas refuse is left out.
fn read(text: &str) -> Vec<Object> {
    let (entries, unread) = objects(&"test.yaml".into(), text.as_bytes(), &Limits::default());
    assert_eq!(unread, []);
    entries
        .into_iter()
        .filter_map(|entry| entry.object)
        .collect()
}

fn translated(objects: &[Object]) -> (Model, Report) {
    let mut store = Objects::default();
    store.apply_all(objects.iter().cloned().map(Change::Apply));
    translate(&store, &Settings::default())
}

fn bytes(objects: &[Object]) -> String {
    serde_json::to_string(&translated(objects)).expect("plain data")
}

const BASE: &str = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ringress}
spec: {controllerName: ringress.dev/gateway-controller}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ringress}
spec: {controller: ringress.dev/ingress-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec:
  gatewayClassName: ringress
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: app-1, namespace: shop, labels: {kubernetes.io/service-name: app}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.0.0.1]}]
"#;
