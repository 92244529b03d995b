//! JSON, value by value (RFC 8259; several may follow one another).
//!
//! The structure is read here, so that lines, limits and duplicate keys are known as for YAML;
//! texts and numbers are left to `serde_json`.

use serde_json::{Number, Value};

use super::tree::{Allowance, Node, Refusal, Tree, unread};
use super::{Contents, Document, Limits, line_number};
use crate::objects::problem::Cause;

/// Reads every value of a JSON text. Nothing after a syntax error can be read.
pub fn read(text: &str, limits: &Limits) -> Contents {
    let mut contents = Contents::default();
    let mut allowance = Allowance::new(limits);
    let mut reader = Reader {
        rest: text,
        line: 1,
    };
    let mut number = 0;
    loop {
        reader.skip_blank();
        if reader.rest.is_empty() {
            return contents;
        }
        number += 1;
        match reader.value(Tree::new(limits, &mut allowance)) {
            Ok(Some((value, lines))) => {
                contents.documents.push(Document {
                    number,
                    value,
                    lines,
                });
            }
            Ok(None) => return contents,
            Err(refusal) => {
                contents.unread.push(unread(number, refusal));
                return contents;
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of a list that has just begun.
    ValueOrEnd,
    Name,
    /// A name, or the end of an object that has just begun.
    NameOrEnd,
    /// A comma or an end.
    Separator,
}

impl<'a> Reader<'a> {
    /// Reads one whole value.
    fn value(&mut self, mut tree: Tree<'_>) -> Result<Option<Node>, Refusal> {
        // For each list or object that is open, whether it is an object.
        let mut open = Vec::new();
        let mut next = Next::Value;
        loop {
            self.skip_blank();
            let line = line_number(self.line);
            let Some(byte) = self.rest.bytes().next() else {
                return Err((line, Cause::Syntax, "ends in the middle of a value".into()));
            };
            next = match (byte, next) {
                (b'{', Next::Value | Next::ValueOrEnd) => {
                    self.advance(1);
                    tree.begin_object(line, 0)?;
                    open.push(true);
                    Next::NameOrEnd
                }
                (b'[', Next::Value | Next::ValueOrEnd) => {
                    self.advance(1);
                    tree.begin_list(line, 0)?;
                    open.push(false);
                    Next::ValueOrEnd
                }
                (b'}', Next::NameOrEnd | Next::Separator) if open.last() == Some(&true) => {
                    self.advance(1);
                    tree.end()?;
                    open.pop();
                    Next::Separator
                }
                (b']', Next::ValueOrEnd | Next::Separator) if open.last() == Some(&false) => {
                    self.advance(1);
                    tree.end()?;
                    open.pop();
                    Next::Separator
                }
                (b',', Next::Separator) => {
                    self.advance(1);
                    if open.last() == Some(&true) {
                        Next::Name
                    } else {
                        Next::Value
                    }
                }
                (b'"', Next::Name | Next::NameOrEnd) => {
                    let name = self.text()?;
                    tree.name(line, name)?;
                    self.skip_blank();
                    if !self.rest.starts_with(':') {
                        return Err(self.unexpected("a ':'"));
                    }
                    self.advance(1);
                    Next::Value
                }
                (_, Next::Value | Next::ValueOrEnd) => {
                    let value = self.scalar()?;
                    tree.scalar(line, 0, value)?;
                    Next::Separator
                }
                (_, Next::Name | Next::NameOrEnd) => {
                    return Err(self.unexpected("a field's name in double quotes"));
                }
                (_, Next::Separator) => return Err(self.unexpected("a ',' or an end")),
            };
            if open.is_empty() {
                return Ok(tree.take());
            }
        }
    }

    fn scalar(&mut self) -> Result<Value, Refusal> {
        if self.rest.starts_with('"') {
            return self.text().map(Value::String);
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
        let word = self
            .rest
            .get(..end.unwrap_or(self.rest.len()))
            .unwrap_or_default();
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            word => match serde_json::from_str::<Number>(word) {
                Ok(number) => Value::Number(number),
                Err(_) => return Err(self.unexpected("a value")),
            },
        };
        self.advance(word.len());
        Ok(value)
    }

    fn text(&mut self) -> Result<String, Refusal> {
        let mut escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let quoted = end.and_then(|end| self.rest.get(..end + 2));
        let text = quoted.and_then(|quoted| serde_json::from_str(quoted).ok());
        match (quoted, text) {
            (Some(quoted), Some(text)) => {
                self.advance(quoted.len());
                Ok(text)
            }
            _ => Err(self.unexpected("a text that ends on its line, with valid escapes")),
        }
    }

    fn skip_blank(&mut self) {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let length = self.rest.bytes().take_while(|byte| blank(byte)).count();
        let skipped = self.rest.get(..length).unwrap_or_default();
        self.line += skipped.bytes().filter(|byte| *byte == b'\n').count();
        self.advance(length);
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn unexpected(&self, expected: &str) -> Refusal {
        (
            line_number(self.line),
            Cause::Syntax,
            format!("{expected} is expected here"),
        )
    }
}
