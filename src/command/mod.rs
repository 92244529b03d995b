//! The `command` layer; see `src/README.md`.
