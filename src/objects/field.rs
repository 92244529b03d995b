//! Paths to fields within an object, written as the API server writes them.

use std::fmt;

/// A path such as `spec.rules[0].backendRefs[1].port`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(Vec<Segment>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    Name(String),
    Index(usize),
}

impl FieldPath {
    /// The path of the object itself.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// This path, and a member of the object there.
    pub fn name(&self, name: &str) -> Self {
        let mut path = self.clone();
        path.push_name(name);
        path
    }

    /// Goes down to a member.
    pub fn push_name(&mut self, name: &str) {
        self.0.push(Segment::Name(name.to_owned()));
    }

    /// Goes down to an element.
    pub fn push_index(&mut self, index: usize) {
        self.0.push(Segment::Index(index));
    }

    /// Goes up by one step.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The steps from the object down.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether one of the two leads through the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(one, another)| one == another)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                // A key with dots of its own (a label, a file name) stands in brackets.
                Segment::Name(name) if name.contains(['.', '/', '[']) => write!(f, "[{name}]")?,
                Segment::Name(name) if position == 0 => f.write_str(name)?,
                Segment::Name(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

impl From<&serde_path_to_error::Path> for FieldPath {
    fn from(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment as From;
        let segments = path.iter().filter_map(|segment| match segment {
            From::Seq { index } => Some(Segment::Index(*index)),
            From::Map { key } => Some(Segment::Name(key.clone())),
            From::Enum { .. } | From::Unknown => None,
        });
        Self(segments.collect())
    }
}

impl From<&serde_ignored::Path<'_>> for FieldPath {
    fn from(path: &serde_ignored::Path<'_>) -> Self {
        use serde_ignored::Path;
        let (parent, segment) = match path {
            Path::Root => return Self::root(),
            Path::Seq { parent, index } => (parent, Segment::Index(*index)),
            Path::Map { parent, key } => (parent, Segment::Name(key.clone())),
            Path::Some { parent }
            | Path::NewtypeStruct { parent }
            | Path::NewtypeVariant { parent } => return Self::from(*parent),
        };
        let mut path = Self::from(*parent);
        path.0.push(segment);
        path
    }
}
