//! The report of `queue --advise`: index statements for review, never run by this tool.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Document, Provenance, Report, title_line};
use crate::advice::index_gain;
use crate::facts::index_cost::{Cost, TimedCount, UnindexedMetric};
use crate::queue::package::AdvisedIndex;
use crate::queue::{Layout, Lifecycle, Partition, SMALL_TABLE, sql};
use crate::text;

/// `data` of `queue --advise`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IndexAdviceJson {
    indexes: Vec<IndexJson>,
}

/// A suggested index.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IndexJson {
    /// Metrics that the index serves.
    serves: String,
    /// Statement that creates the index, for review.
    sql: String,
    /// Measured cost of one count without the index; null if it was not measured.
    now: Option<CurrentCostJson>,
    /// Estimated cost of one count with the index; null if unknown.
    with_index: Option<IndexedCostJson>,
    /// Reason why nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_measured: Option<String>,
}

/// Cost of one count without the index.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CurrentCostJson {
    /// Duration of a single count in milliseconds; null if it was canceled.
    took_ms: Option<f64>,
    /// Milliseconds after which the count was canceled; null if it completed.
    given_up_after_ms: Option<f64>,
    /// Scan nodes of the query plan, such as `Seq Scan`.
    reads: Vec<&'static str>,
    /// Number of table pages that are read; null if the plan does not show this.
    pages: Option<u64>,
    /// Whether `pages` is an estimate (one page per job) and not the size of the table.
    pages_estimated: bool,
}

/// Estimated cost of one count with the index.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IndexedCostJson {
    /// Estimated number of index pages, from the number of jobs and the width of an entry.
    pages: u64,
    /// Number of jobs in the index.
    jobs: u64,
    /// Whether `jobs` is an estimate of the planner and not a count.
    jobs_estimated: bool,
}

impl IndexJson {
    fn new(layout: &Layout, metric: &UnindexedMetric) -> Self {
        let lifecycle = metric.role;
        let columns: Vec<_> =
            sql::covering_columns(layout, lifecycle).iter().map(|c| sql::ident(c)).collect();
        let name = format!("jobs_{}_cliplyctl", lifecycle.as_str());
        let values = layout.state_names.values(lifecycle);
        let on = format!("({}) where {}", columns.join(", "), sql::state_in(layout, values));
        let cost = metric.cost.as_ref();
        Self {
            serves: serves(lifecycle).to_owned(),
            sql: statements(layout, &name, &on),
            now: cost.ok().map(CurrentCostJson::from),
            with_index: cost.ok().map(IndexedCostJson::from),
            not_measured: cost.err().map(|error| text::first_line(&error.message).to_owned()),
        }
    }

    /// Returns the statement preceded by SQL comments that explain it, so that all of it can be
    /// pasted.
    fn commented(&self) -> String {
        let mut lines = vec![self.serves.clone()];
        lines.extend(self.now.as_ref().map(CurrentCostJson::text));
        lines.extend(self.with_index.as_ref().map(IndexedCostJson::text));
        lines.extend(self.not_measured.as_ref().map(|reason| format!("not measured: {reason}")));
        let comments: String = lines.iter().map(|line| format!("-- {line}\n")).collect();
        comments + &self.sql
    }
}

impl From<&Cost> for CurrentCostJson {
    fn from(cost: &Cost) -> Self {
        let millis = |time: Duration| (time.as_secs_f64() * 10_000.0).round() / 10.0;
        let (took_ms, given_up_after_ms) = match cost.count {
            TimedCount::Counted { took, .. } => (Some(millis(took)), None),
            TimedCount::GivenUp(elapsed) => (None, Some(millis(elapsed))),
        };
        let pages = index_gain::pages_now(cost);
        Self {
            took_ms,
            given_up_after_ms,
            reads: cost.planner_estimate.scans.iter().map(|scan| scan.as_str()).collect(),
            pages: pages.map(|pages| pages.value),
            pages_estimated: pages.is_some_and(|pages| pages.estimate),
        }
    }
}

impl CurrentCostJson {
    fn text(&self) -> String {
        let time = match (self.took_ms, self.given_up_after_ms) {
            (Some(took), _) => format!("{}, measured once", text::millis(took)),
            (None, elapsed) => format!("> {}: given up", text::millis(elapsed.unwrap_or(0.0))),
        };
        let about = if self.pages_estimated { "about " } else { "" };
        let pages = self.pages.map_or_else(String::new, |pages| {
            format!(" of {about}{}", text::plural(pages, "page", "pages"))
        });
        format!("now: {time}; {}{pages}", self.reads.join(" and "))
    }
}

impl From<&Cost> for IndexedCostJson {
    fn from(cost: &Cost) -> Self {
        let jobs = index_gain::jobs(cost);
        Self {
            pages: index_gain::pages_then(cost),
            jobs: jobs.value,
            jobs_estimated: jobs.estimate,
        }
    }
}

impl IndexedCostJson {
    fn text(&self) -> String {
        let pages = text::plural(self.pages, "page", "pages");
        let jobs = text::plural(self.jobs, "job", "jobs");
        let source = if self.jobs_estimated { "planner estimate" } else { "counted" };
        format!("with it: about {pages} of the index (estimate), for {jobs} {source}")
    }
}

/// Returns the metrics that the index of a lifecycle state serves.
fn serves(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Queued => "queued jobs by kind",
        Lifecycle::Claimed => "claimed jobs, stuck jobs and workers",
        Lifecycle::Failed => "failed jobs by kind",
        Lifecycle::Dead => "dead letters by kind and in the last hour",
        Lifecycle::Finished | Lifecycle::Canceled | Lifecycle::Blocked | Lifecycle::Other => {
            "jobs by kind"
        }
    }
}

/// Returns the statements that create an index without blocking writers. PostgreSQL cannot build an
/// index of a partitioned table concurrently: each partition gets its own, and the index of the
/// table becomes valid when the last one is attached.
fn statements(layout: &Layout, name: &str, definition: &str) -> String {
    if layout.partitions.is_empty() {
        return format!("create index concurrently {name} on {} {definition};", layout.relation);
    }
    let index_name = |index: usize| format!("{name}_{}", index + 1);
    let qualified_name =
        |index: usize| format!("{}.{}", layout.partitions[index].schema, index_name(index));
    let parent_index = |partition: &Partition| {
        let is_parent = |candidate: &Partition| Some(&candidate.name) == partition.parent.as_ref();
        let parent = layout.partitions.iter().position(is_parent);
        parent.map_or_else(|| format!("{}.{name}", layout.relation.schema_sql()), qualified_name)
    };
    let mut lines = vec![format!("create index {name} on only {} {definition};", layout.relation)];
    for (index, partition) in layout.partitions.iter().enumerate() {
        let (kind, only) =
            if partition.leaf { ("index concurrently", "") } else { ("index", "only ") };
        lines.push(format!(
            "create {kind} {} on {only}{} {definition};",
            index_name(index),
            partition.name
        ));
    }
    // Leaf partitions come first: an index is attached after all indexes of its own partitions.
    for (index, partition) in layout.partitions.iter().enumerate().rev() {
        let (parent, child) = (parent_index(partition), qualified_name(index));
        lines.push(format!("alter index {parent} attach partition {child};"));
    }
    lines.join("\n")
}

/// Returns when `queue` itself benefits from the indexes, if that is not obvious.
fn benefit_note(layout: &Layout, indexes: usize) -> Option<String> {
    if layout.is_small() {
        let rows = text::count(SMALL_TABLE as u64);
        return Some(format!(
            "no index is needed: queue reads tables of up to {rows} rows completely"
        ));
    }
    (indexes > 1).then(|| {
        "queue scans the table once for all metrics without an index; the last index avoids the scan"
            .to_owned()
    })
}

/// Builds the report.
pub(crate) fn report(layout: &Layout, metrics: &[UnindexedMetric], from: &Provenance) -> Report {
    let indexes: Vec<_> = metrics.iter().map(|metric| IndexJson::new(layout, metric)).collect();
    let mut document = Document::default();
    document.push(title_line::title("index advice", from));
    if indexes.is_empty() {
        document.note("all metrics of queue have an index");
    } else {
        document.note(
            "Review before running; nothing was changed. Each index makes its metrics index-only:",
        );
        let commented: Vec<_> = indexes.iter().map(IndexJson::commented).collect();
        document.push(Block::Verbatim(commented.join("\n")));
        document.note(format!(
            "run VACUUM {} afterwards, so that index-only scans are possible",
            layout.relation
        ));
        if let Some(note) = benefit_note(layout, indexes.len()) {
            document.note(note);
        }
    }
    Report::listing("queue", IndexAdviceJson { indexes }, document)
}

/// Builds the report of the indexes that a package does not create, and the table does not have.
pub(crate) fn of_package(layout: &Layout, indexes: &[AdvisedIndex], from: &Provenance) -> Report {
    let is_missing =
        |index: &&AdvisedIndex| !layout.has_partial_index(std::slice::from_ref(&index.state), &[]);
    let indexes = indexes.iter().filter(is_missing).map(|index| IndexJson {
        serves: index.serves.clone(),
        sql: statements(
            layout,
            &index.name,
            &format!("({}) where {}", index.columns, index.predicate),
        ),
        now: None,
        with_index: None,
        not_measured: None,
    });
    let indexes: Vec<_> = indexes.collect();
    let mut document = Document::default();
    document.push(title_line::title("index advice", from));
    if indexes.is_empty() {
        document.note("the suggested indexes exist");
        return Report::listing("queue", IndexAdviceJson { indexes }, document);
    }
    document.note("Review before running; nothing was changed. The package does not create these:");
    let commented: Vec<_> = indexes.iter().map(IndexJson::commented).collect();
    document.push(Block::Verbatim(commented.join("\n")));
    if let Some(note) = benefit_note(layout, indexes.len()) {
        document.note(note);
    }
    Report::listing("queue", IndexAdviceJson { indexes }, document)
}
