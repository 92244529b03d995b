//! Every golden input has its output, and every output its input.

use super::source::Breach;

/// Pairs of `NAME.in.EXT` and `NAME.out.EXT` among the paths below `tests/golden/`.
pub fn check(paths: &[String]) -> Vec<Breach> {
    let stem = |path: &str, middle: &str| {
        let (stem, rest) = path.rsplit_once(middle)?;
        (!rest.contains('/')).then(|| stem.to_owned())
    };
    let has = |wanted: &str, middle: &str| {
        paths
            .iter()
            .any(|path| stem(path, middle).as_deref() == Some(wanted))
    };
    let mut breaches = Vec::new();
    for path in paths {
        let lacks = match (stem(path, ".in."), stem(path, ".out.")) {
            (Some(stem), _) if !has(&stem, ".out.") => "no output",
            (_, Some(stem)) if !has(&stem, ".in.") => "no input",
            _ => continue,
        };
        let cure = "bless the output as tests/README.md says, or remove the orphan";
        let what = lacks.to_owned();
        breaches.push(Breach {
            path: path.clone(),
            line: 0,
            rule: "golden",
            what,
            cure,
        });
    }
    breaches
}

#[test]
fn an_orphan_is_found() {
    let paths = |list: &[&str]| list.iter().map(|&path| path.to_owned()).collect::<Vec<_>>();
    assert!(
        check(&paths(&[
            "tests/golden/a.in.yaml",
            "tests/golden/a.out.yaml"
        ]))
        .is_empty()
    );
    let found = check(&paths(&[
        "tests/golden/a.in.yaml",
        "tests/golden/b.out.yaml",
    ]));
    assert_eq!(found.len(), 2);
}
