//! Translation: Kubernetes objects in, the routing model and the report on every object out.
//!
//! One pure total function. It cannot fail: what an owner did wrong is said in the [`Report`] and
//! the rest is served. Any order of the same objects gives the same bytes.

mod gateway_class;
pub mod report;
mod settings;

pub use report::Report;
pub use settings::{KeyPair, Settings};

use crate::ir::Model;
use crate::objects::Objects;
use report::ReportBuilder;

/// Translates all objects.
pub fn translate(objects: &Objects, settings: &Settings) -> (Model, Report) {
    let mut reports = ReportBuilder::default();
    gateway_class::translate(objects, settings, &mut reports);
    (Model::default(), reports.finish(objects.problems()))
}
