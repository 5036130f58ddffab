//! The answer of `queue --advise`: statements for a person to review, never run by us.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Document, Provenance, Report, header};
use crate::facts::layout::{Layout, Partition, Role};
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
        let name = format!("jobs_{}_cliplyctl", role.word());
        let on = format!("({}) where {}", columns.join(", "), sql::live_in(layout, values));
        indexes.push(IndexJson { serves, sql: statements(layout, &name, &on) });
    }
    indexes
}

/// What makes an index while others write. A partitioned table cannot have it made so as a whole:
/// each partition has its own, and the table's is valid once the last one is attached.
fn statements(layout: &Layout, name: &str, on: &str) -> String {
    if layout.partitions.is_empty() {
        return format!("create index concurrently {name} on public.jobs {on};");
    }
    let own = |index: usize| format!("{name}_{}", index + 1);
    let qualified = |index: usize| format!("{}.{}", layout.partitions[index].schema, own(index));
    let above = |partition: &Partition| {
        let named = |other: &Partition| Some(&other.name) == partition.parent.as_ref();
        let parent = layout.partitions.iter().position(named);
        parent.map_or_else(|| format!("public.{name}"), qualified)
    };
    let mut lines = vec![format!("create index {name} on only public.jobs {on};")];
    for (index, partition) in layout.partitions.iter().enumerate() {
        let (made, only) =
            if partition.leaf { ("index concurrently", "") } else { ("index", "only ") };
        lines.push(format!("create {made} {} on {only}{} {on};", own(index), partition.name));
    }
    // From the leaves up: a part is attached when all of its own are.
    for (index, partition) in layout.partitions.iter().enumerate().rev() {
        let (parent, part) = (above(partition), qualified(index));
        lines.push(format!("alter index {parent} attach partition {part};"));
    }
    lines.join("\n")
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
