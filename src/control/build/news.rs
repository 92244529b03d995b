//! What a build has to say that the build before did not: for the log of whoever runs the gateway.

use crate::objects::{Severity, printable};
use crate::table::CertProblem;
use crate::translate::Report;
use std::collections::HashSet;

/// Lines said in full at once; the rest is a number, and stands on the status page.
const LINES_MAX: usize = 20;

/// What is wrong according to the last build.
#[derive(Debug, Default)]
pub struct News {
    known: HashSet<String>,
}

/// What there is to say about one build.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bulletin {
    /// What became wrong, in the order of the report.
    pub new: Vec<String>,
    /// What became wrong beyond these lines.
    pub more: usize,
    /// How much was wrong before and is not any more.
    pub mended: usize,
}

impl News {
    /// Compares with the build before.
    pub fn of(&mut self, report: &Report, certificates: &[CertProblem]) -> Bulletin {
        let lines = lines(report, certificates);
        let mut new: Vec<String> = Vec::new();
        let mut known = HashSet::with_capacity(lines.len());
        for line in lines {
            if !self.known.contains(&line) && !known.contains(&line) {
                new.push(line.clone());
            }
            known.insert(line);
        }
        let mended = self.known.difference(&known).count();
        self.known = known;
        let more = new.len().saturating_sub(LINES_MAX);
        new.truncate(LINES_MAX);
        Bulletin { new, more, mended }
    }
}

impl Bulletin {
    pub fn log(&self) {
        for line in &self.new {
            tracing::warn!("{line}");
        }
        if self.more > 0 {
            tracing::warn!("{} more of these; see /debug/status", self.more);
        }
        if self.mended > 0 {
            tracing::info!("{} earlier refusals or warnings are no more", self.mended);
        }
    }
}

fn lines(report: &Report, certificates: &[CertProblem]) -> Vec<String> {
    let heard = |severity| severity != Severity::Notice;
    let problems = report.problems.iter();
    let problems = problems.filter(|problem| heard(problem.severity()));
    let mut lines: Vec<String> = problems.map(ToString::to_string).collect();
    for line in report.lines().filter(|line| line.condition.refuses()) {
        let condition = line.condition;
        let place = match line.section.is_empty() {
            true => line.object.to_string(),
            false => format!("{}, {}", line.object, line.section),
        };
        let (kind, status) = (condition.kind, condition.status.as_str());
        let (reason, message) = (condition.reason, &condition.message);
        lines.push(format!("{place}: {kind} is {status}, {reason}: {message}"));
    }
    for object in &report.objects {
        for note in object.notes.iter().filter(|note| heard(note.severity)) {
            let (object, field, message) = (&object.object, &note.field, &note.message);
            lines.push(match field.is_empty() {
                true => format!("{object}: {message}"),
                false => format!("{object}: {field}: {message}"),
            });
        }
    }
    for problem in certificates {
        let name = &problem.listener;
        lines.push(format!(
            "listener {} of {}/{} on {}: certificate {}: {}",
            name.listener,
            name.namespace,
            name.gateway,
            problem.bind,
            problem.certificate,
            problem.reason
        ));
    }
    // Names that a schema leaves free, and keys that it does not know, may hold anything.
    let printed = lines.iter().map(|line| printable(line).into_owned());
    printed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{Cause, Kind, ObjectKey, Origin, Problem};
    use crate::translate::report::{ClassReport, Condition, Note, ObjectReport, ObjectStatus};

    fn problem(message: &str, cause: Cause) -> Problem {
        Problem {
            origin: Origin::default(),
            object: None,
            field: "spec".into(),
            cause,
            message: message.into(),
        }
    }

    fn class(name: &str, condition: Condition) -> ObjectReport {
        ObjectReport {
            object: ObjectKey::cluster(Kind::GatewayClass, name),
            generation: 1,
            status: ObjectStatus::GatewayClass(ClassReport {
                conditions: vec![condition],
                supported_features: Vec::new(),
            }),
            notes: vec![Note::warning("spec.x", "is unusual")],
        }
    }

    fn report() -> Report {
        Report {
            objects: vec![class(
                "c",
                Condition::fails("Accepted", "Invalid", "no such thing"),
            )],
            problems: vec![
                problem("is broken", Cause::Invalid),
                problem("is a Deployment", Cause::ForeignKind),
            ],
        }
    }

    #[test]
    fn what_is_wrong_is_said_once_and_so_is_its_end() {
        let mut news = News::default();
        let first = news.of(&report(), &[]);
        assert_eq!(
            first.new,
            [
                "spec: is broken",
                "GatewayClass c: Accepted is False, Invalid: no such thing",
                "GatewayClass c: spec.x: is unusual",
            ]
        );
        assert_eq!(news.of(&report(), &[]), Bulletin::default());
        let mended = news.of(&Report::default(), &[]);
        assert_eq!((mended.new.len(), mended.mended), (0, 3));
    }

    #[test]
    fn no_author_of_a_manifest_writes_lines_of_the_log() {
        let report = Report {
            objects: Vec::new(),
            problems: vec![problem("x\n2026 ERROR \u{1b}[2J", Cause::Invalid)],
        };
        let bulletin = News::default().of(&report, &[]);
        assert_eq!(bulletin.new, [r"spec: x\u{a}2026 ERROR \u{1b}[2J"]);
    }

    #[test]
    fn a_flood_is_a_number() {
        let flood = (0..25).map(|n| problem(&n.to_string(), Cause::Invalid));
        let report = Report {
            objects: Vec::new(),
            problems: flood.collect(),
        };
        let bulletin = News::default().of(&report, &[]);
        assert_eq!((bulletin.new.len(), bulletin.more), (LINES_MAX, 5));
    }
}
