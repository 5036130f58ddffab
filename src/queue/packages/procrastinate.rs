//! Procrastinate (<https://procrastinate.readthedocs.io>): jobs without errors and without most times, which are in a
//! table of events that triggers write.

use std::collections::BTreeMap;

use super::{Definition, refused_jobs, texts};
use crate::queue::declaration::{DeclaredRequeue, Field, Value};
use crate::queue::package::{PackageTraits, QUEUE};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the version, which no table has: the function that retries failed jobs, with the trigger that records it, is
/// there since 3.4 (as 304). Another function of that name is of a version that is not known.
pub(super) const VERSION: &str = "select case \
       when retries = '{procrastinate_retry_job_v1,procrastinate_retry_job_v2}' and records then 304::bigint \
       when retries = '{procrastinate_retry_job_v1}' then 301::bigint end as version \
  from (select array_agg(distinct p.proname::text order by p.proname::text) \
                 filter (where p.proname ~ '^procrastinate_retry_job_v') as retries, \
               coalesce(bool_or(p.prosrc ~ '''retried''') \
                 filter (where p.proname = 'procrastinate_trigger_function_status_events_update_v1'), false) as records \
          from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace \
         where n.nspname = {schema_name}) as functions";

/// A job that another one with its lock holds up.
const BLOCKED: &str = "blocked";
/// A job that failed, or was requeued, and runs again.
const RETRYING: &str = "retrying";
/// States that are no label of the enum.
const DERIVED: [&str; 2] = [BLOCKED, RETRYING];

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, "todo"),
    (Lifecycle::Blocked, BLOCKED),
    (Lifecycle::Failed, RETRYING),
    (Lifecycle::Claimed, "doing"),
    // Before 3.0.
    (Lifecycle::Claimed, "aborting"),
    (Lifecycle::Finished, "succeeded"),
    (Lifecycle::Canceled, "cancelled"),
    (Lifecycle::Canceled, "aborted"),
    (Lifecycle::Dead, "failed"),
];

/// A worker claims no job while one with the same lock runs, or waits and comes first (by priority, then by id), even if
/// that one is scheduled for later. All locks are read once, because no index of the package finds the jobs of one. The
/// second join is planned only for queries that use it: `distinct on` tells that it adds no rows.
const JOINS: &str = "left join (select lock as held_lock, bool_or(status = 'doing') as lock_runs, \
         min(array[-priority::bigint, id::bigint]) filter (where status = 'todo') as first_in_lock \
       from {relation} where lock is not null and status in ('todo', 'doing') group by lock) locks \
       on status = 'todo' and held_lock = lock \
     left join (select distinct on (id) id as waiting_id, max(scheduled_at) over (partition by lock \
           order by priority desc, id rows between unbounded preceding and 1 preceding) as scheduled_before \
       from {relation} where lock is not null and status = 'todo') waiting on waiting_id = id";

macro_rules! is_blocked {
    () => {
        "coalesce(lock_runs or first_in_lock < array[-priority::bigint, id::bigint], false)"
    };
}

/// The time for which a job with the same lock is scheduled that comes first, while none of them runs.
const HELD_UP_UNTIL: &str = "case when not lock_runs then scheduled_before end";

const STATE: &str = concat!(
    "case when status = 'todo' and ",
    is_blocked!(),
    " then 'blocked' when status = 'todo' and attempts > 0 then 'retrying' else status::text end"
);

/// The same of a single row, whose lock alone is read.
const STATE_OF_ROW: &str = "case when status = 'todo' and lock is not null and exists (select from {relation} other \
       where other.lock = {name}.lock and other.id <> {name}.id and (other.status = 'doing' or other.status = 'todo' \
         and (other.priority > {name}.priority or other.priority = {name}.priority and other.id < {name}.id))) \
     then 'blocked' when status = 'todo' and attempts > 0 then 'retrying' else status::text end";

/// Attempts that failed: the retry function counts one as well, and the last attempt of a job that succeeded did not fail.
const ATTEMPTS: &str = "greatest(attempts - (status = 'succeeded')::int - (select count(*) from {schema}.procrastinate_events event \
     where event.job_id = {name}.id and event.type::text = 'retried'), 0)::int";

const CREATED: &str = "(select min(event.at) from {schema}.procrastinate_events event \
     where event.job_id = {name}.id and event.type::text = 'deferred')";

const STARTED: &str = "(select max(event.at) from {schema}.procrastinate_events event \
     where event.job_id = {name}.id and event.type::text = 'started')";

/// The event of a scheduled job has the time for which it is scheduled.
const CHANGED: &str = "(select max(event.at) from {schema}.procrastinate_events event \
     where event.job_id = {name}.id and event.type::text not in ('scheduled', 'abort_requested'))";

const DIED: &str = "case when status = 'failed' then (select max(event.at) from {schema}.procrastinate_events event \
     where event.job_id = {name}.id and event.type::text = 'failed') end";

const HEARTBEAT: &str = "(select worker.last_heartbeat from {schema}.procrastinate_workers worker \
     where worker.id = {name}.worker_id)";

pub(super) fn definition(_table: &CatalogTable) -> Definition {
    const AWARE: &str = "timestamp with time zone";
    Definition {
        tested: &[304],
        fields: vec![
            (Field::Id, "id", "bigint"),
            (Field::State, STATE, "text"),
            (Field::Kind, "task_name", "text"),
            (Field::Due, "scheduled_at", AWARE),
            (Field::Worker, "worker_id", "bigint"),
            (Field::LockedAt, STARTED, AWARE),
            (Field::Heartbeat, HEARTBEAT, AWARE),
            (Field::Attempts, ATTEMPTS, "integer"),
            (Field::Created, CREATED, AWARE),
            (Field::Updated, CHANGED, AWARE),
            (Field::DeadSince, DIED, AWARE),
            (Field::Payload, "args", "jsonb"),
        ],
        needs: &[
            "id",
            "queue_name",
            "task_name",
            "priority",
            "lock",
            "queueing_lock",
            "args",
            "status",
            "scheduled_at",
            "attempts",
            "abort_requested",
            "worker_id",
        ],
        states: STATES,
        derived_states: &DERIVED,
        requeue: Some(DeclaredRequeue {
            set: BTreeMap::from([("status".to_owned(), Value::Text("todo".to_owned()))]),
            now: vec!["scheduled_at".to_owned()],
            null: vec![],
        }),
        traits: traits(),
    }
}

fn traits() -> PackageTraits {
    PackageTraits {
        state_column: Some("status".to_owned()),
        state_of_row: Some(STATE_OF_ROW.to_owned()),
        joins: JOINS.to_owned(),
        also_reads: vec!["procrastinate_events".to_owned(), "procrastinate_workers".to_owned()],
        columns: texts(&[
            (QUEUE, "queue_name"),
            ("raw_state", "status"),
            ("is_blocked", is_blocked!()),
            ("is_retry", "attempts > 0"),
            ("held_up_until", HELD_UP_UNTIL),
        ]),
        conditions: texts(&[
            ("todo", "(\"raw_state\" = 'todo' and not \"is_retry\" and not \"is_blocked\")"),
            (RETRYING, "(\"raw_state\" = 'todo' and \"is_retry\" and not \"is_blocked\")"),
            (BLOCKED, "(\"raw_state\" = 'todo' and \"is_blocked\")"),
            ("doing", "\"raw_state\" = 'doing'"),
            ("aborting", "\"raw_state\" = 'aborting'"),
            ("succeeded", "\"raw_state\" = 'succeeded'"),
            ("cancelled", "\"raw_state\" = 'cancelled'"),
            ("aborted", "\"raw_state\" = 'aborted'"),
            ("failed", "\"raw_state\" = 'failed'"),
        ]),
        // An active worker sends a heartbeat every 10 seconds; a starting worker removes rows without one.
        stuck: "(\"heartbeat\" is null \
                 or \"heartbeat\" < (select now() - make_interval(secs => greatest({after}, 30))))"
            .to_owned(),
        stuck_text: "no heartbeat for more than {after}".to_owned(),
        stuck_least: 30,
        owner: Some("worker".to_owned()),
        blocked_by_scheduled: Some(
            "\"held_up_until\" > (select now() + make_interval(secs => {after}))".to_owned(),
        ),
        assignments: texts(&[("attempts", "attempts + 1")]),
        also_requeued: DERIVED.map(str::to_owned).to_vec(),
        refused: refused_jobs(&[(
            "abort_requested",
            "its abort was requested, and a CHECK of Procrastinate forbids to queue such a job",
        )]),
        no_undo: Some(
            "Procrastinate's trigger would record the undo as a cancellation of each job: cancel the jobs with \
             Procrastinate if they must not run"
                .to_owned(),
        ),
        requeue_notes: vec![
            "a requeue gives no attempts: Procrastinate counts it as one, and the retry strategy of the task decides what \
             follows the next failure"
                .to_owned(),
            "workers find requeued jobs when they poll, every 5 seconds by default".to_owned(),
            "the requeue cannot be undone: Procrastinate's trigger would record a cancellation".to_owned(),
        ],
        unknowable: vec![
            "Procrastinate stores no errors: dead letters are grouped by task only, and the cause is in the logs of the \
             workers"
                .to_owned(),
            "nothing rescues a job whose worker has ended; a running job counts as stuck if its worker has no heartbeat"
                .to_owned(),
        ],
        no_rescue: "jobs rescue does not write Procrastinate's jobs: nothing rescues a job whose worker has ended; make \
                    sure that it has, then: select procrastinate_retry_job_v2(ID, now(), null, null, null)"
            .to_owned(),
        ..PackageTraits::default()
    }
}
