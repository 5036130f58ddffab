//! Oban for Elixir and for Python, with the SQL that a person would write.

use super::{Queue, Writes};

pub const OBAN: Queue = Queue {
    key: "oban",
    schema_sql: include_str!("../../fixtures/queues/oban_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/oban_rows.sql"),
    session: "",
    schema: "public",
    table: "oban_jobs",
    kind: "worker",
    due: "(state = 'available' or state in ('scheduled', 'retryable') and scheduled_at <= timezone('UTC', now()))",
    // The claim, and what the stager makes available before it.
    claimable: "(state = 'available' \
                 or state in ('scheduled', 'retryable') and scheduled_at <= timezone('UTC', now()))",
    retries_now: "update oban_jobs set scheduled_at = timezone('UTC', now()) - interval '3 h' where state = 'retryable'",
    scheduled: "state = 'scheduled' and scheduled_at > timezone('UTC', now())",
    blocked: "state = 'suspended'",
    claimed: "state = 'executing'",
    stuck: "state = 'executing' and attempted_at < timezone('UTC', now()) - interval '1 hour'",
    workers: None,
    retrying: "state = 'retryable' and scheduled_at > timezone('UTC', now())",
    finished: "state = 'completed'",
    canceled: "state = 'cancelled'",
    dead: "state = 'discarded'",
    death: "coalesce(discarded_at, attempted_at, inserted_at) at time zone 'UTC'",
    error: "errors[array_upper(errors, 1)] ->> 'error'",
    changed: "coalesce(completed_at, cancelled_at, discarded_at, attempted_at, inserted_at) desc, id",
    queue_column: "queue",
    deleted_at: "case when id = 1008 then (discarded_at + interval '60 s') at time zone 'UTC' end",
    state: "state",
    state_type: "oban_job_state",
    newer: ("comment on table oban_jobs is '99'", "99"),
    needed: "attempted_at",
    denied: "permission denied for table public.\"oban_jobs\"",
    writes: Writes {
        own_retry: "update oban_jobs set state = 'available', max_attempts = greatest(max_attempts, attempt + 1), \
                    scheduled_at = timezone('UTC', now()), completed_at = null, cancelled_at = null, discarded_at = null",
        decided: "id, state, attempt, max_attempts, scheduled_at <= timezone('UTC', now()), completed_at, cancelled_at, \
                  discarded_at, attempted_by, attempted_at is null, errors, meta - 'cliplyctl'",
        requeueable: "state = 'discarded' and id not in (1004, 1005, 1006)",
        conflicts: &[],
        refused: &["1004", "1005", "1006"],
        claim: CLAIM,
        work: (
            "update oban_jobs set state = 'completed', attempt = attempt + 1, completed_at = timezone('UTC', now()) \
              where id = 1001; \
             update oban_jobs set state = 'discarded', attempt = attempt + 1, discarded_at = timezone('UTC', now()), \
               errors = array_append(errors, jsonb_build_object('error', '** (RuntimeError) mailbox 9 is full')) \
              where worker = 'App.Mail' and max_attempts = 21; \
             update oban_jobs set state = 'executing', attempt = attempt + 1, attempted_at = timezone('UTC', now()) \
              where id = 1002",
            [1, 6, 0, 1, 3],
        ),
        undo: true,
    },
};

/// The claim of a worker.
const CLAIM: (&str, &str) = (
    "1001",
    "update oban_jobs set state = 'executing', attempt = attempt + 1, attempted_at = timezone('UTC', now())",
);

/// The same table with other errors, and with other defaults of what deletes and rescues jobs.
pub const OBAN_PYTHON: Queue = Queue {
    schema_sql: include_str!("../../fixtures/queues/oban_python_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/oban_python_rows.sql"),
    session: "",
    stuck: "state = 'executing' and attempted_at < timezone('UTC', now()) - interval '5 min'",
    error: "errors -> -1 ->> 'error'",
    deleted_at: "case when discarded_at > timezone('UTC', now()) - interval '25 hours' \
                 then (discarded_at + interval '1 day') at time zone 'UTC' end",
    writes: Writes {
        own_retry: "update oban_jobs set state = 'available', max_attempts = greatest(max_attempts, attempt + 1), \
                    scheduled_at = timezone('UTC', now()), completed_at = null, cancelled_at = null, discarded_at = null, \
                    meta = case id when 1003 then meta else jsonb_set(meta, '{uniq_bmp}', '[]'::jsonb) end",
        requeueable: "state = 'discarded' and id not in (1004, 1005)",
        refused: &["1004", "1005"],
        work: (
            "update oban_jobs set state = 'completed', attempt = attempt + 1, completed_at = timezone('UTC', now()) \
              where id = 1001; \
             update oban_jobs set state = 'discarded', attempt = attempt + 1, discarded_at = timezone('UTC', now()), \
               errors = errors || jsonb_build_object('error', \
                 e'Traceback (most recent call last):\\n  File \"/app/mail.py\", line 7, in process\\nValueError: mailbox 9 is full') \
              where worker = 'App.Mail' and max_attempts = 21; \
             update oban_jobs set state = 'executing', attempt = attempt + 1, attempted_at = timezone('UTC', now()) \
              where id = 1002",
            [1, 6, 0, 1, 4],
        ),
        ..OBAN.writes
    },
    ..OBAN
};
