//! pg-boss (<https://github.com/timgit/pg-boss>): a table `job`, partitioned by queue. A dead letter can also be a copy
//! in another queue.

use std::collections::BTreeMap;

use super::{Definition, refused_jobs, texts};
use crate::queue::declaration::{DeclaredRequeue, Field, Value};
use crate::queue::package::{
    Copies, DEAD_SINCE, DELETED_AT, OVERDUE, PLACE, PackageTraits, RescueWrite, Rescuer,
};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the version of the schema.
pub(super) const VERSION: &str = "select max(version)::bigint as version from {schema}.version";

/// A job that waits for others to finish.
const BLOCKED: &str = "blocked";
/// A copy of a dead letter that nobody has fetched, and whose original is no dead letter any more.
const COPY: &str = "dead_letter_copy";
/// States that are no label of the enum.
const DERIVED: [&str; 2] = [BLOCKED, COPY];

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, "created"),
    (Lifecycle::Blocked, BLOCKED),
    (Lifecycle::Claimed, "active"),
    (Lifecycle::Failed, "retry"),
    (Lifecycle::Finished, "completed"),
    (Lifecycle::Canceled, "cancelled"),
    (Lifecycle::Dead, "failed"),
    (Lifecycle::Dead, COPY),
];

const STATE: &str = "case when state = 'created' and source_id is not null then 'dead_letter_copy' \
     when state < 'active' and blocked then 'blocked' else state::text end";

/// An original and its copy are one failed piece of work: the copy is left out while the original is a dead letter,
/// whether nobody has fetched it or the worker of the dead-letter queue has failed, too.
const ROWS: &str = "(source_id is null or state not in ('created', 'failed') or not exists (select from {relation} original \
     where original.name = {name}.source_name and original.id = {name}.source_id and original.state = 'failed'))";

const ERROR: &str = "case when state in ('failed', 'retry', 'cancelled') then \
       coalesce(output ->> 'message', output -> 'value' ->> 'message', output #>> '{}') \
     when source_id is not null and state = 'created' then \
       coalesce(source_output ->> 'message', source_output -> 'value' ->> 'message', source_output #>> '{}') end";

/// Failed attempts: `retry_count` grows when a job is claimed again, and the last attempt of a completed job succeeded.
const ATTEMPTS: &str = "case when source_id is not null and state = 'created' then source_retry_count + 1 \
     else retry_count + (started_on is not null and state not in ('active', 'completed'))::int end";

pub(super) fn definition(_table: &CatalogTable) -> Definition {
    Definition {
        tested: &[43, 46],
        fields: vec![
            (Field::Id, "id", "uuid"),
            (Field::State, STATE, "text"),
            // There is no kind: the queue tells which handler works a job.
            (Field::Kind, "name", "text"),
            (Field::Due, "start_after", "timestamp with time zone"),
            (Field::LockedAt, "started_on", "timestamp with time zone"),
            (Field::Heartbeat, "heartbeat_on", "timestamp with time zone"),
            (Field::Attempts, ATTEMPTS, "integer"),
            (Field::MaxAttempts, "retry_limit + 1", "integer"),
            (Field::Error, ERROR, "text"),
            (Field::Created, "created_on", "timestamp with time zone"),
            (Field::Updated, "started_on", "timestamp with time zone"),
            (Field::DeadSince, "completed_on", "timestamp with time zone"),
            (Field::Payload, "data", "jsonb"),
            (Field::Result, "case when state = 'completed' then output end", "jsonb"),
        ],
        needs: &[
            "id",
            "name",
            "data",
            "state",
            "retry_limit",
            "retry_count",
            "start_after",
            "created_on",
            "started_on",
            "completed_on",
            "keep_until",
            "deletion_seconds",
            "expire_seconds",
            "output",
            "blocked",
            "heartbeat_on",
            "heartbeat_seconds",
            "source_name",
            "source_id",
            "source_output",
            "source_retry_count",
            "source_root_id",
        ],
        states: STATES,
        derived_states: &DERIVED,
        requeue: Some(DeclaredRequeue {
            set: BTreeMap::from([("state".to_owned(), Value::Text("retry".to_owned()))]),
            now: vec![],
            null: vec!["completed_on".to_owned()],
        }),
        traits: traits(),
    }
}

fn traits() -> PackageTraits {
    PackageTraits {
        rows: Some(ROWS.to_owned()),
        columns: texts(&[
            (PLACE, "name"),
            (DEAD_SINCE, "coalesce(completed_on, created_on)"),
            (
                DELETED_AT,
                "case when state < 'active' then keep_until \
                 when deletion_seconds > 0 then completed_on + deletion_seconds * interval '1 s' end",
            ),
            ("raw_state", "state"),
            ("is_copy", "state = 'created' and source_id is not null"),
            ("is_blocked", "blocked"),
            (
                OVERDUE,
                "state = 'active' and (started_on + expire_seconds * interval '1 s' < now() \
                 or coalesce(heartbeat_on + heartbeat_seconds * interval '1 s' < now(), false))",
            ),
            (
                "is_heartbeat_recent",
                "coalesce(heartbeat_on + heartbeat_seconds * interval '1 s' >= now(), false)",
            ),
        ]),
        conditions: texts(&[
            ("created", "(\"raw_state\" = 'created' and not \"is_blocked\" and not \"is_copy\")"),
            ("retry", "(\"raw_state\" = 'retry' and not \"is_blocked\")"),
            (BLOCKED, "(\"raw_state\" < 'active' and \"is_blocked\" and not \"is_copy\")"),
            ("active", "\"raw_state\" = 'active'"),
            ("completed", "\"raw_state\" = 'completed'"),
            ("cancelled", "\"raw_state\" = 'cancelled'"),
            ("failed", "\"raw_state\" = 'failed'"),
            (COPY, "(\"raw_state\" = 'created' and \"is_copy\")"),
        ]),
        stuck: "\"is_overdue\"".to_owned(),
        stuck_text: "beyond its expire_seconds or heartbeat_seconds".to_owned(),
        place: Some("name".to_owned()),
        assignments: texts(&[
            ("retry_limit", "retry_limit + 1"),
            ("start_after", "greatest(start_after, {due_at})"),
            // Maintenance deletes jobs that wait beyond it: the job gets the period that it had at first.
            (
                "keep_until",
                "greatest(keep_until, {due_at} + greatest(keep_until - created_on, interval '1 day'))",
            ),
        ]),
        also_requeued: vec!["retry".to_owned()],
        refused: refused_jobs(&[
            (
                "state < 'active'",
                "it is a copy in a dead-letter queue, and its original is not a dead letter: use redrive() of pg-boss",
            ),
            (
                "exists (select from {relation} copy where copy.source_root_id = coalesce(job.source_root_id, job.id) \
                 and copy.source_id = job.id and copy.source_name = job.name and copy.state in ('retry', 'active'))",
                "a worker of the dead-letter queue runs its copy",
            ),
        ]),
        copies: Some(Copies {
            condition: "copy.source_root_id = coalesce(job.source_root_id, job.id) and copy.source_id = job.id \
                        and copy.source_name = job.name and copy.state = 'created'"
                .to_owned(),
            cancel: "state = 'cancelled', completed_on = now()".to_owned(),
            restore: "state = 'created', completed_on = null".to_owned(),
        }),
        requeue_notes: vec![
            "each job gets one more attempt, as retry() of pg-boss gives".to_owned(),
            "workers find requeued jobs when they poll, every 2 seconds by default".to_owned(),
            "copies in a dead-letter queue that were not fetched yet are canceled, so that a redrive does not run the \
             jobs once more"
                .to_owned(),
            "keep_until is extended, otherwise the maintenance of pg-boss could delete the jobs unworked".to_owned(),
        ],
        unknowable: vec![
            "pg-boss does not record which worker runs a job; a job is stuck when it has exceeded its own expire_seconds \
             or heartbeat_seconds"
                .to_owned(),
        ],
        rescue: Some(rescue()),
        ..PackageTraits::default()
    }
}

/// The supervision takes active jobs by `started_on` and the limit of each. A job with heartbeats has either a recent
/// one, and is left alone, or is beyond its limit: `heartbeat_on` need not be written.
fn rescue() -> RescueWrite {
    RescueWrite {
        after: None,
        set: texts(&[(
            "started_on",
            "least(started_on, now() - make_interval(secs => expire_seconds::float8 + 60))",
        )]),
        rescuer: Some(Rescuer {
            name: "pg-boss's supervision".to_owned(),
            within: 120,
            unless: "no instance that supervises runs (supervise: false), or its intervals are longer than 60s"
                .to_owned(),
            active: Some("\"is_heartbeat_recent\"".to_owned()),
        }),
        notes: vec![
            "pg-boss's supervision retries a job or fails it (\"job timed out\"), with the copy in its dead-letter queue"
                .to_owned(),
            "warning: only jobs with heartbeat_seconds have heartbeats: if a worker still runs one of the others, the job \
             runs twice"
                .to_owned(),
        ],
        ..RescueWrite::default()
    }
}
