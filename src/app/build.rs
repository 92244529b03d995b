//! What this binary is.

/// Where the binary comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    pub version: &'static str,
    /// The commit, or why there is none.
    pub commit: &'static str,
    /// Cargo features that are switched on.
    pub features: &'static [&'static str],
    /// Name and version of the compiler.
    pub rustc: &'static str,
}

/// This binary.
pub const THIS: Build = Build {
    version: env!("CARGO_PKG_VERSION"),
    commit: env!("BUILT_FROM_COMMIT"),
    // Without both features there is no `app` and no binary to ask.
    features: &["control", "worker"],
    rustc: env!("BUILT_BY_RUSTC"),
};

impl Build {
    /// As labels of a metric.
    pub fn labels(&self) -> Vec<(&'static str, String)> {
        vec![
            ("version", self.version.to_owned()),
            ("commit", self.commit.to_owned()),
            ("features", self.features.join(",")),
            ("rustc", self.rustc.to_owned()),
        ]
    }
}
