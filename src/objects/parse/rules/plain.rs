//! Kinds without a spec: Secret, ConfigMap, Namespace.

use serde_json::Value;

use crate::objects::kinds::secret::TLS_TYPE;
use crate::objects::parse::format::DATA_KEY;
use crate::objects::parse::row::Check::{Default, Keys, Law, Unread};
use crate::objects::parse::row::{Row, at, has, text};

pub const NAMESPACE: &[Row] = &[at("", &[Unread(&["spec", "status"])])];

pub const CONFIG_MAP: &[Row] = &[
    at("", &[Unread(&["binaryData", "immutable"])]),
    at(
        "",
        &[Law(keys_differ, "data and binaryData have a key in common")],
    ),
    at(
        "",
        &[Law(|map| is_small(map, &["data", "binaryData"]), TOO_LARGE)],
    ),
    at("data", &[Keys(DATA_KEY)]),
    at("binaryData", &[Keys(DATA_KEY)]),
];

pub const SECRET: &[Row] = &[
    at("", &[Unread(&["immutable"])]),
    at("type", &[Default(r#""Opaque""#)]),
    at("data", &[Keys(DATA_KEY)]),
    at("stringData", &[Keys(DATA_KEY)]),
    at(
        "",
        &[Law(
            tls_is_whole,
            "tls.crt and tls.key are required where type is kubernetes.io/tls",
        )],
    ),
    at(
        "",
        &[Law(
            |secret| is_small(secret, &["data", "stringData"]),
            TOO_LARGE,
        )],
    ),
];

const TOO_LARGE: &str = "is larger than 1 MiB";

fn keys_differ(map: &Value) -> bool {
    let (Some(one), Some(Value::Object(other))) = (map.get("data"), map.get("binaryData")) else {
        return true;
    };
    !other.keys().any(|key| has(one, key))
}

fn tls_is_whole(secret: &Value) -> bool {
    let given = |key| {
        ["data", "stringData"]
            .iter()
            .filter_map(|map| secret.get(map))
            .any(|map| has(map, key))
    };
    text(secret, "type") != TLS_TYPE || ["tls.crt", "tls.key"].into_iter().all(given)
}

/// Sizes are of the values as they are written, so base64 may be a third larger than what counts.
fn is_small(object: &Value, maps: &[&str]) -> bool {
    const MOST: usize = 1024 * 1024 * 4 / 3 + 4;
    let maps = maps.iter().filter_map(|map| object.get(map)?.as_object());
    let sizes = maps
        .flatten()
        .map(|(_, value)| value.as_str().map_or(0, str::len));
    sizes.sum::<usize>() <= MOST
}
