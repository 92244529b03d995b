//! Bytes of a file to the documents in it, as generic values that know their lines.
//!
//! YAML and JSON, many documents a file, `kind: List` unpacked. Every document is read on its own,
//! so that a bad one takes nothing else down. [`Limits`] bound size, depth and growth: aliases
//! count as what they stand for, so there are no bombs.

mod json;
mod lines;
mod list;
mod scalar;
mod tree;
mod yaml;

use std::sync::Arc;

use serde_json::Value;

use super::key::ObjectKey;
use super::object::Object;
use super::parse::{self, Fault};
use super::problem::{Cause, Origin, Problem};
pub use lines::Lines;

/// What a file may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file.
    pub bytes: usize,
    /// Levels of lists and objects within each other.
    pub depth: usize,
    /// Values of a file, aliases counted as what they stand for and long texts as several.
    pub nodes: usize,
    /// Documents of a file, items of Lists and what cannot be read included.
    pub documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            depth: 64,
            nodes: 2_000_000,
            documents: 50_000,
        }
    }
}

/// One document: a value, and where it stands.
#[derive(Debug, PartialEq)]
pub struct Document {
    /// From 1; the items of a List share their document's number.
    pub number: u32,
    pub value: Value,
    pub lines: Lines,
}

/// Something that is no document.
#[derive(Debug, PartialEq, Eq)]
pub struct Unread {
    /// The document's number; 0 for the file as a whole.
    pub number: u32,
    /// From 1; 0 where there is none.
    pub line: u32,
    pub cause: Cause,
    pub message: String,
}

/// What a file holds.
#[derive(Debug, Default, PartialEq)]
pub struct Contents {
    pub documents: Vec<Document>,
    pub unread: Vec<Unread>,
}

/// Reads a file. `name` decides what it is: `.json` is JSON; anything else is YAML, unless it
/// begins with `{` and reads as JSON (which may have tabs where YAML may not).
pub fn read(name: &str, bytes: &[u8], limits: &Limits) -> Contents {
    let text = match text_of(bytes, limits) {
        Ok(text) => text,
        Err(unread) => {
            return Contents {
                documents: Vec::new(),
                unread: vec![unread],
            };
        }
    };
    let contents = if name.ends_with(".json") {
        json::read(text, limits)
    } else if text.trim_start().starts_with('{') {
        let contents = json::read(text, limits);
        let is_json = contents
            .unread
            .iter()
            .all(|unread| unread.cause != Cause::Syntax);
        if is_json {
            contents
        } else {
            yaml::read(text, limits)
        }
    } else {
        yaml::read(text, limits)
    };
    list::unpack(contents, limits)
}

/// One document of a file, read as an object.
#[derive(Debug)]
pub struct Entry {
    pub origin: Origin,
    /// Which object it is about, where that much could be read.
    pub key: Option<ObjectKey>,
    /// The object, unless a problem refuses it.
    pub object: Option<Object>,
    /// What is wrong with it, by line.
    pub problems: Vec<Problem>,
}

/// Reads a file down to objects: its entries, and the problems of what is no document.
pub fn objects(name: &Arc<str>, bytes: &[u8], limits: &Limits) -> (Vec<Entry>, Vec<Problem>) {
    let contents = read(name, bytes, limits);
    let problems = contents.unread.into_iter().map(|unread| Problem {
        origin: origin(name, unread.number, unread.line),
        object: None,
        field: String::new(),
        cause: unread.cause,
        message: unread.message,
    });
    let entries = contents
        .documents
        .into_iter()
        .map(|document| entry(name, document));
    (entries.collect(), problems.collect())
}

fn entry(name: &Arc<str>, document: Document) -> Entry {
    let Document {
        number,
        value,
        lines,
    } = document;
    let parsed = parse::parse(value);
    let problem = |fault: Fault| Problem {
        origin: origin(name, number, lines.line_of(&fault.field)),
        object: parsed.key.clone(),
        field: fault.field.to_string(),
        cause: fault.cause,
        message: fault.message,
    };
    let mut problems: Vec<Problem> = parsed.faults.into_iter().map(problem).collect();
    problems.sort();
    let origin = origin(name, number, lines.line());
    Entry {
        origin,
        key: parsed.key,
        object: parsed.object,
        problems,
    }
}

fn origin(name: &Arc<str>, document: u32, line: u32) -> Origin {
    Origin {
        file: Some(Arc::clone(name)),
        document,
        line,
    }
}

fn text_of<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, Unread> {
    let whole = |line, cause, message| Unread {
        number: 0,
        line,
        cause,
        message,
    };
    if bytes.len() > limits.bytes {
        let message = format!(
            "has {} bytes, may have at most {}",
            bytes.len(),
            limits.bytes
        );
        return Err(whole(0, Cause::Limit, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        whole(line_number(line), Cause::Syntax, "is not UTF-8 text".into())
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn line_number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
