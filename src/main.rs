//! The `ringress` binary.

fn main() {}
