//! The `translate` layer; see `src/README.md`.
