//! What the kernel says about itself: its version, and whether an administrator switched io_uring
//! off.

use std::fmt;

/// Linux as (major, minor).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

/// `kernel.io_uring_disabled` (Linux 6.6; older kernels have no such switch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// 0, or the switch does not exist.
    Open,
    /// 1: only with CAP_SYS_ADMIN or as a member of `kernel.io_uring_group`.
    Restricted,
    /// 2: for nobody.
    Closed,
}

/// Reads the running kernel's version; `None` when it is not to be understood.
pub fn version() -> Option<Version> {
    parse_version(&std::fs::read("/proc/sys/kernel/osrelease").ok()?)
}

/// Reads the switch; a kernel without it is open.
pub fn switch() -> Switch {
    std::fs::read("/proc/sys/kernel/io_uring_disabled")
        .map_or(Switch::Open, |text| parse_switch(&text))
}

fn parse_version(text: &[u8]) -> Option<Version> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    Some(Version(major, minor))
}

fn parse_switch(text: &[u8]) -> Switch {
    match text.trim_ascii() {
        b"1" => Switch::Restricted,
        b"2" => Switch::Closed,
        _ => Switch::Open,
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_distributions() {
        let cases: [(&str, Option<Version>); 7] = [
            ("6.18.44-fc-v782\n", Some(Version(6, 18))),
            ("5.10.0-35-amd64", Some(Version(5, 10))),
            ("4.18.0-553.el8_10.x86_64", Some(Version(4, 18))),
            ("6.1.55+", Some(Version(6, 1))),
            ("7.0-rc1", Some(Version(7, 0))),
            ("linux", None),
            ("", None),
        ];
        for (text, version) in cases {
            assert_eq!(parse_version(text.as_bytes()), version, "{text:?}");
        }
        assert!(Version(5, 9) < Version(5, 10) && Version(5, 19) < Version(6, 0));
    }

    #[test]
    fn switch_positions() {
        assert_eq!(parse_switch(b"0\n"), Switch::Open);
        assert_eq!(parse_switch(b"1\n"), Switch::Restricted);
        assert_eq!(parse_switch(b"2\n"), Switch::Closed);
        assert_eq!(parse_switch(b""), Switch::Open);
    }
}
