//! Remarks on an object that no condition of its kind can hold.

use crate::objects::Severity;
use serde::{Serialize, Serializer};

/// One remark. In directory mode it is printed beside the conditions, in a cluster it is an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// [`Severity::Refused`]: this part of the object does not count.
    #[serde(serialize_with = "severity")]
    pub severity: Severity,
    /// Path of the field, as `spec.rules[0].filters[1]`; empty for the object as a whole.
    pub field: String,
    /// Says what is wrong and what would be right.
    pub message: String,
}

impl Note {
    /// A part of the object that is refused.
    pub fn refused(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Refused,
            field: field.into(),
            message: message.into(),
        }
    }

    /// A part that counts, perhaps not as its author meant.
    pub fn warning(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            field: field.into(),
            message: message.into(),
        }
    }
}

pub(super) fn severity<S: Serializer>(severity: &Severity, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match severity {
        Severity::Refused => "refused",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    })
}
