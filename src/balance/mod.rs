//! The `balance` layer; see `src/README.md`.
