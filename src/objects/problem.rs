//! What is wrong with what a user wrote: data, for the report and the log.

use std::fmt;
use std::sync::Arc;

use super::key::ObjectKey;

/// One thing wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub origin: Origin,
    /// The object it is about, where that much could be read.
    pub object: Option<ObjectKey>,
    /// Path of the field, as `spec.rules[0].matches[1].path.value`; empty for the whole document.
    pub field: String,
    pub cause: Cause,
    /// Says what is wrong and, where it can, what would be right. Never shows a Secret's value.
    pub message: String,
}

/// Where a manifest was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Path relative to the manifests' folder; none when it came from a cluster.
    pub file: Option<Arc<str>>,
    /// Number of the document within the file, from 1; 0 for the file as a whole.
    pub document: u32,
    /// Line within the file, from 1; 0 where there is none.
    pub line: u32,
}

/// Why something is a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// The file cannot be read at all.
    Unreadable,
    /// Not YAML or JSON, or a form of it that is refused: duplicate keys, merge keys, tags.
    Syntax,
    /// Larger, deeper or longer than a limit.
    Limit,
    /// A value of the wrong type.
    Type,
    /// A value that the API server would refuse.
    Invalid,
    /// A second object of the same kind, namespace and name.
    Duplicate,
    /// A kind of a group that Ringress serves, which it does not serve (yet), or a version of one.
    UnsupportedKind,
    /// A field that the schema does not have: a typo, most likely. The rest of the object counts.
    UnknownField,
    /// A kind that is none of a gateway's business, as a Deployment; it is left aside.
    ForeignKind,
}

/// What a problem means for the object it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The object does not count, or its last good version still does.
    Refused,
    /// The object counts, perhaps not as its author meant.
    Warning,
    /// Nothing is wrong; it is only said.
    Notice,
}

impl Cause {
    /// What it means for the object.
    pub fn severity(self) -> Severity {
        match self {
            Self::UnknownField => Severity::Warning,
            Self::ForeignKind => Severity::Notice,
            Self::Unreadable
            | Self::Syntax
            | Self::Limit
            | Self::Type
            | Self::Invalid
            | Self::Duplicate
            | Self::UnsupportedKind => Severity::Refused,
        }
    }
}

impl Problem {
    /// What it means for the object.
    pub fn severity(&self) -> Severity {
        self.cause.severity()
    }
}

/// `file:line: object: field: message`, leaving out what is unknown.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.origin.file {
            write!(f, "{file}")?;
            if self.origin.line > 0 {
                write!(f, ":{}", self.origin.line)?;
            }
            f.write_str(": ")?;
        }
        if let Some(object) = &self.object {
            write!(f, "{object}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}
