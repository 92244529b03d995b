//! Statuses of objects: rendered from the report and the workers' acknowledgements.

pub mod render;
