//! What the command line and the environment ask for: raw flags, then validated options.
