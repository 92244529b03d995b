//! The passes that change a value: nulls go and defaults come before the checks, what is not read
//! goes after them.

use serde_json::Value;

use super::row::{Check, Row};
use super::walk;

/// Takes every null member out, as the API server does for fields that are not nullable (none of
/// ours is) and as Go's decoder does for the native kinds.
pub fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Applies the defaults of a table, parents before children.
pub fn fill(value: &mut Value, rows: &[Row]) {
    for row in rows {
        for check in row.checks {
            match check {
                Check::Default(json) => walk::each_owner(value, row.at, &mut |owner, member| {
                    if !owner.contains_key(member) {
                        // A table's JSON is checked by a test; a bad one would be null here.
                        let default = serde_json::from_str(json).unwrap_or_default();
                        owner.insert(member.to_owned(), default);
                    }
                }),
                Check::Rows(rows) => walk::each_mut(value, row.at, &mut |value| fill(value, rows)),
                _ => {}
            }
        }
    }
}

/// Takes out the members that exist and are not read, so that none counts as unknown.
pub fn forget(value: &mut Value, rows: &[Row]) {
    for row in rows {
        for check in row.checks {
            match check {
                Check::Unread(members) => walk::each_mut(value, row.at, &mut |value| {
                    if let Value::Object(owner) = value {
                        owner.retain(|name, _| !members.contains(&name.as_str()));
                    }
                }),
                Check::Rows(rows) => {
                    walk::each_mut(value, row.at, &mut |value| forget(value, rows));
                }
                _ => {}
            }
        }
    }
}
