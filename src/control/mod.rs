//! The `control` layer; see `src/README.md`.

pub mod status;
