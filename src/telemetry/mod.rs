//! The `telemetry` layer; see `src/README.md`.
