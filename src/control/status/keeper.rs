//! Keeps what was rendered, and since when each condition stands as it does.
//!
//! `lastTransitionTime` changes when the status of a condition changes, and not when its reason or
//! message does (Kubernetes API conventions, "Typical status properties").

use super::render::{Binds, StatusDocument, render};
use crate::objects::{ObjectKey, Problem};
use crate::translate::Report;
use crate::translate::report::{Note, ObjectReport, ObjectStatus};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Status and time of its last change, by place within the object's status and type.
type Since = HashMap<String, (String, String)>;

/// The statuses of all objects.
#[derive(Debug, Default)]
pub struct StatusKeeper {
    /// What the items were rendered from.
    report: Arc<Report>,
    binds: Binds,
    items: BTreeMap<ObjectKey, Item>,
}

#[derive(Debug)]
struct Item {
    value: Value,
    since: Since,
}

impl StatusKeeper {
    /// Renders what is different from the last time; `now` is the time as RFC 3339 writes it.
    pub fn update(&mut self, report: &Arc<Report>, binds: &Binds, now: &str) {
        let bound = *binds != self.binds;
        let changed = |object: &&ObjectReport| {
            let on_binds = matches!(
                object.status,
                ObjectStatus::Gateway(_) | ObjectStatus::Ingress(_)
            );
            (bound && on_binds) || self.report.object(&object.object) != Some(*object)
        };
        let changed = Report {
            objects: report.objects.iter().filter(changed).cloned().collect(),
            problems: Vec::new(),
        };
        self.items.retain(|key, _| report.object(key).is_some());
        for document in render(&changed, binds) {
            let key = document.object.clone();
            let before = self.items.remove(&key).map(|item| item.since);
            let item = item(document, before.unwrap_or_default(), now);
            self.items.insert(key, item);
        }
        self.report = Arc::clone(report);
        self.binds = binds.clone();
    }

    /// All statuses, as a list of objects reduced to identity and status.
    pub fn document(&self, problems: &[Problem]) -> Value {
        let items = self.items.values().map(|item| &item.value);
        json!({
            "items": items.collect::<Vec<_>>(),
            "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

fn item(document: StatusDocument, before: Since, now: &str) -> Item {
    let mut stamps = Stamps {
        before,
        after: Since::new(),
        now,
    };
    let mut item = identity(&document.object);
    if let Some(mut status) = document.status {
        stamps.stamp(String::new(), &mut status);
        item.insert("status".into(), status);
    }
    if !document.conditions.is_empty() {
        let mut conditions = json!(document.conditions);
        stamps.conditions("", &mut conditions);
        item.insert("conditions".into(), conditions);
    }
    if !document.notes.is_empty() {
        let notes: Vec<Value> = document.notes.iter().map(note).collect();
        item.insert("notes".into(), notes.into());
    }
    Item {
        value: item.into(),
        since: stamps.after,
    }
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
    before: Since,
    after: Since,
    now: &'a str,
}

impl Stamps<'_> {
    /// Stamps every condition found in a value; `path` is where the value stands.
    fn stamp(&mut self, path: String, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if name == "conditions" {
                        self.conditions(&path, value);
                    } else {
                        self.stamp(format!("{path}/{name}"), value);
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    // Listeners have names, parents have references; both are unique.
                    let name = item.get("name").or_else(|| item.get("parentRef"));
                    let path = format!("{path}/{}", name.unwrap_or(&Value::Null));
                    self.stamp(path, item);
                }
            }
            _ => {}
        }
    }

    fn conditions(&mut self, path: &str, conditions: &mut Value) {
        for condition in conditions.as_array_mut().into_iter().flatten() {
            let text = |name: &str| {
                let value = condition.get(name).and_then(Value::as_str);
                value.unwrap_or_default().to_owned()
            };
            let place = format!("{path}/{}", text("type"));
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
mod tests;
