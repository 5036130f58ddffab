//! Invariants that hold after every drill.

use serde_json::Value;

use crate::support::cli::Output;
use crate::support::postgres::Database;

/// A query for jobs in an inconsistent state: neither dead nor requeued according to their events, or
/// written in part. A drill requeues and undoes each job at most once.
const INCONSISTENT_JOBS: &str = "
    SELECT coalesce(string_agg(concat_ws(' ', id, state, attempts, moved, back), ', '), 'none') FROM (
      SELECT j.*, coalesce(moved, 0) AS moved, coalesce(back, 0) AS back FROM jobs j LEFT JOIN (
        SELECT job_id, count(*) FILTER (WHERE data->>'reason' = 'requeued_from_dead_letter') AS moved,
               count(*) FILTER (WHERE data->>'reason' = 'requeue_undone') AS back
          FROM job_events GROUP BY job_id) e ON e.job_id = j.id) t
     WHERE moved > 1 OR back > moved OR (state = 'dead_letter') <> (moved = back)
        OR (state = 'queued' AND (attempts <> 0 OR locked_by IS NOT NULL))
        OR (state = 'dead_letter' AND attempts = 0)";

/// Fails if a job is inconsistent. Returns the number of requeued and of undone jobs.
pub fn count_complete_writes(db: &Database, description: &str) -> (u64, u64) {
    assert_eq!(db.value(INCONSISTENT_JOBS), "none", "{description}");
    let events = |reason: &str| {
        let sql = format!("SELECT count(*) FROM job_events WHERE data->>'reason' = '{reason}'");
        db.value(&sql).parse().unwrap()
    };
    (events("requeued_from_dead_letter"), events("requeue_undone"))
}

/// Fails if the report does not match the database, which has `written` of `planned` jobs. A command that
/// ended without a report must have written nothing and must name the cause.
pub fn assert_report_matches(output: &Output, planned: u64, written: u64, description: &str) {
    let json = output.json();
    assert_eq!(json["exit_code"], output.code, "{description}: {json:#}");
    let outcome = &json["data"]["outcome"];
    let failed = json["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    if outcome.is_null() {
        assert_eq!((output.code, written, failed), (3, 0, true), "{description}: {output:#?}");
        return;
    }
    let n = |name: &str| outcome[name].as_u64().unwrap();
    let sum: u64 =
        ["written", "skipped", "errors", "not_written", "in_doubt"].into_iter().map(n).sum();
    assert_eq!(sum, planned, "{description}: every job is accounted for once: {outcome:#}");
    let (done, in_doubt) = (n("written"), n("in_doubt"));
    assert!(
        (done..=done + in_doubt).contains(&written),
        "{description}: {written} are: {outcome:#}"
    );
    let changed_since = json["data"]["changed_since"].as_u64().unwrap_or(0);
    let expected = if changed_since > 0 && !failed { 75 } else { expected(outcome, failed) };
    assert_eq!(output.code, expected, "{description}: {output:#?}");
}

/// Returns the exit code for this outcome from the documented table.
fn expected(outcome: &Value, failed: bool) -> i32 {
    let none = |names: &[&str]| names.iter().all(|name| outcome[name] == 0);
    match failed {
        true if none(&["written", "in_doubt"]) => 3,
        false if none(&["skipped", "errors", "not_written", "in_doubt"]) => 0,
        // The jobs changed after the plan, and there is nothing to resume.
        false if none(&["written", "in_doubt", "not_written"]) => 77,
        _ => 75,
    }
}
