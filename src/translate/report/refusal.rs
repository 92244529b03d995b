//! Why something is not served.

use serde::Serialize;

/// A condition's reason with its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// CamelCase, one of the specification's where it has one.
    pub reason: &'static str,
    /// Names the field and the cure.
    pub message: String,
}

impl Refusal {
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// The same, with the field it is about in front.
    pub fn at(self, field: &str) -> Self {
        Self {
            reason: self.reason,
            message: format!("{field}: {}", self.message),
        }
    }
}
