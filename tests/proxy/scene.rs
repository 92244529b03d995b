//! The usual scene: origins, a folder of manifests that names them, and a gateway before both.
#![allow(dead_code, reason = "each suite uses its own part")]

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::client::{self, Connection, Request, Response};
use crate::support::eventually;
use crate::support::manifests::{self, Manifests, gateway, http, http_route};
use crate::support::origin::Origin;
use crate::support::ports;
use crate::support::process::{Builder, Gateway};

/// A scene in the making: one Gateway `gw` with one plain listener `web`.
pub struct Stage {
    /// Where the listener is.
    pub address: SocketAddr,
    /// Everything that will be in the folder.
    pub objects: Vec<Value>,
    origins: Vec<Origin>,
}

impl Stage {
    /// No origins and no routes yet.
    pub fn new() -> Self {
        let address = ports::local();
        Self::with_listeners(address, &[http("web", address.port())])
    }

    /// With other listeners than the usual one.
    pub fn with_listeners(address: SocketAddr, listeners: &[Value]) -> Self {
        Self {
            address,
            objects: vec![gateway("gw", listeners)],
            origins: Vec::new(),
        }
    }

    /// One origin `a`, which every path of every host leads to.
    pub fn plain() -> Self {
        Self::new().origin("a").route("all", &[], &[to("a")])
    }

    /// An origin, behind a Service of its name.
    pub fn origin(self, name: &str) -> Self {
        let origin = Origin::start(name);
        let service = manifests::service(name, &[origin.address()]);
        self.and(service).keep(origin)
    }

    /// Two origins behind one Service.
    pub fn pair(self, service: &str, names: [&str; 2]) -> Self {
        let pair = names.map(Origin::start);
        let objects = manifests::service_of_ports(service, &pair.each_ref().map(Origin::address));
        let [a, b] = pair;
        self.and(objects).keep(a).keep(b)
    }

    /// Keeps an origin that has its objects already.
    pub fn keep(mut self, origin: Origin) -> Self {
        self.origins.push(origin);
        self
    }

    /// An HTTPRoute on `gw`.
    pub fn route(self, name: &str, hosts: &[&str], rules: &[Value]) -> Self {
        self.and([http_route(name, "gw", hosts, rules)])
    }

    /// More objects.
    pub fn and(mut self, objects: impl IntoIterator<Item = Value>) -> Self {
        self.objects.extend(objects);
        self
    }

    /// Starts the gateway with these flags.
    pub fn start(self, flags: &[&str]) -> Scene {
        self.start_as(|builder| builder.args(flags))
    }

    /// Starts the gateway as `how` says.
    pub fn start_as(self, how: impl FnOnce(Builder) -> Builder) -> Scene {
        let manifests = Manifests::with(&self.objects);
        let gateway = how(Gateway::builder(manifests.path())).start();
        Scene {
            gateway,
            address: self.address,
            manifests,
            objects: self.objects,
            origins: self.origins,
        }
    }
}

/// A rule for every path.
pub fn to(service: &str) -> Value {
    manifests::prefix("/", service)
}

/// A gateway that serves.
pub struct Scene {
    pub gateway: Gateway,
    pub address: SocketAddr,
    pub manifests: Manifests,
    /// What is in the folder.
    pub objects: Vec<Value>,
    origins: Vec<Origin>,
}

impl Scene {
    /// The origin of that name.
    pub fn origin(&self, name: &str) -> &Origin {
        let found = self.origins.iter().find(|origin| origin.name() == name);
        found.unwrap_or_else(|| panic!("no origin {name}"))
    }

    /// A new connection to the listener.
    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// One request on a connection of its own.
    pub fn fetch(&self, request: &Request) -> Response {
        client::fetch(self.address, request)
    }

    /// The status and the origin that a GET of `host` gets.
    pub fn reached(&self, target: &str, host: &str) -> (u16, String) {
        let answer = self.fetch(&Request::get(target, host));
        let origin = answer.header("x-origin").unwrap_or("-");
        (answer.status, origin.to_owned())
    }

    /// How often a rule or limit of that name refused something.
    pub fn refused(&self, reason: &str) -> f64 {
        let label = format!("reason=\"{reason}\"");
        self.gateway.metric("ringress_refused_total", &[&label])
    }

    /// Waits until that rule or limit has refused so often: an answer may arrive before it is
    /// counted.
    pub fn expect_refused(&self, reason: &str, times: f64) {
        self.expect(reason, times, || self.refused(reason));
    }

    /// Waits until a counter of workers stands at a value.
    pub fn expect_count(&self, name: &str, value: f64) {
        self.expect(name, value, || self.count(name));
    }

    fn expect(&self, what: &str, value: f64, read: impl Fn() -> f64) {
        let mut last = 0.0;
        eventually(&format!("{what} to be {value}"), || {
            last = read();
            (last >= value).then_some(())
        });
        assert!(last == value, "{what} is {last}, not {value}");
    }

    /// The value of a counter of workers, by its name without prefix and `_total`.
    pub fn count(&self, name: &str) -> f64 {
        self.gateway.metric(&format!("ringress_{name}_total"), &[])
    }

    /// Replaces the object of that kind and name, and waits until every worker serves the change.
    pub fn replace(&mut self, object: Value) {
        let same = |other: &&mut Value| {
            other["kind"] == object["kind"]
                && other["metadata"]["name"] == object["metadata"]["name"]
        };
        match self.objects.iter_mut().find(same) {
            Some(old) => *old = object,
            None => self.objects.push(object),
        }
        self.publish();
    }

    /// Takes the object of that kind and name away, and waits until every worker serves the change.
    pub fn remove(&mut self, kind: &str, name: &str) {
        let before = self.objects.len();
        self.objects
            .retain(|object| object["kind"] != kind || object["metadata"]["name"] != name);
        assert!(self.objects.len() < before, "no {kind} {name}");
        self.publish();
    }

    /// Writes the folder anew, and waits until every worker serves it.
    pub fn publish(&self) {
        let before = self.revision();
        self.manifests.put("objects.yaml", &self.objects);
        eventually("a new revision on every worker", || {
            (self.revision() > before).then_some(())
        });
    }

    /// The least revision that a worker serves.
    pub fn revision(&self) -> u64 {
        let page = self.gateway.page("/debug/workers").json();
        let workers = page["workers"].as_array().cloned().unwrap_or_default();
        let adopted = workers.iter().map(|worker| worker["revision"].as_u64());
        adopted.map(Option::unwrap_or_default).min().unwrap_or(0)
    }

    /// The access log so far, one record a line.
    pub fn records(&self) -> Vec<Value> {
        let output = self.gateway.output();
        let whole = output.rfind('\n').map_or("", |end| &output[..end]);
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        whole.lines().map(parse).collect()
    }

    /// The record of the request to `path`, once it is written.
    pub fn record(&self, path: &str) -> Value {
        eventually(&format!("the record of {path}"), || {
            self.records()
                .into_iter()
                .find(|record| record["path"] == path)
        })
    }
}

/// A rule of these matches, for a Service's port 80.
pub fn rule(matches: Value, service: &str) -> Value {
    json!({"matches": matches, "backendRefs": [{"name": service, "port": 80}]})
}

/// The rule with these filters before its backends.
pub fn filtered(mut rule: Value, filters: Value) -> Value {
    rule["filters"] = filters;
    rule
}
