//! The `table` layer; see `src/README.md`.
