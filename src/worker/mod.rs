//! The `worker` layer; see `src/README.md`.
