//! Solid Queue, with the SQL that a person would write.

use super::{Queue, Writes};

pub const SOLID_QUEUE: Queue = Queue {
    key: "solid_queue",
    schema_sql: include_str!("../../fixtures/queues/solid_queue_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/solid_queue_rows.sql"),
    schema: "public",
    table: "solid_queue_jobs",
    kind: "class_name",
    due: "(exists (select from solid_queue_ready_executions r where r.job_id = t.id) \
            and t.queue_name not in (select p.queue_name from solid_queue_pauses p) \
           or exists (select from solid_queue_scheduled_executions s where s.job_id = t.id \
                       and s.scheduled_at <= now() at time zone 'utc') and t.arguments ~ '\"executions\":0,')",
    scheduled: "exists (select from solid_queue_scheduled_executions s where s.job_id = t.id \
                         and s.scheduled_at > now() at time zone 'utc') and t.arguments ~ '\"executions\":0,'",
    blocked: "(exists (select from solid_queue_blocked_executions b where b.job_id = t.id) \
               or exists (select from solid_queue_ready_executions r where r.job_id = t.id) \
                  and t.queue_name in (select p.queue_name from solid_queue_pauses p))",
    claimed: "exists (select from solid_queue_claimed_executions c where c.job_id = t.id)",
    // Its process sent no heartbeat for the setting stuck_after (10m), or is gone.
    stuck: "exists (select from solid_queue_claimed_executions c where c.job_id = t.id and not exists (\
              select from solid_queue_processes p where p.id = c.process_id \
                 and p.last_heartbeat_at > (now() - interval '10 min') at time zone 'utc'))",
    workers: Some(
        "select count(*) from solid_queue_processes p where p.last_heartbeat_at > (now() - interval '5 min') at time zone 'utc' \
           and exists (select from solid_queue_claimed_executions c where c.process_id = p.id)",
    ),
    // A retry is scheduled again, with the number of executions in its arguments.
    retrying: "exists (select from solid_queue_scheduled_executions s where s.job_id = t.id) \
               and t.arguments ~ '\"executions\":[1-9][0-9]*,\"exception_executions\"'",
    finished: "finished_at is not null",
    canceled: "false",
    dead: "exists (select from solid_queue_failed_executions f where f.job_id = t.id)",
    death: "(select f.created_at at time zone 'utc' from solid_queue_failed_executions f where f.job_id = t.id)",
    error: "(select case when f.job_id = 1023 then e'KeyError: key \"a\\uFFFDb\" \\uFFFD is \\\\u0000' \
               when f.error like '{%' then concat(f.error::json ->> 'exception_class', ': ', f.error::json ->> 'message') \
               else f.error end from solid_queue_failed_executions f where f.job_id = t.id)",
    changed: "coalesce((select f.created_at from solid_queue_failed_executions f where f.job_id = t.id), finished_at) desc, id",
    queue_column: "queue_name",
    deleted_at: "null::timestamptz",
    state: "",
    state_type: "",
    newer: ("insert into schema_migrations values ('99')", "99"),
    needed: "concurrency_key",
    denied: "permission denied for table public.\"solid_queue_jobs\"",
    writes: Writes::NONE,
};
