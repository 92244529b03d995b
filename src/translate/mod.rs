//! Translation: Kubernetes objects in, the routing model and the report on every object out.
//!
//! One pure total function. It cannot fail: what an owner did wrong is said in the [`Report`] and
//! the rest is served. Any order of the same objects gives the same bytes.

mod address;
mod annotations;
mod attach;
mod backend;
mod certificate;
mod claims;
mod endpoints;
mod filters;
mod gateway;
mod gateway_class;
mod grants;
mod hostname;
mod http_route;
mod http_rule;
mod ingress;
mod ingress_class;
mod ingress_rule;
mod ingress_tls;
mod listener;
mod matches;
mod memory;
mod model;
mod overlaps;
mod path;
mod patterns;
mod precedence;
pub mod report;
mod settings;

pub use memory::Memory;
pub use report::Report;
pub use settings::{KeyPair, Settings};

use crate::ir::{Model, Rule};
use crate::objects::Objects;
use backend::Backends;
use certificate::Certificates;
use patterns::Patterns;
use report::ReportBuilder;

/// What every step reads.
#[derive(Clone, Copy)]
struct Context<'a> {
    objects: &'a Objects,
    settings: &'a Settings,
}

/// What every step adds to.
struct Shelves<'a> {
    rules: Vec<Rule>,
    backends: Backends<'a>,
    certificates: Certificates<'a>,
    patterns: Patterns,
    reports: ReportBuilder,
}

/// Translates all objects.
pub fn translate(objects: &Objects, settings: &Settings) -> (Model, Report) {
    translate_again(objects, settings, &mut Memory::default())
}

/// As [`translate`], with what the last translation left.
pub fn translate_again(
    objects: &Objects,
    settings: &Settings,
    memory: &mut Memory,
) -> (Model, Report) {
    let context = Context { objects, settings };
    let checked = std::mem::take(&mut memory.certificates);
    let mut shelves = Shelves {
        rules: Vec::new(),
        backends: Backends::new(objects, settings),
        certificates: Certificates::new(objects, settings, checked),
        patterns: Patterns::new(std::mem::take(&mut memory.patterns)),
        reports: ReportBuilder::default(),
    };
    let classes = gateway_class::translate(objects, settings, &mut shelves.reports);
    let mut gateways = gateway::drafts(context, &classes, &mut shelves);
    let mut claims = claims::settle(&mut gateways);
    overlaps::mark(&mut gateways);
    http_route::translate(context, &mut gateways, &mut shelves);
    let ingress = ingress::translate(context, &mut claims, &mut shelves);
    claims::shadow(&mut gateways, &claims);
    precedence::settle(context, &mut gateways, &mut shelves);
    for gateway in &gateways {
        gateway::report(gateway, &mut shelves.reports);
    }
    let (certificates, checked) = shelves.certificates.finish();
    memory.certificates = checked;
    memory.patterns = shelves.patterns.finish();
    let (backends, sources) = shelves.backends.finish();
    let model = model::settle(Model {
        binds: model::binds(&gateways, ingress),
        rules: shelves.rules,
        backends,
        certificates,
    });
    shelves.reports.join(&sources.notes);
    let report = shelves.reports.finish(objects.problems());
    memory.remember(objects, settings.now, sources, &model);
    (model, report)
}
