//! The `ir` layer; see `src/README.md`.
