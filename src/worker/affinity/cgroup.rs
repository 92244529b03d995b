//! The processor time a container may use: the CFS quota of cgroup v2 (`cpu.max`) and v1
//! (`cpu.cfs_quota_us`).
//!
//! A quota holds for a cgroup and everything below it, so every level from the process's own up to
//! the one mounted is read, and the tightest wins. Inside a container the mount usually shows the
//! container's own cgroup as its top.

use std::fs;
use std::path::{Path, PathBuf};

/// Microseconds of processor time per period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuQuota {
    /// Microseconds that may be used in each period.
    pub quota_us: u64,
    /// Length of a period in microseconds, at least 1.
    pub period_us: u64,
}

/// A quota file that holds something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CPU quota: {0:?}")]
pub struct QuotaError(String);

impl CpuQuota {
    /// Whole cores' worth of time, rounded up, at least 1.
    pub fn cores(self) -> usize {
        usize::try_from(self.quota_us.div_ceil(self.period_us.max(1)))
            .unwrap_or(usize::MAX)
            .max(1)
    }

    /// Whether `self` allows less than `other`.
    fn is_tighter_than(self, other: CpuQuota) -> bool {
        u128::from(self.quota_us) * u128::from(other.period_us)
            < u128::from(other.quota_us) * u128::from(self.period_us)
    }
}

/// Reads the tightest quota over this process. Anything unreadable counts as no quota.
pub(super) fn read() -> Option<CpuQuota> {
    let membership = fs::read("/proc/self/cgroup").ok()?;
    let mounts = fs::read("/proc/self/mountinfo").ok()?;
    let mut tightest: Option<CpuQuota> = None;
    for place in places(
        &String::from_utf8_lossy(&membership),
        &String::from_utf8_lossy(&mounts),
    ) {
        if let Some(quota) = place.read()
            && tightest.is_none_or(|so_far| quota.is_tighter_than(so_far))
        {
            tightest = Some(quota);
        }
    }
    tightest
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hierarchy {
    V1,
    V2,
}

/// A directory that may hold a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    hierarchy: Hierarchy,
    directory: PathBuf,
}

impl Place {
    fn read(&self) -> Option<CpuQuota> {
        let file = |name: &str| fs::read(self.directory.join(name)).ok();
        let quota = match self.hierarchy {
            Hierarchy::V2 => parse_v2(&file("cpu.max")?),
            Hierarchy::V1 => parse_v1(&file("cpu.cfs_quota_us")?, &file("cpu.cfs_period_us")?),
        };
        quota.ok().flatten()
    }
}

/// The directories from the process's own cgroup up to the mounted top, by `/proc/self/cgroup` and
/// `/proc/self/mountinfo` (proc(5)).
fn places(membership: &str, mountinfo: &str) -> Vec<Place> {
    let mut places = Vec::new();
    for line in membership.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(id), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let hierarchy = match (id, controllers) {
            ("0", "") => Hierarchy::V2,
            _ if controllers.split(',').any(|controller| controller == "cpu") => Hierarchy::V1,
            _ => continue,
        };
        let Some(mount) = mountinfo
            .lines()
            .filter_map(Mount::parse)
            .find(|mount| mount.holds(hierarchy))
        else {
            continue;
        };
        for directory in mount.upward(path) {
            places.push(Place {
                hierarchy,
                directory,
            });
        }
    }
    places
}

/// The part of a mountinfo line that matters: `36 35 98:0 /root /point options - type source
/// super,options`.
struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    super_options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let mut right = right.split(' ');
        Some(Mount {
            root: left.next()?,
            point: left.next()?,
            kind: right.next()?,
            super_options: right.nth(1).unwrap_or_default(),
        })
    }

    fn holds(&self, hierarchy: Hierarchy) -> bool {
        match hierarchy {
            Hierarchy::V2 => self.kind == "cgroup2",
            Hierarchy::V1 => {
                self.kind == "cgroup" && self.super_options.split(',').any(|option| option == "cpu")
            }
        }
    }

    /// The directories of cgroup `path` and all above it that this mount shows, lowest first.
    fn upward(&self, path: &str) -> Vec<PathBuf> {
        let top = Path::new(self.point);
        // A path outside what is mounted (another namespace's, `/..`) leaves only the top to look
        // at.
        let below = Path::new(path)
            .strip_prefix(self.root)
            .unwrap_or(Path::new(""));
        let plain = below
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        let below = if plain { below } else { Path::new("") };
        below.ancestors().map(|part| top.join(part)).collect()
    }
}

/// `cpu.max`: `max 100000` or `150000 100000` (cgroup-v2.rst).
fn parse_v2(text: &[u8]) -> Result<Option<CpuQuota>, QuotaError> {
    let text = String::from_utf8_lossy(text);
    let mut words = text.split_whitespace();
    match (words.next(), words.next()) {
        (Some("max"), _) => Ok(None),
        (Some(quota), Some(period)) => quota_of(quota, period).map(Some),
        _ => Err(QuotaError(text.into_owned())),
    }
}

/// `cpu.cfs_quota_us` (-1 for none) and `cpu.cfs_period_us` (sched-bwc.rst).
fn parse_v1(quota: &[u8], period: &[u8]) -> Result<Option<CpuQuota>, QuotaError> {
    let (quota, period) = (
        String::from_utf8_lossy(quota),
        String::from_utf8_lossy(period),
    );
    match quota.trim() {
        "-1" => Ok(None),
        quota => quota_of(quota, period.trim()).map(Some),
    }
}

fn quota_of(quota: &str, period: &str) -> Result<CpuQuota, QuotaError> {
    match (quota.parse(), period.parse()) {
        (Ok(quota_us), Ok(period_us)) if period_us > 0 => Ok(CpuQuota {
            quota_us,
            period_us,
        }),
        _ => Err(QuotaError(format!("{quota} {period}"))),
    }
}

#[cfg(test)]
mod tests;
