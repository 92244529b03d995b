//! What the schema of HTTPRoute refuses.

use serde_json::json;

use crate::support::{Refusal, check_accepted, check_refusals, route, row};

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

/// Rows about the one rule of the base.
fn check_rule(rows: &[(&'static str, &'static str, &'static str, &'static str)]) {
    let rows: Vec<Refusal> = rows
        .iter()
        .map(|(at, value, field, says)| {
            let dot = if field.is_empty() || field.starts_with('[') {
                ""
            } else {
                "."
            };
            let at = format!("/spec/rules/0{at}").leak();
            row(at, value, format!("spec.rules[0]{dot}{field}").leak(), says)
        })
        .collect();
    check_refusals(&route(), &rows);
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
fn filters_are_refused_as_the_schema_refuses_them() {
    check_rule(&[
        ("/filters/0/type", "", "filters[0].type", "is required"),
        (
            "/filters/0/requestHeaderModifier",
            "",
            "filters[0].requestHeaderModifier",
            "is required when type",
        ),
        (
            "/filters/0/cors",
            "{}",
            "filters[0].cors",
            "must not be set when type is RequestHeaderModifier",
        ),
        (
            "/filters/0/requestHeaderModifier/set",
            r#"[{"name":"a","value":"1"},{"name":"a","value":"2"}]"#,
            "filters[0].requestHeaderModifier.set",
            "the same name",
        ),
        (
            "/filters/0/requestHeaderModifier/set",
            r#"[{"name":"a"}]"#,
            "filters[0].requestHeaderModifier.set[0].value",
            "is required",
        ),
        (
            "/filters/0/requestHeaderModifier/set",
            r#"[{"name":"a","value":"x\r\ny"}]"#,
            "filters[0].requestHeaderModifier.set[0].value",
            "printable ASCII",
        ),
        (
            "/filters/0/requestHeaderModifier/remove",
            r#"["a","a"]"#,
            "filters[0].requestHeaderModifier.remove",
            "are the same",
        ),
        (
            "/filters/1/requestMirror/percent",
            "101",
            "filters[1].requestMirror.percent",
            "from 0 to 100",
        ),
        (
            "/filters/1/requestMirror/fraction",
            r#"{"numerator":1}"#,
            "filters[1].requestMirror",
            "exclude each other",
        ),
        (
            "/filters/1/requestMirror/backendRef/port",
            "",
            "filters[1].requestMirror.backendRef",
            "port is required",
        ),
        (
            "/filters/1/requestMirror",
            r#"{"backendRef":{"name":"a","port":1},"fraction":{"numerator":101}}"#,
            "filters[1].requestMirror.fraction",
            "not be greater than denominator",
        ),
        (
            "/filters/1/requestMirror",
            r#"{"backendRef":{"name":"a","port":1},"fraction":{"numerator":0,"denominator":0}}"#,
            "filters[1].requestMirror.fraction.denominator",
            "from 1",
        ),
        (
            "/filters/2/cors/allowOrigins",
            r#"["a.b"]"#,
            "filters[2].cors.allowOrigins[0]",
            "origin",
        ),
        (
            "/filters/2/cors/allowOrigins",
            r#"["*","http://a"]"#,
            "filters[2].cors.allowOrigins",
            "alone",
        ),
        (
            "/filters/2/cors/allowMethods",
            r#"["GET","*"]"#,
            "filters[2].cors.allowMethods",
            "alone",
        ),
        (
            "/filters/2/cors/allowMethods",
            r#"["get"]"#,
            "filters[2].cors.allowMethods[0]",
            "GET",
        ),
        (
            "/filters/2/cors/allowHeaders",
            r#"["a","*"]"#,
            "filters[2].cors.allowHeaders",
            "alone",
        ),
        (
            "/filters/2/cors/exposeHeaders",
            r#"["a b"]"#,
            "filters[2].cors.exposeHeaders[0]",
            "header name",
        ),
        (
            "/filters/2/cors/maxAge",
            "0",
            "filters[2].cors.maxAge",
            "from 1",
        ),
        (
            "/filters/3/extensionRef/group",
            "",
            "filters[3].extensionRef.group",
            "is required",
        ),
        (
            "/filters/4/externalAuth/http",
            "",
            "filters[4].externalAuth.http",
            "is required when protocol",
        ),
        (
            "/filters/4/externalAuth/grpc",
            "{}",
            "filters[4].externalAuth.grpc",
            "must not be set",
        ),
        (
            "/filters/4/externalAuth/http/path",
            r#""?""#,
            "filters[4].externalAuth.http.path",
            "a path",
        ),
        (
            "/filters/5/urlRewrite/hostname",
            r#""*.a""#,
            "filters[5].urlRewrite.hostname",
            "DNS name",
        ),
        (
            "/filters/5/urlRewrite/path/replacePrefixMatch",
            "",
            "filters[5].urlRewrite.path.replacePrefixMatch",
            "is required when type",
        ),
        (
            "/filters/5/urlRewrite/path/replaceFullPath",
            r#""/""#,
            "filters[5].urlRewrite.path.replaceFullPath",
            "must not be set",
        ),
    ]);
}

#[test]
fn lists_of_filters_are_refused_as_the_schema_refuses_them() {
    let redirect = r#"{"type":"RequestRedirect","requestRedirect":{}}"#;
    let rewrite = r#"{"type":"URLRewrite","urlRewrite":{"hostname":"a"}}"#;
    let request = r#"{"type":"RequestHeaderModifier","requestHeaderModifier":{}}"#;
    let response = r#"{"type":"ResponseHeaderModifier","responseHeaderModifier":{}}"#;
    let cors = r#"{"type":"CORS","cors":{}}"#;
    let mut base = route();
    crate::support::set(&mut base, "/spec/rules/0/backendRefs", "");
    let mut rows = Vec::new();
    for (one, other, says) in [
        (redirect, rewrite, "exclude each other"),
        (redirect, redirect, "RequestRedirect must not be repeated"),
        (rewrite, rewrite, "URLRewrite must not be repeated"),
        (
            request,
            request,
            "RequestHeaderModifier must not be repeated",
        ),
        (
            response,
            response,
            "ResponseHeaderModifier must not be repeated",
        ),
        (cors, cors, "CORS must not be repeated"),
    ] {
        let value: &'static str = format!("[{one},{other}]").leak();
        rows.push(row(
            "/spec/rules/0/filters",
            value,
            "spec.rules[0].filters",
            says,
        ));
        let value: &'static str = format!(r#"[{{"name":"a","port":1,"filters":{value}}}]"#).leak();
        let field = "spec.rules[0].backendRefs[0].filters";
        rows.push(row("/spec/rules/0/backendRefs", value, field, says));
    }
    check_refusals(&base, &rows);
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
