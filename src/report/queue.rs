//! The report of `queue`.

use schemars::JsonSchema;
use serde::Serialize;

use super::acknowledged::{self, AcknowledgedJson};
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::checks::next;
use crate::checks::queue::{count_plural, count_text};
use crate::exit::FailOn;
use crate::facts::Suggestion;
use crate::facts::acknowledged::AcknowledgedDead;
use crate::facts::queue::{Count, Queue, Throughput, WorkerJobs};
use crate::facts::{Finding, Observed, Section, Status, Thresholds};
use crate::suggest::ShellCommand;
use crate::text;
use crate::triage::without_beginnings;

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
    claimed: CountJson,
    /// Claimed jobs with a recent heartbeat; null if the number of stuck jobs is not known.
    running: Option<CountJson>,
    /// Failed jobs, whether they will be retried or not.
    failed: CountJson,
    /// Those of them that no function takes up again; null if no claim function shows that.
    given_up: Option<CountJson>,
    /// Dead letters; null if the schema has none.
    dead: Option<CountJson>,
    /// Acknowledged groups among the dead letters; empty if the configuration has none.
    acknowledged: Vec<AcknowledgedJson>,
    /// Dead letters of acknowledged groups that do not count towards the thresholds.
    acknowledged_jobs: u64,
    /// Why no acknowledged group is subtracted; null if they are.
    acknowledged_not_applied: Option<String>,
    /// Canceled jobs; null if the schema has no such state.
    canceled: Option<CountJson>,
    /// Jobs that cannot be claimed until something else ends; not there if the schema has no such state.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<CountJson>,
    /// Jobs in a state unknown to this tool.
    unknown_state: CountJson,
    /// Jobs dead-lettered in the last hour.
    dead_lettered_last_hour: Option<CountJson>,
    /// Stuck jobs; null if the schema has no heartbeats.
    stuck: Option<CountJson>,
    /// Jobs with a heartbeat, a lock or a creation in the future; null if there are none.
    in_future: Option<FutureJson>,
    /// Time since the oldest due job became due.
    oldest_due_age: Option<f64>,
    /// Number of active workers; null if the schema has no heartbeats.
    workers: Option<CountJson>,
    /// Age of the newest heartbeat.
    heartbeat_age_seconds: Option<f64>,
    /// Workers with claimed jobs, those with stuck jobs first.
    by_worker: Vec<WorkerJson>,
    /// Jobs finished per minute in the last minutes; null if it is not known.
    finished_per_minute: Option<f64>,
    /// New jobs per minute in the last minutes; null if it is not known.
    enqueued_per_minute: Option<f64>,
    /// Time until the due jobs have finished at this rate; null if it is not known or the backlog does not shrink.
    drain_seconds: Option<f64>,
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
            Count::NotCounted(reason) | Count::BeyondBudget(reason) => {
                ("not_counted", Some(reason.clone()))
            }
        };
        Self { value: count.at_least(), precision, reason }
    }
}

/// Times in the future.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FutureJson {
    /// Number of jobs.
    jobs: u64,
    /// Seconds by which the latest is ahead of the database clock; null if it is infinite.
    seconds: Option<f64>,
    /// Zone in which they are read, if their columns have none.
    zone: Option<String>,
}

/// Counts of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KindJson {
    kind: String,
    due: u64,
    scheduled: u64,
    /// Claimed jobs: running or stuck.
    claimed: u64,
    running: u64,
    stuck: u64,
    failed: u64,
    dead: u64,
    /// Time since the oldest due job became due; null if none is due.
    oldest_due_age: Option<f64>,
}

/// Claimed jobs of one worker.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WorkerJson {
    /// Name of the worker; null if the jobs have none.
    worker: Option<String>,
    /// Jobs with a recent heartbeat.
    running: u64,
    /// Stuck jobs.
    stuck: u64,
    /// Age of its newest heartbeat; null if there was none.
    heartbeat_age_seconds: Option<f64>,
}

impl From<&WorkerJobs> for WorkerJson {
    fn from(jobs: &WorkerJobs) -> Self {
        Self {
            worker: jobs.worker.clone(),
            running: jobs.claimed.saturating_sub(jobs.stuck),
            stuck: jobs.stuck,
            heartbeat_age_seconds: jobs.heartbeat_age.map(f64::round),
        }
    }
}

impl QueueJson {
    fn new(queue: &Queue, throughput: Option<Throughput>) -> Self {
        let due = queue.due.at_least();
        let acknowledged = queue.acknowledged.as_ref();
        Self {
            kind: queue.kind.clone(),
            server_time: queue.server_time.clone(),
            due: (&queue.due).into(),
            scheduled: (&queue.scheduled).into(),
            claimed: (&queue.claimed).into(),
            running: queue.running().as_ref().map(Into::into),
            failed: (&queue.failed).into(),
            given_up: queue.given_up.as_ref().map(|given_up| (&given_up.jobs).into()),
            dead: queue.dead.as_ref().map(Into::into),
            acknowledged: acknowledged.map(AcknowledgedJson::all).unwrap_or_default(),
            acknowledged_jobs: acknowledged.map_or(0, AcknowledgedDead::jobs),
            acknowledged_not_applied: acknowledged.and_then(|dead| dead.not_applied.clone()),
            canceled: queue.canceled.as_ref().map(Into::into),
            blocked: queue.blocked.as_ref().map(Into::into),
            unknown_state: (&queue.other).into(),
            dead_lettered_last_hour: queue.dead_lettered_last_hour.as_ref().map(Into::into),
            stuck: queue.stuck.as_ref().map(Into::into),
            in_future: queue.future_times.as_ref().map(|times| FutureJson {
                jobs: times.jobs,
                seconds: times.seconds.map(f64::round),
                zone: times.zone.clone(),
            }),
            oldest_due_age: queue.oldest_due_age.map(f64::round),
            workers: queue.workers.as_ref().map(|w| (&w.active).into()),
            heartbeat_age_seconds: queue
                .workers
                .as_ref()
                .and_then(|w| w.heartbeat_age)
                .map(f64::round),
            by_worker: listed_workers(queue).iter().map(Into::into).collect(),
            finished_per_minute: throughput.map(|t| t.finished_per_minute),
            enqueued_per_minute: throughput.map(|t| t.enqueued_per_minute),
            drain_seconds: throughput
                .zip(due)
                .and_then(|(t, due)| t.seconds_to_drain(due))
                .map(f64::round),
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
        claimed: row.claimed,
        running: row.claimed.saturating_sub(row.stuck),
        stuck: row.stuck,
        failed: row.failed,
        dead: row.dead,
        oldest_due_age: row.oldest_due_age.map(f64::round),
    }
}

/// Builds the report; it has no data if the queue could not be read.
pub(crate) fn report(
    observed: &Observed<Queue>,
    throughput: Option<Throughput>,
    (findings, thresholds): (Vec<Finding>, &Thresholds),
    fail_on: FailOn,
    from: &Provenance,
) -> Report {
    let Ok(queue) = &observed.result else {
        return Report::from_findings("queue", findings, fail_on, (), Document::default());
    };
    let document = document(queue, throughput, (&findings, thresholds), from);
    let data = QueueJson::new(queue, throughput);
    let mut report = Report::from_findings("queue", findings, fail_on, data, document);
    report.summary = vec![
        ("queued", queue.queued().at_least().into()),
        ("due", queue.due.at_least().into()),
        ("claimed", queue.claimed.at_least().into()),
        ("running", queue.running().as_ref().and_then(Count::at_least).into()),
        ("stuck", queue.stuck.as_ref().and_then(Count::at_least).into()),
        ("dead", queue.dead.as_ref().and_then(Count::at_least).into()),
    ];
    report.examined.push(observed.source.clone());
    if let Some(reason) = &queue.by_kind_missing {
        report.not_examined.push(("split by kind".to_owned(), reason.clone()));
    }
    report
}

fn document(
    queue: &Queue,
    throughput: Option<Throughput>,
    (findings, thresholds): (&[Finding], &Thresholds),
    from: &Provenance,
) -> Document {
    let mut document = Document::default();
    let status = Status::worst(findings.iter().map(|f| f.status));
    document.headline(status, headline(queue, findings, status));
    let subject = match &queue.kind {
        Some(kind) => format!("queue of {kind}"),
        None => "queue".to_owned(),
    };
    document.push(title_line::title_at(subject, from));
    document.push(Block::Table(state_table(queue, findings, thresholds)));
    if let Some(throughput) = throughput {
        document.push(Block::Pairs(throughput_pairs(throughput, &queue.due)));
    }
    if !queue.by_kind.is_empty() {
        document.push(Block::Table(by_kind(queue)));
    }
    acknowledged::push_notes(&mut document, queue.acknowledged.as_ref());
    if let Some(reason) = &queue.by_kind_missing {
        document.note(format!("the rows by kind are incomplete: {reason}"));
    }
    let workers = listed_workers(queue);
    if !workers.is_empty() {
        document.push(Block::Table(worker_table(workers)));
    }
    if let Some(more) = queue.workers.as_ref().map(|w| w.more).filter(|more| *more > 0) {
        document.note(text::plural(more, "more worker", "more workers"));
    }
    for note in &queue.unknowable {
        document.note(note.as_str());
    }
    document.next(next_steps(queue, findings, status));
    document
}

/// The commands, the one for the most urgent problem first.
fn next_steps(queue: &Queue, findings: &[Finding], status: Status) -> Vec<Suggestion> {
    if status == Status::Ok {
        return vec![];
    }
    let is_problem =
        |ids: &[&str]| findings.iter().any(|f| ids.contains(&f.check) && f.status != Status::Ok);
    let mut steps = Vec::new();
    if is_problem(&["queue.stuck"]) && queue.stuck.as_ref().and_then(Count::at_least) > Some(0) {
        let stuck = queue.stuck.as_ref();
        let stuck = stuck.map(|stuck| count_plural(stuck, "stuck job", "stuck jobs"));
        let stuck = stuck.unwrap_or_default();
        steps.push(match queue.is_rescue_refused {
            true => Suggestion::new(
                ShellCommand::new("jobs list --state stuck"),
                format!("the {stuck}"),
            ),
            false => Suggestion::new(
                next::RESCUE_PREVIEW.command,
                format!("preview the rescue of the {stuck}"),
            ),
        });
    }
    if is_problem(&["dlq.size", "dlq.inflow"]) {
        steps.push(Suggestion::fixed("dlq groups", "dead letters by cause"));
    }
    for finding in findings.iter().filter(|f| f.status != Status::Ok) {
        let Some(command) = finding.next_command().filter(|next| **next != next::QUEUE.command)
        else {
            continue;
        };
        if steps.iter().all(|known| known.command != *command) {
            steps.push(Suggestion::new(command.clone(), finding.section.name()));
        }
    }
    if findings.iter().any(|f| f.section == Section::Backlog && f.status != Status::Ok) {
        steps.push(Suggestion::fixed("runbook 3.3", "runbook: queue backlog"));
    } else {
        steps.push(Suggestion::fixed("runbook 3.4", "runbook: dead letters"));
    }
    if let [first, _, ..] = steps.as_mut_slice() {
        first.extend_why(": start here");
    }
    steps
}

/// Returns the problems with their numbers, the worst first; the counts if the status is OK.
fn headline(queue: &Queue, findings: &[Finding], status: Status) -> String {
    if status == Status::Ok {
        let mut parts = vec![format!("{} due", count_plural(&queue.due, "job", "jobs"))];
        parts.extend(queue.running().map(|running| format!("{} running", count_text(&running))));
        let dead = queue.dead.as_ref();
        parts.extend(dead.map(|dead| count_plural(dead, "dead letter", "dead letters")));
        return parts.join(", ");
    }
    let of = |wanted: Status, is_queue: bool| {
        findings
            .iter()
            .filter(move |f| f.status == wanted && (f.section == Section::Backlog) == is_queue)
    };
    // Dead letters of a lower status are left to the table.
    let mut sentences: Vec<&str> = Vec::new();
    for rank in [Status::Critical, Status::Unknown, Status::Warning] {
        sentences.extend(of(rank, true).map(|f| f.message.as_str()));
        if rank == status {
            sentences.extend(of(rank, false).map(|f| f.message.as_str()));
        }
    }
    without_beginnings(sentences).join("; ")
}

/// A row of the state table: label, count, the checks that evaluate it, and its detail.
type StateRow<'a> = (&'static str, &'a Count, &'static [&'static str], String);

// The checks of the rows. A check that is in none of them is in `WITHOUT_ROW`.
const DUE: &[&str] = &["queue.backlog", "queue.oldest_due"];
const RUNNING: &[&str] = &["queue.running", "queue.workers"];
const STUCK: &[&str] = &["queue.stuck"];
const GIVEN_UP: &[&str] = &["dlq.given_up"];
const DEAD: &[&str] = &["dlq.size", "dlq.inflow"];
const UNKNOWN: &[&str] = &["queue.unknown_states"];

fn state_table(queue: &Queue, findings: &[Finding], thresholds: &Thresholds) -> Table {
    let oldest = queue.oldest_due_age.map(|age| format!("oldest due for {}", text::age(age)));
    let workers = findings.iter().find(|f| f.check == "queue.workers");
    let workers = workers.map(|f| f.message.clone()).unwrap_or_default();
    let running = queue.running();
    let mut rows: Vec<StateRow<'_>> = vec![
        ("due", &queue.due, DUE, oldest.unwrap_or_default()),
        ("scheduled", &queue.scheduled, &[], String::new()),
        match &running {
            Some(running) => ("running", running, RUNNING, workers),
            // The number of stuck jobs is not known.
            None => ("claimed", &queue.claimed, RUNNING, workers),
        },
    ];
    if let Some(stuck) = &queue.stuck {
        rows.push(("stuck", stuck, STUCK, stuck_detail(queue, stuck, thresholds)));
    }
    rows.push(("failed", &queue.failed, &[], String::new()));
    if let Some(given_up) = queue.given_up.as_ref().filter(|g| g.jobs != Count::Exact(0)) {
        let detail = "of the failed jobs: no function claims them again".to_owned();
        rows.push(("given up", &given_up.jobs, GIVEN_UP, detail));
    }
    if let (Some(dead), Some(dead_lettered)) = (&queue.dead, &queue.dead_lettered_last_hour) {
        // The count excludes requeued jobs: they are no longer dead letters.
        let detail = match dead_lettered {
            Count::Exact(0) => String::new(),
            Count::NotCounted(_) | Count::BeyondBudget(_) => {
                format!("dead-lettered in the last hour: {}", count_text(dead_lettered))
            }
            count => {
                format!(
                    "{} dead-lettered in the last hour (excludes requeued jobs)",
                    count_text(count)
                )
            }
        };
        let acknowledged = queue.acknowledged.as_ref().map_or(0, AcknowledgedDead::jobs);
        let detail = match (acknowledged, detail.as_str()) {
            (0, _) => detail,
            (jobs, "") => format!("{} acknowledged", text::count(jobs)),
            (jobs, detail) => format!("{} acknowledged; {detail}", text::count(jobs)),
        };
        rows.push(("dead letters", dead, DEAD, detail));
    }
    if let Some(canceled) = queue.canceled.as_ref().filter(|count| **count != Count::Exact(0)) {
        rows.push(("canceled", canceled, &[], String::new()));
    }
    if let Some(blocked) = &queue.blocked {
        let detail = queue.held_up_age.map_or_else(String::new, |age| {
            format!("due for {}, behind a job that is scheduled for later", text::age(age))
        });
        rows.push(("blocked", blocked, &[], detail));
    }
    if queue.other != Count::Exact(0) {
        rows.push(("unknown state", &queue.other, UNKNOWN, String::new()));
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

/// Returns `no heartbeat for more than 10m: worker-c`, with the number of jobs if there are several workers, and the jobs
/// that no process owns.
fn stuck_detail(queue: &Queue, stuck: &Count, thresholds: &Thresholds) -> String {
    if *stuck == Count::Exact(0) {
        return String::new();
    }
    let default =
        || format!("no heartbeat for more than {}", text::duration(thresholds.stuck_after));
    let rule = queue.stuck_rule.clone().unwrap_or_else(default);
    let workers: Vec<_> = listed_workers(queue).iter().filter(|jobs| jobs.stuck > 0).collect();
    let names: Vec<_> = workers
        .iter()
        .filter_map(|jobs| {
            let name = jobs.worker.as_deref()?;
            Some(match workers.len() {
                1 => name.to_owned(),
                _ => format!("{name} ({})", text::count(jobs.stuck)),
            })
        })
        .collect();
    let ownerless = workers.iter().find(|jobs| jobs.worker.is_none()).map(|jobs| jobs.stuck);
    let ownerless =
        queue.owner.as_ref().zip(ownerless).map(|(owner, stuck)| {
            format!("no {owner} owns {}", text::plural(stuck, "job", "jobs"))
        });
    match (names.is_empty(), ownerless) {
        (true, Some(ownerless)) => ownerless,
        (true, None) => rule,
        (false, None) => format!("{rule}: {}", text::some_of(&names, 3)),
        (false, Some(ownerless)) => format!("{rule}: {}; {ownerless}", text::some_of(&names, 3)),
    }
}

/// Returns the rows about throughput.
fn throughput_pairs(throughput: Throughput, due: &Count) -> Vec<(&'static str, Cell)> {
    let Throughput { finished_per_minute, enqueued_per_minute } = throughput;
    let rates = format!(
        "{finished_per_minute:.1} jobs finished per minute, {enqueued_per_minute:.1} new (last 5m)"
    );
    let mut pairs = vec![("throughput", Cell::plain(rates))];
    if let Some(due) = due.at_least().filter(|due| *due > 0) {
        let drain = match throughput.seconds_to_drain(due) {
            Some(seconds) => format!("{} at this rate", text::age(seconds)),
            None => "not draining: at least as many new jobs as finished jobs".to_owned(),
        };
        pairs.push(("time to drain", Cell::plain(drain)));
    }
    pairs
}

fn listed_workers(queue: &Queue) -> &[WorkerJobs] {
    queue.workers.as_ref().map_or(&[], |workers| &workers.by_worker)
}

fn worker_table(workers: &[WorkerJobs]) -> Table {
    let mut table = Table::new(vec![
        Column::text("worker"),
        Column::number("running"),
        Column::number("stuck"),
        Column::number("last heartbeat"),
    ]);
    for jobs in workers {
        let stuck = match jobs.stuck {
            0 => Cell::muted("0"),
            stuck => Cell::value_with_status(text::count(stuck), Status::Warning),
        };
        let heartbeat = jobs.heartbeat_age.map(|age| format!("{} ago", text::age(age)));
        table.row(vec![
            Cell::plain(jobs.worker.as_deref().unwrap_or("(none)")),
            number(jobs.claimed.saturating_sub(jobs.stuck)),
            stuck,
            Cell::plain(heartbeat.unwrap_or_else(|| "none".to_owned())),
        ]);
    }
    table
}

fn number(n: u64) -> Cell {
    if n == 0 { Cell::muted("0") } else { Cell::plain(text::count(n)) }
}

fn state_row((name, count, checks, note): StateRow<'_>, findings: &[Finding]) -> Vec<Cell> {
    let statuses = findings.iter().filter(|f| checks.contains(&f.check)).map(|f| f.status);
    let status = Status::worst(statuses);
    let (count, note) = match count {
        Count::NotCounted(_) | Count::BeyondBudget(_) => ("?".to_owned(), count_text(count)),
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
    let knows_stuck = queue.stuck.is_some();
    let mut columns =
        vec![Column::text("kind"), Column::number("due"), Column::number("oldest due")];
    columns.push(Column::number("scheduled"));
    columns.push(Column::number(if knows_stuck { "running" } else { "claimed" }));
    if knows_stuck {
        columns.push(Column::number("stuck"));
    }
    columns.push(Column::number("failed"));
    if queue.dead.is_some() {
        columns.push(Column::number("dead"));
    }
    let mut table = Table::new(columns);
    for row in &queue.by_kind {
        let oldest = row.oldest_due_age.map(text::age);
        let oldest = oldest.map_or_else(|| Cell::muted("-"), Cell::plain);
        let mut cells = vec![Cell::plain(&row.kind), number(row.due), oldest];
        cells.push(number(row.scheduled));
        if knows_stuck {
            cells.push(number(row.claimed.saturating_sub(row.stuck)));
            cells.push(number(row.stuck));
        } else {
            cells.push(number(row.claimed));
        }
        cells.push(number(row.failed));
        if queue.dead.is_some() {
            cells.push(number(row.dead));
        }
        table.row(cells);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::queue::{BACKLOG, DEAD_LETTERS};

    /// Checks of the whole queue, and not of the jobs in one state.
    const WITHOUT_ROW: [&str; 1] = ["queue.clock_skew"];

    #[test]
    fn every_check_of_the_queue_is_in_a_row_of_its_table() {
        let rows = [DUE, RUNNING, STUCK, GIVEN_UP, DEAD, UNKNOWN].concat();
        for check in BACKLOG.iter().chain(&DEAD_LETTERS) {
            let is_known = rows.contains(&check.id) || WITHOUT_ROW.contains(&check.id);
            assert!(is_known, "{}: add it to the checks of a row, or to WITHOUT_ROW", check.id);
        }
    }
}
