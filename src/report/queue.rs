//! The report of `queue`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::checks::queue::count_text;
use crate::exit::FailOn;
use crate::facts::queue::{Count, Queue};
use crate::facts::{Finding, Observed, Status};
use crate::text;

/// `data` of `queue`. Ages are in seconds by the database clock.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct QueueJson {
    /// Kind of the counted jobs; null for all kinds.
    kind: Option<String>,
    /// Time by the database clock, RFC 3339 UTC.
    server_time: String,
    /// Due jobs.
    due: CountJson,
    /// Scheduled jobs.
    scheduled: CountJson,
    /// Claimed jobs: running or stuck.
    in_progress: CountJson,
    /// Failed jobs, whether they will be retried or not.
    failed: CountJson,
    /// Those of them that no function takes up again; null if no claim function shows that.
    given_up: Option<CountJson>,
    /// Dead letters; null if the schema has none.
    dead: Option<CountJson>,
    /// Canceled jobs; null if the schema has no such state.
    canceled: Option<CountJson>,
    /// Jobs that cannot be claimed until something else ends; not there if the schema has no such state.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<CountJson>,
    /// Jobs in a state unknown to this tool.
    unknown_state: CountJson,
    /// Jobs dead-lettered in the last hour.
    died_last_hour: Option<CountJson>,
    /// Stuck jobs; null if the schema has no heartbeats.
    stuck: Option<CountJson>,
    /// Jobs with a heartbeat, a lock or a creation in the future; null if there are none.
    in_future: Option<FutureJson>,
    /// Time since the oldest due job became due.
    oldest_due_age: Option<f64>,
    /// Number of active workers; null if the schema has no heartbeats.
    workers: Option<CountJson>,
    /// Age of the newest heartbeat.
    last_beat_age: Option<f64>,
    /// Counts by kind, most jobs first.
    by_kind: Vec<KindJson>,
    /// Reason why `by_kind` is incomplete.
    by_kind_missing: Option<String>,
    /// What is not known of a package's queue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknowable: Vec<String>,
}

/// A count and its precision.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CountJson {
    /// Count; null if it was not counted.
    pub(crate) value: Option<u64>,
    /// Precision: `exact`, `at_least` or `not_counted`.
    pub(crate) precision: &'static str,
    /// Reason why it was not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl From<&Count> for CountJson {
    fn from(count: &Count) -> Self {
        let (precision, reason) = match count {
            Count::Exact(_) => ("exact", None),
            Count::AtLeast(_) => ("at_least", None),
            Count::NotCounted(reason) => ("not_counted", Some(reason.clone())),
        };
        Self { value: count.at_least(), precision, reason }
    }
}

/// Times in the future.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FutureJson {
    /// Number of jobs.
    jobs: u64,
    /// Seconds by which the latest is ahead of the database clock.
    seconds: f64,
    /// Zone in which they are read, if their columns have none.
    zone: Option<String>,
}

/// Counts of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KindJson {
    kind: String,
    due: u64,
    scheduled: u64,
    in_progress: u64,
    failed: u64,
    dead: u64,
    /// Time since the oldest due job became due; null if none is due.
    oldest_due_age: Option<f64>,
}

impl From<&Queue> for QueueJson {
    fn from(queue: &Queue) -> Self {
        Self {
            kind: queue.kind.clone(),
            server_time: queue.server_time.clone(),
            due: (&queue.due).into(),
            scheduled: (&queue.scheduled).into(),
            in_progress: (&queue.claimed).into(),
            failed: (&queue.failed).into(),
            given_up: queue.given_up.as_ref().map(|given_up| (&given_up.jobs).into()),
            dead: queue.dead.as_ref().map(Into::into),
            canceled: queue.canceled.as_ref().map(Into::into),
            blocked: queue.blocked.as_ref().map(Into::into),
            unknown_state: (&queue.other).into(),
            died_last_hour: queue.dead_lettered_last_hour.as_ref().map(Into::into),
            stuck: queue.stuck.as_ref().map(Into::into),
            in_future: queue.future_times.as_ref().map(|times| FutureJson {
                jobs: times.jobs,
                seconds: times.seconds.round(),
                zone: times.zone.clone(),
            }),
            oldest_due_age: queue.oldest_due_age.map(f64::round),
            workers: queue.workers.as_ref().map(|w| (&w.active).into()),
            last_beat_age: queue.workers.as_ref().and_then(|w| w.heartbeat_age).map(f64::round),
            by_kind: queue.by_kind.iter().map(kind_json).collect(),
            by_kind_missing: queue.by_kind_missing.clone(),
            unknowable: queue.unknowable.clone(),
        }
    }
}

fn kind_json(row: &crate::facts::queue::KindCounts) -> KindJson {
    KindJson {
        kind: row.kind.clone(),
        due: row.due,
        scheduled: row.scheduled,
        in_progress: row.claimed,
        failed: row.failed,
        dead: row.dead,
        oldest_due_age: row.oldest_due_age.map(f64::round),
    }
}

/// Builds the report; it has no data if the queue could not be read.
pub(crate) fn report(
    observed: &Observed<Queue>,
    findings: Vec<Finding>,
    fail_on: FailOn,
    from: &Provenance,
) -> Report {
    let Ok(queue) = &observed.result else {
        return Report::from_findings("queue", findings, fail_on, (), Document::default());
    };
    let document = document(queue, &findings, from);
    let mut report =
        Report::from_findings("queue", findings, fail_on, QueueJson::from(queue), document);
    report.summary = vec![
        ("waiting", queue.queued().at_least().into()),
        ("due", queue.due.at_least().into()),
        ("in_progress", queue.claimed.at_least().into()),
        ("stuck", queue.stuck.as_ref().and_then(Count::at_least).into()),
        ("dead", queue.dead.as_ref().and_then(Count::at_least).into()),
    ];
    report.examined.push(observed.source.clone());
    if let Some(reason) = &queue.by_kind_missing {
        report.not_examined.push(("split by kind".to_owned(), reason.clone()));
    }
    report
}

fn document(queue: &Queue, findings: &[Finding], from: &Provenance) -> Document {
    let mut document = Document::default();
    let status = Status::worst(findings.iter().map(|f| f.status));
    document.headline(status, headline(findings, status));
    let subject = match &queue.kind {
        Some(kind) => format!("queue of {kind}"),
        None => "queue".to_owned(),
    };
    document.push(title_line::title(subject, from));
    document.push(Block::Table(state_table(queue, findings)));
    if !queue.by_kind.is_empty() {
        document.push(Block::Table(by_kind(queue)));
    }
    if let Some(reason) = &queue.by_kind_missing {
        document.note(format!("the rows by kind are incomplete: {reason}"));
    }
    for note in &queue.unknowable {
        document.note(note.as_str());
    }
    document.next_steps_for(findings, "cliplyctl queue");
    document
}

/// Returns the sentences of the problems, the worst first, or those of the main checks if the status is OK.
pub(crate) fn headline(findings: &[Finding], status: Status) -> String {
    let sentences = |matches: &dyn Fn(&Finding) -> bool| -> Vec<&str> {
        findings.iter().filter(|f| matches(f)).map(|f| f.message.as_str()).collect()
    };
    if status == Status::Ok {
        let main = ["queue.backlog", "queue.running", "dlq.size"];
        return sentences(&|f| main.contains(&f.check)).join(", ");
    }
    let worst = sentences(&|f| f.status == status);
    let others = sentences(&|f| f.status == Status::Warning && status != Status::Warning);
    worst.into_iter().chain(others).collect::<Vec<_>>().join("; ")
}

/// A row of the state table: label, count, the checks that evaluate it, and a note.
type StateRow<'a> = (&'static str, &'a Count, &'static [&'static str], String);

fn state_table(queue: &Queue, findings: &[Finding]) -> Table {
    let oldest = queue.oldest_due_age.map(|age| format!("oldest due for {}", text::age(age)));
    let workers = findings.iter().find(|f| f.check == "queue.workers");
    let workers = workers.map(|f| f.message.clone()).unwrap_or_default();
    let running = queue.running();
    let mut rows: Vec<StateRow<'_>> = vec![
        ("due", &queue.due, &["queue.backlog", "queue.oldest_due"], oldest.unwrap_or_default()),
        ("scheduled", &queue.scheduled, &[], String::new()),
        match &running {
            Some(running) => ("running", running, &["queue.running", "queue.workers"], workers),
            // The number of stuck jobs is not known.
            None => ("claimed", &queue.claimed, &["queue.running", "queue.workers"], workers),
        },
    ];
    if let Some(stuck) = &queue.stuck {
        let is_empty = *stuck == Count::Exact(0);
        let note = if is_empty { "" } else { "no recent heartbeat" };
        rows.push(("stuck", stuck, &["queue.stuck"], note.to_owned()));
    }
    rows.push(("failed", &queue.failed, &[], String::new()));
    if let Some(given_up) = &queue.given_up {
        rows.push((
            "given up",
            &given_up.jobs,
            &["dlq.given_up"],
            "of the failed jobs, not claimed again".to_owned(),
        ));
    }
    if let (Some(dead), Some(dead_lettered)) = (&queue.dead, &queue.dead_lettered_last_hour) {
        rows.push(("dead letters", dead, &["dlq.size"], String::new()));
        // The count excludes requeued jobs: they are no longer dead letters.
        let note = if *dead_lettered == Count::Exact(0) { "" } else { "excludes requeued jobs" };
        rows.push(("dead-lettered (1h)", dead_lettered, &["dlq.inflow"], note.to_owned()));
    }
    if let Some(canceled) = &queue.canceled {
        rows.push(("canceled", canceled, &[], String::new()));
    }
    if let Some(blocked) = &queue.blocked {
        rows.push(("blocked", blocked, &[], String::new()));
    }
    if queue.other != Count::Exact(0) {
        rows.push(("unknown state", &queue.other, &["queue.unknown_states"], String::new()));
    }
    let mut table = Table::new(vec![
        Column::text("state"),
        Column::number("jobs"),
        Column::text("status"),
        Column::prose("detail"),
    ]);
    for row in rows {
        table.row(state_row(row, findings));
    }
    table
}

fn state_row((name, count, checks, note): StateRow<'_>, findings: &[Finding]) -> Vec<Cell> {
    let statuses = findings.iter().filter(|f| checks.contains(&f.check)).map(|f| f.status);
    let status = Status::worst(statuses);
    let (count, note) = match count {
        Count::NotCounted(reason) => ("?".to_owned(), format!("not counted: {reason}")),
        count => (count_text(count), note),
    };
    vec![
        Cell::plain(name),
        Cell::value_with_status(count, status),
        if checks.is_empty() { Cell::default() } else { Cell::status(status) },
        Cell::plain(note),
    ]
}

fn by_kind(queue: &Queue) -> Table {
    let mut columns = vec![
        Column::text("kind"),
        Column::number("due"),
        Column::number("scheduled"),
        Column::number("claimed"),
        Column::number("failed"),
    ];
    if queue.dead.is_some() {
        columns.push(Column::number("dead"));
    }
    let mut table = Table::new(columns);
    let number = |n: u64| if n == 0 { Cell::muted("0") } else { Cell::plain(text::count(n)) };
    for row in &queue.by_kind {
        let mut cells = vec![
            Cell::plain(&row.kind),
            number(row.due),
            number(row.scheduled),
            number(row.claimed),
            number(row.failed),
        ];
        if queue.dead.is_some() {
            cells.push(number(row.dead));
        }
        table.row(cells);
    }
    table
}
