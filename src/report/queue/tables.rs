//! The tables of `queue`: states, kinds and workers.

use super::listed_workers;
use crate::checks::queue::{count_text, given_up_reason};
use crate::facts::acknowledged::AcknowledgedDead;
use crate::facts::queue::{Count, Queue, WorkerJobs};
use crate::facts::{Finding, Status, Thresholds};
use crate::report::{Cell, Column, Table};
use crate::text;

/// A row of the state table: label, count, the checks that evaluate it, and its detail.
type StateRow<'a> = (&'static str, &'a Count, &'static [&'static str], String);

// The checks of the rows. A check that is in none of them is in `WITHOUT_ROW`.
const DUE: &[&str] = &["queue.backlog", "queue.oldest_due"];
const RUNNING: &[&str] = &["queue.running", "queue.workers"];
const STUCK: &[&str] = &["queue.stuck"];
const GIVEN_UP: &[&str] = &["dlq.given_up"];
const DEAD: &[&str] = &["dlq.size", "dlq.inflow"];
const UNKNOWN: &[&str] = &["queue.unknown_states"];

pub(super) fn state_table(queue: &Queue, findings: &[Finding], thresholds: &Thresholds) -> Table {
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
    let unknown = queue.given_up.as_ref().map(|given_up| &given_up.unknown);
    match unknown.filter(|unknown| **unknown != Count::Exact(0)) {
        Some(unknown) => {
            let detail = format!("{}: not known whether they are tried again", count_text(unknown));
            rows.push(("failed", &queue.failed, GIVEN_UP, detail));
        }
        None => rows.push(("failed", &queue.failed, &[], String::new())),
    }
    if let Some(given_up) = queue.given_up.as_ref().filter(|g| g.jobs != Count::Exact(0)) {
        let detail = format!("of the failed jobs: {}", given_up_reason(given_up));
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
pub(super) fn worker_table(workers: &[WorkerJobs]) -> Table {
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

pub(super) fn by_kind(queue: &Queue) -> Table {
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
