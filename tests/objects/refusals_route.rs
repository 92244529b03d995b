//! What the schema of HTTPRoute refuses.

use serde_json::json;

use crate::support::{check_accepted, check_refusals, check_rule, route, row};

#[test]
fn routes_are_refused_as_the_schema_refuses_them() {
    let nine = vec![json!({}); 15];
    let rules: Vec<_> = (0..9).map(|_| json!({"matches": nine})).collect();
    let rules_135: &'static str = json!(rules).to_string().leak();
    let rules_17: &'static str = json!(vec![json!({}); 17]).to_string().leak();
    let hosts_17: &'static str = json!(vec!["a"; 17]).to_string().leak();
    check_refusals(
        &route(),
        &[
            row(
                "/spec/parentRefs/0/name",
                "",
                "spec.parentRefs[0].name",
                "is required",
            ),
            row(
                "/spec/parentRefs/0/port",
                "0",
                "spec.parentRefs[0].port",
                "from 1",
            ),
            row(
                "/spec/parentRefs/0/sectionName",
                r#""A""#,
                "spec.parentRefs[0].sectionName",
                "DNS",
            ),
            row(
                "/spec/parentRefs/0/kind",
                r#""""#,
                "spec.parentRefs[0].kind",
                "at least 1",
            ),
            row(
                "/spec/parentRefs",
                r#"[{"name":"a","sectionName":"x"},{"name":"a"}]"#,
                "spec.parentRefs",
                "on all references to the same parent",
            ),
            row(
                "/spec/parentRefs",
                r#"[{"name":"a","port":1},{"name":"a","sectionName":"x"}]"#,
                "spec.parentRefs",
                "on all references to the same parent",
            ),
            row(
                "/spec/parentRefs",
                r#"[{"name":"a"},{"name":"a"}]"#,
                "spec.parentRefs",
                "must differ",
            ),
            row(
                "/spec/parentRefs",
                r#"[{"name":"a","sectionName":"x","port":1},{"name":"a","sectionName":"x","port":1}]"#,
                "spec.parentRefs",
                "must differ",
            ),
            row("/spec/hostnames", r#"["*"]"#, "spec.hostnames[0]", "'*.'"),
            row("/spec/hostnames", hosts_17, "spec.hostnames", "at most 16"),
            row("/spec/rules", "[]", "spec.rules", "at least 1"),
            row("/spec/rules", rules_17, "spec.rules", "at most 16"),
            row(
                "/spec/rules",
                rules_135,
                "spec.rules",
                "more than 128 matches",
            ),
            row(
                "/spec/rules",
                r#"[{"name":"a"},{"name":"a"}]"#,
                "spec.rules",
                "names must be unique",
            ),
            row(
                "/spec/rules/0/name",
                r#""A""#,
                "spec.rules[0].name",
                "DNS name",
            ),
            row(
                "/spec/useDefaultGateways",
                r#""No""#,
                "spec.useDefaultGateways",
                "All, None",
            ),
        ],
    );
}

#[test]
fn matches_are_refused_as_the_schema_refuses_them() {
    let path = "matches[0].path";
    check_rule(&[
        (
            "/matches/0/path/type",
            r#""Glob""#,
            "matches[0].path.type",
            "RegularExpression",
        ),
        (
            "/matches/0/path/value",
            r#""""#,
            path,
            "must begin with '/'",
        ),
        (
            "/matches/0/path/value",
            r#""a""#,
            path,
            "must begin with '/'",
        ),
        (
            "/matches/0/path/value",
            r#""/a//b""#,
            path,
            "must not contain //",
        ),
        (
            "/matches/0/path/value",
            r#""/a/./b""#,
            path,
            "must not contain //, /./",
        ),
        ("/matches/0/path/value", r#""/a/../b""#, path, "/../"),
        (
            "/matches/0/path/value",
            r#""/a/..""#,
            path,
            "must not end with",
        ),
        (
            "/matches/0/path/value",
            r#""/a/.""#,
            path,
            "must not end with",
        ),
        ("/matches/0/path/value", r#""/a%2fb""#, path, "%2f"),
        ("/matches/0/path/value", r#""/a%2Fb""#, path, "%2F"),
        (
            "/matches/0/path/value",
            r##""/a#b""##,
            path,
            "must have only",
        ),
        ("/matches/0/path/value", r#""/a b""#, path, "must have only"),
        (
            "/matches/0/path/value",
            r#""/a%zz""#,
            path,
            "must have only",
        ),
        (
            "/matches/0/headers/0/name",
            "",
            "matches[0].headers[0].name",
            "is required",
        ),
        (
            "/matches/0/headers/0/name",
            r#""a b""#,
            "matches[0].headers[0].name",
            "header name",
        ),
        (
            "/matches/0/headers/0/value",
            "",
            "matches[0].headers[0].value",
            "is required",
        ),
        (
            "/matches/0/headers/0/value",
            r#""""#,
            "matches[0].headers[0].value",
            "at least 1",
        ),
        (
            "/matches/0/headers/0/value",
            r#""a\nb""#,
            "matches[0].headers[0].value",
            "printable ASCII",
        ),
        (
            "/matches/0/headers/0/type",
            r#""Prefix""#,
            "matches[0].headers[0].type",
            "Exact",
        ),
        (
            "/matches/0/headers",
            r#"[{"name":"a","value":"1"},{"name":"a","value":"2"}]"#,
            "matches[0].headers",
            "items 0 and 1 have the same name",
        ),
        (
            "/matches/0/queryParams",
            r#"[{"name":"a","value":"1"},{"name":"a","value":"2"}]"#,
            "matches[0].queryParams",
            "the same name",
        ),
        (
            "/matches/0/queryParams/0/value",
            r#""""#,
            "matches[0].queryParams[0].value",
            "at least 1",
        ),
        (
            "/matches/0/method",
            r#""get""#,
            "matches[0].method",
            "GET, HEAD",
        ),
    ]);
}

#[test]
fn rules_are_refused_as_the_schema_refuses_them() {
    let prefix = r#"{"path":{"type":"ReplacePrefixMatch","replacePrefixMatch":"/"}}"#;
    let redirect: &'static str =
        format!(r#"[{{"type":"RequestRedirect","requestRedirect":{prefix}}}]"#).leak();
    let backend = |filter: &str| -> &'static str {
        format!(
            r#"[{{"matches":[{{"path":{{"type":"Exact","value":"/a"}}}}],
            "backendRefs":[{{"name":"a","port":1,"filters":[{filter}]}}]}}]"#
        )
        .leak()
    };
    let redirecting = backend(&format!(
        r#"{{"type":"RequestRedirect","requestRedirect":{prefix}}}"#
    ));
    let rewriting = backend(&format!(r#"{{"type":"URLRewrite","urlRewrite":{prefix}}}"#));
    let no_prefix: &'static str =
        format!(r#"[{{"filters":{redirect},"matches":[{{}},{{}}]}}]"#).leak();
    check_refusals(
        &route(),
        &[
            row(
                "/spec/rules/0/filters",
                redirect,
                "spec.rules[0]",
                "excludes backendRefs",
            ),
            row(
                "/spec/rules",
                no_prefix,
                "spec.rules[0]",
                "RequestRedirect with path.replacePrefixMatch",
            ),
            row(
                "/spec/rules/0/matches/0/path/type",
                r#""Exact""#,
                "spec.rules[0]",
                "URLRewrite with path",
            ),
            row(
                "/spec/rules/0/matches",
                "[{},{}]",
                "spec.rules[0]",
                "URLRewrite with path",
            ),
            row(
                "/spec/rules/0/matches",
                "[]",
                "spec.rules[0]",
                "URLRewrite with path",
            ),
            row(
                "/spec/rules",
                redirecting,
                "spec.rules[0]",
                "RequestRedirect with path.replacePrefixMatch in backendRefs",
            ),
            row(
                "/spec/rules",
                rewriting,
                "spec.rules[0]",
                "URLRewrite with path.replacePrefixMatch in backendRefs",
            ),
        ],
    );
    check_rule(&[
        (
            "/backendRefs/0/port",
            "",
            "backendRefs[0]",
            "port is required",
        ),
        (
            "/backendRefs/0/name",
            "",
            "backendRefs[0].name",
            "is required",
        ),
        (
            "/backendRefs/0/weight",
            "-1",
            "backendRefs[0].weight",
            "from 0 to 1000000",
        ),
        (
            "/backendRefs/0/weight",
            "1000001",
            "backendRefs[0].weight",
            "from 0 to 1000000",
        ),
        (
            "/timeouts/request",
            r#""10""#,
            "timeouts.request",
            "duration",
        ),
        (
            "/timeouts/request",
            r#""1s""#,
            "timeouts",
            "must not be longer than request",
        ),
        (
            "/timeouts/backendRequest",
            r#""1.5s""#,
            "timeouts.backendRequest",
            "duration",
        ),
        ("/retry/attempts", "0", "retry.attempts", "at least 1"),
        ("/retry/codes", "[500,500]", "retry.codes", "are the same"),
        ("/retry/codes", "[399]", "retry.codes[0]", "from 400 to 599"),
        ("/retry/backoff", r#""1""#, "retry.backoff", "duration"),
        (
            "/sessionPersistence/type",
            r#""Token""#,
            "sessionPersistence.type",
            "Cookie, Header",
        ),
        (
            "/sessionPersistence",
            r#"{"cookieConfig":{"lifetimeType":"Permanent"}}"#,
            "sessionPersistence",
            "absoluteTimeout is required",
        ),
        (
            "/sessionPersistence",
            r#"{"type":"Header","cookieConfig":{}}"#,
            "sessionPersistence",
            "unless type is Cookie",
        ),
    ]);
}

#[test]
fn routes_are_taken_as_the_schema_takes_them() {
    check_accepted(
        &route(),
        &[
            ("/apiVersion", r#""gateway.networking.k8s.io/v1beta1""#),
            (
                "/spec/parentRefs",
                r#"[{"name":"a","sectionName":"x"},{"name":"a","sectionName":"y"}]"#,
            ),
            (
                "/spec/parentRefs",
                r#"[{"name":"a"},{"name":"a","namespace":"b"}]"#,
            ),
            (
                "/spec/parentRefs",
                r#"[{"name":"a","port":1},{"name":"a","port":2}]"#,
            ),
            ("/spec/parentRefs", ""),
            ("/spec/hostnames", r#"["*.example.com","a"]"#),
            ("/spec/rules", r#"[{},{}]"#),
            (
                "/spec/rules/0/timeouts",
                r#"{"request":"0s","backendRequest":"5s"}"#,
            ),
            ("/spec/rules/0/timeouts", r#"{"backendRequest":"5s"}"#),
            (
                "/spec/rules/0/backendRefs",
                r#"[{"group":"x.y","kind":"Z","name":"a"}]"#,
            ),
            (
                "/spec/rules/0/backendRefs",
                r#"[{"name":"a","port":1,"weight":0}]"#,
            ),
            (
                "/spec/rules",
                r##"[{"matches":[{"path":{"type":"RegularExpression","value":"a//[#]"}}]}]"##,
            ),
            (
                "/spec/rules",
                r#"[{"matches":[{"headers":[{"name":"a","value":"1"},{"name":"A","value":"2"}]}]}]"#,
            ),
        ],
    );
}
