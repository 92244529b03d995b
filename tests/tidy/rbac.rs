//! What the code reads and what the deployed role may read are the same kinds.

use super::source::{Breach, File};

/// A kind as the API server knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// API group; the core group is empty.
    pub group: String,
    /// Plural, with `/status` where its status is meant.
    pub plural: String,
}

/// Resources of the operation of the gateway itself, which are no kinds of ours: its Lease, its
/// events, and the definitions whose version it checks.
const OWN: &[(&str, &str)] = &[
    ("coordination.k8s.io", "leases"),
    ("events.k8s.io", "events"),
    ("", "events"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
];

/// Compares `kinds` with the roles in `manifests`; silent where these hold none.
pub fn check(kinds: &[Resource], manifests: &[File]) -> Vec<Breach> {
    let mut granted = Vec::new();
    let mut place = None;
    for file in manifests {
        for document in file.text.split("\n---") {
            let Ok(value) = serde_saphyr::from_str::<serde_json::Value>(document) else {
                continue;
            };
            if matches!(value["kind"].as_str(), Some("ClusterRole" | "Role")) {
                place.get_or_insert(file);
                granted.extend(rules(&value));
            }
        }
    }
    let Some(file) = place else { return Vec::new() };
    let is_own = |one: &Resource| OWN.iter().any(|(g, p)| *g == one.group && *p == one.plural);
    let missing = kinds
        .iter()
        .filter(|kind| !granted.contains(kind))
        .map(|kind| {
            let what = format!("no rule for {}/{}", kind.group, kind.plural);
            file.breach(
                0,
                "kinds",
                what,
                "grant get, list and watch, or drop it from objects::kinds",
            )
        });
    let spare = granted
        .iter()
        .filter(|one| !kinds.contains(one) && !is_own(one))
        .map(|one| {
            let what = format!(
                "a rule for {}/{}, which nobody reads",
                one.group, one.plural
            );
            file.breach(
                0,
                "kinds",
                what,
                "take the rule away, or add the kind to objects::kinds",
            )
        });
    missing.chain(spare).collect()
}

fn rules(role: &serde_json::Value) -> Vec<Resource> {
    let list = |value: &serde_json::Value| -> Vec<String> {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect()
    };
    let mut all = Vec::new();
    for rule in role["rules"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
    {
        for group in list(&rule["apiGroups"]) {
            for plural in list(&rule["resources"]) {
                all.push(Resource {
                    group: group.clone(),
                    plural,
                });
            }
        }
    }
    all
}

#[test]
fn a_kind_without_rule_and_a_rule_without_kind_are_found() {
    let kind = |group: &str, plural: &str| Resource {
        group: group.into(),
        plural: plural.into(),
    };
    let kinds = [
        kind("", "services"),
        kind("g", "gateways"),
        kind("g", "gateways/status"),
    ];
    let role =
        "kind: ClusterRole\nrules:\n- apiGroups: ['']\n  resources: [services]\n  verbs: [get]\n";
    let found = check(&kinds, &[File::new("deploy/role.yaml", role)]);
    assert_eq!(found.len(), 2);
    let role = format!(
        "kind: Namespace\n---\n{role}- apiGroups: [g]\n  resources: [gateways, gateways/status, x]\n\
         - apiGroups: [coordination.k8s.io]\n  resources: [leases]\n"
    );
    let found = check(&kinds, &[File::new("deploy/role.yaml", &role)]);
    assert_eq!(found.len(), 1);
    assert!(found[0].what.contains("g/x"));
    assert_eq!(
        check(&kinds, &[File::new("deploy/x.yaml", "kind: Service\n")]).len(),
        0
    );
}
