//! The report of `rls diff`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::FailOn;
use crate::facts::access::diff::{AccessReport, ReportPair};
use crate::facts::{Finding, Status};
use crate::report::{Block, Cell, Column, Document, Report, Table};
use crate::text;

/// `data` of `rls diff`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DiffJson {
    /// The old report.
    old: DiffSideJson,
    /// The new report.
    new: DiffSideJson,
}

/// A compared report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DiffSideJson {
    /// Path of its file.
    file: String,
    /// The database that it is about, or the kind of file.
    of: String,
}

impl From<&AccessReport> for DiffSideJson {
    fn from(side: &AccessReport) -> Self {
        Self { file: side.file.clone(), of: side.origin.clone() }
    }
}

/// Builds the report.
pub(crate) fn report(pair: &ReportPair, findings: Vec<Finding>, fail_on: FailOn) -> Report {
    let summary = counts(&findings).map(|(word, count)| (word, count.into())).to_vec();
    let data = DiffJson { old: (&pair.old).into(), new: (&pair.new).into() };
    let document = document(pair, &findings);
    let mut report = Report::from_findings("rls diff", findings, fail_on, data, document);
    report.summary = summary;
    report.examined = vec![pair.old.file.clone(), pair.new.file.clone()];
    report
}

/// Returns the number of findings by kind of difference.
fn counts(findings: &[Finding]) -> [(&'static str, usize); 3] {
    [("appeared", "rls.appeared"), ("vanished", "rls.vanished"), ("changed", "rls.changed")].map(
        |(word, id)| {
            let is_difference = |f: &&Finding| f.check == id && f.status != Status::Ok;
            (word, findings.iter().filter(is_difference).count())
        },
    )
}

fn document(pair: &ReportPair, findings: &[Finding]) -> Document {
    let mut document = Document::default();
    let status = Status::worst(findings.iter().map(|f| f.status));
    document.headline(status, headline(findings));
    document.push(Block::Title(vec![
        Cell::strong("access"),
        Cell::plain(format!("{} ({})", pair.old.file, pair.old.origin)),
        Cell::plain(format!("{} ({})", pair.new.file, pair.new.origin)),
    ]));
    let columns = ["status", "change", "access"].map(Column::text);
    let mut table = Table::new(columns.into_iter().chain([Column::prose("now")]).collect());
    for rank in [Status::Critical, Status::Unknown, Status::Warning, Status::Ok] {
        for finding in findings.iter().filter(|finding| finding.status == rank) {
            let what = finding.check.strip_prefix("rls.").unwrap_or(finding.check);
            table.row(vec![
                Cell::status(rank),
                Cell::plain(what),
                Cell::plain(&finding.subject),
                Cell::plain(&finding.message),
            ]);
        }
    }
    if !table.rows.is_empty() {
        document.push(Block::Table(table));
    }
    document
}

/// Returns, for example, `2 appeared, 1 vanished`.
fn headline(findings: &[Finding]) -> String {
    let part = |(word, count): (&str, usize)| {
        (count > 0).then(|| format!("{} {word}", text::count(count as u64)))
    };
    let parts: Vec<_> = counts(findings).into_iter().filter_map(part).collect();
    if parts.is_empty() { "no access was gained or lost".to_owned() } else { parts.join(", ") }
}
