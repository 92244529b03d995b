//! The routing table against its specification.
//!
//! `oracle` matches slowly and literally, from the text of the Gateway API and Ingress; `precedence`
//! quotes that text line by line; `agreement` holds table and oracle together over random models
//! and requests; `scale` does so where the indexes are large, and `cost` counts
//! what lookups allocate and tables weigh.

mod agreement;
mod cost;
mod model;
mod oracle;
mod precedence;
mod request;
mod scale;
