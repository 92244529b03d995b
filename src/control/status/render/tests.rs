//! Statuses are exactly what the API server takes: names, nesting, types.

use super::*;
use crate::objects::kinds::gateway::RouteGroupKind;
use crate::objects::kinds::{GATEWAY_GROUP, Kind};
use crate::translate::report::{ObjectReport, ParentReport, Refusal};
use std::net::IpAddr;

fn report(object: ObjectKey, status: ObjectStatus) -> Report {
    Report {
        objects: vec![ObjectReport {
            object,
            generation: 7,
            status,
            notes: Vec::new(),
        }],
        problems: Vec::new(),
    }
}

fn status(report: &Report, binds: &Binds) -> Value {
    let mut documents = render(report, binds);
    assert_eq!(documents.len(), 1);
    documents.remove(0).status.expect("a status of ours")
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({
        "type": kind,
        "status": status,
        "observedGeneration": 7,
        "reason": reason,
        "message": message,
    })
}

const BIND: BindAddress = BindAddress { ip: None, port: 80 };

fn gateway_report(withheld: Option<Refusal>) -> Report {
    let listener = ListenerReport {
        name: "http".into(),
        supported_kinds: vec![RouteGroupKind {
            group: GATEWAY_GROUP.to_owned(),
            kind: "HTTPRoute".to_owned(),
        }],
        attached_routes: 2,
        conditions: vec![Condition::holds("Accepted", "Accepted", "yes")],
        binds: match withheld {
            Some(_) => Vec::new(),
            None => vec![BIND],
        },
        withheld,
        shadows: Vec::new(),
    };
    let gateway = GatewayReport {
        conditions: vec![Condition::holds("Accepted", "Accepted", "yes")],
        addresses: vec![AddressReport {
            value: IpAddr::from([192, 0, 2, 7]),
            ip: None,
        }],
        unusable: Vec::new(),
        listeners: vec![listener],
    };
    let key = ObjectKey::namespaced(Kind::Gateway, "infra", "web");
    report(key, ObjectStatus::Gateway(gateway))
}

#[test]
fn a_gateway_that_every_worker_listens_for() {
    let binds = Binds::from([(BIND, BindState::Listening { note: None })]);
    let programmed = condition("Programmed", "True", "Programmed", "every worker listens");
    let expected = json!({
        "addresses": [{ "type": "IPAddress", "value": "192.0.2.7" }],
        "conditions": [condition("Accepted", "True", "Accepted", "yes"), programmed],
        "listeners": [{
            "name": "http",
            "supportedKinds": [{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute" }],
            "attachedRoutes": 2,
            "conditions": [condition("Accepted", "True", "Accepted", "yes"), programmed],
        }],
    });
    assert_eq!(status(&gateway_report(None), &binds), expected);
}

#[test]
fn programmed_follows_the_worst_bind() {
    let failure = BindFailure {
        kind: BindFailureKind::InUse,
        message: "taken".to_owned(),
    };
    let cases = [
        (
            None,
            "False",
            "Pending",
            "waiting until every worker listens on *:80",
        ),
        (
            Some(BindState::Pending),
            "False",
            "Pending",
            "waiting until every worker listens on *:80",
        ),
        (
            Some(BindState::Failed(failure)),
            "False",
            "AddressNotUsable",
            "cannot listen on *:80: taken",
        ),
        (
            Some(BindState::Listening {
                note: Some("IPv4 only".to_owned()),
            }),
            "True",
            "Programmed",
            "*:80: IPv4 only",
        ),
    ];
    for (state, expected, reason, message) in cases {
        let binds: Binds = state.into_iter().map(|state| (BIND, state)).collect();
        let status = status(&gateway_report(None), &binds);
        let programmed = condition("Programmed", expected, reason, message);
        assert_eq!(status["conditions"][1], programmed);
        assert_eq!(status["listeners"][0]["conditions"][1], programmed);
        assert_eq!(status.get("addresses").is_some(), expected == "True");
    }
}

#[test]
fn a_withheld_listener_says_why() {
    let withheld = Refusal::new("HostnameConflict", "b/old has it");
    let status = status(&gateway_report(Some(withheld)), &Binds::new());
    let listener = condition("Programmed", "False", "HostnameConflict", "b/old has it");
    assert_eq!(status["listeners"][0]["conditions"][1], listener);
    assert_eq!(status["conditions"][1]["reason"], "Invalid");
}

#[test]
fn a_route_answers_for_each_reference_as_it_was_written() {
    let parent = ParentRef {
        group: GATEWAY_GROUP.to_owned(),
        kind: "Gateway".to_owned(),
        namespace: Some("infra".to_owned()),
        name: "web".to_owned(),
        section_name: Some("http".to_owned()),
        port: Some(80),
    };
    let route = RouteReport {
        controller: "ringress.dev/gateway-controller".into(),
        parents: vec![ParentReport {
            parent_ref: parent,
            conditions: vec![Condition::fails("Accepted", "NoMatchingParent", "no")],
        }],
    };
    let key = ObjectKey::namespaced(Kind::HttpRoute, "infra", "r");
    let expected = json!({ "parents": [{
        "parentRef": {
            "group": "gateway.networking.k8s.io",
            "kind": "Gateway",
            "namespace": "infra",
            "name": "web",
            "sectionName": "http",
            "port": 80,
        },
        "controllerName": "ringress.dev/gateway-controller",
        "conditions": [condition("Accepted", "False", "NoMatchingParent", "no")],
    }] });
    let report = report(key, ObjectStatus::Route(route));
    assert_eq!(status(&report, &Binds::new()), expected);
}

#[test]
fn a_class_lists_its_features_as_objects() {
    let class = ClassReport {
        conditions: vec![Condition::holds("Accepted", "Accepted", "yes")],
        supported_features: vec!["Gateway", "HTTPRoute"],
    };
    let key = ObjectKey::cluster(Kind::GatewayClass, "ringress");
    let expected = json!({
        "conditions": [condition("Accepted", "True", "Accepted", "yes")],
        "supportedFeatures": [{ "name": "Gateway" }, { "name": "HTTPRoute" }],
    });
    let report = report(key, ObjectStatus::GatewayClass(class));
    assert_eq!(status(&report, &Binds::new()), expected);
}

#[test]
fn an_ingress_has_the_ports_of_each_address() {
    let https = BindAddress {
        ip: None,
        port: 443,
    };
    let ingress = IngressReport {
        conditions: Vec::new(),
        addresses: vec![AddressReport {
            value: IpAddr::from([192, 0, 2, 7]),
            ip: None,
        }],
        binds: vec![BIND, https],
    };
    let key = ObjectKey::namespaced(Kind::Ingress, "infra", "i");
    let report = report(key, ObjectStatus::Ingress(ingress));
    assert_eq!(
        status(&report, &Binds::new()),
        json!({ "loadBalancer": {} })
    );

    let failure = BindFailure {
        kind: BindFailureKind::Denied,
        message: "no".to_owned(),
    };
    let binds = Binds::from([
        (BIND, BindState::Listening { note: None }),
        (https, BindState::Failed(failure)),
    ]);
    let expected = json!({ "loadBalancer": { "ingress": [{
        "ip": "192.0.2.7",
        "ports": [
            { "port": 80, "protocol": "TCP" },
            { "port": 443, "protocol": "TCP", "error": "PortDenied" },
        ],
    }] } });
    assert_eq!(status(&report, &binds), expected);
}

#[test]
fn an_object_that_is_not_ours_gets_no_status() {
    let key = ObjectKey::namespaced(Kind::Service, "infra", "app");
    let documents = render(&report(key, ObjectStatus::None), &Binds::new());
    assert_eq!(documents[0].status, None);
}
