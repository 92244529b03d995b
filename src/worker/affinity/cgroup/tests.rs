//! Quotas as v1, v2, hybrid and nested machines write them.

use super::*;

fn directories(membership: &str, mountinfo: &str) -> Vec<String> {
    places(membership, mountinfo)
        .into_iter()
        .map(|place| format!("{:?} {}", place.hierarchy, place.directory.display()))
        .collect()
}

const V2_MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate";

#[test]
fn v2_looks_at_every_level() {
    assert_eq!(
        directories("0::/kubepods.slice/pod1.slice/cri-1.scope\n", V2_MOUNT),
        [
            "V2 /sys/fs/cgroup/kubepods.slice/pod1.slice/cri-1.scope",
            "V2 /sys/fs/cgroup/kubepods.slice/pod1.slice",
            "V2 /sys/fs/cgroup/kubepods.slice",
            "V2 /sys/fs/cgroup/",
        ]
    );
    assert_eq!(
        directories("0::/\n", V2_MOUNT),
        ["V2 /sys/fs/cgroup/"],
        "a container with its own cgroup namespace"
    );
    assert_eq!(
        directories("0::/../../other\n", V2_MOUNT),
        ["V2 /sys/fs/cgroup/"],
        "outside the namespace"
    );
}

#[test]
fn v1_strips_the_root_of_a_bind_mount() {
    let inside = "644 640 0:33 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid,nodev,noexec,relatime master:15 - cgroup cgroup rw,cpu,cpuacct";
    let membership =
        "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc/inner\n1:name=systemd:/docker/abc\n";
    assert_eq!(
        directories(membership, inside),
        [
            "V1 /sys/fs/cgroup/cpu,cpuacct/inner",
            "V1 /sys/fs/cgroup/cpu,cpuacct/"
        ]
    );
    assert_eq!(
        directories("4:cpu,cpuacct:/elsewhere\n", inside),
        ["V1 /sys/fs/cgroup/cpu,cpuacct/"],
        "a cgroup that is not below the mounted root"
    );
}

#[test]
fn hybrid_machines_have_both() {
    let mountinfo = "26 25 0:23 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n\
                     27 25 0:24 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n\
                     34 25 0:31 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
    let membership = "4:memory:/a\n3:cpuset:/\n2:cpuacct:/\n1:cpu:/limited\n0::/\n";
    assert_eq!(
        directories(membership, mountinfo),
        [
            "V1 /sys/fs/cgroup/cpu/limited",
            "V1 /sys/fs/cgroup/cpu/",
            "V2 /sys/fs/cgroup/unified/"
        ]
    );
}

#[test]
fn damaged_files_name_no_place() {
    for membership in ["", "0", "0:", "::", "x:cpu", "\n\n"] {
        assert!(
            directories(membership, V2_MOUNT).is_empty(),
            "{membership:?}"
        );
    }
    assert!(directories("0::/a", "30 23 0:26 / - cgroup2").is_empty());
    assert!(directories("0::/a", "").is_empty());
}

#[test]
fn quotas() {
    let quota = |quota_us, period_us| {
        Ok(Some(CpuQuota {
            quota_us,
            period_us,
        }))
    };
    assert_eq!(parse_v2(b"max 100000\n"), Ok(None));
    assert_eq!(parse_v2(b"150000 100000\n"), quota(150_000, 100_000));
    assert!(parse_v2(b"").is_err());
    assert!(parse_v2(b"150000").is_err());
    assert!(parse_v2(b"-1 100000").is_err());
    assert!(parse_v2(b"1 0").is_err(), "a period of nothing");
    assert_eq!(parse_v1(b"-1\n", b"100000\n"), Ok(None));
    assert_eq!(parse_v1(b"50000\n", b"100000\n"), quota(50_000, 100_000));
    assert!(parse_v1(b"50000", b"").is_err());
}

#[test]
fn whole_cores_round_up() {
    for (quota_us, cores) in [
        (1, 1),
        (50_000, 1),
        (100_000, 1),
        (100_001, 2),
        (350_000, 4),
    ] {
        assert_eq!(
            CpuQuota {
                quota_us,
                period_us: 100_000
            }
            .cores(),
            cores,
            "{quota_us}"
        );
    }
    let (half, third) = (
        CpuQuota {
            quota_us: 1,
            period_us: 2,
        },
        CpuQuota {
            quota_us: 10,
            period_us: 30,
        },
    );
    assert!(
        third.is_tighter_than(half) && !half.is_tighter_than(third) && !half.is_tighter_than(half)
    );
}
