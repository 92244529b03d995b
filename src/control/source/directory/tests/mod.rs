//! Folding without a disk, and following a real folder.

mod fold;
mod follow;

use super::Batch;
use crate::objects::{Change, Object};

/// A ConfigMap that is told apart by one value.
pub fn config(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: '{value}'}}\n"
    )
}

/// `+name=value` for what is applied, `-name` for what is deleted.
pub fn changes(batch: &Batch) -> String {
    let words = batch.changes.iter().map(|change| match change {
        Change::Apply(Object::ConfigMap(map)) => {
            format!("+{}={}", map.metadata.name, map.data["value"])
        }
        Change::Apply(object) => format!("+{}", object.key()),
        Change::Delete(key) => format!("-{}", key.name),
    });
    words.collect::<Vec<_>>().join(" ")
}

pub fn problems(batch: &Batch) -> Vec<String> {
    let problems = batch
        .problems
        .as_ref()
        .expect("the problems should have changed");
    problems.iter().map(ToString::to_string).collect()
}
