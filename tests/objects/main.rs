//! Manifests in, objects and problems out: defaults, refusals and reading, as tables.

mod defaults;
mod manifest;
mod refusals;
mod refusals_filter;
mod refusals_gateway;
mod refusals_native;
mod refusals_route;
mod robust;
mod store;
mod support;
