//! Annotations of an Ingress that ask other controllers for something.
//!
//! None is supported yet, so each is reported by name. What matters is what becomes of the Ingress
//! meanwhile: one that restricts access must not be served open.

use super::report::Note;
use crate::objects::kinds::ingress::Ingress;

/// Prefixes of the annotations of the nginx controllers.
const PREFIXES: &[&str] = &["nginx.ingress.kubernetes.io/", "nginx.org/", "nginx.com/"];

/// What the annotations of an Ingress mean for serving it.
pub(super) enum Effect {
    /// Served without what they ask for.
    None,
    /// They keep somebody out: served with 500 only. The name of the first such annotation.
    Closed(String),
    /// It is a canary of another Ingress, which serves without it. The annotation's name.
    Withheld(String),
}

/// Switches that are off where they say `false`, which is what is done anyway.
const OFF: &[&str] = &[
    "canary",
    "enable-cors",
    "enable-global-auth",
    "enable-modsecurity",
    "enable-owasp-core-rules",
    "force-ssl-redirect",
    "from-to-www-redirect",
    "service-upstream",
    "ssl-passthrough",
    "ssl-redirect",
    "use-regex",
];

/// Annotations that keep somebody out, by the beginning of their names.
const RESTRICTING: &[&str] = &[
    "allowlist-source-range",
    "auth-",
    "basic-auth-secret",
    "denylist-source-range",
    "enable-global-auth",
    "enable-modsecurity",
    "enable-owasp-core-rules",
    "jwt-",
    "limit-",
    "modsecurity-",
    "policies",
    "satisfy",
    "whitelist-source-range",
];

/// Reads the annotations; the notes name each that is not supported.
pub(super) fn read(ingress: &Ingress) -> (Effect, Vec<Note>) {
    let mut effect = Effect::None;
    let mut notes = Vec::new();
    for (full, value) in &ingress.metadata.annotations {
        let Some(name) = PREFIXES.iter().find_map(|prefix| full.strip_prefix(prefix)) else {
            continue;
        };
        if OFF.contains(&name) && value == "false" {
            continue;
        }
        let restricts = RESTRICTING.iter().any(|start| name.starts_with(start));
        let message = match (name, restricts) {
            ("canary", _) => "is not supported yet, the Ingress is left aside",
            (_, true) => "is not supported yet; it restricts access, so every request answers 500",
            _ => "is not supported yet and has no effect",
        };
        let field = format!("metadata.annotations[{full}]");
        notes.push(Note::refused(field, message));
        effect = match effect {
            Effect::None if name == "canary" => Effect::Withheld(full.clone()),
            Effect::Closed(_) if name == "canary" => Effect::Withheld(full.clone()),
            Effect::None if restricts => Effect::Closed(full.clone()),
            effect => effect,
        };
    }
    (effect, notes)
}
