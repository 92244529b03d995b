//! Files in, documents and problems out.

use std::sync::Arc;

use ringress::objects::manifest::{Contents, Limits, objects, read};
use ringress::objects::{Cause, Problem};
use serde_json::{Value, json};

fn yaml(text: &str) -> Contents {
    read("a.yaml", text.as_bytes(), &Limits::default())
}

fn values(contents: &Contents) -> Vec<Value> {
    contents
        .documents
        .iter()
        .map(|document| document.value.clone())
        .collect()
}

#[test]
fn texts_become_the_values_they_stand_for() {
    for (text, expected) in [
        ("", vec![]),
        ("# nothing\n", vec![]),
        ("---\n---\n# still nothing\n---\n", vec![]),
        ("a: 1\n", vec![json!({"a": 1})]),
        ("\u{feff}a: 1\n", vec![json!({"a": 1})]),
        ("a: 1\r\nb:\r\n- 2\r\n", vec![json!({"a": 1, "b": [2]})]),
        (
            "---\na: 1\n---\nb: 2\n",
            vec![json!({"a": 1}), json!({"b": 2})],
        ),
        ("a: 1\n...\nb: 2\n", vec![json!({"a": 1}), json!({"b": 2})]),
        (
            "--- {a: 1}\n--- # note\nb: 2\n",
            vec![json!({"a": 1}), json!({"b": 2})],
        ),
        ("%YAML 1.2\n---\na: 1\n", vec![json!({"a": 1})]),
        (
            "a: |\n  x\n   ---\n  y\n",
            vec![json!({"a": "x\n ---\ny\n"})],
        ),
        (
            "a: 'yes'\nb: yes\nc: \"1\"\nd: 1\n",
            vec![json!({"a": "yes", "b": true, "c": "1", "d": 1})],
        ),
        ("a: !!str 1\n", vec![json!({"a": "1"})]),
        ("on: 1\n80: x\n", vec![json!({"true": 1, "80": "x"})]),
        (
            "a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",
            vec![json!({"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]})],
        ),
        ("{\"a\": \"\\ud83d\\ude00\"}", vec![json!({"a": "😀"})]),
        ("{a: 1, b: [x]}", vec![json!({"a": 1, "b": ["x"]})]),
    ] {
        let contents = yaml(text);
        assert_eq!(contents.unread, [], "{text:?}");
        assert_eq!(values(&contents), expected, "{text:?}");
    }
}

#[test]
fn json_is_read_with_tabs_and_several_values() {
    let text =
        "{\n\t\"a\":\t[1, -2.5e3, true, null, \"x\\\"\\u00e4\\\\\"],\n\t\"b\": {}\n}\n{\"c\": []}";
    for name in ["a.json", "a.yaml"] {
        let contents = read(name, text.as_bytes(), &Limits::default());
        assert_eq!(contents.unread, [], "{name}");
        let expected = [
            json!({"a": [1, -2500.0, true, null, "x\"ä\\"], "b": {}}),
            json!({"c": []}),
        ];
        assert_eq!(values(&contents), expected, "{name}");
        assert_eq!(contents.documents[1].lines.line(), 5);
    }
}

#[test]
fn what_cannot_be_read_is_told_by_document_and_line() {
    for (name, text, number, line, says) in [
        (
            "a.yaml",
            "a: 1\nb: 2\na: 3\n",
            1,
            3,
            "\"a\" is already set on line 1",
        ),
        (
            "a.yaml",
            "x: 1\n---\na:\n  b: 1\n  c: 1\n  b: 2\n",
            2,
            6,
            "\"b\" is already set on line 4",
        ),
        ("a.yaml", "yes: 1\ntrue: 2\n", 1, 2, "already set"),
        ("a.yaml", "a: [1\n", 1, 1, ""),
        ("a.yaml", "a: b: c\n", 1, 1, ""),
        ("a.yaml", "a: *x\n", 1, 1, ""),
        ("a.yaml", "a: &x [*x]\n", 1, 1, "within what it stands for"),
        ("a.yaml", "a: &x {b: 1}\nc:\n  <<: *x\n", 1, 3, "merge keys"),
        ("a.yaml", "a: !Ref x\n", 1, 1, "tag"),
        ("a.yaml", "a: !!binary YQ==\n", 1, 1, "tag"),
        ("a.yaml", "? [1]\n: 2\n", 1, 1, "must be a text"),
        ("a.yaml", "a: .inf\n", 1, 1, "finite"),
        (
            "a.json",
            "{\n\"a\": 1,\n\"a\": 2}",
            1,
            3,
            "already set on line 2",
        ),
        ("a.json", "{\"a\": 1", 1, 1, "middle"),
        ("a.json", "{\"a\": 1,}", 1, 1, "a field's name"),
        ("a.json", "{\"a\" 1}", 1, 1, "':'"),
        ("a.json", "[1 2]", 1, 1, "','"),
        ("a.json", "[1,]", 1, 1, "a value"),
        ("a.json", "[01]", 1, 1, "a value"),
        ("a.json", "[1}", 1, 1, "','"),
        ("a.json", "{}\n]", 2, 2, "a value"),
        ("a.json", "[\"a\nb\"]", 1, 1, "a text"),
        ("a.json", "[\"\\x\"]", 1, 1, "a text"),
        ("a.json", "[truth]", 1, 1, "a value"),
    ] {
        let contents = read(name, text.as_bytes(), &Limits::default());
        let [unread] = &contents.unread[..] else {
            panic!("{text:?}: {contents:?}")
        };
        assert_eq!(
            (unread.number, unread.line),
            (number, line),
            "{text:?}: {}",
            unread.message
        );
        assert_eq!(unread.cause, Cause::Syntax);
        assert!(
            unread.message.contains(says),
            "{text:?}: {}",
            unread.message
        );
    }
    let contents = read("a.yaml", b"a: 1\nb: \xff\n", &Limits::default());
    assert_eq!((contents.unread[0].number, contents.unread[0].line), (0, 2));
}

#[test]
fn a_bad_document_takes_nothing_else_down() {
    let contents = yaml("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 4\nd: 5\n---\ne: 5\n");
    assert_eq!(
        values(&contents),
        [json!({"a": 1}), json!({"c": 3}), json!({"e": 5})]
    );
    let numbers: Vec<u32> = contents
        .documents
        .iter()
        .map(|document| document.number)
        .collect();
    assert_eq!(numbers, [1, 3, 5]);
    let unread: Vec<u32> = contents.unread.iter().map(|unread| unread.number).collect();
    assert_eq!(unread, [2, 4]);
}

#[test]
fn limits_hold_and_bombs_do_not_go_off() {
    let limits = Limits {
        bytes: 4096,
        depth: 8,
        nodes: 500,
        documents: 5,
    };
    let deep = format!("{}{}", "[".repeat(9), "]".repeat(9));
    let laughs: String = (1..12)
        .map(|level| {
            let before = level - 1;
            format!(
                "l{level}: &l{level} [{}]\n",
                vec![format!("*l{before}"); 5].join(", ")
            )
        })
        .collect();
    let laughs = format!("l0: &l0 [x, x, x]\n{laughs}");
    let long_text = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1000),
        vec!["*a"; 100].join(", ")
    );
    // Each anchor keeps a copy of what is below it.
    let anchors = format!("a: &a [&b [&c [&d [{}1]]]]\n", "1, ".repeat(120));
    let nested_alias = "a: &a [[[[1]]]]\nb: &b [[[*a]]]\nc: [[*b]]\n".to_owned();
    for (text, says) in [
        (format!("a: {}", "x".repeat(5000)), "at most 4096"),
        (format!("a: {deep}\n"), "deeper than 8"),
        (deep.clone(), "deeper than 8"),
        (laughs, "more than 500 values"),
        (long_text, "more than 500 values"),
        (anchors, "more than 500 values"),
        (nested_alias, "deeper than 8"),
        ("a: 1\n---\n".repeat(6), "more than 5 documents"),
        (
            format!("{{kind: List, items: [{}]}}", ["{}"; 6].join(", ")),
            "more than 5 documents",
        ),
    ] {
        for name in ["a.yaml", "a.yml"] {
            let contents = read(name, text.as_bytes(), &limits);
            let [unread] = &contents.unread[..] else {
                panic!("{text:?}: {:?}", contents.unread)
            };
            assert_eq!(unread.cause, Cause::Limit, "{text:?}");
            assert!(
                unread.message.contains(says),
                "{text:?}: {}",
                unread.message
            );
            assert!(contents.documents.len() <= 5);
        }
    }
    // What cannot be read is no document, but it counts.
    let contents = read("a.yaml", "--- [\n".repeat(500).as_bytes(), &limits);
    assert_eq!(contents.unread.len(), 6);
    assert_eq!(contents.unread[5].cause, Cause::Limit);
    let contents = read("a.json", deep.as_bytes(), &limits);
    assert_eq!(contents.unread[0].cause, Cause::Limit);
    // Megabytes of brackets are no deeper a stack.
    let contents = read("a.json", "[".repeat(1 << 20).as_bytes(), &Limits::default());
    assert_eq!(contents.unread[0].cause, Cause::Limit);
}

const LIST: &str = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: a}
- kind: ServiceList
  items:
  - apiVersion: v1
    kind: Service
    metadata:
      name: s
    spec:
      ports:
      - port: 0
- apiVersion: apps/v1
  kind: Deployment
";

#[test]
fn lists_are_unpacked_and_problems_keep_their_lines() {
    let name = Arc::from("lists/all.yaml");
    let (entries, problems) = objects(&name, LIST.as_bytes(), &Limits::default());
    assert_eq!(problems, []);
    assert_eq!(entries.len(), 3);
    assert_eq!(
        entries[0]
            .object
            .as_ref()
            .map(|object| object.key().to_string())
            .as_deref(),
        Some("Namespace a")
    );
    let [
        Problem {
            origin,
            object,
            field,
            ..
        },
    ] = &entries[1].problems[..]
    else {
        panic!()
    };
    assert_eq!(
        (origin.file.as_deref(), origin.document, origin.line),
        (Some("lists/all.yaml"), 1, 15)
    );
    assert_eq!(
        object.as_ref().map(ToString::to_string).as_deref(),
        Some("Service default/s")
    );
    assert_eq!(field, "spec.ports[0].port");
    assert_eq!(
        entries[1].problems[0].to_string(),
        "lists/all.yaml:15: Service default/s: spec.ports[0].port: 0 must be from 1 to 65535"
    );
    assert_eq!(entries[2].problems[0].cause, Cause::ForeignKind);
    assert_eq!(entries[2].problems[0].origin.line, 17);
}

#[test]
fn an_absent_field_stands_on_the_line_of_its_owner() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports:\n  - name: a\n";
    let (entries, _) = objects(&Arc::from("a.yaml"), text.as_bytes(), &Limits::default());
    let problem = &entries[0].problems[0];
    assert_eq!(
        (problem.field.as_str(), problem.origin.line),
        ("spec.ports[0].port", 6)
    );
}
