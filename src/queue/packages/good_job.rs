//! GoodJob (<https://github.com/bensheldon/good_job>): no column with the state. It is only read.

use super::{Definition, in_zone, is_naive, texts, time_type};
use crate::queue::declaration::Field;
use crate::queue::package::{DEAD_SINCE, DELETED_AT, PackageTraits, QUEUE};
use crate::queue::{CatalogTable, Lifecycle};

/// The package has no version of its own in the database; without writes, none is needed.
pub(super) const VERSION: &str = "select null::bigint as version";

/// It waits for the first attempt.
const QUEUED: &str = "queued";
/// A process runs it, or did so when it ended.
const RUNNING: &str = "running";
/// It waits for another attempt.
const RETRIED: &str = "retried";
/// It ended without an error, or another job has continued it (before 4.0).
const SUCCEEDED: &str = "succeeded";
/// It ended with an error.
const DISCARDED: &str = "discarded";

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, QUEUED),
    (Lifecycle::Claimed, RUNNING),
    (Lifecycle::Failed, RETRIED),
    (Lifecycle::Finished, SUCCEEDED),
    (Lifecycle::Dead, DISCARDED),
];

/// The error of the attempt before stays on a job that waits or runs.
const STATE: &str = "case when finished_at is not null and error is not null and retried_good_job_id is null then 'discarded' \
     when finished_at is not null then 'succeeded' when performed_at is not null then 'running' \
     when error is not null then 'retried' else 'queued' end";

const JOINS: &str = "left join (select id as process_key, updated_at as process_updated, \
         concat_ws(':', coalesce(state ->> 'hostname', id::text), state ->> 'pid') as process_name \
       from {schema}.good_job_processes) process on process_key = locked_by_id";

/// An execution is counted when it starts.
const ATTEMPTS: &str = "greatest(coalesce(executions_count, 0) - (performed_at is not null and finished_at is null \
     or finished_at is not null and error is null)::int, 0)";

pub(super) fn definition(table: &CatalogTable) -> Definition {
    let is_naive = is_naive(table, "created_at");
    let time = time_type(is_naive);
    Definition {
        tested: &[],
        fields: vec![
            (Field::Id, "id", "uuid"),
            (Field::State, STATE, "text"),
            (Field::Kind, "job_class", "text"),
            (Field::Due, "coalesce(scheduled_at, created_at)", time),
            (Field::Worker, "case when finished_at is null then process_name end", "text"),
            (Field::LockedAt, "case when finished_at is null then performed_at end", time),
            (Field::Heartbeat, "case when finished_at is null then process_updated end", time),
            (Field::Attempts, ATTEMPTS, "integer"),
            (Field::Error, "error", "text"),
            (Field::Created, "created_at", time),
            (Field::Updated, "coalesce(finished_at, updated_at)", time),
            (Field::DeadSince, "finished_at", time),
            (Field::Payload, "serialized_params", "jsonb"),
        ],
        needs: &[
            "id",
            "queue_name",
            "serialized_params",
            "scheduled_at",
            "performed_at",
            "finished_at",
            "error",
            "created_at",
            "updated_at",
            "retried_good_job_id",
            "executions_count",
            "job_class",
            "locked_by_id",
        ],
        states: STATES,
        derived_states: &[],
        requeue: None,
        traits: traits(is_naive),
    }
}

fn traits(is_naive: bool) -> PackageTraits {
    let mut columns = texts(&[
        (QUEUE, "queue_name"),
        ("has_finished", "finished_at is not null"),
        ("has_error", "error is not null and retried_good_job_id is null"),
    ]);
    columns.insert(DEAD_SINCE.to_owned(), in_zone(is_naive, "finished_at"));
    columns.insert("process_seen".to_owned(), in_zone(is_naive, "process_updated"));
    // The default of its clean-up: nothing in the database tells another one.
    let deletion = "(finished_at + interval '14 days')";
    columns.insert(DELETED_AT.to_owned(), in_zone(is_naive, deletion));
    PackageTraits {
        read_only: Some(
            "GoodJob is only read: its retry runs code of the application, which enqueues the job again and updates \
             its batch; in a Rails console: GoodJob::Job.find(ID).retry_job, or use its dashboard"
                .to_owned(),
        ),
        joins: JOINS.to_owned(),
        also_reads: vec!["good_job_processes".to_owned()],
        columns,
        conditions: texts(&[
            (DISCARDED, "(\"has_finished\" and \"has_error\")"),
            (SUCCEEDED, "(\"has_finished\" and not \"has_error\")"),
        ]),
        // When the package counts a process as gone; a longer stuck_after counts.
        stuck: "(\"process_seen\" is null or \
                 \"process_seen\" < (select now() - make_interval(secs => greatest({after}, 300))))"
            .to_owned(),
        stuck_text: "no heartbeat for more than {after}".to_owned(),
        stuck_least: 300,
        owner: Some("process".to_owned()),
        unknowable: vec![
            "GoodJob is only read: retry jobs in its dashboard or in a Rails console".to_owned(),
            "the maximum number of attempts is in the code (retry_on)".to_owned(),
            "a job that was discarded on purpose looks like one whose attempts were used up: both are dead letters"
                .to_owned(),
            "finished jobs and dead letters are deleted after 14 days by default (cleanup_preserved_jobs_before_seconds_ago)"
                .to_owned(),
        ],
        no_rescue: "jobs rescue does not write GoodJob's jobs: its processes take the jobs of a process that has ended \
                    by themselves"
            .to_owned(),
        ..PackageTraits::default()
    }
}
