//! The report: what translation has to say on every object, as data.
//!
//! Status is rendered from it and from what the workers acknowledged, never by a second walk.

mod builder;
mod condition;
mod note;
mod object;
mod refusal;

pub(crate) use builder::ReportBuilder;
pub use condition::{
    ACCEPTED, CONFLICTED, Condition, ConditionStatus, OVERLAPPING_TLS_CONFIG, PARTIALLY_INVALID,
    PROGRAMMED, RESOLVED_REFS, SUPPORTED_VERSION,
};
pub use note::Note;
pub use object::{
    AddressReport, ClassReport, GatewayReport, IngressReport, ListenerReport, ObjectReport,
    ObjectStatus, ParentReport, RouteReport,
};

pub use refusal::Refusal;

use crate::objects::kinds::reference::ParentRef;
use crate::objects::{ObjectKey, Problem, Severity};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use std::fmt;

/// The report on every object of ours. Equal objects and settings give an equal report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Sorted by kind, namespace and name.
    pub objects: Vec<ObjectReport>,
    /// What could not be read, or not as its author meant; in the order of the source.
    #[serde(serialize_with = "problems", skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// One condition with its place: a line of `ringress check`.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'a> {
    pub object: &'a ObjectKey,
    /// Which part of the object: empty, `listener http` or `parent infra/web`.
    pub section: String,
    pub condition: &'a Condition,
}

impl Report {
    /// Whether anything that an owner asked for is refused.
    pub fn refused(&self) -> bool {
        let problem = |problem: &Problem| problem.severity() == Severity::Refused;
        self.problems.iter().any(problem) || self.objects.iter().any(ObjectReport::refused)
    }

    /// The report on one object.
    pub fn object(&self, key: &ObjectKey) -> Option<&ObjectReport> {
        let found = self
            .objects
            .binary_search_by(|report| report.object.cmp(key));
        self.objects.get(found.ok()?)
    }

    /// Every condition with its place, object by object.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.objects.iter().flat_map(|report| {
            report
                .status
                .sections()
                .into_iter()
                .flat_map(move |(section, conditions)| {
                    conditions.iter().map(move |condition| Line {
                        object: &report.object,
                        section: section.clone(),
                        condition,
                    })
                })
        })
    }
}

impl ObjectReport {
    /// Whether anything that the object's owner asked for is refused.
    pub fn refused(&self) -> bool {
        let sections = self.status.sections().into_iter();
        let mut conditions = sections.flat_map(|(_, conditions)| conditions);
        conditions.any(Condition::refuses)
            || self.status.has_unusable_addresses()
            || self
                .notes
                .iter()
                .any(|note| note.severity == Severity::Refused)
    }
}

impl ObjectStatus {
    /// The lists of conditions, each with the name of the part it is about.
    pub fn sections(&self) -> Vec<(String, &[Condition])> {
        match self {
            Self::GatewayClass(class) => vec![(String::new(), &class.conditions)],
            Self::Gateway(gateway) => {
                let whole = (String::new(), gateway.conditions.as_slice());
                let listeners = gateway.listeners.iter().map(|listener| {
                    let section = format!("listener {}", listener.name);
                    (section, listener.conditions.as_slice())
                });
                std::iter::once(whole).chain(listeners).collect()
            }
            Self::Route(route) => {
                let parents = route.parents.iter().map(|parent| {
                    let section = format!("parent {}", ParentName(&parent.parent_ref));
                    (section, parent.conditions.as_slice())
                });
                parents.collect()
            }
            Self::Ingress(ingress) => vec![(String::new(), &ingress.conditions)],
            Self::None => Vec::new(),
        }
    }

    fn has_unusable_addresses(&self) -> bool {
        matches!(self, Self::Gateway(gateway) if !gateway.unusable.is_empty())
    }
}

/// A parent reference in a few letters: `infra/web/https:443`.
pub struct ParentName<'a>(pub &'a ParentRef);

impl fmt::Display for ParentName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = self.0;
        if let Some(namespace) = &parent.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&parent.name)?;
        if let Some(section) = &parent.section_name {
            write!(f, "/{section}")?;
        }
        if let Some(port) = parent.port {
            write!(f, ":{port}")?;
        }
        Ok(())
    }
}

fn problems<S: Serializer>(problems: &[Problem], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(problems.iter().map(Plain))
}

/// A problem as the report shows it.
struct Plain<'a>(&'a Problem);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        struct Level(Severity);
        impl Serialize for Level {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                note::severity(&self.0, to)
            }
        }
        let mut out = to.serialize_struct("Problem", 2)?;
        out.serialize_field("severity", &Level(self.0.severity()))?;
        out.serialize_field("message", &self.0.to_string())?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Kind;

    #[test]
    fn a_refused_part_that_no_condition_holds_counts_too() {
        let report = |note| ObjectReport {
            object: ObjectKey::namespaced(Kind::EndpointSlice, "shop", "app-1"),
            generation: 1,
            status: ObjectStatus::None,
            notes: vec![note],
        };
        assert!(report(Note::refused("endpoints[0]", "is no pod")).refused());
        assert!(!report(Note::warning("endpoints[0]", "is odd")).refused());
    }
}
