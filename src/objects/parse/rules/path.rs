//! What the Gateway API and Ingress forbid alike in an absolute path.

use serde_json::Value;

use crate::objects::parse::format::PATH;
use crate::objects::parse::row::text;

const INSIDE: &[&str] = &["//", "/./", "/../", "%2f", "%2F"];
const AT_END: &[&str] = &["/..", "/."];

/// What a path that must be absolute and clean has and should not have.
pub fn is_clean(path: &str) -> bool {
    path.starts_with('/')
        && !INSIDE.iter().any(|part| path.contains(part))
        && !AT_END.iter().any(|end| path.ends_with(end))
}

/// Said where [`is_clean`] does not hold.
pub const CLEAN: &str = "must begin with '/', must not contain //, /./, /../, %2f or %2F, and must not end with /. or /..";

/// An HTTPRoute's path match that is no regular expression is clean, has no '#' and only the
/// characters of a path.
pub fn is_clean_match(path: &Value) -> bool {
    is_regex(path) || is_clean(text(path, "value"))
}

/// See [`is_clean_match`]; one complaint about a path is enough.
pub fn is_path_match(path: &Value) -> bool {
    !is_clean_match(path) || is_regex(path) || (PATH.holds)(text(path, "value"))
}

fn is_regex(path: &Value) -> bool {
    text(path, "type") == "RegularExpression"
}
