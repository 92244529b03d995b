//! The second pass: what the schemas refuse.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::row::{Check, Row};
use super::walk;
use super::{FAULTS_MAX, Fault};
use crate::objects::field::FieldPath;
use crate::objects::problem::Cause;

/// The two rounds of checking: what stands in a field, then how fields stand to one another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Round {
    Fields,
    Laws,
}

/// Collects what `value` breaks of a table in one round. `field` is the path of the value.
pub fn check(
    value: &Value,
    rows: &[Row],
    round: Round,
    field: &mut FieldPath,
    faults: &mut Vec<Fault>,
) {
    for row in rows {
        walk::each(value, row.at, field, &mut |value, field| {
            for check in row.checks {
                if faults.len() > FAULTS_MAX {
                    return;
                }
                match (check, value) {
                    (Check::Rows(rows), Some(value)) => {
                        self::check(value, rows, round, field, faults);
                    }
                    (check, _) if round_of(check) != round => {}
                    (Check::Required, None) => faults.push(fault(field, "is required".into())),
                    (Check::Union { tag, members }, Some(value)) => {
                        union(value, tag, members, field, faults);
                    }
                    (Check::Keys(format), Some(Value::Object(entries))) => {
                        for key in entries.keys().filter(|key| !(format.holds)(key)) {
                            let message =
                                format!("the key {} must be {}", quote(key), format.expects);
                            faults.push(fault(field, message));
                        }
                    }
                    (check, Some(value)) => {
                        if let Some(message) = breach(check, value) {
                            faults.push(fault(field, message));
                            // Of a text or a number, one thing wrong is enough.
                            if !value.is_object() && !value.is_array() {
                                break;
                            }
                        }
                    }
                    (_, None) => {}
                }
            }
        });
    }
}

fn round_of(check: &Check) -> Round {
    match check {
        Check::Law(..) | Check::Union { .. } => Round::Laws,
        _ => Round::Fields,
    }
}

fn fault(field: &FieldPath, message: String) -> Fault {
    Fault {
        field: field.clone(),
        cause: Cause::Invalid,
        message,
    }
}

/// What is said when `value` breaks `check`.
fn breach(check: &Check, value: &Value) -> Option<String> {
    match (check, value) {
        (Check::Items(fewest, most), Value::Array(elements)) => {
            let count = elements.len();
            if count < *fewest {
                return Some(format!("must have at least {fewest} item(s)"));
            }
            (count > *most).then(|| format!("has {count} items, must have at most {most}"))
        }
        (Check::Length(fewest, most), Value::String(text)) => {
            let count = text.chars().count();
            if count < *fewest {
                return Some(format!("must have at least {fewest} character(s)"));
            }
            (count > *most).then(|| format!("has {count} characters, may have at most {most}"))
        }
        (Check::Range(least, greatest), Value::Number(number)) => {
            let within = match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => (*least..=*greatest).contains(&number),
                // A fraction is of the wrong type; what is beyond i64 is out of every range.
                (None, Some(number)) => number.fract() != 0.0,
                (None, None) => false,
            };
            if within {
                return None;
            }
            let bound = if *greatest == i64::MAX {
                format!("at least {least}")
            } else {
                format!("from {least} to {greatest}")
            };
            Some(format!("{number} must be {bound}"))
        }
        (Check::OneOf(texts), Value::String(text)) if !texts.contains(&text.as_str()) => {
            Some(format!(
                "{} is not supported, must be one of {}",
                quote(text),
                texts.join(", ")
            ))
        }
        (Check::OneOfNumbers(numbers), Value::Number(number))
            if number
                .as_i64()
                .is_none_or(|number| !numbers.contains(&number)) =>
        {
            let mut message = format!("{number} is not supported, must be one of");
            for (index, number) in numbers.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                // Writing to a String cannot fail.
                write!(message, "{comma} {number}").ok()?;
            }
            Some(message)
        }
        (Check::Form(format), Value::String(text)) if !(format.holds)(text) => {
            Some(format!("{} must be {}", quote(text), format.expects))
        }
        (Check::Entries(most), Value::Object(entries)) if entries.len() > *most => Some(format!(
            "has {} entries, may have at most {most}",
            entries.len()
        )),
        (Check::Unique(members), Value::Array(elements)) => {
            let keys = elements
                .iter()
                .map(|element| members.iter().map(|member| element.get(member)).collect());
            twice(keys).map(|(first, second)| {
                format!(
                    "items {first} and {second} have the same {}",
                    members.join(", ")
                )
            })
        }
        (Check::Set, Value::Array(elements)) => {
            twice(elements.iter().map(|element| vec![Some(element)]))
                .map(|(first, second)| format!("items {first} and {second} are the same"))
        }
        (Check::Law(holds, message), value) if !holds(value) => Some((*message).to_owned()),
        _ => None,
    }
}

/// The positions of the first two elements with the same key.
fn twice<'a>(keys: impl Iterator<Item = Vec<Option<&'a Value>>>) -> Option<(usize, usize)> {
    let mut seen = HashMap::new();
    for (position, key) in keys.enumerate() {
        if let Some(first) = seen.insert(key, position) {
            return Some((first, position));
        }
    }
    None
}

fn union(
    value: &Value,
    tag: &str,
    members: &[(&str, &str)],
    field: &FieldPath,
    faults: &mut Vec<Fault>,
) {
    let Some(named) = value.get(tag).and_then(Value::as_str) else {
        return;
    };
    for (of, member) in members {
        match (value.get(member).is_some(), *of == named) {
            (true, false) => {
                let message = format!("must not be set when {tag} is {named}, only for {of}");
                faults.push(fault(&field.name(member), message));
            }
            (false, true) => {
                faults.push(fault(
                    &field.name(member),
                    format!("is required when {tag} is {of}"),
                ));
            }
            _ => {}
        }
    }
}

/// A text in quotes, cut where it is long.
pub fn quote(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}
