//! One golden case: its input read, its output written.

use ringress::control::status::render::{BindState, Binds, render};
use ringress::ir::{Balance, Secret};
use ringress::objects::manifest::{self, Limits};
use ringress::objects::{Change, Kind, Object, Objects, Problem};
use ringress::snapshot::{BindFailure, BindFailureKind};
use ringress::translate::{KeyPair, Settings, translate};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

const INPUT: &str = ".in.yaml";

/// A case, ready to be translated.
pub struct Case {
    name: String,
    pub settings: Settings,
    pub objects: Vec<Object>,
    problems: Vec<Problem>,
    /// The document with the settings.
    golden: Value,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Names of every case, sorted.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the folder of the cases")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(INPUT).map(str::to_owned))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

impl Case {
    /// Reads an input.
    pub fn load(name: &str) -> Self {
        let bytes = fs::read(folder().join(format!("{name}{INPUT}"))).expect("an input");
        let contents = manifest::read("case.yaml", &bytes, &Limits::default());
        let golden = contents
            .documents
            .into_iter()
            .find(|document| document.value["kind"] == "GoldenSettings");
        let number = golden.as_ref().map(|document| document.number);
        let golden = golden.map(|document| document.value).unwrap_or_default();

        let file: Arc<str> = "case.yaml".into();
        let (entries, mut problems) = manifest::objects(&file, &bytes, &Limits::default());
        let entries = entries
            .into_iter()
            .filter(|entry| Some(entry.origin.document) != number);
        let mut objects = Vec::new();
        for entry in entries {
            objects.extend(entry.object);
            problems.extend(entry.problems);
        }
        Self {
            name: name.to_owned(),
            settings: settings(&golden),
            objects,
            problems,
            golden,
        }
    }

    pub fn output_path(&self) -> PathBuf {
        folder().join(format!("{}.out.yaml", self.name))
    }

    /// The model and what every status becomes, as YAML.
    pub fn output(&self) -> String {
        let mut store = Objects::default();
        store.apply_all(self.objects.iter().cloned().map(Change::Apply));
        store.set_problems(self.problems.clone());
        let (model, report) = translate(&store, &self.settings);

        let mut binds: Binds = model
            .binds
            .iter()
            .map(|bind| (bind.address, BindState::Listening { note: None }))
            .collect();
        for (address, state) in binds.iter_mut() {
            if let Some(said) = self.golden["binds"].get(address.to_string()) {
                *state = bind_state(said);
            }
        }
        // A class is the same in every case but those about classes.
        let classes = self.name.starts_with("class");
        let documents = render(&report, &binds).into_iter();
        let documents =
            documents.filter(|document| classes || document.object.kind != Kind::GatewayClass);
        let statuses = documents.map(|document| {
            let object = json!(document.object.to_string());
            let notes: Vec<Value> = document.notes.iter().map(|note| json!(note)).collect();
            json!({
                "object": object,
                "status": document.status,
                "conditions": document.conditions,
                "notes": notes,
            })
        });
        let problems: Vec<Value> = report
            .problems
            .iter()
            .map(|problem| json!(problem.to_string()))
            .collect();
        let out = json!({
            "refused": report.refused(),
            "problems": problems,
            "statuses": statuses.collect::<Vec<_>>(),
            "model": model,
        });
        let kept = pruned(short(out)).unwrap_or_default();
        let yaml = serde_saphyr::to_string(&kept).expect("plain data");
        format!("# Written by UPDATE_GOLDEN=1 cargo test --test golden\n{yaml}")
    }
}

/// Writes a condition or a note as one line, for reading; the exact shape of a status has its own
/// test beside the rendering.
fn short(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(short).collect(),
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            if let (Some(kind), Some(status), Some(reason), Some(message)) = (
                text("type"),
                text("status"),
                text("reason"),
                text("message"),
            ) {
                let generation = members.get("observedGeneration").and_then(Value::as_i64);
                let generation = generation.map(|number| format!(" @{number}"));
                let generation = generation.unwrap_or_default();
                return format!("{kind}={status} {reason}{generation}: {message}").into();
            }
            if let (Some(severity), Some(field), Some(message)) =
                (text("severity"), text("field"), text("message"))
            {
                return match field {
                    "" => format!("{severity}: {message}"),
                    field => format!("{severity}: {field}: {message}"),
                }
                .into();
            }
            let members = members.into_iter();
            Value::Object(members.map(|(name, value)| (name, short(value))).collect())
        }
        value => value,
    }
}

/// Leaves out what says nothing: nulls, empty lists, `false` and slots, which nobody allotted yet.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.into_iter().filter_map(pruned).collect()),
        Value::Object(members) => {
            let kept = members
                .into_iter()
                .filter(|(name, _)| name != "slot")
                .filter_map(|(name, value)| Some((name, pruned(value)?)));
            Some(Value::Object(kept.collect::<Map<_, _>>()))
        }
        value => Some(value),
    }
}

fn bind_state(said: &Value) -> BindState {
    let failed = |kind, message: &str| {
        BindState::Failed(BindFailure {
            kind,
            message: message.to_owned(),
        })
    };
    match said.as_str() {
        Some("pending") => BindState::Pending,
        Some("in use") => failed(BindFailureKind::InUse, "another process listens there"),
        Some("not available") => failed(
            BindFailureKind::NotAvailable,
            "no interface has the address",
        ),
        other => BindState::Listening {
            note: other.map(str::to_owned),
        },
    }
}

fn settings(golden: &Value) -> Settings {
    let mut settings = Settings {
        admit_default_class: true,
        ..Settings::default()
    };
    let Value::Object(members) = golden else {
        return settings;
    };
    let ip = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse().ok())
            .expect("an IP")
    };
    let ips = |value: &Value| value.as_array().expect("a list").iter().map(ip).collect();
    let text = |value: &Value| -> Arc<str> { value.as_str().expect("a text").into() };
    let port = |value: &Value| u16::try_from(value.as_u64().expect("a port")).expect("a port");
    for (name, value) in members {
        let is = || value.as_bool().expect("true or false");
        match name.as_str() {
            "kind" | "about" | "binds" => {}
            "listenAddresses" => settings.listen_addresses = ips(value),
            "publishedAddresses" => settings.published_addresses = ips(value),
            "ingressAddresses" => settings.ingress_addresses = ips(value),
            "underscoreHeaders" => settings.underscore_headers = is(),
            "ingressHttpPort" => settings.ingress_http_port = port(value),
            "ingressHttpsPort" => settings.ingress_https_port = port(value),
            "defaultCertificate" => {
                let full = text(value);
                let (namespace, name) = full.split_once('/').expect("namespace/name");
                settings.default_certificate = Some((namespace.into(), name.into()));
            }
            "selfSigned" => {
                let part = |name: &str| value[name].as_str().expect("PEM").as_bytes().into();
                settings.self_signed = Some(KeyPair {
                    chain: part("chain"),
                    key: Secret(part("key")),
                });
            }
            "ingressWithoutClass" => settings.ingress_without_class = is(),
            "admitDefaultClass" => settings.admit_default_class = is(),
            "loopbackEndpoints" => settings.loopback_endpoints = is(),
            "roundRobin" => settings.balance = Balance::RoundRobin,
            "now" => settings.now = value.as_i64(),
            other => panic!("{other} is no setting of a golden case"),
        }
    }
    settings
}
