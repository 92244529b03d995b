//! Where objects come from.
//!
//! A source reads on a thread of its own and says what changed in batches; it never decides what a
//! change means.

pub mod directory;
