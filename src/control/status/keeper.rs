//! Keeps what was rendered, and since when each condition stands as it does.
//!
//! `lastTransitionTime` changes when the status of a condition changes, and not when its reason or
//! message does (Kubernetes API conventions, "Typical status properties").

use super::render::StatusDocument;
use crate::objects::ObjectKey;
use crate::objects::Problem;
use crate::translate::report::Note;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// A condition: object, place within its status, type.
type Place = (ObjectKey, String);

/// The statuses of all objects.
#[derive(Debug, Default)]
pub struct StatusKeeper {
    /// Since when a condition has its status.
    since: HashMap<Place, (String, String)>,
    items: Vec<Value>,
}

impl StatusKeeper {
    /// Takes over what was rendered at a time, given as RFC 3339 writes it.
    pub fn update(&mut self, documents: Vec<StatusDocument>, now: &str) {
        let mut stamps = Stamps {
            before: std::mem::take(&mut self.since),
            after: HashMap::new(),
            now,
        };
        let items = documents.into_iter();
        self.items = items.map(|document| item(document, &mut stamps)).collect();
        self.since = stamps.after;
    }

    /// All statuses, as a list of objects reduced to identity and status.
    pub fn document(&self, problems: &[Problem]) -> Value {
        json!({
            "items": self.items,
            "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

fn item(document: StatusDocument, stamps: &mut Stamps<'_>) -> Value {
    let key = &document.object;
    let mut item = identity(key);
    if let Some(mut status) = document.status {
        stamps.stamp(key, String::new(), &mut status);
        item.insert("status".into(), status);
    }
    if !document.conditions.is_empty() {
        let mut conditions = json!({ "conditions": document.conditions });
        stamps.stamp(key, String::new(), &mut conditions);
        if let Some(conditions) = conditions.get_mut("conditions") {
            item.insert("conditions".into(), conditions.take());
        }
    }
    if !document.notes.is_empty() {
        let notes: Vec<Value> = document.notes.iter().map(note).collect();
        item.insert("notes".into(), notes.into());
    }
    item.into()
}

fn note(note: &Note) -> Value {
    json!(note)
}

fn identity(key: &ObjectKey) -> Map<String, Value> {
    let info = key.kind.info();
    let version = info.versions.first().copied().unwrap_or_default();
    let api_version = match info.group.is_empty() {
        true => version.to_owned(),
        false => format!("{}/{version}", info.group),
    };
    let mut metadata = Map::new();
    if let Some(namespace) = &key.namespace {
        metadata.insert("namespace".into(), json!(namespace));
    }
    metadata.insert("name".into(), json!(key.name));
    let mut item = Map::new();
    item.insert("apiVersion".into(), api_version.into());
    item.insert("kind".into(), info.name.into());
    item.insert("metadata".into(), metadata.into());
    item
}

struct Stamps<'a> {
    before: HashMap<Place, (String, String)>,
    after: HashMap<Place, (String, String)>,
    now: &'a str,
}

impl Stamps<'_> {
    /// Stamps every condition found in a value; `path` is where the value stands.
    fn stamp(&mut self, object: &ObjectKey, path: String, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if name == "conditions" {
                        self.conditions(object, &path, value);
                    } else {
                        self.stamp(object, format!("{path}/{name}"), value);
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    // Listeners have names, parents have references; both are unique.
                    let name = item.get("name").or_else(|| item.get("parentRef"));
                    let path = format!("{path}/{}", name.unwrap_or(&Value::Null));
                    self.stamp(object, path, item);
                }
            }
            _ => {}
        }
    }

    fn conditions(&mut self, object: &ObjectKey, path: &str, conditions: &mut Value) {
        for condition in conditions.as_array_mut().into_iter().flatten() {
            let text = |name: &str| {
                let value = condition.get(name).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            let place = (object.clone(), format!("{path}/{}", text("type")));
            let status = text("status");
            let since = match self.before.get(&place) {
                Some((before, since)) if *before == status => since.clone(),
                _ => self.now.to_owned(),
            };
            if let Some(fields) = condition.as_object_mut() {
                fields.insert("lastTransitionTime".into(), since.as_str().into());
            }
            self.after.insert(place, (status, since));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Kind;

    fn gateway(accepted: &str, programmed: &str, reason: &str) -> StatusDocument {
        let condition =
            |kind: &str, status: &str| json!({ "type": kind, "status": status, "reason": reason });
        StatusDocument {
            object: ObjectKey::namespaced(Kind::Gateway, "infra", "public"),
            status: Some(json!({
                "conditions": [condition("Accepted", accepted)],
                "listeners": [
                    { "name": "a", "conditions": [condition("Programmed", programmed)] },
                    { "name": "b", "conditions": [condition("Programmed", "True")] },
                ],
            })),
            conditions: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn times(keeper: &StatusKeeper) -> Vec<String> {
        let document = keeper.document(&[]);
        let status = &document["items"][0]["status"];
        let time = |value: &Value| value["lastTransitionTime"].as_str().unwrap().to_owned();
        vec![
            time(&status["conditions"][0]),
            time(&status["listeners"][0]["conditions"][0]),
            time(&status["listeners"][1]["conditions"][0]),
        ]
    }

    #[test]
    fn a_transition_time_changes_with_the_status_alone() {
        let mut keeper = StatusKeeper::default();
        keeper.update(vec![gateway("True", "False", "Pending")], "t1");
        assert_eq!(times(&keeper), ["t1", "t1", "t1"]);
        keeper.update(vec![gateway("True", "False", "Other")], "t2");
        assert_eq!(times(&keeper), ["t1", "t1", "t1"]);
        keeper.update(vec![gateway("True", "True", "Programmed")], "t3");
        assert_eq!(times(&keeper), ["t1", "t3", "t1"]);
        keeper.update(vec![], "t4");
        keeper.update(vec![gateway("True", "True", "Programmed")], "t5");
        assert_eq!(times(&keeper), ["t5", "t5", "t5"]);
    }

    #[test]
    fn an_item_is_named_as_kubernetes_names_it() {
        let mut keeper = StatusKeeper::default();
        keeper.update(vec![gateway("True", "True", "x")], "t1");
        let item = &keeper.document(&[])["items"][0];
        assert_eq!(item["apiVersion"], "gateway.networking.k8s.io/v1");
        assert_eq!(item["kind"], "Gateway");
        assert_eq!(
            item["metadata"],
            json!({ "namespace": "infra", "name": "public" })
        );
    }
}
