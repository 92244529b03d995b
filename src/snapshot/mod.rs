//! The `snapshot` layer; see `src/README.md`.
