//! The objects of one kind, by namespace and name, in a form that is cheap to hand on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::object::Resource;

type Names<T> = BTreeMap<Arc<str>, Arc<T>>;

/// Objects of one kind. A clone shares everything; a change copies the map of its namespace only.
/// Iteration is ordered by namespace, then name.
#[derive(Debug, PartialEq)]
pub struct Shelf<T>(Arc<BTreeMap<Arc<str>, Arc<Names<T>>>>);

impl<T> Clone for Shelf<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Shelf<T> {
    /// The object of that name; the namespace of a cluster-wide kind is empty.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        self.0.get(namespace)?.get(name)
    }

    /// Every object.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.0.values().flat_map(|names| names.values())
    }

    /// The objects of one namespace.
    pub fn of_namespace(&self, namespace: &str) -> impl Iterator<Item = &Arc<T>> {
        self.0
            .get(namespace)
            .into_iter()
            .flat_map(|names| names.values())
    }

    /// Whether nothing was put in or taken out since one was cloned from the other.
    pub(super) fn shares(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.0.values().map(|names| names.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes an object out and returns it.
    pub(super) fn remove(&mut self, namespace: &str, name: &str) -> Option<Arc<T>> {
        self.get(namespace, name)?;
        let namespaces = Arc::make_mut(&mut self.0);
        let names = Arc::make_mut(namespaces.get_mut(namespace)?);
        let gone = names.remove(name);
        if names.is_empty() {
            namespaces.remove(namespace);
        }
        gone
    }
}

impl<T: Resource + PartialEq> Shelf<T> {
    /// Puts an object in its place. Returns whether that changed anything.
    pub(super) fn insert(&mut self, object: &Arc<T>) -> bool {
        let metadata = object.metadata();
        let (namespace, name) = (metadata.namespace_or_empty(), metadata.name.as_str());
        if self.get(namespace, name) == Some(object) {
            return false;
        }
        let namespaces = Arc::make_mut(&mut self.0);
        match namespaces.get_mut(namespace) {
            Some(names) => {
                Arc::make_mut(names).insert(name.into(), Arc::clone(object));
            }
            None => {
                let names = Names::from([(name.into(), Arc::clone(object))]);
                namespaces.insert(namespace.into(), Arc::new(names));
            }
        }
        true
    }
}
