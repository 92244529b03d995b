//! The edits to one head, apart from it.

use crate::wire::head::{FieldSet, Span};

/// What filters change in a head. Reused from exchange to exchange: without filters it costs
/// nothing, with them it allocates until its buffers have grown to the usual size.
#[derive(Clone, Debug, Default)]
pub struct HeadEdits {
    removed: FieldSet,
    /// Names that were set or removed.
    overridden: Vec<Span>,
    added: Vec<Added>,
    /// The bytes of all spans here.
    text: Vec<u8>,
    host: Option<Span>,
    /// Empty: unchanged.
    path: Vec<u8>,
    spare: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Added {
    name: Span,
    value: Span,
}

impl HeadEdits {
    /// No edits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets every edit and keeps the memory.
    pub fn clear(&mut self) {
        self.removed = FieldSet::default();
        self.overridden.clear();
        self.added.clear();
        self.text.clear();
        self.host = None;
        self.path.clear();
    }

    /// Whether the head stays as it is.
    pub fn is_empty(&self) -> bool {
        self.overridden.is_empty()
            && self.added.is_empty()
            && self.host.is_none()
            && self.path.is_empty()
    }

    /// Whether the field at this position of the head is left out.
    #[inline]
    pub fn is_removed(&self, index: usize) -> bool {
        self.removed.contains(index)
    }

    /// The positions that are left out.
    pub fn removed(&self) -> &FieldSet {
        &self.removed
    }

    /// Whether a filter set or removed this name, in any case, present or not: a field of this name
    /// that the gateway writes by itself is then left out, as the filter has the last word.
    pub fn overrides(&self, name: &[u8]) -> bool {
        let same = |known: &Span| known.of(&self.text).eq_ignore_ascii_case(name);
        self.overridden.iter().any(same)
    }

    /// Whether filters left all names alone: [`HeadEdits::overrides`] says no to each.
    pub fn overrides_none(&self) -> bool {
        self.overridden.is_empty()
    }

    /// Fields to write after those of the head, in order: names as the filter's owner wrote them.
    pub fn added(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.added
            .iter()
            .map(|field| (field.name.of(&self.text), field.value.of(&self.text)))
    }

    /// The new path without query.
    pub fn path(&self) -> Option<&[u8]> {
        (!self.path.is_empty()).then_some(&self.path)
    }

    /// The new host.
    pub fn host(&self) -> Option<&[u8]> {
        self.host.map(|host| host.of(&self.text))
    }

    pub(super) fn remove(&mut self, index: usize) {
        self.removed.insert(index);
    }

    /// Notes that a name is set or removed, and takes back what earlier filters added under it.
    pub(super) fn take_over(&mut self, name: &[u8]) {
        let text = &self.text;
        self.added
            .retain(|field| !field.name.of(text).eq_ignore_ascii_case(name));
        let name = self.write(name);
        self.overridden.push(name);
    }

    pub(super) fn add(&mut self, name: &[u8], value: &[u8]) {
        let field = Added {
            name: self.write(name),
            value: self.write(value),
        };
        self.added.push(field);
    }

    pub(super) fn set_host(&mut self, host: &[u8]) {
        self.host = Some(self.write(host));
    }

    /// Has `write` put the new path into the first buffer, with the second for its own use. When it
    /// fails, the path stays unchanged.
    pub(super) fn write_path(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>) -> bool,
    ) -> bool {
        let written = write(&mut self.path, &mut self.spare);
        if !written {
            self.path.clear();
        }
        written
    }

    fn write(&mut self, text: &[u8]) -> Span {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        Span::new(start, self.text.len())
    }
}
