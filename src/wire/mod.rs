//! The `wire` layer; see `src/README.md`.
