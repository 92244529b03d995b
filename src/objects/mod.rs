//! The `objects` layer; see `src/README.md`.
