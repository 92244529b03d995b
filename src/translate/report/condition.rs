//! A condition as Kubernetes knows it, without the fields that only a writer can fill.

use serde::Serialize;

/// `status` of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ConditionStatus {
    True,
    False,
    Unknown,
}

impl ConditionStatus {
    /// The word as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// One condition. `observedGeneration` is the generation of the object it is reported on;
/// `lastTransitionTime` belongs to whoever writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub status: ConditionStatus,
    /// CamelCase, one of the specification's where it has one.
    pub reason: &'static str,
    /// Names the field and, where something is wrong, the cure.
    pub message: String,
}

/// Longest message that Kubernetes takes is 32 KiB; ours end before that.
const MESSAGE_LIMIT: usize = 8 * 1024;

impl Condition {
    /// A condition that holds.
    pub fn holds(kind: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(kind, ConditionStatus::True, reason, message)
    }

    /// A condition that does not hold.
    pub fn fails(kind: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(kind, ConditionStatus::False, reason, message)
    }

    fn new(
        kind: &'static str,
        status: ConditionStatus,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let mut message = message.into();
        if message.len() > MESSAGE_LIMIT {
            let end = message.floor_char_boundary(MESSAGE_LIMIT);
            message.truncate(end);
            message.push_str(" ...");
        }
        Self {
            kind,
            status,
            reason,
            message,
        }
    }

    /// Whether this condition says that something the owner asked for is refused.
    pub fn refuses(&self) -> bool {
        match self.kind {
            CONFLICTED | PARTIALLY_INVALID => self.status == ConditionStatus::True,
            OVERLAPPING_TLS_CONFIG => false,
            _ => self.status == ConditionStatus::False,
        }
    }
}

pub const ACCEPTED: &str = "Accepted";
pub const PROGRAMMED: &str = "Programmed";
pub const RESOLVED_REFS: &str = "ResolvedRefs";
pub const CONFLICTED: &str = "Conflicted";
pub const PARTIALLY_INVALID: &str = "PartiallyInvalid";
pub const OVERLAPPING_TLS_CONFIG: &str = "OverlappingTLSConfig";
pub const SUPPORTED_VERSION: &str = "SupportedVersion";
