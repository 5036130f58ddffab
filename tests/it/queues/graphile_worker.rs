//! graphile-worker, with the SQL that a person would write.

use super::{Queue, Writes};

pub const GRAPHILE_WORKER: Queue = Queue {
    key: "graphile_worker",
    schema_sql: include_str!("../../fixtures/queues/graphile_worker_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/graphile_worker_rows.sql"),
    session: "",
    schema: "graphile_worker",
    table: "_private_jobs",
    kind: "(select task_identifier from graphile_worker.jobs v where v.id = t.id)",
    due: "is_available and run_at <= now() \
          and not exists (select from graphile_worker._private_job_queues q where q.id = job_queue_id \
                and q.locked_at > now() - interval '4 hours')",
    // The claim; workers unlock queues that have been locked for 4 hours before it.
    claimable: "is_available = true and run_at <= now() and (job_queue_id is null or job_queue_id in \
                  (select id from graphile_worker._private_job_queues \
                   where is_available = true or locked_at < now() - interval '4 hours'))",
    retries_now: "update graphile_worker._private_jobs set run_at = now() - interval '3 h' \
                   where attempts > 0 and is_available and job_queue_id is null",
    scheduled: "is_available and attempts = 0 and run_at > now()",
    blocked: "is_available and run_at <= now() \
              and exists (select from graphile_worker._private_job_queues q where q.id = job_queue_id \
                and q.locked_at > now() - interval '4 hours')",
    claimed: "locked_at is not null",
    stuck: "locked_at < now() - interval '4 hours'",
    workers: None,
    retrying: "is_available and attempts > 0 and run_at > now()",
    // The package deletes them.
    finished: "false",
    canceled: "false",
    dead: "(locked_at is null and attempts >= max_attempts)",
    // A failure sets run_at to its own time and exp(attempts) seconds; permanently_fail_jobs() sets updated_at.
    death: "(case id when 1001 then updated_at else run_at - exp(least(attempts, 10)) * interval '1 second' end)",
    error: "last_error",
    changed: "(case id when 1001 then updated_at else run_at - exp(least(attempts, 10)) * interval '1 second' end) desc, id",
    queue_column: "(select queue_name from graphile_worker.jobs v where v.id = t.id)",
    deleted_at: "null::timestamptz",
    state: "",
    state_type: "",
    newer: ("insert into graphile_worker.migrations (id) values (99)", "99"),
    needed: "is_available",
    denied: "permission denied for schema graphile_worker",
    writes: Writes {
        own_retry: "select count(*) from graphile_worker.reschedule_jobs(array[{ids}]::bigint[], run_at => now(), \
                    attempts => 0)",
        decided: "id, attempts, max_attempts, run_at <= now(), updated_at > now() - interval '1 min', last_error, key, \
                  revision",
        requeueable: "locked_at is null and attempts >= max_attempts",
        conflicts: &[],
        refused: &[],
        claim: (
            "1001",
            "update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool-b', attempts = attempts + 1",
        ),
        work: (
            // A finished job is deleted. One whose queue is locked is queued like the others.
            "delete from graphile_worker._private_jobs where id = 1001; \
             update graphile_worker._private_jobs set attempts = 25, run_at = now() + exp(10) * interval '1 s', \
               last_error = 'mailbox 9 is full' where last_error like 'mailbox%'; \
             update graphile_worker._private_jobs set attempts = 1, locked_at = now(), locked_by = 'pool-a' \
              where id = 1002",
            [1, 6, 0, 1, 3],
        ),
        undo: true,
    },
};

/// Workers unlock a named queue 4 hours after it was locked, if one of them is active.
#[test]
fn jobs_behind_an_abandoned_lock_are_due_and_those_behind_a_running_job_are_not() {
    for (locked, due, code) in [("10 days", 500, 2), ("1 min", 0, 0)] {
        let installed = GRAPHILE_WORKER.installed_with(&format!(
            "delete from graphile_worker._private_jobs;
             update graphile_worker._private_job_queues
                set locked_at = now() - interval '{locked}', locked_by = 'pool-gone' where queue_name = 'serial';
             insert into graphile_worker._private_jobs (task_id, job_queue_id, run_at)
             select t.id, q.id, now() - interval '9 days'
               from graphile_worker._private_tasks t, graphile_worker._private_job_queues q, generate_series(1, 500)
              where t.identifier = 'mail' and q.queue_name = 'serial'"
        ));
        let out = installed.run(&["queue"]).expect_code(code);
        let data = installed.data(&["queue"]);
        assert_eq!(data["due"]["value"], due, "{}", out.stdout);
        assert_eq!(data["blocked"]["value"], 500 - due, "{}", out.stdout);
    }
}
