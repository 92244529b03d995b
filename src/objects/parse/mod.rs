//! From a generic value to a typed, valid object.
//!
//! In this order, as in the API server: nulls go; defaults come; the tables in `rules` find what
//! the schemas refuse; the typed reading finds values of a wrong type and fields that no schema has.
//! All faults of an object are found at once, as far as they are independent.

mod check;
mod defaults;
pub mod format;
mod row;
mod rules;
mod walk;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::field::FieldPath;
use super::key::ObjectKey;
use super::kinds::{GATEWAY_GROUP, Kind};
use super::object::{Object, Resource};
use super::problem::{Cause, Severity};
use check::{Round, quote};

/// What a manifest was read as.
#[derive(Debug)]
pub struct Parsed {
    /// Which object it is about, where that much could be read.
    pub key: Option<ObjectKey>,
    /// The object, unless a fault refuses it.
    pub object: Option<Object>,
    pub faults: Vec<Fault>,
}

/// One thing wrong with an object; where it was written is for its reader to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub field: FieldPath,
    pub cause: Cause,
    pub message: String,
}

/// The namespace of an object that says none, in a folder of manifests.
pub const DEFAULT_NAMESPACE: &str = "default";

/// Faults of one object that are listed: a generated file with a million typos is no reason to spend
/// minutes on saying so.
const FAULTS_MAX: usize = 64;

/// Groups that a gateway serves: a kind of theirs that is not in the list is refused by name.
/// Any other unknown kind is somebody else's business.
const OWN_GROUPS: &[&str] = &[
    GATEWAY_GROUP,
    "gateway.networking.x-k8s.io",
    "networking.k8s.io",
    "discovery.k8s.io",
];

/// Kinds of those groups that concern no gateway.
const FOREIGN: &[&str] = &["NetworkPolicy", "IPAddress", "ServiceCIDR"];

/// Reads one object. A namespaced object without a namespace gets [`DEFAULT_NAMESPACE`].
pub fn parse(mut value: Value) -> Parsed {
    let kind = match identify(&value) {
        Ok(kind) => kind,
        Err(fault) => {
            return Parsed {
                key: None,
                object: None,
                faults: vec![fault],
            };
        }
    };
    let info = kind.info();
    let mut faults = Vec::new();
    defaults::drop_nulls(&mut value);
    if let Value::Object(members) = &mut value {
        members.retain(|member, _| member != "apiVersion" && member != "kind");
        members
            .entry("metadata")
            .or_insert_with(|| Value::Object(Default::default()));
    }
    place(&mut value, info.namespaced, &mut faults);
    defaults::fill(&mut value, rules::of(kind));
    if let Some(metadata) = value.get_mut("metadata") {
        defaults::fill(metadata, rules::of_metadata(kind));
    }
    let key = key_of(kind, &value);

    let mut laws = Vec::new();
    examine(kind, &value, Round::Fields, &mut faults);
    examine(kind, &value, Round::Laws, &mut laws);
    defaults::forget(&mut value, rules::of(kind));
    if let Some(metadata) = value.get_mut("metadata") {
        defaults::forget(metadata, rules::of_metadata(kind));
    }
    // A law is no news where a field that it looks at is at fault itself.
    laws.retain(|law: &Fault| !faults.iter().any(|fault| fault.refuses_at(&law.field)));
    let object = typed_of_kind(kind, &value, &mut faults, &mut laws);
    faults.append(&mut laws);
    shorten(&mut faults);
    let refused = faults
        .iter()
        .any(|fault| fault.cause.severity() == Severity::Refused);
    Parsed {
        key,
        object: object.filter(|_| !refused),
        faults,
    }
}

/// Cuts a long list, what refuses the object kept before what does not, and says so.
fn shorten(faults: &mut Vec<Fault>) {
    if faults.len() > FAULTS_MAX {
        faults.sort_by_key(|fault| fault.cause.severity());
        let cause = faults.get(FAULTS_MAX).map(|fault| fault.cause);
        faults.truncate(FAULTS_MAX);
        let message = "more is wrong with this object than is listed".into();
        faults.extend(cause.map(|cause| Fault::new("", cause, message)));
    }
}

/// Finds the kind, or says why there is none.
fn identify(value: &Value) -> Result<Kind, Fault> {
    let Value::Object(members) = value else {
        return Err(Fault::new(
            "",
            Cause::Type,
            "an object with apiVersion and kind is required".into(),
        ));
    };
    let word = |member: &str| match members.get(member) {
        Some(Value::String(word)) if !word.is_empty() => Ok(word.as_str()),
        Some(Value::String(_) | Value::Null) | None => {
            Err(Fault::new(member, Cause::Invalid, "is required".into()))
        }
        Some(_) => Err(Fault::new(member, Cause::Type, "a text is required".into())),
    };
    let (api_version, name) = (word("apiVersion")?, word("kind")?);
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let Some(kind) = Kind::find(group, name) else {
        let own = OWN_GROUPS.contains(&group) && !FOREIGN.contains(&name);
        let (cause, what) = if own {
            (Cause::UnsupportedKind, "is not supported")
        } else {
            (
                Cause::ForeignKind,
                "is none that Ringress reads; it is left aside",
            )
        };
        let message = format!("kind {} of {} {what}", quote(name), quote(api_version));
        return Err(Fault::new("kind", cause, message));
    };
    let versions = kind.info().versions;
    if !versions.contains(&version) {
        let message = format!(
            "version {} of {kind} is not supported, must be one of {}",
            quote(version),
            versions.join(", ")
        );
        return Err(Fault::new("apiVersion", Cause::UnsupportedKind, message));
    }
    Ok(kind)
}

/// Gives a namespaced object its namespace; refuses one on another kind.
fn place(value: &mut Value, namespaced: bool, faults: &mut Vec<Fault>) {
    let Some(Value::Object(metadata)) = value.get_mut("metadata") else {
        return;
    };
    let given = metadata
        .get("namespace")
        .is_some_and(|namespace| namespace != "");
    match (namespaced, given) {
        (true, false) => {
            metadata.insert("namespace".into(), DEFAULT_NAMESPACE.into());
        }
        (false, true) => {
            let message = "must not be set: objects of this kind live in no namespace".into();
            faults.push(Fault::new("metadata.namespace", Cause::Invalid, message));
        }
        (false, false) => {
            metadata.remove("namespace");
        }
        (true, true) => {}
    }
}

fn key_of(kind: Kind, value: &Value) -> Option<ObjectKey> {
    let metadata = value.get("metadata")?;
    let name = metadata
        .get("name")?
        .as_str()
        .filter(|name| !name.is_empty())?;
    let namespace = metadata.get("namespace").and_then(Value::as_str);
    let namespace = namespace.filter(|_| kind.info().namespaced).map(Arc::from);
    Some(ObjectKey {
        kind,
        namespace,
        name: name.into(),
    })
}

/// One round of checks over a whole object.
fn examine(kind: Kind, value: &Value, round: Round, faults: &mut Vec<Fault>) {
    if let Some(metadata) = value.get("metadata") {
        let mut field = FieldPath::root().name("metadata");
        check::check(
            metadata,
            rules::of_metadata(kind),
            round,
            &mut field,
            faults,
        );
    }
    check::check(
        value,
        rules::of(kind),
        round,
        &mut FieldPath::root(),
        faults,
    );
}

fn typed_of_kind(
    kind: Kind,
    value: &Value,
    faults: &mut Vec<Fault>,
    laws: &mut Vec<Fault>,
) -> Option<Object> {
    match kind {
        Kind::Namespace => typed(value, faults, laws).map(Object::Namespace),
        Kind::Secret => typed(value, faults, laws).map(Object::Secret),
        Kind::ConfigMap => typed(value, faults, laws).map(Object::ConfigMap),
        Kind::Service => typed(value, faults, laws).map(Object::Service),
        Kind::EndpointSlice => typed(value, faults, laws).map(Object::EndpointSlice),
        Kind::ReferenceGrant => typed(value, faults, laws).map(Object::ReferenceGrant),
        Kind::GatewayClass => typed(value, faults, laws).map(Object::GatewayClass),
        Kind::Gateway => typed(value, faults, laws).map(Object::Gateway),
        Kind::HttpRoute => typed(value, faults, laws).map(Object::HttpRoute),
        Kind::IngressClass => typed(value, faults, laws).map(Object::IngressClass),
        Kind::Ingress => typed(value, faults, laws).map(Object::Ingress),
    }
}

/// The typed reading. Its fault is dropped where a table has already spoken about the same field;
/// only a law yields to a value of the wrong type.
fn typed<T: DeserializeOwned + Resource>(
    value: &Value,
    faults: &mut Vec<Fault>,
    laws: &mut Vec<Fault>,
) -> Option<Arc<T>> {
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let reader = serde_path_to_error::Deserializer::new(value, &mut track);
    let read = serde_ignored::deserialize(reader, |path| {
        if unknown.len() <= FAULTS_MAX {
            unknown.push(FieldPath::from(&path));
        }
    });
    let object = match read {
        Ok(object) => Some(Arc::new(object)),
        Err(error) => {
            let field = FieldPath::from(&track.path());
            let is_of_type = error.to_string().contains(EXPECTED);
            if is_of_type {
                laws.retain(|law| !law.refuses_at(&field));
            }
            if !faults
                .iter()
                .chain(&*laws)
                .any(|fault| fault.refuses_at(&field))
            {
                let message = of_type(&error, T::KIND);
                faults.push(Fault {
                    field,
                    cause: Cause::Type,
                    message,
                });
            }
            None
        }
    };
    faults.extend(unknown.into_iter().map(|field| Fault {
        field,
        cause: Cause::UnknownField,
        message: "is no field of this kind; is it misspelt?".into(),
    }));
    object
}

/// What stands in serde's messages about types, and not in our own.
const EXPECTED: &str = ", expected ";

/// Says a type error in the words of manifests. A Secret's never shows a value.
fn of_type(error: &serde_json::Error, kind: Kind) -> String {
    let text = error.to_string();
    let Some((found, expected)) = text.split_once(EXPECTED) else {
        return text;
    };
    let expected = match expected.split(' ').next() {
        Some("u8" | "u16" | "u32" | "u64" | "i64") => "a whole number",
        Some("struct") => "an object",
        _ => match expected {
            "a sequence" => "a list",
            "a string" => "a text (quote it)",
            "a map" => "an object",
            other => other,
        },
    };
    match found.split_once(": ") {
        Some((_, found)) if kind != Kind::Secret => format!("is {found}, must be {expected}"),
        _ => format!("must be {expected}"),
    }
}

impl Fault {
    /// A fault at a path of plain names.
    fn new(field: &str, cause: Cause, message: String) -> Self {
        let mut path = FieldPath::root();
        field
            .split('.')
            .filter(|name| !name.is_empty())
            .for_each(|name| path.push_name(name));
        Self {
            field: path,
            cause,
            message,
        }
    }

    /// Whether this refuses a field, something within it or something around it.
    fn refuses_at(&self, field: &FieldPath) -> bool {
        self.cause.severity() == Severity::Refused && self.field.overlaps(field)
    }
}
