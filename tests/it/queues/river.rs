//! River, with the SQL that a person would write.

use super::{Queue, Writes};

pub const RIVER: Queue = Queue {
    key: "river",
    schema_sql: include_str!("../../fixtures/queues/river_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/river_rows.sql"),
    session: "",
    schema: "public",
    table: "river_job",
    kind: "kind",
    due: "state in ('available', 'scheduled', 'retryable') and scheduled_at <= now()",
    // The claim, and what the leader makes available before it.
    claimable: "(state = 'available' and scheduled_at <= now() \
                 or state in ('retryable', 'scheduled') and scheduled_at <= now())",
    retries_now: "update river_job set scheduled_at = now() - interval '3 h' where state = 'retryable'",
    scheduled: "state in ('available', 'scheduled') and scheduled_at > now()",
    blocked: "state = 'pending'",
    claimed: "state = 'running'",
    stuck: "state = 'running' and attempted_at < now() - interval '1 hour'",
    workers: None,
    retrying: "state = 'retryable' and scheduled_at > now()",
    finished: "state = 'completed'",
    canceled: "state = 'cancelled'",
    dead: "state = 'discarded'",
    death: "finalized_at",
    error: "errors[array_upper(errors, 1)] ->> 'error'",
    changed: "coalesce(finalized_at, attempted_at, created_at) desc, id",
    queue_column: "queue",
    deleted_at: "finalized_at + interval '7 days'",
    state: "state",
    state_type: "river_job_state",
    newer: ("insert into river_migration (line, version) values ('main', 99)", "99"),
    needed: "attempted_by",
    denied: "permission denied for table public.\"river_job\"",
    writes: Writes {
        own_retry: "update river_job set state = 'available', finalized_at = null, scheduled_at = now(), \
                    max_attempts = case when attempt >= max_attempts then attempt + 1 else max_attempts end",
        decided: "id, state, attempt, max_attempts, finalized_at, scheduled_at <= now(), attempted_by, \
                  cardinality(errors)",
        requeueable: "state = 'discarded' and id not in (1004, 1007, 1009, 1010)",
        conflicts: &["1004", "1007"],
        refused: &["1009", "1010"],
        claim: (
            "1001",
            "update river_job set state = 'running', attempt = attempt + 1, attempted_at = now()",
        ),
        work: (
            "update river_job set state = 'completed', attempt = attempt + 1, finalized_at = now() where id = 1001; \
             update river_job set state = 'discarded', attempt = attempt + 1, finalized_at = now(), \
               errors = array_append(errors, '{\"error\": \"mailbox 9 is full\"}') \
              where kind = 'mail' and max_attempts = 26; \
             update river_job set state = 'running', attempt = attempt + 1, attempted_at = now() where id = 1002",
            [1, 6, 0, 1, 3],
        ),
        undo: true,
    },
};

/// The version that the plan of a requeue refuses or accepts is that of River itself.
#[test]
fn migrations_of_other_lines_are_not_the_version() {
    let installed = RIVER.installed_with(
        "insert into river_migration (line, version) select 'pro', n from generate_series(1, 99) n",
    );
    installed.run(&["dlq", "requeue", "1001", "--dry-run"]).expect_code(0);
    // Before version 5 there are no lines.
    let installed = RIVER.installed_with(
        "delete from river_migration where line <> 'main';
         alter table river_migration drop column line",
    );
    installed.run(&["dlq", "requeue", "1001", "--dry-run"]).expect_code(0);
    installed.run(&["queue"]).expect_code(1);
}
