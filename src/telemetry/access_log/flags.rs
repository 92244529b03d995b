//! Response flags: why an exchange ended as it did, in the short names Envoy made common.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// A set of flags, empty for an ordinary exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseFlags(pub u32);

impl ResponseFlags {
    /// No connection to the upstream could be opened.
    pub const UPSTREAM_CONNECT: Self = Self(1);
    /// The backend has no endpoint that may take traffic.
    pub const NO_ENDPOINT: Self = Self(1 << 1);
    /// A limit on upstream connections or requests was reached.
    pub const UPSTREAM_OVERFLOW: Self = Self(1 << 2);
    /// The upstream or the whole request took too long.
    pub const UPSTREAM_TIMEOUT: Self = Self(1 << 3);
    /// The upstream closed or reset an established connection.
    pub const UPSTREAM_CLOSED: Self = Self(1 << 4);
    /// The upstream broke the protocol.
    pub const UPSTREAM_PROTOCOL: Self = Self(1 << 5);
    /// The last permitted try failed.
    pub const RETRIES_EXHAUSTED: Self = Self(1 << 6);
    /// No rule takes the request.
    pub const NO_ROUTE: Self = Self(1 << 7);
    /// The chosen share of the rule points at nothing that resolves or is permitted.
    pub const BACKEND_INVALID: Self = Self(1 << 8);
    /// The client went away.
    pub const CLIENT_GONE: Self = Self(1 << 9);
    /// The client broke the protocol or a limit on it.
    pub const CLIENT_PROTOCOL: Self = Self(1 << 10);
    /// The client was too slow to send or to take bytes.
    pub const CLIENT_TIMEOUT: Self = Self(1 << 11);
    /// A tunnel was silent for too long.
    pub const IDLE_TIMEOUT: Self = Self(1 << 12);
    /// The process was told to end before the exchange did.
    pub const DRAINED: Self = Self(1 << 13);

    /// Every flag with its short name, in the order they are printed.
    pub const NAMES: [(Self, &'static str); 14] = [
        (Self::UPSTREAM_CONNECT, "UF"),
        (Self::NO_ENDPOINT, "UH"),
        (Self::UPSTREAM_OVERFLOW, "UO"),
        (Self::UPSTREAM_TIMEOUT, "UT"),
        (Self::UPSTREAM_CLOSED, "UC"),
        (Self::UPSTREAM_PROTOCOL, "UPE"),
        (Self::RETRIES_EXHAUSTED, "URX"),
        (Self::NO_ROUTE, "NR"),
        (Self::BACKEND_INVALID, "NC"),
        (Self::CLIENT_GONE, "DC"),
        (Self::CLIENT_PROTOCOL, "DPE"),
        (Self::CLIENT_TIMEOUT, "DT"),
        (Self::IDLE_TIMEOUT, "SI"),
        (Self::DRAINED, "LR"),
    ];

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for ResponseFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for ResponseFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Short names joined by commas, `-` for none.
impl fmt::Display for ResponseFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("-");
        }
        let mut separator = "";
        for (flag, name) in Self::NAMES {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = ",";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_print_by_their_short_names() {
        let flags = ResponseFlags::RETRIES_EXHAUSTED | ResponseFlags::UPSTREAM_CONNECT;
        assert_eq!(flags.to_string(), "UF,URX");
        assert_eq!(ResponseFlags::default().to_string(), "-");
    }

    #[test]
    fn every_flag_is_one_bit_and_has_one_name() {
        for (index, (flag, _)) in ResponseFlags::NAMES.iter().enumerate() {
            assert_eq!(flag.0, 1 << index);
        }
    }
}
