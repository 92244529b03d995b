//! On which line of its file each field of a document stands.

use crate::objects::field::{FieldPath, Segment};

/// The lines of a value and of all within it, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    line: u32,
    within: Within,
}

#[derive(Clone, Debug, PartialEq)]
enum Within {
    Nothing,
    Elements(Vec<Lines>),
    Members(Vec<(Box<str>, Lines)>),
}

impl Lines {
    /// A value with nothing within.
    pub(super) fn scalar(line: u32) -> Self {
        Self {
            line,
            within: Within::Nothing,
        }
    }

    pub(super) fn list(line: u32, elements: Vec<Self>) -> Self {
        Self {
            line,
            within: Within::Elements(elements),
        }
    }

    pub(super) fn object(line: u32, members: Vec<(Box<str>, Self)>) -> Self {
        Self {
            line,
            within: Within::Members(members),
        }
    }

    /// Moves the beginning to where the value's name stands.
    pub(super) fn set_line(&mut self, line: u32) {
        self.line = line;
    }

    /// Where the value begins; for a member of an object, where its name stands.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Where a field stands; where it is absent, what would hold it.
    pub fn line_of(&self, field: &FieldPath) -> u32 {
        let mut lines = self;
        for segment in field.segments() {
            let next = match (segment, &lines.within) {
                (Segment::Index(index), Within::Elements(elements)) => elements.get(*index),
                (Segment::Name(name), Within::Members(members)) => members
                    .iter()
                    .find(|(member, _)| **member == **name)
                    .map(|(_, lines)| lines),
                _ => None,
            };
            let Some(next) = next else { break };
            lines = next;
        }
        lines.line
    }

    /// Takes the lines of the elements of a member out.
    pub(super) fn take_elements(self, name: &str) -> Vec<Self> {
        let Within::Members(members) = self.within else {
            return Vec::new();
        };
        let member = members.into_iter().find(|(member, _)| **member == *name);
        match member.map(|(_, lines)| lines.within) {
            Some(Within::Elements(elements)) => elements,
            _ => Vec::new(),
        }
    }
}
