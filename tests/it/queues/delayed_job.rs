//! Delayed Job, with the SQL that a person would write.

use super::{Queue, Writes};

pub const DELAYED_JOB: Queue = Queue {
    key: "delayed_job",
    schema_sql: include_str!("../../fixtures/queues/delayed_job_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/delayed_job_rows.sql"),
    session: "",
    schema: "public",
    table: "delayed_jobs",
    kind: "(case when id in (11, 12) then 'Report#build!' when id in (1011, 1012) then 'Billing::Invoice#charge' \
             when id = 1021 then 'Billing::Invoice#sweep' when id = 1022 then 'NewsletterJob' when id = 1023 then null \
             else split_part(split_part(handler, 'job_class: ', 2), e'\\n', 1) end)",
    due: "failed_at is null and locked_at is null and run_at <= timezone('utc', now())",
    // A job that is locked for longer than max_run_time is claimable as well: it counts as stuck.
    claimable: "run_at <= timezone('utc', now()) and locked_at is null and failed_at is null",
    retries_now: "update delayed_jobs set run_at = timezone('utc', now()) - interval '3 h' \
                   where attempts > 0 and failed_at is null and locked_at is null",
    scheduled: "failed_at is null and locked_at is null and attempts = 0 and run_at > timezone('utc', now())",
    blocked: "false",
    claimed: "failed_at is null and locked_at is not null",
    stuck: "failed_at is null and locked_at < timezone('utc', now()) - interval '4 hours'",
    workers: None,
    retrying: "failed_at is null and locked_at is null and attempts > 0 and run_at > timezone('utc', now())",
    // The package deletes them.
    finished: "false",
    canceled: "false",
    dead: "failed_at is not null",
    death: "(failed_at at time zone 'utc')",
    error: "(case id when 1023 then split_part(last_error, e'\\n/app', 1) else split_part(last_error, e'\\n', 1) end)",
    changed: "failed_at desc, id",
    queue_column: "queue",
    deleted_at: "null::timestamptz",
    state: "",
    state_type: "",
    newer: ("alter table delayed_jobs add cron text", "unknown"),
    needed: "locked_by",
    denied: "permission denied for table public.\"delayed_jobs\"",
    writes: Writes {
        own_retry: "update delayed_jobs set attempts = 0, failed_at = null, locked_at = null, locked_by = null, \
                    run_at = now() at time zone 'utc'",
        decided: "id, priority, attempts, handler, last_error, locked_at, failed_at, locked_by, queue, created_at is null, \
                  run_at between timezone('utc', now()) - interval '1 min' and timezone('utc', now())",
        requeueable: "failed_at is not null",
        conflicts: &[],
        refused: &[],
        claim: (
            "1001",
            "update delayed_jobs set locked_at = now() at time zone 'utc', locked_by = 'host:b pid:2'",
        ),
        work: (
            // Two ran and are gone; one failed as before, one in another way and for the last time; one runs.
            "delete from delayed_jobs where id in (1001, 1002); \
             update delayed_jobs set attempts = 1, run_at = now() at time zone 'utc' + interval '6 s', \
               last_error = e'mailbox 9 is full\\n/app/jobs/mail_job.rb:9:in `perform`' where id = 1003; \
             update delayed_jobs set attempts = 25, failed_at = now() at time zone 'utc', last_error = 'key not found: :to' \
              where id = 1004; \
             update delayed_jobs set locked_at = now() at time zone 'utc', locked_by = 'host:b pid:2' where id = 1005",
            [2, 1, 1, 1, 6],
        ),
        undo: true,
    },
};
