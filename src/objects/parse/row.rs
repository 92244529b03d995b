//! The language of the rule tables: one row says, for one field, what the schema says.
//!
//! A row's path is relative to the table it stands in: `spec.listeners[].port` names a field of
//! every element, `labels{}` every value of a map, an empty path the value itself.

use serde_json::Value;

use super::format::Format;

/// One field, and what holds for it.
pub struct Row {
    pub at: &'static str,
    pub checks: &'static [Check],
}

/// One thing that a schema says about a field.
///
/// A value of another type than a check is about is passed over: the typed reading names it.
pub enum Check {
    /// The value, in JSON, of an absent field.
    Default(&'static str),
    /// The field must be present.
    Required,
    /// Fewest and most elements of a list.
    Items(usize, usize),
    /// Fewest and most characters of a text.
    Length(usize, usize),
    /// Smallest and greatest number.
    Range(i64, i64),
    /// The texts that are possible.
    OneOf(&'static [&'static str]),
    /// The numbers that are possible.
    OneOfNumbers(&'static [i64]),
    /// The form of a text.
    Form(Format),
    /// Most entries of a map.
    Entries(usize),
    /// The form of a map's keys.
    Keys(Format),
    /// Elements of a list differ in these members (an absent one is a value of its own).
    Unique(&'static [&'static str]),
    /// Elements of a list differ.
    Set,
    /// A union: of the members named second, exactly the one beside the value of the member `tag`.
    Union {
        tag: &'static str,
        members: &'static [(&'static str, &'static str)],
    },
    /// Anything else: what must hold, and what is said when it does not.
    Law(fn(&Value) -> bool, &'static str),
    /// Members that exist and that Ringress has no use for; they are taken out.
    Unread(&'static [&'static str]),
    /// The rows of a type that is used in several places.
    Rows(&'static [Row]),
}

/// A row.
pub const fn at(at: &'static str, checks: &'static [Check]) -> Row {
    Row { at, checks }
}

/// The text of a member, empty where it is absent.
pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The elements of a member, none where it is absent.
pub fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value
        .get(member)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// Whether a member is present.
pub fn has(value: &Value, member: &str) -> bool {
    value.get(member).is_some()
}
