//! The fields that speak of the client, under all their names.

use crate::wire::head::{Field, FieldName, FieldSet, RequestHead};

/// The names of the family that the gateway knows.
const KNOWN: u64 = FieldName::Forwarded.bit()
    | FieldName::XForwardedFor.bit()
    | FieldName::XForwardedProto.bit()
    | FieldName::XForwardedHost.bit()
    | FieldName::XForwardedPort.bit()
    | FieldName::XForwardedPrefix.bit()
    | FieldName::XForwardedClientCert.bit()
    | FieldName::XForwardedServer.bit()
    | FieldName::XForwardedScheme.bit()
    | FieldName::XRealIp.bit();

/// Marks every field of the family: what an untrusted peer may not say.
pub(super) fn untrusted(head: &RequestHead, bytes: &[u8], replaced: &mut FieldSet) {
    if !head.fields.has_any(KNOWN | FieldName::Other.bit()) {
        return;
    }
    for (index, field) in head.fields.iter().enumerate() {
        if belongs(field, bytes) {
            replaced.insert(index);
        }
    }
}

fn belongs(field: &Field, bytes: &[u8]) -> bool {
    match field.id {
        FieldName::Other => speaks_of_client(field.name.of(bytes)),
        id => id.bit() & KNOWN != 0,
    }
}

/// Whether a field of this name tells of the client or of the request before it came here, so that
/// only trusted peers may send it: `Forwarded`, `X-Real-IP`, and everything that begins with
/// `X-Forwarded-` or `X-Original-`; in any case, and with any other mark for `-`, as origins read it
/// that make variables of names (`X_Forwarded_For`).
pub fn speaks_of_client(name: &[u8]) -> bool {
    if !matches!(name.first(), Some(b'x' | b'X' | b'f' | b'F')) {
        return false;
    }
    begins(name, "x-forwarded-")
        || begins(name, "x-original-")
        || (begins(name, "x-real-ip") && name.len() == "x-real-ip".len())
        || name.eq_ignore_ascii_case(b"forwarded")
}

fn begins(name: &[u8], prefix: &str) -> bool {
    let alike = |(&n, p): (&u8, u8)| {
        n.to_ascii_lowercase() == p || (p == b'-' && !n.is_ascii_alphanumeric())
    };
    name.get(..prefix.len())
        .is_some_and(|start| start.iter().zip(prefix.bytes()).all(alike))
}
