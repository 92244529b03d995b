//! The `control` layer; see `src/README.md`.
