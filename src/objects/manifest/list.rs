//! `kind: List`: its items stand for themselves.

use serde_json::Value;

use super::{Contents, Document, Limits, Unread};
use crate::objects::problem::Cause;

/// Replaces every List (also a typed one, as `HTTPRouteList`) by its items.
pub fn unpack(contents: Contents, limits: &Limits) -> Contents {
    let Contents {
        documents,
        mut unread,
    } = contents;
    let mut unpacked = Vec::with_capacity(documents.len());
    for document in documents {
        let number = document.number;
        if !into_items(document, &mut unpacked, limits) {
            unread.push(too_many(number, limits));
            break;
        }
    }
    Contents {
        documents: unpacked,
        unread,
    }
}

/// Says that what follows is not read; the documents that cannot be read count too.
pub fn too_many(number: u32, limits: &Limits) -> Unread {
    Unread {
        number,
        line: 0,
        cause: Cause::Limit,
        message: format!("the file has more than {} documents", limits.documents),
    }
}

/// Adds a document, or the items of a List. Recurses no deeper than documents are nested. Returns
/// false when there are too many.
fn into_items(mut document: Document, all: &mut Vec<Document>, limits: &Limits) -> bool {
    let is_list = document
        .value
        .get("kind")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.ends_with("List"));
    let items = document
        .value
        .get_mut("items")
        .filter(|items| is_list && items.is_array());
    let Some(Value::Array(items)) = items.map(Value::take) else {
        if all.len() >= limits.documents {
            return false;
        }
        all.push(document);
        return true;
    };
    let number = document.number;
    let lines = document.lines.take_elements("items");
    items.into_iter().zip(lines).all(|(value, lines)| {
        into_items(
            Document {
                number,
                value,
                lines,
            },
            all,
            limits,
        )
    })
}
