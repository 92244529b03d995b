//! Field lines, sets of them, and the table of a head's fields.

use crate::wire::head::{FieldName, Span};

/// One field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as received; a token.
    pub name: Span,
    /// The value, already without whitespace at its ends.
    pub value: Span,
    /// Which name it is, if it is one the gateway itself looks at.
    pub id: FieldName,
    /// Whether the line lies in the bytes as it would be written anew: name, `: `, value, CRLF.
    pub as_written: bool,
}

/// A set of field indices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet([u64; 4]);

impl FieldSet {
    /// Indices below this can be members, which also bounds the fields of a head.
    pub const CAPACITY: usize = 256;

    /// Adds an index; one beyond the capacity is ignored.
    #[inline]
    pub fn insert(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Takes an index out.
    #[inline]
    pub fn remove(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word &= !(1 << (index % 64));
        }
    }

    /// Whether `index` is a member.
    #[inline]
    pub fn contains(&self, index: usize) -> bool {
        self.0
            .get(index / 64)
            .is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    /// Adds every member of `other`.
    pub fn extend(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }
}

/// The field lines of one head, in order of arrival.
#[derive(Clone, Debug)]
pub struct Fields {
    lines: Vec<Field>,
    seen: u64,
    repeated: u64,
    /// The first line of each name that was seen.
    first: [u16; 64],
    hop_by_hop: FieldSet,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            seen: 0,
            repeated: 0,
            first: [0; 64],
            hop_by_hop: FieldSet::default(),
        }
    }
}

impl Fields {
    /// Forgets every field and keeps the memory.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.seen = 0;
        self.repeated = 0;
        self.hop_by_hop = FieldSet::default();
    }

    /// Adds a field line.
    #[inline]
    pub fn push(&mut self, field: Field) {
        let bit = field.id.bit();
        if self.seen & bit != 0 {
            self.repeated |= bit;
        } else {
            debug_assert!(self.lines.len() <= usize::from(u16::MAX));
            self.first[usize::from(field.id as u8 & 63)] = self.lines.len() as u16;
        }
        self.seen |= bit;
        if bit & FieldName::HOP_BY_HOP != 0 {
            self.hop_by_hop.insert(self.lines.len());
        }
        self.lines.push(field);
    }

    /// The field at `index`.
    pub fn get(&self, index: usize) -> Option<&Field> {
        self.lines.get(index)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// All of them, in order; the position of a field is its index in a [`FieldSet`].
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.lines.iter()
    }

    /// Whether a field of this name is present: one bit test.
    #[inline]
    pub fn has(&self, id: FieldName) -> bool {
        self.seen & id.bit() != 0
    }

    /// Whether the name occurs on more than one line.
    #[inline]
    pub fn has_twice(&self, id: FieldName) -> bool {
        self.repeated & id.bit() != 0
    }

    /// The fields that are hop-by-hop by their names.
    pub(crate) fn hop_by_hop(&self) -> &FieldSet {
        &self.hop_by_hop
    }

    /// Whether any of the names in a mask of [`FieldName::bit`]s is present.
    #[inline]
    pub(crate) fn has_any(&self, mask: u64) -> bool {
        self.seen & mask != 0
    }

    /// The values of the fields of a known name, in order. [`FieldName::Other`] yields nothing: ask
    /// [`Fields::values_by_name`].
    #[inline]
    pub fn values<'a>(&'a self, bytes: &'a [u8], id: FieldName) -> Values<'a> {
        let lines = if id == FieldName::Other {
            &[]
        } else {
            self.lines_of(id)
        };
        Values {
            lines: lines.iter(),
            bytes,
            wanted: Wanted::Id(id),
        }
    }

    /// The values of the fields of this name, whatever its case.
    pub fn values_by_name<'a>(&'a self, bytes: &'a [u8], name: &'a [u8]) -> Values<'a> {
        match FieldName::from_bytes(name) {
            FieldName::Other => Values {
                lines: self.lines_of(FieldName::Other).iter(),
                bytes,
                wanted: Wanted::Name(name),
            },
            id => self.values(bytes, id),
        }
    }

    /// From the first line of this name on; where it is the only one, nothing else.
    #[inline]
    fn lines_of(&self, id: FieldName) -> &[Field] {
        if !self.has(id) {
            return &[];
        }
        let first = usize::from(self.first[usize::from(id as u8 & 63)]);
        let lines = self.lines.get(first..).unwrap_or_default();
        match lines {
            [only, ..] if !self.has_twice(id) => std::slice::from_ref(only),
            _ => lines,
        }
    }

    /// The first value of a known name.
    #[inline]
    pub fn first<'a>(&'a self, bytes: &'a [u8], id: FieldName) -> Option<&'a [u8]> {
        match self.lines_of(id) {
            [first, ..] if id != FieldName::Other => Some(first.value.of(bytes)),
            _ => None,
        }
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The values of one name, in order of arrival.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    lines: std::slice::Iter<'a, Field>,
    bytes: &'a [u8],
    wanted: Wanted<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Wanted<'a> {
    Id(FieldName),
    Name(&'a [u8]),
}

impl<'a> Values<'a> {
    #[inline]
    fn wants(&self, field: &Field) -> bool {
        match self.wanted {
            Wanted::Id(id) => field.id == id,
            Wanted::Name(name) => {
                field.id == FieldName::Other
                    && field.name.len() == name.len()
                    && field.name.of(self.bytes).eq_ignore_ascii_case(name)
            }
        }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let field = self.lines.next()?;
            if self.wants(field) {
                return Some(field.value.of(self.bytes));
            }
        }
    }
}

impl DoubleEndedIterator for Values<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            let field = self.lines.next_back()?;
            if self.wants(field) {
                return Some(field.value.of(self.bytes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_name_is_found_wherever_it_stands() {
        let bytes = b"0123456789abcdefghij";
        let mut fields = Fields::default();
        for round in 0..2 {
            fields.clear();
            for at in 0..600_u32 {
                let id = match at + round {
                    2 | 5 | 300 => FieldName::Accept,
                    7 => FieldName::Host,
                    400 => FieldName::Date,
                    _ => FieldName::Other,
                };
                let value = Span::new(at as usize % 20, at as usize % 20 + 1);
                let name = Span::default();
                fields.push(Field {
                    name,
                    value,
                    id,
                    as_written: false,
                });
            }
            let found = |id| -> Vec<usize> {
                let values = fields.values(bytes, id);
                values
                    .map(|v| bytes.iter().position(|b| *b == v[0]).unwrap())
                    .collect()
            };
            let moved = |at: usize| (at - round as usize) % 20;
            assert_eq!(found(FieldName::Accept), [2, 5, 300].map(moved));
            assert_eq!(found(FieldName::Host), [moved(7)]);
            assert_eq!(found(FieldName::Date), [moved(400)]);
            assert!(found(FieldName::Other).is_empty() && found(FieldName::Etag).is_empty());
        }
    }
}
