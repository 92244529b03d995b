//! Walking a value along the paths of rule tables.

use serde_json::{Map, Value};

use crate::objects::field::FieldPath;

/// The first step of a row's path, and the rest.
pub enum Step<'a> {
    /// The value itself.
    End,
    /// Every element of the list.
    Elements(&'a str),
    /// Every value of the map.
    Values(&'a str),
    Member(&'a str, &'a str),
}

/// Takes the first step off a path such as `a.b[].c`.
pub fn step(path: &str) -> Step<'_> {
    let path = path.strip_prefix('.').unwrap_or(path);
    if path.is_empty() {
        return Step::End;
    }
    if let Some(rest) = path.strip_prefix("[]") {
        return Step::Elements(rest);
    }
    if let Some(rest) = path.strip_prefix("{}") {
        return Step::Values(rest);
    }
    let end = path.find(['.', '[', '{']).unwrap_or(path.len());
    let (name, rest) = path.split_at(end);
    Step::Member(name, rest)
}

/// Calls `visit` with every value at `path`, and with none for a last member that is absent from
/// an object that is there.
pub fn each(
    value: &Value,
    path: &str,
    field: &mut FieldPath,
    visit: &mut dyn FnMut(Option<&Value>, &mut FieldPath),
) {
    match (step(path), value) {
        (Step::End, _) => visit(Some(value), field),
        (Step::Elements(rest), Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                field.push_index(index);
                each(element, rest, field, visit);
                field.pop();
            }
        }
        (Step::Values(rest), Value::Object(members)) => {
            for (name, member) in members {
                field.push_name(name);
                each(member, rest, field, visit);
                field.pop();
            }
        }
        (Step::Member(name, rest), Value::Object(members)) => {
            field.push_name(name);
            match members.get(name) {
                Some(member) => each(member, rest, field, visit),
                None if rest.is_empty() => visit(None, field),
                None => {}
            }
            field.pop();
        }
        _ => {}
    }
}

/// Calls `visit` with every value at `path`.
pub fn each_mut(value: &mut Value, path: &str, visit: &mut dyn FnMut(&mut Value)) {
    match (step(path), value) {
        (Step::End, value) => visit(value),
        (Step::Elements(rest), Value::Array(elements)) => {
            elements
                .iter_mut()
                .for_each(|element| each_mut(element, rest, visit));
        }
        (Step::Values(rest), Value::Object(members)) => {
            members
                .values_mut()
                .for_each(|member| each_mut(member, rest, visit));
        }
        (Step::Member(name, rest), Value::Object(members)) => {
            if let Some(member) = members.get_mut(name) {
                each_mut(member, rest, visit);
            }
        }
        _ => {}
    }
}

/// Calls `visit` with every object that could have the last member of `path`, and its name.
pub fn each_owner(
    value: &mut Value,
    path: &str,
    visit: &mut dyn FnMut(&mut Map<String, Value>, &str),
) {
    let end = path.rfind('.').map_or((0, 0), |dot| (dot, dot + 1));
    let (Some(owner), Some(member)) = (path.get(..end.0), path.get(end.1..)) else {
        return;
    };
    each_mut(value, owner, &mut |value| {
        if let Value::Object(members) = value {
            visit(members, member);
        }
    });
}
