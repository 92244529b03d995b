//! Paths to lists of candidates: a tree of path elements, all its edges in one hash table.
//!
//! Walking costs one small hash per element and ends at the first element that no route has, so
//! that the work is linear in the path and independent of the number of routes.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};

const NONE: u32 = u32::MAX;

/// A list of candidates: its index in the table's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListId(u32);

impl ListId {
    /// No list.
    pub(super) const NONE: Self = ListId(NONE);

    pub(super) fn new(index: usize) -> Self {
        ListId(index as u32)
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    fn is_none(self) -> bool {
        self.0 == NONE
    }
}

#[derive(Debug)]
struct Node {
    parent: u32,
    /// The nearest node above that has prefix candidates.
    above: u32,
    /// Bytes of a path from its beginning to the end of this node's element.
    length: u32,
    exact: ListId,
    prefix: ListId,
    /// Whether no edge begins here: the walk ends without looking for one.
    leaf: bool,
}

#[derive(Debug)]
struct Edge {
    parent: u32,
    child: u32,
    start: u32,
    length: u32,
}

/// Every path tree of a table. The root of a tree stands for the empty path, the prefix of all.
#[derive(Debug)]
pub(super) struct Paths {
    hash: FixedState,
    edges: HashTable<Edge>,
    /// The text of all edges.
    elements: Vec<u8>,
    nodes: Vec<Node>,
}

/// Where a path leads in a tree.
pub(super) struct Walk<'a> {
    paths: &'a Paths,
    /// Candidates whose exact path this is.
    pub exact: ListId,
    prefix: u32,
}

impl Walk<'_> {
    /// The next shorter prefix with candidates: them, and its length in bytes.
    pub(super) fn next_prefix(&mut self) -> Option<(ListId, usize)> {
        let node = self.paths.nodes.get(self.prefix as usize)?;
        self.prefix = node.above;
        Some((node.prefix, node.length as usize))
    }
}

impl Paths {
    pub(super) fn new(seed: u64) -> Self {
        Paths {
            hash: FixedState::with_seed(seed),
            edges: HashTable::new(),
            elements: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// Plants a new tree and returns its root.
    pub(super) fn plant(&mut self) -> u32 {
        self.push(NONE, 0)
    }

    /// Adds the candidates of an exact path; one that no request can have is left out.
    pub(super) fn insert_exact(&mut self, root: u32, path: &str, list: ListId) {
        if path.starts_with('/') {
            let node = self.grow(root, path);
            self.nodes[node as usize].exact = list;
        }
    }

    /// Adds the candidates of a prefix without trailing slash.
    pub(super) fn insert_prefix(&mut self, root: u32, prefix: &str, list: ListId) {
        if prefix.is_empty() || prefix.starts_with('/') {
            let node = self.grow(root, prefix);
            self.nodes[node as usize].prefix = list;
        }
    }

    /// Links every node to the next shorter prefix; called once, after the last insertion.
    pub(super) fn finish(&mut self) {
        // A parent is always older than its child, so one pass from the front is enough.
        for index in 0..self.nodes.len() {
            let above = match self.nodes.get(self.nodes[index].parent as usize) {
                Some(parent) if parent.prefix.is_none() => parent.above,
                Some(_) => self.nodes[index].parent,
                None => NONE,
            };
            self.nodes[index].above = above;
        }
        let (hash, elements) = (&self.hash, &self.elements);
        self.edges
            .shrink_to_fit(|edge| edge_hash(hash, edge.parent, edge.text(elements)));
        self.elements.shrink_to_fit();
        self.nodes.shrink_to_fit();
    }

    /// Follows a path that begins with `/`; any other leads nowhere.
    pub(super) fn walk(&self, root: u32, path: &[u8]) -> Walk<'_> {
        let mut walk = Walk {
            paths: self,
            exact: ListId::NONE,
            prefix: NONE,
        };
        let (Some(mut rest), Some(mut node)) =
            (path.strip_prefix(b"/"), self.nodes.get(root as usize))
        else {
            return walk;
        };
        let mut at = root;
        let mut complete = false;
        while !complete && !node.leaf {
            // Elements are a few bytes long, too short for a vector search to pay.
            let end = rest
                .iter()
                .position(|byte| *byte == b'/')
                .unwrap_or(rest.len());
            let (element, after) = rest.split_at(end);
            let Some((index, child)) = self.child(at, element) else {
                break;
            };
            (at, node) = (index, child);
            match after.split_first() {
                Some((_, after)) => rest = after,
                None => complete = true,
            }
        }
        if complete {
            walk.exact = node.exact;
        }
        walk.prefix = if node.prefix.is_none() {
            node.above
        } else {
            at
        };
        walk
    }

    fn child(&self, parent: u32, element: &[u8]) -> Option<(u32, &Node)> {
        let edge = self
            .edges
            .find(edge_hash(&self.hash, parent, element), |edge| {
                edge.parent == parent && edge.text(&self.elements) == element
            })?;
        Some((edge.child, self.nodes.get(edge.child as usize)?))
    }

    fn grow(&mut self, root: u32, path: &str) -> u32 {
        let mut at = root;
        let mut length = 0;
        for element in path.split('/').skip(1) {
            length += 1 + element.len();
            at = match self.child(at, element.as_bytes()) {
                Some((index, _)) => index,
                None => {
                    let child = self.push(at, length);
                    self.nodes[at as usize].leaf = false;
                    let start = self.elements.len() as u32;
                    self.elements.extend_from_slice(element.as_bytes());
                    let edge = Edge {
                        parent: at,
                        child,
                        start,
                        length: element.len() as u32,
                    };
                    let (hash, elements) = (&self.hash, &self.elements);
                    self.edges.insert_unique(
                        edge_hash(hash, at, element.as_bytes()),
                        edge,
                        |edge| edge_hash(hash, edge.parent, edge.text(elements)),
                    );
                    child
                }
            };
        }
        at
    }

    fn push(&mut self, parent: u32, length: usize) -> u32 {
        self.nodes.push(Node {
            parent,
            above: NONE,
            length: length as u32,
            exact: ListId::NONE,
            prefix: ListId::NONE,
            leaf: true,
        });
        (self.nodes.len() - 1) as u32
    }
}

impl Edge {
    fn text<'a>(&self, elements: &'a [u8]) -> &'a [u8] {
        elements
            .get(self.start as usize..(self.start + self.length) as usize)
            .unwrap_or_default()
    }
}

fn edge_hash(state: &FixedState, parent: u32, element: &[u8]) -> u64 {
    let mut hasher = state.build_hasher();
    hasher.write_u32(parent);
    hasher.write(element);
    hasher.finish()
}
