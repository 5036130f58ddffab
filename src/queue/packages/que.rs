//! Que (<https://github.com/que-rb/que>): no column with the state; an advisory lock of a worker's session tells which
//! job runs.

use std::collections::BTreeMap;

use super::{Definition, refused_jobs, texts};
use crate::queue::declaration::{DeclaredRequeue, Field, Value};
use crate::queue::package::{DEAD_SINCE, OwnLock, PackageTraits, QUEUE};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the number of the last migration, which is the comment of the table.
pub(super) const VERSION: &str = "select case when comment ~ '^[0-9]{1,9}$' then comment::bigint end as version \
     from (select pg_catalog.obj_description(c.oid, 'pg_class') as comment \
             from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
            where c.relname = 'que_jobs' and n.nspname = {schema_name}) as jobs";

/// It waits for the first attempt.
const READY: &str = "ready";
/// A worker has locked it.
const LOCKED: &str = "locked";
/// It waits for another attempt.
const ERRORED: &str = "errored";
/// The application keeps it.
const FINISHED: &str = "finished";
/// Its attempts are used up.
const EXPIRED: &str = "expired";

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, READY),
    (Lifecycle::Claimed, LOCKED),
    (Lifecycle::Failed, ERRORED),
    (Lifecycle::Finished, FINISHED),
    (Lifecycle::Dead, EXPIRED),
];

const STATE: &str = "case when expired_at is not null then 'expired' when finished_at is not null then 'finished' \
     when locker is not null then 'locked' when error_count > 0 then 'errored' else 'ready' end";

/// An id of 64 bits is split over two columns. Locks of sessions that are no worker's do not count.
const JOINS: &str = "left join (select ((lock.classid::bigint << 32) | lock.objid::bigint) as locked_job, \
         min(worker.ruby_hostname || ':' || worker.ruby_pid) as locker \
       from pg_catalog.pg_locks lock join {schema}.que_lockers worker on worker.pid = lock.pid \
      where lock.locktype = 'advisory' and lock.objsubid = 1 and lock.granted \
        and lock.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()) \
      group by 1) as held on locked_job = id";

/// Active Job wraps its own class.
const KIND: &str = "case when job_class = 'ActiveJob::QueueAdapters::QueAdapter::JobWrapper' \
     then coalesce(args -> 0 ->> 'job_class', job_class) else job_class end";

pub(super) fn definition(_table: &CatalogTable) -> Definition {
    Definition {
        tested: &[7],
        fields: vec![
            (Field::Id, "id", "bigint"),
            (Field::State, STATE, "text"),
            (Field::Kind, KIND, "text"),
            (Field::Due, "run_at", "timestamp with time zone"),
            (Field::Worker, "locker", "text"),
            // The lock ends with the session: a job that has one has a worker that is connected.
            (
                Field::Heartbeat,
                "case when locker is not null then now() end",
                "timestamp with time zone",
            ),
            (Field::Attempts, "error_count", "integer"),
            (Field::Error, "last_error_message", "text"),
            (Field::Updated, "coalesce(finished_at, run_at)", "timestamp with time zone"),
            (Field::DeadSince, "expired_at", "timestamp with time zone"),
            (Field::Payload, "args", "jsonb"),
        ],
        needs: &[
            "id",
            "run_at",
            "job_class",
            "error_count",
            "last_error_message",
            "queue",
            "finished_at",
            "expired_at",
            "args",
        ],
        states: STATES,
        derived_states: &[],
        requeue: Some(DeclaredRequeue {
            set: BTreeMap::from([("error_count".to_owned(), Value::Number(0))]),
            now: vec!["run_at".to_owned()],
            null: vec!["expired_at".to_owned()],
        }),
        traits: traits(),
    }
}

fn traits() -> PackageTraits {
    PackageTraits {
        joins: JOINS.to_owned(),
        also_reads: vec!["que_lockers".to_owned()],
        columns: texts(&[
            (QUEUE, "queue"),
            (DEAD_SINCE, "expired_at"),
            ("has_finished", "finished_at is not null"),
            ("has_expired", "expired_at is not null"),
        ]),
        // Without the locks.
        conditions: texts(&[
            (EXPIRED, "\"has_expired\""),
            (FINISHED, "(\"has_finished\" and not \"has_expired\")"),
        ]),
        stuck: "false".to_owned(),
        restarts_attempts: true,
        deletes_finished: true,
        refused: refused_jobs(&[(
            "finished_at is not null",
            "it has a time of its end, too: workers would not run it",
        )]),
        // Workers lock a job before they read its row again.
        own_lock: Some(OwnLock {
            take: "pg_catalog.pg_try_advisory_xact_lock(locked.id)".to_owned(),
            is_held: "exists (select from pg_catalog.pg_locks lock where lock.locktype = 'advisory' and lock.objsubid = 1 \
                        and ((lock.classid::bigint << 32) | lock.objid::bigint) = job.id and lock.database = \
                          (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))"
                .to_owned(),
        }),
        requeue_notes: vec![
            "each job gets all of its attempts again (error_count = 0)".to_owned(),
            "workers find requeued jobs when they poll, every 5 seconds by default".to_owned(),
        ],
        unknowable: vec![
            "the error of a dead letter is that of the attempt before the last one: Que stores none when a job expires"
                .to_owned(),
            "the maximum number of attempts is in the code (maximum_retry_count)".to_owned(),
            "Que deletes a job when it has finished, unless the job says otherwise".to_owned(),
            "a locked job may still wait in the buffer of its worker; no job is stuck, because the lock ends with the \
             session of the worker"
                .to_owned(),
        ],
        no_rescue: "jobs rescue does not write Que's jobs: when the session of a worker ends, the server frees its \
                    locks, and other workers take the jobs at once"
            .to_owned(),
        ..PackageTraits::default()
    }
}
