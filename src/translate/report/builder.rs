//! Collects what the steps of translation have to say.

use super::{Note, ObjectReport, ObjectStatus, Report};
use crate::objects::{ObjectKey, Problem, Resource};
use std::collections::BTreeMap;

/// A report in the making; the order of the calls does not show in the result.
#[derive(Default, PartialEq)]
pub(crate) struct ReportBuilder {
    objects: BTreeMap<ObjectKey, ObjectReport>,
}

impl ReportBuilder {
    /// Sets the status of an object.
    pub fn status<T: Resource>(&mut self, object: &T, status: ObjectStatus) {
        self.entry(object).status = status;
    }

    /// Adds a remark on an object.
    pub fn note<T: Resource>(&mut self, object: &T, note: Note) {
        self.entry(object).notes.push(note);
    }

    /// Adds the remarks of another.
    pub fn join(&mut self, other: &Self) {
        for (key, report) in &other.objects {
            match self.objects.get_mut(key) {
                Some(own) => own.notes.extend_from_slice(&report.notes),
                None => {
                    self.objects.insert(key.clone(), report.clone());
                }
            }
        }
    }

    /// The whole.
    pub fn finish(self, problems: &[Problem]) -> Report {
        let sorted = |mut report: ObjectReport| {
            report.notes.sort();
            report.notes.dedup();
            report
        };
        Report {
            objects: self.objects.into_values().map(sorted).collect(),
            problems: problems.to_vec(),
        }
    }

    fn entry<T: Resource>(&mut self, object: &T) -> &mut ObjectReport {
        let key = object.key();
        self.objects
            .entry(key.clone())
            .or_insert_with(|| ObjectReport {
                object: key,
                generation: object.metadata().generation,
                status: ObjectStatus::None,
                notes: Vec::new(),
            })
    }
}
