//! Builds a value and its lines from the events of a parser, within limits.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Limits, Lines, Unread};
use crate::objects::problem::Cause;

/// A value with its lines.
pub type Node = (Value, Lines);

/// What is left of a file's allowance of nodes.
#[derive(Debug)]
pub struct Allowance(usize);

impl Allowance {
    pub fn new(limits: &Limits) -> Self {
        Self(limits.nodes)
    }
}

/// The document that is being built.
pub struct Tree<'a> {
    limits: &'a Limits,
    allowance: &'a mut Allowance,
    open: Vec<Open>,
    root: Option<Node>,
    /// By the parser's number for an anchor: what it marks, and its cost.
    anchors: HashMap<usize, (Node, usize)>,
    /// What was paid for copies that anchors keep.
    kept: usize,
}

/// A list or an object that has begun.
struct Open {
    line: u32,
    anchor: usize,
    /// The allowance when it began, what anchors keep not counted: to know what it costs.
    before: usize,
    body: Body,
}

enum Body {
    List(Vec<Value>, Vec<Lines>),
    /// The name last read waits for its value.
    Object {
        members: Map<String, Value>,
        lines: Vec<(Box<str>, Lines)>,
        name: Option<(String, u32)>,
    },
}

/// A refusal: line, cause and message.
pub type Refusal = (u32, Cause, String);

impl<'a> Tree<'a> {
    pub fn new(limits: &'a Limits, allowance: &'a mut Allowance) -> Self {
        Self {
            limits,
            allowance,
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            kept: 0,
        }
    }

    /// Whether the next scalar is the name of a member.
    pub fn awaits_name(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                body: Body::Object { name: None, .. },
                ..
            })
        )
    }

    pub fn begin_list(&mut self, line: u32, anchor: usize) -> Result<(), Refusal> {
        self.begin(line, anchor, Body::List(Vec::new(), Vec::new()))
    }

    pub fn begin_object(&mut self, line: u32, anchor: usize) -> Result<(), Refusal> {
        self.begin(
            line,
            anchor,
            Body::Object {
                members: Map::new(),
                lines: Vec::new(),
                name: None,
            },
        )
    }

    fn begin(&mut self, line: u32, anchor: usize, body: Body) -> Result<(), Refusal> {
        if self.awaits_name() {
            return Err((
                line,
                Cause::Syntax,
                "the name of a field must be a text".into(),
            ));
        }
        if self.open.len() >= self.limits.depth {
            let message = format!("is nested deeper than {} levels", self.limits.depth);
            return Err((line, Cause::Limit, message));
        }
        let before = self.allowance.0 + self.kept;
        self.spend(line, 1)?;
        self.open.push(Open {
            line,
            anchor,
            before,
            body,
        });
        Ok(())
    }

    /// Ends the list or object that began last.
    pub fn end(&mut self) -> Result<(), Refusal> {
        let Some(Open {
            line,
            anchor,
            before,
            body,
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let node = match body {
            Body::List(values, lines) => (Value::Array(values), Lines::list(line, lines)),
            Body::Object { members, lines, .. } => {
                (Value::Object(members), Lines::object(line, lines))
            }
        };
        let after = self.allowance.0 + self.kept;
        self.mark(&node, anchor, before.saturating_sub(after))?;
        self.put(node);
        Ok(())
    }

    /// The name of the next member.
    pub fn name(&mut self, line: u32, name: String) -> Result<(), Refusal> {
        self.spend(line, cost_of(&name))?;
        let Some(Open {
            body:
                Body::Object {
                    members,
                    lines,
                    name: pending,
                },
            ..
        }) = self.open.last_mut()
        else {
            return Ok(());
        };
        if members.contains_key(&name) {
            let first = lines.iter().find(|(member, _)| **member == *name);
            let first = first.map_or(0, |(_, lines)| lines.line());
            let message = format!("the key {name:?} is already set on line {first}");
            return Err((line, Cause::Syntax, message));
        }
        *pending = Some((name, line));
        Ok(())
    }

    pub fn scalar(&mut self, line: u32, anchor: usize, value: Value) -> Result<(), Refusal> {
        let cost = value.as_str().map_or(1, cost_of);
        self.spend(line, cost)?;
        let node = (value, Lines::scalar(line));
        self.mark(&node, anchor, cost)?;
        self.put(node);
        Ok(())
    }

    /// A copy of what an anchor marks, paid for like the original.
    pub fn alias(&mut self, line: u32, anchor: usize) -> Result<(), Refusal> {
        let Some((node, cost)) = self.anchors.get(&anchor) else {
            return Err((
                line,
                Cause::Syntax,
                "the alias is within what it stands for".into(),
            ));
        };
        if self.awaits_name() {
            return Err((
                line,
                Cause::Syntax,
                "the name of a field must not be an alias".into(),
            ));
        }
        let (cost, depth) = (*cost, depth_of(&node.0));
        if self.open.len() + depth > self.limits.depth {
            let message = format!("is nested deeper than {} levels", self.limits.depth);
            return Err((line, Cause::Limit, message));
        }
        if cost > self.allowance.0 {
            return Err(too_many(line, self.limits));
        }
        let node = node.clone();
        self.allowance.0 -= cost;
        self.put(node);
        Ok(())
    }

    /// The document, once all that began has ended. Anchors end with it.
    pub fn take(&mut self) -> Option<Node> {
        self.anchors.clear();
        self.root.take()
    }

    fn spend(&mut self, line: u32, cost: usize) -> Result<(), Refusal> {
        let left = self.allowance.0.checked_sub(cost);
        self.allowance.0 = left.ok_or_else(|| too_many(line, self.limits))?;
        Ok(())
    }

    /// Keeps a copy of what an anchor marks, paid for like an alias: anchors within each other would
    /// be a bomb else, each keeping all that is below it.
    fn mark(&mut self, node: &Node, anchor: usize, cost: usize) -> Result<(), Refusal> {
        if anchor > 0 {
            self.spend(node.1.line(), cost)?;
            self.kept += cost;
            self.anchors.insert(anchor, (node.clone(), cost));
        }
        Ok(())
    }

    fn put(&mut self, node: Node) {
        let (value, mut of_value) = node;
        match self.open.last_mut().map(|open| &mut open.body) {
            None => self.root = Some((value, of_value)),
            Some(Body::List(values, lines)) => {
                values.push(value);
                lines.push(of_value);
            }
            Some(Body::Object {
                members,
                lines,
                name,
            }) => {
                let Some((name, line)) = name.take() else {
                    return;
                };
                of_value.set_line(line);
                lines.push((name.as_str().into(), of_value));
                members.insert(name, value);
            }
        }
    }
}

/// A long text counts as several nodes, so that nodes bound memory.
fn cost_of(text: &str) -> usize {
    1 + text.len() / 32
}

fn too_many(line: u32, limits: &Limits) -> Refusal {
    let message = format!(
        "the file has more than {} values, aliases expanded",
        limits.nodes
    );
    (line, Cause::Limit, message)
}

fn depth_of(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth_of).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth_of).max().unwrap_or(0),
        _ => 0,
    }
}

/// Places a refusal in its document.
pub fn unread(number: u32, (line, cause, message): Refusal) -> Unread {
    Unread {
        number,
        line,
        cause,
        message,
    }
}
