//! Reports in, documents with times out.

use super::super::render::BindState;
use super::*;
use crate::ir::BindAddress;
use crate::objects::Kind;
use crate::translate::report::{ClassReport, Condition, GatewayReport, ListenerReport};

const PORTS: [u16; 2] = [80, 81];

fn address(port: u16) -> BindAddress {
    BindAddress { ip: None, port }
}

fn object(object: ObjectKey, status: ObjectStatus) -> ObjectReport {
    ObjectReport {
        object,
        generation: 1,
        status,
        notes: Vec::new(),
    }
}

/// A Gateway with a listener on each port, and a class with that message.
fn report(message: &str) -> Arc<Report> {
    let accepted = || vec![Condition::holds("Accepted", "Accepted", message)];
    let listener = |port: u16| ListenerReport {
        name: port.to_string().into(),
        supported_kinds: Vec::new(),
        attached_routes: 0,
        conditions: Vec::new(),
        binds: vec![address(port)],
        withheld: None,
        shadows: Vec::new(),
    };
    let class = ClassReport {
        conditions: accepted(),
        supported_features: Vec::new(),
    };
    let gateway = GatewayReport {
        conditions: accepted(),
        addresses: Vec::new(),
        unusable: Vec::new(),
        listeners: PORTS.map(listener).into(),
    };
    Arc::new(Report {
        objects: vec![
            object(
                ObjectKey::cluster(Kind::GatewayClass, "class"),
                ObjectStatus::GatewayClass(class),
            ),
            object(
                ObjectKey::namespaced(Kind::Gateway, "infra", "public"),
                ObjectStatus::Gateway(gateway),
            ),
        ],
        problems: Vec::new(),
    })
}

fn listening(ports: &[u16]) -> Binds {
    let bind = |port: &u16| (address(*port), BindState::Listening { note: None });
    ports.iter().map(bind).collect()
}

/// The times of the class, and of the Gateway's two listeners.
fn times(keeper: &StatusKeeper) -> [String; 3] {
    let document = keeper.document(&[]);
    let time = |status: &Value| {
        let time = status["conditions"][0]["lastTransitionTime"].as_str();
        time.unwrap().to_owned()
    };
    let gateway = &document["items"][1]["status"];
    let listener = |at: usize| time(&gateway["listeners"][at]);
    [
        time(&document["items"][0]["status"]),
        listener(0),
        listener(1),
    ]
}

#[test]
fn a_transition_time_changes_with_the_status_alone() {
    let mut keeper = StatusKeeper::default();
    keeper.update(&report("fine"), &Binds::new(), "t1");
    assert_eq!(times(&keeper), ["t1", "t1", "t1"]);
    keeper.update(&report("still fine"), &Binds::new(), "t2");
    assert_eq!(times(&keeper), ["t1", "t1", "t1"]);
    let message = &keeper.document(&[])["items"][0]["status"]["conditions"][0]["message"];
    assert_eq!(message, "still fine");
    keeper.update(&report("still fine"), &listening(&[80]), "t3");
    assert_eq!(times(&keeper), ["t1", "t3", "t1"]);
    keeper.update(&report("still fine"), &listening(&[80, 81]), "t4");
    assert_eq!(times(&keeper), ["t1", "t3", "t4"]);
}

#[test]
fn what_is_gone_is_forgotten() {
    let mut keeper = StatusKeeper::default();
    keeper.update(&report("fine"), &Binds::new(), "t1");
    keeper.update(&Arc::default(), &Binds::new(), "t2");
    assert_eq!(keeper.document(&[])["items"], json!([]));
    keeper.update(&report("fine"), &Binds::new(), "t3");
    assert_eq!(times(&keeper), ["t3", "t3", "t3"]);
}

#[test]
fn an_item_is_named_as_kubernetes_names_it() {
    let mut keeper = StatusKeeper::default();
    keeper.update(&report("fine"), &Binds::new(), "t1");
    let item = &keeper.document(&[])["items"][1];
    assert_eq!(item["apiVersion"], "gateway.networking.k8s.io/v1");
    assert_eq!(item["kind"], "Gateway");
    let metadata = json!({ "namespace": "infra", "name": "public" });
    assert_eq!(item["metadata"], metadata);
}
