//! The wire layer against cases written as data, and against properties.
//!
//! Each file under `cases/` is read as [`case`] describes. A case of bytes in pieces is run whole,
//! cut in two at every byte, and byte by byte, and must come out the same each time.

mod case;
mod disguises;
mod message_properties;
mod path_properties;
mod request_stream;
mod response_stream;
mod tables;

use case::Case;

/// Runs every case of a file in every cut and reports all that differ at once.
fn check(file: &str, run: impl Fn(&Case, &[&[u8]]) -> Vec<String>) {
    let cases = case::read(file);
    let mut wrong = Vec::new();
    for case in &cases {
        for pieces in cuts(&case.bytes) {
            let got = run(case, &pieces);
            if got != case.expected {
                let sizes: Vec<_> = pieces.iter().map(|piece| piece.len()).collect();
                wrong.push(format!(
                    "{file}:{} {}\n  in pieces of {sizes:?}\n  expected {:#?}\n  got {got:#?}",
                    case.line, case.name, case.expected
                ));
                break;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases differ\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// Whole; in two, at every byte; byte by byte. Long inputs are cut in two near their ends only.
fn cuts(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let edge = 200;
    let mut cuts = vec![vec![bytes]];
    for at in 1..bytes.len() {
        if at < edge || at + edge > bytes.len() {
            let (front, back) = bytes.split_at(at);
            cuts.push(vec![front, back]);
        }
    }
    cuts.push(bytes.chunks(1).collect());
    cuts
}

#[test]
fn requests_are_framed_or_refused() {
    let files = [
        "requests.txt",
        "request_lines.txt",
        "hosts.txt",
        "framing.txt",
        "connection.txt",
        "names_and_values.txt",
        "bodies.txt",
        "targets.txt",
    ];
    for file in files {
        check(file, |_, pieces| request_stream::run(pieces));
    }
}

#[test]
fn responses_are_framed_or_refused() {
    check("responses.txt", |case, pieces| {
        response_stream::run(&case.about, pieces)
    });
}

#[test]
fn proxy_headers_are_believed_or_refused() {
    check("proxy_protocol.txt", |_, pieces| {
        tables::proxy_header(pieces)
    });
}
