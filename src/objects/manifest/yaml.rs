//! YAML, document by document.

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::Value;

use super::tree::{Allowance, Node, Refusal, Tree, unread};
use super::{Contents, Document, Limits, line_number, list, scalar};
use crate::objects::problem::Cause;

/// Reads every document of a YAML text.
pub fn read(text: &str, limits: &Limits) -> Contents {
    let mut contents = Contents::default();
    let mut allowance = Allowance::new(limits);
    let mut number = 0;
    for (first_line, part) in parts(text) {
        number += 1;
        if number > line_number(limits.documents) {
            contents.unread.push(list::too_many(number, limits));
            break;
        }
        let mut nodes = Vec::new();
        let result = read_part(first_line, part, limits, &mut allowance, &mut nodes);
        if nodes.len() > 1 {
            // `...` may end a document where no `---` begins the next.
            number += line_number(nodes.len() - 1);
        }
        let first = number + 1 - line_number(nodes.len().max(1));
        for (index, (value, lines)) in nodes.into_iter().enumerate() {
            let number = first + line_number(index);
            if !value.is_null() {
                contents.documents.push(Document {
                    number,
                    value,
                    lines,
                });
            }
        }
        if let Err(refusal) = result {
            let spent = refusal.1 == Cause::Limit;
            contents.unread.push(unread(number, refusal));
            if spent {
                break;
            }
        }
    }
    contents
}

/// Cuts a text where a line begins with `---`, which ends a document wherever it stands (YAML 1.2,
/// section 9.1.2). Yields the number of each part's first line. Parts without content are left out.
fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut cuts = vec![(1, 0)];
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let begins = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if begins && offset > 0 {
            cuts.push((index + 1, offset));
        }
        offset += line.len();
    }
    let ends: Vec<usize> = cuts
        .iter()
        .skip(1)
        .map(|(_, offset)| *offset)
        .chain([text.len()])
        .collect();
    cuts.into_iter()
        .zip(ends)
        .filter_map(move |((line, start), end)| Some((line, text.get(start..end)?)))
        .filter(|(_, part)| has_content(part))
}

/// Whether there is anything but blank lines, comments, directives and markers.
fn has_content(part: &str) -> bool {
    part.lines().any(|line| {
        let line = line.strip_prefix("---").unwrap_or(line).trim_start();
        !line.is_empty() && !line.starts_with(['#', '%']) && line.trim_end() != "..."
    })
}

/// Reads one part, which holds one document unless `...` stands in it.
fn read_part(
    first_line: usize,
    part: &str,
    limits: &Limits,
    allowance: &mut Allowance,
    nodes: &mut Vec<Node>,
) -> Result<(), Refusal> {
    // What is missing at the end is said of the last line, not of one behind it.
    let last_line = part.trim_end().lines().count().max(1);
    let line_of = |line: usize| line_number(first_line + line.clamp(1, last_line) - 1);
    let mut parser = Parser::new_from_str(part);
    let mut tree = Tree::new(limits, allowance);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            (
                line_of(error.marker().line()),
                Cause::Syntax,
                error.info().to_owned(),
            )
        })?;
        if matches!(event, Event::DocumentEnd) {
            if let Some(node) = tree.take() {
                nodes.push(node);
            }
            continue;
        }
        take(&mut tree, event, line_of(span.start.line()))?;
    }
    Ok(())
}

fn take(tree: &mut Tree<'_>, event: Event<'_>, line: u32) -> Result<(), Refusal> {
    match event {
        Event::SequenceStart(anchor, tag) => {
            refuse_tag(tag.as_deref(), &["seq"], line)?;
            tree.begin_list(line, anchor)
        }
        Event::MappingStart(anchor, tag) => {
            refuse_tag(tag.as_deref(), &["map"], line)?;
            tree.begin_object(line, anchor)
        }
        Event::SequenceEnd | Event::MappingEnd => tree.end(),
        Event::Alias(anchor) => tree.alias(line, anchor),
        Event::Scalar(text, style, anchor, tag) => {
            refuse_tag(
                tag.as_deref(),
                &["str", "int", "bool", "null", "float"],
                line,
            )?;
            let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
            if tree.awaits_name() {
                return match (is_text, &*text) {
                    (false, "<<") => {
                        let message = "merge keys (<<) are not supported: write the fields out";
                        Err((line, Cause::Syntax, message.into()))
                    }
                    (false, text) => tree.name(line, scalar::name(text)),
                    (true, text) => tree.name(line, text.to_owned()),
                };
            }
            let value = if is_text {
                Value::String(text.into_owned())
            } else {
                scalar::plain(&text).map_err(|message| (line, Cause::Syntax, message.into()))?
            };
            tree.scalar(line, anchor, value)
        }
        Event::Nothing
        | Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentStart(_)
        | Event::DocumentEnd => Ok(()),
    }
}

/// Only the core schema's own tags say nothing new.
fn refuse_tag(tag: Option<&Tag>, known: &[&str], line: u32) -> Result<(), Refusal> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && known.contains(&&*tag.suffix)) => {
            let message = format!("the tag {:?} is not supported", tag.suffix);
            Err((line, Cause::Syntax, message))
        }
        _ => Ok(()),
    }
}
