//! The answer of `queue --advise`: statements for a person to review, never run by us.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Document, Provenance, Report, header};
use crate::facts::layout::{Layout, Role};
use crate::sources::postgres::sql;

/// `data` of `queue --advise`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AdviceJson {
    indexes: Vec<IndexJson>,
}

/// An index that would help.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IndexJson {
    /// Which figures it serves.
    serves: &'static str,
    /// The statement, for review.
    sql: String,
}

/// The indexes that are missing so that no figure needs a scan.
fn missing(layout: &Layout) -> Vec<IndexJson> {
    let roles = [
        (Role::Waiting, "waiting jobs by kind"),
        (Role::InProgress, "jobs in progress, stuck jobs and workers"),
        (Role::Failed, "failed jobs by kind"),
        (Role::Dead, "dead letters by kind and inflow"),
    ];
    let mut indexes = Vec::new();
    for (role, serves) in roles {
        let values = layout.vocabulary.values(role);
        let columns = sql::covering_columns(layout, role);
        if values.is_empty() || columns.is_empty() || layout.has_partial_index(values, &columns) {
            continue;
        }
        let columns: Vec<_> = columns.iter().map(|c| sql::ident(c)).collect();
        let sql = format!(
            "create index concurrently jobs_{}_cliplyctl on public.jobs ({}) where {};",
            role.word(),
            columns.join(", "),
            sql::live_in(layout, values)
        );
        indexes.push(IndexJson { serves, sql });
    }
    indexes
}

/// Builds the report.
#[must_use]
pub fn report(layout: &Layout, from: &Provenance) -> Report {
    let indexes = missing(layout);
    let mut document = Document::default();
    document.push(header::title("index advice", from));
    if indexes.is_empty() {
        document.note("every figure of the queue has its index");
    } else {
        document.note("for review; nothing is run. Each makes its figures index-only:");
        let lines: Vec<_> = indexes.iter().map(|i| format!("-- {}\n{}", i.serves, i.sql)).collect();
        document.push(Block::Verbatim(lines.join("\n")));
        document.note("run VACUUM public.jobs afterwards, so that the indexes need no table");
    }
    Report::listing("queue", AdviceJson { indexes }, document)
}
