//! The `filter` layer; see `src/README.md`.
