//! What the schema of HTTPRoute refuses of filters.

use crate::support::{check_refusals, check_rule, route, row, set};

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
    set(&mut base, "/spec/rules/0/backendRefs", "");
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
