//! Procrastinate, with the SQL that a person would write.

use serde_json::Value;

use super::{Queue, Writes};
use crate::support::wait_until;

pub const PROCRASTINATE: Queue = Queue {
    key: "procrastinate",
    schema_sql: include_str!("../../fixtures/queues/procrastinate_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/procrastinate_rows.sql"),
    session: "",
    schema: "public",
    table: "procrastinate_jobs",
    kind: "task_name",
    due: "status = 'todo' and id not in (502, 503, 505, 506) \
          and (scheduled_at is null or scheduled_at <= now())",
    // procrastinate_fetch_job_v2.
    claimable: "status = 'todo' and (scheduled_at is null or scheduled_at <= now()) and (lock is null or not exists (\
                  select from procrastinate_jobs earlier where earlier.lock = t.lock and (earlier.status = 'doing' \
                    or earlier.status = 'todo' and (earlier.priority > t.priority \
                      or earlier.priority = t.priority and earlier.id < t.id))))",
    retries_now: "update procrastinate_jobs set scheduled_at = case when id < 500 then now() - interval '3 h' end \
                   where status = 'todo' and attempts > 0",
    scheduled: "status = 'todo' and attempts = 0 and id not in (502, 503, 505, 506) and scheduled_at > now()",
    // The rows that the fixture describes.
    blocked: "id in (502, 503, 505, 506)",
    claimed: "status in ('doing', 'aborting')",
    // With the default of ten minutes.
    stuck: "status in ('doing', 'aborting') and not exists (select from procrastinate_workers w \
              where w.id = t.worker_id and w.last_heartbeat > now() - interval '10 min')",
    workers: Some(
        "select count(*) from procrastinate_workers w where w.last_heartbeat > now() - interval '5 min' \
           and exists (select from procrastinate_jobs j where j.worker_id = w.id and j.status in ('doing', 'aborting'))",
    ),
    retrying: "status = 'todo' and attempts > 0 and id not in (502, 503, 505, 506) and scheduled_at > now()",
    finished: "status = 'succeeded'",
    canceled: "status in ('cancelled', 'aborted')",
    dead: "status = 'failed'",
    death: "(select max(at) from procrastinate_events e where e.job_id = t.id and e.type in ('failed', 'cancelled'))",
    error: "null::text",
    changed: "(select max(at) from procrastinate_events e where e.job_id = t.id and \
                (t.status <> 'failed' and e.type <> 'scheduled' or e.type in ('failed', 'cancelled'))) desc, id",
    queue_column: "queue_name",
    deleted_at: "null::timestamptz",
    state: "status",
    state_type: "procrastinate_job_status",
    newer: (
        "create function procrastinate_retry_job_v3() returns void language sql as ''",
        "unknown",
    ),
    needed: "worker_id",
    denied: "permission denied for table public.\"procrastinate_jobs\"",
    writes: Writes {
        own_retry: "select count(procrastinate_retry_job_v2(id, now(), null, null, null)) from procrastinate_jobs",
        decided: "id, status, attempts, queue_name, task_name, lock, scheduled_at <= now(), abort_requested, worker_id, \
                  (select array_agg(e.type order by e.id) from procrastinate_events e where e.job_id = t.id)",
        requeueable: "status = 'failed' and id not in (1005, 1007, 1008)",
        conflicts: &["1005", "1007"],
        refused: &["1008"],
        claim: ("1001", "update procrastinate_jobs set status = 'doing', worker_id = 1"),
        work: (
            "update procrastinate_jobs set status = 'doing', worker_id = 1 where id in (1001, 1002, 1004); \
             update procrastinate_jobs set status = 'succeeded', attempts = attempts + 1 where id = 1001; \
             update procrastinate_jobs set status = 'failed', attempts = attempts + 1 where id = 1002",
            [1, 1, 0, 1, 3],
        ),
        undo: false,
    },
};

/// Workers take no job while another with its lock comes first, even if that one is scheduled for later.
#[test]
fn jobs_behind_a_scheduled_job_are_a_warning_unless_one_of_them_runs() {
    let jobs = "delete from procrastinate_events; delete from procrastinate_jobs;
        insert into procrastinate_jobs (id, queue_name, task_name, lock, scheduled_at) values
          (1, 'default', 'app.sync', 'x', now() + interval '{ahead}');
        insert into procrastinate_jobs (queue_name, task_name, lock, scheduled_at)
        select 'default', 'app.sync', 'x', now() - interval '9 h' from generate_series(1, 20);";
    let running = "insert into procrastinate_jobs (queue_name, task_name, lock, status, worker_id)
        select 'default', 'app.sync', 'x', 'doing', min(id) from procrastinate_workers";
    for (ahead, more, code) in [("30 days", "", 1), ("30 days", running, 0), ("2 min", "", 0)] {
        let installed = PROCRASTINATE.installed_with(&(jobs.replace("{ahead}", ahead) + more));
        let out = installed.run(&["queue"]).expect_code(code);
        // The scheduled one is blocked as well while another runs.
        let blocked = if more.is_empty() { 20 } else { 21 };
        assert_eq!(installed.data(&["queue"])["blocked"]["value"], blocked, "{}", out.stdout);
        let warning = "blocked jobs, due for 9h 00m, wait for a job that is scheduled for later";
        assert_eq!(out.stdout.contains(warning), code == 1, "{}", out.stdout);
        // Skipped checks of the same area, as no base URL is configured, hide no warning.
        let triage = installed.data(&["triage"]).to_string();
        assert_eq!(triage.contains(warning), code == 1, "{triage}");
    }
}

/// Which jobs are blocked is read once for all of them, not by a scan of the table for each.
#[test]
fn blocked_jobs_are_found_without_a_scan_for_each() {
    let installed = PROCRASTINATE.installed();
    let before = installed.data(&["queue"]);
    installed.db.execute(
        "insert into procrastinate_jobs (queue_name, task_name, priority, lock, args, status)
         select 'default', 'app.many', n % 3, 'many-' || n % 700, '{}', 'todo' from generate_series(1, 2000) n;
         analyze procrastinate_jobs; select pg_stat_reset()",
    );
    let counts = installed.data(&["queue"]);
    // All but the first one of each lock.
    let value = |counts: &Value, key: &str| counts[key]["value"].as_u64().unwrap();
    assert_eq!(value(&counts, "blocked"), value(&before, "blocked") + 1300, "{counts:#}");
    assert_eq!(value(&counts, "due"), value(&before, "due") + 700, "{counts:#}");
    let sessions = "select count(*) from pg_stat_activity where datname = current_database() \
                      and application_name like 'cliplyctl:%'";
    wait_until("the statistics are written", || installed.db.value(sessions) == "0");
    let scans = "select seq_scan + (select idx_scan from pg_stat_user_indexes \
                    where indexrelname = 'procrastinate_jobs_id_lock_idx_v1') \
                   from pg_stat_user_tables where relname = 'procrastinate_jobs'";
    let scans: u64 = installed.db.value(scans).parse().unwrap();
    assert!((1..50).contains(&scans), "{scans}");
}
