//! Solid Queue (<https://github.com/rails/solid_queue>): the state of a job is the table that has an execution of it.

use std::collections::BTreeMap;

use super::{Definition, in_zone, is_naive, refused_jobs, texts, time_type};
use crate::queue::declaration::{DeclaredRequeue, Field};
use crate::queue::package::{DEAD_SINCE, PackageTraits, QUEUE, QueuedRows, RefusedJobs, StateRows};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the version, which no table has (`schema_migrations` has that of the application): 1 if the tables that a
/// retry writes have the columns of 1.x and no others. A job of a batch, for example, may need more than they tell.
pub(super) const VERSION: &str = "select case when tables = '{\
       {solid_queue_failed_executions,\"created_at error id job_id\"},\
       {solid_queue_jobs,\"active_job_id arguments class_name concurrency_key created_at finished_at id priority \
          queue_name scheduled_at updated_at\"},\
       {solid_queue_ready_executions,\"created_at id job_id priority queue_name\"},\
       {solid_queue_scheduled_executions,\"created_at id job_id priority queue_name scheduled_at\"}}' \
     then 1::bigint end as version \
  from (select array_agg(array[name, columns] order by name collate \"C\") as tables \
          from (select c.relname::text as name, string_agg(a.attname::text, ' ' order by a.attname::text collate \"C\") as columns \
                  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
                  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
                 where n.nspname = {schema_name} and c.relname in ('solid_queue_failed_executions', 'solid_queue_jobs', \
                   'solid_queue_ready_executions', 'solid_queue_scheduled_executions') group by 1) as found) as read";

/// A ready job of a paused queue.
const PAUSED: &str = "paused";

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, "ready"),
    (Lifecycle::Queued, "scheduled"),
    (Lifecycle::Blocked, "blocked"),
    (Lifecycle::Blocked, PAUSED),
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
     left join (select job_id as failed_job, error as failed_error, created_at as failed_at,
                       xmin::text::bigint as failed_version
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

/// The numbers of executions, as Active Job writes them side by side. A string of JSON cannot contain it unescaped.
macro_rules! counters {
    () => {
        r#"'"executions":\s*\d+,\s*"exception_executions":\s*\{[^{}]*\}'"#
    };
}

/// The arguments with the numbers of a job that has not run yet; unchanged if there are none.
macro_rules! restarted {
    () => {
        concat!(
            "regexp_replace(arguments, ",
            counters!(),
            r#", '"executions":0,"exception_executions":{}')"#
        )
    };
}

/// The call that retries what SQL cannot.
macro_rules! ruby_call {
    () => {
        "in a Rails console: SolidQueue::FailedExecution.find_by(job_id: ID).retry"
    };
}

/// What a requeue cannot do as the package does it.
fn refused() -> Vec<RefusedJobs> {
    let other_tables = ["ready", "scheduled", "claimed", "blocked"];
    let others = other_tables.map(|state| {
        format!("exists (select from {{schema}}.solid_queue_{state}_executions e where e.job_id = job.id)")
    });
    refused_jobs(&[
        (
            "concurrency_key ~ '\\S'",
            concat!(
                "it has a concurrency key, whose limit only its Ruby class knows; ",
                ruby_call!()
            ),
        ),
        (
            &others.join(" or "),
            "it has another execution beside the failed one: correct it in a Rails console",
        ),
        (
            "exists (select from {relation} newer where newer.active_job_id = job.active_job_id and newer.id > job.id)",
            "a newer job continues it (the same active_job_id): it would run twice",
        ),
        (
            concat!(
                "(select count(*) from regexp_matches(arguments, ",
                counters!(),
                ", 'g')) <> 1"
            ),
            concat!("its arguments do not have the counters of Active Job; ", ruby_call!()),
        ),
    ])
}

pub(super) fn definition(table: &CatalogTable) -> Definition {
    let is_naive = is_naive(table, "created_at");
    let time = time_type(is_naive);
    Definition {
        tested: &[1],
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
            "priority",
            "active_job_id",
            "scheduled_at",
            "finished_at",
            "concurrency_key",
            "created_at",
            "updated_at",
        ],
        states: STATES,
        derived_states: &[],
        requeue: Some(DeclaredRequeue { set: BTreeMap::new(), now: vec![], null: vec![] }),
        traits: traits(is_naive),
    }
}

/// A retry is ready, or scheduled for a time to come, with the queue and priority of the job.
fn state_rows(is_naive: bool) -> StateRows {
    let stored = |time: &str| in_zone(is_naive, time);
    let due = format!("greatest({}, {{due_at}})", stored("job.scheduled_at"));
    let columns = [
        ("queue_name", "job.queue_name".to_owned()),
        ("priority", "job.priority".to_owned()),
        ("created_at", stored("now()")),
    ];
    let columns = BTreeMap::from(columns.map(|(name, sql)| (name.to_owned(), sql)));
    let mut scheduled = columns.clone();
    scheduled.insert("scheduled_at".to_owned(), stored(&due));
    StateRows {
        job: "job_id".to_owned(),
        dead: "solid_queue_failed_executions".to_owned(),
        dead_version: "failed_version".to_owned(),
        queued: vec![
            QueuedRows {
                table: "solid_queue_ready_executions".to_owned(),
                condition: format!("{due} <= now()"),
                columns,
            },
            QueuedRows {
                table: "solid_queue_scheduled_executions".to_owned(),
                condition: format!("{due} > now()"),
                columns: scheduled,
            },
        ],
    }
}

fn traits(is_naive: bool) -> PackageTraits {
    let mut columns = texts(&[
        (QUEUE, "queue_name"),
        ("has_finished", "finished_at is not null"),
        ("failed_job", "failed_job"),
        ("claimed_job", "claimed_job"),
    ]);
    columns.insert(DEAD_SINCE.to_owned(), in_zone(is_naive, "failed_at"));
    columns.insert("process_seen".to_owned(), in_zone(is_naive, "process_heartbeat"));
    PackageTraits {
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
        stuck_text: "no heartbeat for more than {after}".to_owned(),
        stuck_least: 300,
        owner: Some("process".to_owned()),
        states_may_be_unknown: true,
        assignments: [
            ("arguments".to_owned(), restarted!().to_owned()),
            (
                "updated_at".to_owned(),
                // As Rails, which writes only what changes.
                [
                    concat!("case when arguments = ", restarted!(), " then updated_at else "),
                    &in_zone(is_naive, "now()"),
                    " end",
                ]
                .concat(),
            ),
        ]
        .into(),
        also_requeued: vec![PAUSED.to_owned()],
        paused_state: Some(PAUSED.to_owned()),
        restarts_attempts: true,
        refused: refused(),
        state_rows: Some(state_rows(is_naive)),
        continued_by: Some(
            "select max(newer.id) from {relation} old join {relation} newer \
               on newer.active_job_id = old.active_job_id and newer.id >= old.id where old.id = {id}"
                .to_owned(),
        ),
        held_up: Some(
            "select 'queue ' || paused.queue_name || ' is paused' from {schema}.solid_queue_pauses paused \
              where paused.queue_name = job.queue_name"
                .to_owned(),
        ),
        requeue_notes: vec![
            "each job gets all of its attempts again, as retry of Solid Queue gives".to_owned(),
            "workers find requeued jobs when they poll, every 0.1 seconds by default".to_owned(),
            "the journal keeps the arguments and the error of each job on this machine, so that an undo can restore them"
                .to_owned(),
        ],
        unknowable: vec![
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
