//! The statuses of objects as lines of aligned columns.

use crate::control::status::render::StatusDocument;
use crate::objects::{ObjectKey, Severity, printable};
use serde_json::Value;
use std::io::{self, Write};

const HEADS: [&str; 6] = ["OBJECT", "PART", "TYPE", "STATUS", "REASON", "MESSAGE"];
/// The last column is not filled up.
const COLUMNS: usize = HEADS.len();

type Row = [String; COLUMNS];

/// Writes one line for each condition, then one for each note.
///
/// # Errors
/// What the writer refuses.
pub fn write(documents: &[StatusDocument], to: &mut impl Write) -> io::Result<()> {
    let rows: Vec<Row> = documents.iter().flat_map(rows).collect();
    if !rows.is_empty() {
        let heads = HEADS.map(str::to_owned);
        let mut widths = [0; COLUMNS];
        for row in std::iter::once(&heads).chain(&rows) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in std::iter::once(&heads).chain(&rows) {
            write_row(row, &widths, to)?;
        }
    }
    for document in documents {
        for note in &document.notes {
            let object = name(&document.object);
            let place = if note.field.is_empty() {
                String::new()
            } else {
                format!("{}: ", note.field)
            };
            let severity = severity(note.severity);
            writeln!(
                to,
                "{severity}: {object}: {place}{}",
                one_line(&note.message)
            )?;
        }
    }
    Ok(())
}

/// The word for a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Refused => "refused",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    }
}

/// A message without line breaks, which would break the table, and without what steers a terminal.
pub fn one_line(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    printable(&words.join(" ")).into_owned()
}

fn write_row(row: &Row, widths: &[usize; COLUMNS], to: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let missing = width.saturating_sub(cell.chars().count());
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', missing + 2));
    }
    writeln!(to, "{}", line.trim_end())
}

fn rows(document: &StatusDocument) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(status) = &document.status {
        push(document, "", status, &mut rows);
        for listener in items(status, "listeners") {
            let part = format!("listener {}", text(listener, "name"));
            push(document, &part, listener, &mut rows);
        }
        for parent in items(status, "parents") {
            let part = format!("parent {}", parent_name(parent));
            push(document, &part, parent, &mut rows);
        }
    }
    for condition in &document.conditions {
        rows.push([
            name(&document.object),
            String::new(),
            condition.kind.to_owned(),
            condition.status.as_str().to_owned(),
            condition.reason.to_owned(),
            one_line(&condition.message),
        ]);
    }
    rows
}

fn push(document: &StatusDocument, part: &str, holder: &Value, rows: &mut Vec<Row>) {
    for condition in items(holder, "conditions") {
        rows.push([
            name(&document.object),
            part.to_owned(),
            text(condition, "type").to_owned(),
            text(condition, "status").to_owned(),
            text(condition, "reason").to_owned(),
            one_line(text(condition, "message")),
        ]);
    }
}

/// `Kind namespace/name`.
fn name(key: &ObjectKey) -> String {
    match &key.namespace {
        Some(namespace) => format!("{} {namespace}/{}", key.kind.name(), key.name),
        None => format!("{} {}", key.kind.name(), key.name),
    }
}

/// `namespace/name/section:port` of a parent's reference, as far as it says.
fn parent_name(parent: &Value) -> String {
    let Some(reference) = parent.get("parentRef") else {
        return String::new();
    };
    let mut name = String::new();
    let namespace = text(reference, "namespace");
    if !namespace.is_empty() {
        name.push_str(namespace);
        name.push('/');
    }
    name.push_str(&printable(text(reference, "name")));
    let section = text(reference, "sectionName");
    if !section.is_empty() {
        name.push('/');
        name.push_str(section);
    }
    if let Some(port) = reference.get("port").and_then(Value::as_u64) {
        name.push_str(&format!(":{port}"));
    }
    name
}

fn items<'a>(holder: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    let list = holder.get(field).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn text<'a>(holder: &'a Value, field: &str) -> &'a str {
    holder
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
