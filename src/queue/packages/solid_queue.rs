//! Solid Queue (<https://github.com/rails/solid_queue>): the state of a job is the table that has an execution of it.

use super::{Definition, texts};
use crate::queue::declaration::Field;
use crate::queue::package::{DEAD_SINCE, PackageTraits, QUEUE};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the version of the application's schema: the gem has none of its own.
pub(super) const VERSION: &str =
    "select max(version)::bigint as version from {schema}.schema_migrations";

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, "ready"),
    (Lifecycle::Queued, "scheduled"),
    (Lifecycle::Blocked, "blocked"),
    (Lifecycle::Blocked, "paused"),
    (Lifecycle::Claimed, "claimed"),
    (Lifecycle::Failed, "retry"),
    (Lifecycle::Finished, "finished"),
    (Lifecycle::Dead, "failed"),
];

/// A job without any execution has a state of no role.
const STATE: &str = "case when finished_at is not null then 'finished' when failed_job is not null then 'failed' \
     when claimed_job is not null then 'claimed' when blocked_job is not null then 'blocked' \
     when scheduled_job is not null and executions > 0 then 'retry' when scheduled_job is not null then 'scheduled' \
     when ready_job is not null and paused_queue is not null then 'paused' when ready_job is not null then 'ready' \
     else 'no execution' end";

/// Active Job writes the number of executions after the arguments of the application.
const JOINS: &str = r#"cross join lateral (
       select coalesce(substring(arguments from '.*"executions":\s*(\d{1,9})\M')::int, 0) as executions) counted
     left join (select job_id as failed_job, error as failed_error, created_at as failed_at
                  from {schema}.solid_queue_failed_executions) failed on failed_job = id
     left join (select job_id as claimed_job, process_id as claimed_by, created_at as claimed_at
                  from {schema}.solid_queue_claimed_executions) claimed on claimed_job = id
     left join (select id as process_key, coalesce(hostname || ':', '') || pid as process_name,
                       last_heartbeat_at as process_heartbeat
                  from {schema}.solid_queue_processes) process on process_key = claimed_by
     left join (select job_id as blocked_job from {schema}.solid_queue_blocked_executions) blocked on blocked_job = id
     left join (select job_id as scheduled_job, scheduled_at as scheduled_for
                  from {schema}.solid_queue_scheduled_executions) scheduled on scheduled_job = id
     left join (select job_id as ready_job, created_at as ready_at
                  from {schema}.solid_queue_ready_executions) ready on ready_job = id
     left join (select queue_name as paused_queue from {schema}.solid_queue_pauses) paused
       on ready_job is not null and paused_queue = queue_name"#;

const ALSO_READS: [&str; 7] = [
    "solid_queue_failed_executions",
    "solid_queue_claimed_executions",
    "solid_queue_processes",
    "solid_queue_blocked_executions",
    "solid_queue_scheduled_executions",
    "solid_queue_ready_executions",
    "solid_queue_pauses",
];

/// The text of a key of the exception in `failed_error`, without escapes that no text can hold. The pattern accepts the
/// strings of JSON only, so that the cast cannot fail; NULL if there is none.
macro_rules! text_of_error {
    ($key:literal) => {
        concat!(
            r#"(select ('"' || regexp_replace(found[1], '(?<!\\)((\\\\)*)\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1\\ufffd', 'g')
                 || '"')::json #>> '{}' from regexp_match(failed_error, '""#,
            $key,
            r#""\s*:\s*"((?:[^"\\[:cntrl:]]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)"') as found)"#
        )
    };
}

/// The class and message of the exception. The class tells whether the code of the job failed, or its process was lost.
const ERROR: &str = concat!(
    "coalesce(nullif(concat_ws(': ', ",
    text_of_error!("exception_class"),
    ", ",
    text_of_error!("message"),
    "), ''), failed_error)"
);

const NO_WRITES: &str = "Solid Queue is only read: a retry moves the job between tables, and only its Ruby class knows \
     the limit of its concurrency key; in a Rails console: SolidQueue::Job.find(ID).retry";

pub(super) fn definition(table: &CatalogTable) -> Definition {
    let is_naive =
        table.column("created_at").is_some_and(|column| column.is_any(&["timestamp", "date"]));
    let time = if is_naive { "timestamp without time zone" } else { "timestamp with time zone" };
    Definition {
        tested: &[],
        fields: vec![
            (Field::Id, "id", "bigint"),
            (Field::State, STATE, "text"),
            (Field::Kind, "class_name", "text"),
            (Field::Due, "coalesce(scheduled_for, ready_at, scheduled_at)", time),
            (Field::Worker, "process_name", "text"),
            (Field::LockedAt, "claimed_at", time),
            (Field::Heartbeat, "process_heartbeat", time),
            // Executions are counted when Active Job enqueues the job again.
            (Field::Attempts, "executions + (failed_job is not null)::int", "integer"),
            (Field::Error, ERROR, "text"),
            (Field::Created, "created_at", time),
            (Field::Updated, "coalesce(finished_at, claimed_at, updated_at)", time),
            (Field::DeadSince, "failed_at", time),
            (Field::Payload, "arguments", "text"),
        ],
        needs: &[
            "id",
            "queue_name",
            "class_name",
            "arguments",
            "active_job_id",
            "scheduled_at",
            "finished_at",
            "concurrency_key",
            "created_at",
            "updated_at",
        ],
        states: STATES,
        derived_states: &[],
        requeue: None,
        traits: traits(is_naive),
    }
}

fn traits(is_naive: bool) -> PackageTraits {
    let in_zone = |column: &str| match is_naive {
        true => format!("({column} at time zone 'UTC')"),
        false => column.to_owned(),
    };
    let mut columns = texts(&[
        (QUEUE, "queue_name"),
        ("has_finished", "finished_at is not null"),
        ("failed_job", "failed_job"),
        ("claimed_job", "claimed_job"),
    ]);
    columns.insert(DEAD_SINCE.to_owned(), in_zone("failed_at"));
    columns.insert("process_seen".to_owned(), in_zone("process_heartbeat"));
    PackageTraits {
        read_only: Some(NO_WRITES.to_owned()),
        joins: JOINS.to_owned(),
        also_reads: ALSO_READS.map(str::to_owned).to_vec(),
        columns,
        // The table with the executions is read first, not all jobs.
        conditions: texts(&[
            ("finished", "\"has_finished\""),
            ("failed", "(\"failed_job\" is not null and not \"has_finished\")"),
            (
                "claimed",
                "(\"claimed_job\" is not null and \"failed_job\" is null and not \"has_finished\")",
            ),
        ]),
        // When the supervisor prunes a process; a longer stuck_after counts. A job whose process is gone is stuck.
        stuck: "(\"process_seen\" is null or \
                 \"process_seen\" < (select now() - make_interval(secs => greatest({after}, 300))))"
            .to_owned(),
        states_may_be_unknown: true,
        unknowable: vec![
            "Solid Queue is only read: retry jobs in a Rails console, or in Mission Control".to_owned(),
            "the maximum number of attempts is in the code (retry_on), and a retry is a new job: the job before it \
             counts as finished"
                .to_owned(),
            "finished jobs are deleted after a day by default, or at once (preserve_finished_jobs)".to_owned(),
        ],
        no_rescue: "jobs rescue does not write Solid Queue's jobs: its supervisor fails the jobs of a process without \
                    a heartbeat for 5 minutes (ProcessPrunedError), and they are dead letters then"
            .to_owned(),
        ..PackageTraits::default()
    }
}
