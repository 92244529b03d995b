//! The command line of the built binary: exit codes, usage errors, `version` and `check`.

mod support;

use serde_json::{Value, json};
use std::process::Output;
use support::manifests::{Manifests, gateway, http, http_route, prefix, service, set};
use support::process;

fn run(arguments: &[&str]) -> (i32, String, String) {
    read(process::output(arguments))
}

fn read(output: Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("no signal ended it");
    (code, text(&output.stdout), text(&output.stderr))
}

#[test]
fn version_says_what_the_binary_is() {
    let (code, text, _) = run(&["version"]);
    assert_eq!(code, 0);
    for part in ["ringress 0.", "commit", "control, worker", "rustc 1."] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn usage_errors_end_with_2_and_name_the_flag() {
    let cases: [(&[&str], &str); 6] = [
        (&[], "Usage"),
        (&["run"], "--manifests"),
        (&["run", "--nonsense"], "--nonsense"),
        (
            &["run", "--manifests", "m", "--workers", "none"],
            "--workers",
        ),
        (&["check"], "DIR"),
        (
            &[
                "run",
                "--manifests",
                "m",
                "--io-driver",
                "epoll",
                "--io-uring-mode",
                "defer",
            ],
            "--io-uring-mode",
        ),
    ];
    for (arguments, named) in cases {
        let (code, _, error) = run(arguments);
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert!(error.contains(named), "{arguments:?}: {error}");
    }
}

#[test]
fn a_flag_is_an_environment_variable_too() {
    let asked = |variable: &str, value: &str, arguments: &[&str]| {
        let mut command = process::command();
        read(
            command
                .args(arguments)
                .env(variable, value)
                .output()
                .expect("the binary runs"),
        )
    };
    let run = ["run", "--manifests", "m", "--drain-delay", "1s"];
    let (code, _, error) = asked("RINGRESS_IDLE_TIMEOUT", "soon", &run);
    assert_eq!(code, 2);
    assert!(error.contains("--idle-timeout"), "{error}");
    let (code, ..) = asked(
        "RINGRESS_OUTPUT",
        "nonsense",
        &["check", "--output", "text", "."],
    );
    assert_ne!(code, 2, "the command line wins");
}

#[test]
fn help_is_no_error() {
    let (code, text, _) = run(&["run", "--help"]);
    assert_eq!(code, 0);
    for heading in ["Limits:", "Timeouts", "Drain:", "Observing:"] {
        assert!(text.contains(heading), "{heading}");
    }
}

#[test]
fn a_folder_that_does_not_exist_is_a_failure() {
    for arguments in [
        ["run", "--manifests", "/does/not/exist"],
        ["check", "--output=text", "/does/not/exist"],
    ] {
        let (code, _, error) = run(&arguments);
        assert_eq!(code, 1, "{error}");
        assert!(error.contains("/does/not/exist"), "{error}");
    }
}

/// A Gateway and a route to a Service, all fine.
fn fine() -> Vec<Value> {
    let endpoint = "127.0.0.1:9".parse().expect("an address");
    let mut objects = vec![
        gateway("gw", &[http("web", 8080)]),
        http_route("shop", "gw", &["shop.test"], &[prefix("/", "shop")]),
    ];
    objects.extend(service("shop", &[endpoint]));
    objects
}

#[test]
fn what_is_fine_is_checked_with_0() {
    let manifests = Manifests::with(&fine());
    let (code, text, error) = run(&["check", manifests.path().to_str().expect("UTF-8")]);
    assert_eq!(code, 0, "{text}{error}");
    for row in [
        ["GatewayClass ringress", "Accepted", "True"],
        ["Gateway default/gw", "Programmed", "True"],
        ["HTTPRoute default/shop", "ResolvedRefs", "True"],
    ] {
        let found = text
            .lines()
            .any(|line| row.iter().all(|cell| line.contains(cell)));
        assert!(found, "{row:?}\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours");
}

#[test]
fn what_is_refused_is_said_with_its_reason_and_3() {
    let mut objects = fine();
    objects[1] = set(
        objects[1].clone(),
        "/spec/rules/0/backendRefs/0/name",
        json!("missing"),
    );
    let manifests = Manifests::with(&objects);
    let (code, text, error) = run(&["check", manifests.path().to_str().expect("UTF-8")]);
    assert_eq!(code, 3, "{text}{error}");
    let row = [
        "HTTPRoute default/shop",
        "ResolvedRefs",
        "False",
        "BackendNotFound",
        "missing",
    ];
    let found = text
        .lines()
        .any(|line| row.iter().all(|cell| line.contains(cell)));
    assert!(found, "{text}");
}

#[test]
fn no_name_in_a_manifest_steers_the_terminal() {
    let mut objects = fine();
    let name = json!("a\u{1b}[2J\nOBJECT");
    objects[1] = set(
        objects[1].clone(),
        "/spec/rules/0/backendRefs/0/name",
        name.clone(),
    );
    objects[1] = set(
        objects[1].clone(),
        "/spec/parentRefs",
        json!([{"name": "gw"}, {"name": name}]),
    );
    let manifests = Manifests::with(&objects);
    manifests.put_text(
        "typo.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n\"x\\e[2J\": 1\n",
    );
    let (code, text, _) = run(&["check", manifests.path().to_str().expect("UTF-8")]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains(r"a\u{1b}[2J OBJECT does not exist"), "{text}");
    assert!(text.contains(r"x\u{1b}[2J"), "{text}");
    assert!(
        text.chars()
            .all(|letter| letter == '\n' || !letter.is_control()),
        "{text:?}"
    );
}

#[test]
fn a_broken_file_is_said_with_its_line_and_3_and_a_typo_is_a_warning() {
    let manifests = Manifests::with(&fine());
    manifests.put_text("broken.yaml", "kind: Gateway\n  apiVersion: [\n");
    let (code, text, _) = run(&["check", manifests.path().to_str().expect("UTF-8")]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("broken.yaml:"), "{text}");
    manifests.remove("broken.yaml");

    let typo = set(
        gateway("gw", &[http("web", 8080)]),
        "/spec/gatewayClasName",
        json!("x"),
    );
    let mut objects = fine();
    objects[0] = typo;
    manifests.put("objects.yaml", &objects);
    let (code, text, _) = run(&["check", manifests.path().to_str().expect("UTF-8")]);
    assert_eq!(code, 0, "{text}");
    let warned = |line: &str| line.contains("warning") && line.contains("gatewayClasName");
    assert!(text.lines().any(warned), "{text}");
}

#[test]
fn json_and_yaml_say_the_same() {
    let manifests = Manifests::with(&fine());
    let path = manifests.path().to_str().expect("UTF-8");
    let (code, text, _) = run(&["check", "--output", "json", path]);
    assert_eq!(code, 0);
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let items = json["items"].as_array().expect("a list");
    let route = items
        .iter()
        .find(|item| item["kind"] == "HTTPRoute")
        .expect("the route");
    let condition = &route["status"]["parents"][0]["conditions"][0];
    assert_eq!(condition["type"], "Accepted");
    assert_eq!(condition["status"], "True");
    let (code, text, _) = run(&["check", "--output", "yaml", path]);
    assert_eq!(code, 0);
    let mut yaml: Value = serde_saphyr::from_str(&text).expect("YAML");
    let mut json = json;
    for document in [&mut yaml, &mut json] {
        forget_times(document);
    }
    assert_eq!(yaml, json);
}

/// Two runs a second apart differ in the times of their conditions.
fn forget_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.shift_remove("lastTransitionTime");
            fields.values_mut().for_each(forget_times);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}
