//! Header modifiers: set, add, remove.

use super::HeadEdits;
use crate::ir::HeaderEdit;
use crate::wire::head::{FieldName, Fields};

/// Applies one modifier to a head's fields as earlier filters left them.
pub(super) fn apply(edit: &HeaderEdit, bytes: &[u8], fields: &Fields, edits: &mut HeadEdits) {
    for (name, value) in allowed(&edit.set, |(name, _)| name) {
        remove(name, bytes, fields, edits);
        edits.add(name.as_bytes(), value.as_bytes());
    }
    for (name, value) in allowed(&edit.add, |(name, _)| name) {
        edits.add(name.as_bytes(), value.as_bytes());
    }
    for name in allowed(&edit.remove, |name| name) {
        remove(name, bytes, fields, edits);
    }
}

/// The edits whose name is a filter's to touch. Translation refuses the others; this is the second
/// lock, since one of them could change where the message ends.
fn allowed<T>(edits: &[T], name: impl Fn(&T) -> &str) -> impl Iterator<Item = &T> {
    edits
        .iter()
        .filter(move |edit| !HeaderEdit::reserved(name(edit)))
}

/// Removes a field of the head, and what earlier filters added under its name.
fn remove(name: &str, bytes: &[u8], fields: &Fields, edits: &mut HeadEdits) {
    let id = FieldName::from_bytes(name.as_bytes());
    for (index, field) in fields.iter().enumerate() {
        let same = match id {
            FieldName::Other => {
                field.id == FieldName::Other
                    && field.name.of(bytes).eq_ignore_ascii_case(name.as_bytes())
            }
            id => field.id == id,
        };
        if same {
            edits.remove(index);
        }
    }
    edits.take_over(name.as_bytes());
}
