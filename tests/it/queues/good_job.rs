//! GoodJob, with the SQL that a person would write.

use super::{Queue, Writes};

pub const GOOD_JOB: Queue = Queue {
    key: "good_job",
    schema_sql: include_str!("../../fixtures/queues/good_job_schema.sql"),
    rows_sql: include_str!("../../fixtures/queues/good_job_rows.sql"),
    session: "",
    schema: "public",
    table: "good_jobs",
    kind: "job_class",
    due: "finished_at is null and performed_at is null \
          and coalesce(scheduled_at, created_at) <= timezone('utc', now())",
    claimable: "finished_at is null and performed_at is null \
                and coalesce(scheduled_at, created_at) <= timezone('utc', now())",
    retries_now: "update good_jobs set scheduled_at = timezone('utc', now()) - interval '3 h' \
                   where error is not null and performed_at is null and finished_at is null",
    scheduled: "finished_at is null and performed_at is null and error is null \
                and scheduled_at > timezone('utc', now())",
    blocked: "false",
    claimed: "finished_at is null and performed_at is not null",
    // Its process sent no heartbeat for the setting stuck_after (10m), or is gone.
    stuck: "finished_at is null and performed_at is not null and not exists (select from good_job_processes p \
              where p.id = locked_by_id and p.updated_at > timezone('utc', now()) - interval '10 min')",
    workers: Some(
        "select count(*) from good_job_processes p where p.updated_at > timezone('utc', now()) - interval '10 min' \
           and exists (select from good_jobs j where j.locked_by_id = p.id and j.finished_at is null)",
    ),
    retrying: "finished_at is null and performed_at is null and error is not null \
               and scheduled_at > timezone('utc', now())",
    finished: "(finished_at is not null and (error is null or retried_good_job_id is not null))",
    canceled: "false",
    dead: "finished_at is not null and error is not null and retried_good_job_id is null",
    death: "(finished_at at time zone 'utc')",
    error: "error",
    changed: "finished_at desc, id",
    queue_column: "queue_name",
    deleted_at: "((finished_at + interval '14 days') at time zone 'utc')",
    state: "",
    state_type: "",
    newer: ("", ""),
    needed: "locked_by_id",
    denied: "permission denied for table public.\"good_jobs\"",
    writes: Writes::NONE,
};

#[test]
fn writes_are_refused_and_the_ruby_call_named() {
    let installed = GOOD_JOB.installed();
    let before = installed.rows();
    let first = installed.select("min(id::text)", GOOD_JOB.dead);
    for command in [&["dlq", "requeue", "--all", "--yes"][..], &["dlq", "requeue", &first, "--yes"]]
    {
        let out = installed.run(command);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        assert!(out.stderr.contains("GoodJob::Job.find(ID).retry_job"), "{}", out.stderr);
    }
    // A preview names the way as well. An array is no text that a JSON array could be read into.
    assert_eq!(installed.rows(), before);
    installed
        .db
        .execute("update good_jobs set labels = array['a', 'b'] where finished_at is not null");
    let before = installed.rows();
    let preview = installed.run(&["dlq", "requeue", "--all", "--dry-run"]);
    let text = format!("{}{}", preview.stdout, preview.stderr);
    assert!([0, 77].contains(&preview.code), "{text}");
    assert!(text.contains("GoodJob::Job.find(ID).retry_job"), "{text}");
    let out = installed.run(&["jobs", "rescue", "--yes"]);
    assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
    assert_eq!(installed.rows(), before);
}
