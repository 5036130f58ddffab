//! Delayed Job (<https://github.com/collectiveidea/delayed_job>): no column with the state, and no kind outside of the
//! YAML of the job.

use std::collections::BTreeMap;

use super::{Definition, in_zone, is_naive, texts, time_type};
use crate::queue::declaration::{DeclaredRequeue, Field, Value};
use crate::queue::package::{PackageTraits, QUEUE, ShortLived};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the version, which no table has: 4 if the table has the columns of 4.x and no others. Extensions add columns
/// that decide what becomes of a job, for example `cron`.
pub(super) const VERSION: &str = "select case when columns = 'attempts created_at failed_at handler id last_error locked_at \
       locked_by priority queue run_at updated_at' then 4::bigint end as version \
  from (select string_agg(a.attname::text, ' ' order by a.attname::text collate \"C\") as columns \
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
         where n.nspname = {schema_name} and c.relname = 'delayed_jobs') as jobs";

/// It waits for the first attempt.
const QUEUED: &str = "queued";
/// A worker has locked it.
const LOCKED: &str = "locked";
/// It waits for another attempt.
const RETRY: &str = "retry";
/// Its attempts are used up, and it is kept.
const FAILED: &str = "failed";

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, QUEUED),
    (Lifecycle::Claimed, LOCKED),
    (Lifecycle::Failed, RETRY),
    (Lifecycle::Dead, FAILED),
];

/// A failed job keeps the lock of its last attempt.
const STATE: &str = "case when failed_at is not null then 'failed' when locked_at is not null then 'locked' \
     when attempts > 0 then 'retry' else 'queued' end";

/// The class of Active Job, the receiver and method of a delayed call, or the class of the object. It is in the first
/// lines, as far as the object does not come before it.
const KIND: &str = r#"(select coalesce(
       substring(head from '\n\s+job_class: ''?([A-Za-z][\w:]*)'),
       case when head ~ '^--- !ruby/object:Delayed::PerformableMethod' then concat_ws('#',
         substring(head from '\nobject: !ruby/[A-Za-z]+(?::| ''?)([A-Za-z][\w:]*)'),
         substring(handler from '\nmethod_name: :?''?(\w+[?!=]?)')) end,
       substring(head from '^--- !ruby/[a-z]+:([A-Za-z][\w:]*)'))
     from (select left(handler, 2000) as head) as yaml)"#;

/// The message, without the backtrace that follows it.
const ERROR: &str = r"regexp_replace(last_error, '\n[^\n]+:\d+:in .*$', '')";

pub(super) fn definition(table: &CatalogTable) -> Definition {
    let is_naive = is_naive(table, "run_at");
    let time = time_type(is_naive);
    Definition {
        tested: &[4],
        fields: vec![
            (Field::Id, "id", "bigint"),
            (Field::State, STATE, "text"),
            (Field::Kind, KIND, "text"),
            (Field::Due, "run_at", time),
            (Field::Worker, "case when failed_at is null then locked_by end", "text"),
            (Field::LockedAt, "case when failed_at is null then locked_at end", time),
            (Field::Attempts, "attempts", "integer"),
            (Field::Error, ERROR, "text"),
            (Field::Created, "created_at", time),
            (Field::Updated, "greatest(updated_at, locked_at)", time),
            (Field::DeadSince, "failed_at", time),
            (Field::Payload, "handler", "text"),
        ],
        needs: &[
            "id",
            "attempts",
            "handler",
            "last_error",
            "run_at",
            "locked_at",
            "failed_at",
            "locked_by",
            "queue",
            "created_at",
            "updated_at",
        ],
        states: STATES,
        derived_states: &[],
        requeue: Some(DeclaredRequeue {
            set: BTreeMap::from([("attempts".to_owned(), Value::Number(0))]),
            now: vec!["run_at".to_owned()],
            null: ["failed_at", "locked_at", "locked_by"].map(str::to_owned).to_vec(),
        }),
        traits: traits(is_naive),
    }
}

fn traits(is_naive: bool) -> PackageTraits {
    let mut columns = texts(&[(QUEUE, "queue"), ("has_failed", "failed_at is not null")]);
    columns.insert("locked_since".to_owned(), in_zone(is_naive, "locked_at"));
    PackageTraits {
        columns,
        conditions: texts(&[
            (FAILED, "\"has_failed\""),
            (LOCKED, "(\"locked_at\" is not null and not \"has_failed\")"),
        ]),
        // When any worker takes it (max_run_time); a longer stuck_after counts.
        stuck: "\"locked_since\" < (select now() - make_interval(secs => greatest({after}, 14400)))"
            .to_owned(),
        stuck_text: "claimed more than {after} ago".to_owned(),
        stuck_least: 14_400,
        restarts_attempts: true,
        deletes_finished: true,
        short_lived: Some(ShortLived {
            kept_if: "failed_at is not null".to_owned(),
            why: "dead letters may not be kept here: Delayed Job deletes a job whose attempts are used up, unless \
                  destroy_failed_jobs is false, and no failed job shows that it is"
                .to_owned(),
        }),
        requeue_notes: vec![
            "each job gets all of its attempts again".to_owned(),
            "workers find requeued jobs when they poll, every 5 seconds by default".to_owned(),
        ],
        unknowable: vec![
            "Delayed Job deletes dead letters by default (destroy_failed_jobs): the number shown is of those that are kept"
                .to_owned(),
            "the maximum number of attempts is in the code (25 by default)".to_owned(),
            "Delayed Job keeps no heartbeats: a running job counts as stuck 4 hours after its lock (max_run_time, or \
             stuck_after if that is longer), when any worker takes it"
                .to_owned(),
            "finished jobs are not kept here: Delayed Job deletes a job when it has finished".to_owned(),
        ],
        no_rescue: "jobs rescue does not write Delayed Job's jobs: any worker takes a job 4 hours after its lock \
                    (max_run_time)"
            .to_owned(),
        ..PackageTraits::default()
    }
}
