//! `ringress check`: translates a folder without serving it, and says what becomes of every object.

mod suppose;
mod table;

use super::{FAILURE, REFUSED};
use crate::app;
use crate::control::source::directory;
use crate::control::status::StatusKeeper;
use crate::control::status::render::{Binds, StatusDocument, render};
use crate::objects::manifest::Limits;
use crate::objects::{Objects, Severity};
use crate::options::{CheckOptions, Output};
use crate::translate::{self, Report};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
enum CheckFailure {
    #[error("{}: {error}", folder.display())]
    Folder { folder: PathBuf, error: io::Error },
    #[error("cannot make the default certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
    #[error("cannot print YAML: {0}")]
    Yaml(String),
}

/// Checks a folder.
pub fn run(options: &CheckOptions) -> ExitCode {
    match check(options, &mut io::stdout().lock()) {
        Ok(true) => ExitCode::from(REFUSED),
        Ok(false) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("ringress: {failure}");
            ExitCode::from(FAILURE)
        }
    }
}

/// Whether something is refused.
fn check(options: &CheckOptions, to: &mut impl Write) -> Result<bool, CheckFailure> {
    let objects = read(options)?;
    let now = jiff::Timestamp::now();
    let mut settings = app::translation(&options.objects, &options.addresses);
    settings.self_signed = Some(app::self_signed()?);
    settings.now = Some(now.as_second());
    let (_, report) = translate::translate(&objects, &settings);
    let report = Arc::new(report);
    let binds = suppose::listening(&report);
    match options.output {
        Output::Text => text(&report, &render(&report, &binds), to)?,
        Output::Json => {
            serde_json::to_writer_pretty(&mut *to, &list(&report, &binds, now))
                .map_err(io::Error::from)?;
            writeln!(to)?;
        }
        Output::Yaml => {
            let yaml = serde_saphyr::to_string(&list(&report, &binds, now))
                .map_err(|error| CheckFailure::Yaml(error.to_string()))?;
            to.write_all(yaml.as_bytes())?;
        }
    }
    Ok(report.refused())
}

fn read(options: &CheckOptions) -> Result<Objects, CheckFailure> {
    let batch = directory::read(&options.folder, Limits::default()).map_err(|error| {
        CheckFailure::Folder {
            folder: options.folder.clone(),
            error,
        }
    })?;
    let mut objects = Objects::default();
    objects.apply_all(batch.changes);
    objects.set_problems(batch.problems.unwrap_or_default());
    Ok(objects)
}

/// What `/debug/status` shows for the same objects.
fn list(report: &Arc<Report>, binds: &Binds, now: jiff::Timestamp) -> serde_json::Value {
    let mut keeper = StatusKeeper::default();
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    keeper.update(report, binds, &now);
    keeper.document(&report.problems)
}

fn text(report: &Report, documents: &[StatusDocument], to: &mut impl Write) -> io::Result<()> {
    table::write(documents, to)?;
    for problem in &report.problems {
        let severity = table::severity(problem.severity());
        writeln!(to, "{severity}: {}", table::one_line(&problem.to_string()))?;
    }
    let problems = report.problems.iter().map(|problem| problem.severity());
    let notes = documents.iter().flat_map(|document| &document.notes);
    let notes = notes.map(|note| note.severity);
    let count = problems
        .chain(notes)
        .filter(|severity| *severity == Severity::Warning)
        .count();
    let verdict = if report.refused() {
        "something is refused"
    } else {
        "nothing is refused"
    };
    writeln!(
        to,
        "{} objects, {count} warnings: {verdict}",
        documents.len()
    )
}
