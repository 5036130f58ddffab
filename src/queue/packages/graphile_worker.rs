//! graphile-worker (<https://worker.graphile.org>): tables that it calls private, no column with the state, tasks and
//! named queues in tables of their own.

use std::collections::BTreeMap;

use super::{Definition, texts};
use crate::queue::declaration::{DeclaredRequeue, Field, Value};
use crate::queue::package::{
    AdvisedIndex, DEAD_SINCE, LinkedRows, PackageTraits, QUEUE, RescueWrite,
};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the number of the last migration.
pub(super) const VERSION: &str = "select max(id)::bigint as version from {schema}.migrations";

/// It waits for the first attempt.
const AVAILABLE: &str = "available";
/// It is due, and another job of its named queue runs.
const QUEUE_LOCKED: &str = "queue_locked";
/// A worker runs it.
const LOCKED: &str = "locked";
/// It waits for another attempt.
const RETRY: &str = "retry";
/// Its attempts are used up.
const FAILED: &str = "permanently_failed";

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, AVAILABLE),
    (Lifecycle::Blocked, QUEUE_LOCKED),
    (Lifecycle::Claimed, LOCKED),
    (Lifecycle::Failed, RETRY),
    (Lifecycle::Dead, FAILED),
];

/// The generated column `is_available` would not follow the values that a requeue would set.
const STATE: &str = "case when locked_at is not null then 'locked' \
     when attempts >= max_attempts then 'permanently_failed' \
     when queue_is_locked and run_at <= now() then 'queue_locked' \
     when attempts > 0 then 'retry' else 'available' end";

/// A lock of a named queue holds up its jobs until workers unlock it, 4 hours after it was taken. A worker that ended
/// leaves it locked, perhaps without a locked job.
const JOINS: &str = "left join (select id as task_key, identifier as task_identifier \
       from {schema}.\"_private_tasks\") task on task_key = task_id \
     left join (select id as queue_key, queue_name as name_of_queue, \
         coalesce(locked_at > now() - interval '4 hours', false) as queue_is_locked \
       from {schema}.\"_private_job_queues\") named_queue on queue_key = job_queue_id";

/// When the last attempt failed. The package does not write it down: a failure sets `run_at` to the time of the next
/// attempt, and `updated_at` is only changed by its functions (`reschedule_jobs`, `permanently_fail_jobs`, `add_job`).
const FAILED_AT: &str = "case when locked_at is null and attempts > 0 then greatest(updated_at, \
     case when run_at - exp(least(attempts, 10)) * interval '1 s' <= now() \
       then run_at - exp(least(attempts, 10)) * interval '1 s' end) end";

pub(super) fn definition(_table: &CatalogTable) -> Definition {
    Definition {
        tested: &[19, 20],
        fields: vec![
            (Field::Id, "id", "bigint"),
            (Field::State, STATE, "text"),
            (Field::Kind, "task_identifier", "text"),
            (Field::Due, "run_at", "timestamp with time zone"),
            (Field::Worker, "locked_by", "text"),
            (Field::LockedAt, "locked_at", "timestamp with time zone"),
            // A claim counts an attempt.
            (Field::Attempts, "attempts - (locked_at is not null)::int", "integer"),
            (Field::MaxAttempts, "max_attempts", "smallint"),
            (Field::Error, "last_error", "text"),
            (Field::Created, "created_at", "timestamp with time zone"),
            (Field::Updated, "greatest(updated_at, locked_at)", "timestamp with time zone"),
            (Field::DeadSince, FAILED_AT, "timestamp with time zone"),
            (Field::Payload, "payload", "json"),
        ],
        needs: &[
            "id",
            "job_queue_id",
            "task_id",
            "payload",
            "run_at",
            "attempts",
            "max_attempts",
            "last_error",
            "created_at",
            "updated_at",
            "key",
            "locked_at",
            "locked_by",
            "is_available",
        ],
        states: STATES,
        derived_states: &[],
        requeue: Some(DeclaredRequeue {
            set: BTreeMap::from([("attempts".to_owned(), Value::Number(0))]),
            now: vec!["run_at".to_owned()],
            null: vec![],
        }),
        traits: traits(),
    }
}

fn traits() -> PackageTraits {
    PackageTraits {
        joins: JOINS.to_owned(),
        also_reads: vec!["_private_tasks".to_owned(), "_private_job_queues".to_owned()],
        columns: texts(&[
            (QUEUE, "name_of_queue"),
            (DEAD_SINCE, FAILED_AT),
            ("is_available", "is_available"),
            ("raw_attempts", "attempts"),
            ("waits_for_queue", "coalesce(queue_is_locked and run_at <= now(), false)"),
        ]),
        // With the predicates of its partial indexes, and of the one that is suggested.
        conditions: texts(&[
            (LOCKED, "\"locked_at\" is not null"),
            (FAILED, "(\"locked_at\" is null and \"raw_attempts\" >= \"max_attempts\")"),
            (QUEUE_LOCKED, "(\"is_available\" = true and \"waits_for_queue\")"),
            (RETRY, "(\"is_available\" = true and \"raw_attempts\" > 0 and not \"waits_for_queue\")"),
            (AVAILABLE, "(\"is_available\" = true and \"raw_attempts\" = 0 and not \"waits_for_queue\")"),
        ]),
        // When workers unlock a job by themselves; a longer stuck_after counts.
        stuck: "\"locked_at\" < (select now() - make_interval(secs => greatest({after}, 14400)))"
            .to_owned(),
        stuck_text: "claimed more than {after} ago".to_owned(),
        stuck_least: 14_400,
        assignments: texts(&[("updated_at", "now()")]),
        also_requeued: vec![QUEUE_LOCKED.to_owned()],
        restarts_attempts: true,
        deletes_finished: true,
        indexes: indexes(),
        requeue_notes: vec![
            "each job gets all of its attempts again, as reschedule_jobs(attempts => 0) gives".to_owned(),
            "workers find requeued jobs when they poll, every 2 seconds by default".to_owned(),
            "a dead letter keeps its job key: once it is requeued, the next add_job() with that key replaces it"
                .to_owned(),
        ],
        unknowable: vec![
            "finished jobs are not kept here: graphile-worker deletes a job when it has finished".to_owned(),
            "graphile-worker keeps no heartbeats: a running job counts as stuck 4 hours after its claim (or \
             stuck_after, if that is longer), as for its own workers"
                .to_owned(),
            "since when a job is a dead letter is computed from the time of the attempt that would have followed".to_owned(),
            "a dead letter that a newer job of the same key has replaced lost its key, and looks like any other"
                .to_owned(),
        ],
        rescue: Some(rescue()),
        ..PackageTraits::default()
    }
}

/// No index of the package has these jobs.
fn indexes() -> Vec<AdvisedIndex> {
    vec![
        AdvisedIndex {
            name: "jobs_dead_cliplyctl".to_owned(),
            columns: "task_id".to_owned(),
            predicate: "((locked_at IS NULL) AND (attempts >= max_attempts))".to_owned(),
            state: FAILED.to_owned(),
            serves: "dead letters: counts, lists, groups and requeues".to_owned(),
        },
        AdvisedIndex {
            name: "jobs_claimed_cliplyctl".to_owned(),
            columns: "locked_at".to_owned(),
            predicate: "(locked_at IS NOT NULL)".to_owned(),
            state: LOCKED.to_owned(),
            serves: "running and stuck jobs".to_owned(),
        },
    ]
}

/// What workers do 4 hours after the claim, for one job: `force_unlock_workers` unlocks all jobs of a worker.
fn rescue() -> RescueWrite {
    RescueWrite {
        after: Some(14_400),
        set: texts(&[
            ("locked_at", "null::timestamptz"),
            ("locked_by", "null::text"),
            ("run_at", "greatest(run_at, now())"),
        ]),
        linked: Some(LinkedRows {
            table: "_private_job_queues".to_owned(),
            condition: "other.id = job.job_queue_id and other.locked_by = job.locked_by".to_owned(),
            set: "locked_at = null, locked_by = null".to_owned(),
        }),
        notes: vec![
            "warning: graphile-worker keeps no heartbeats: if a worker still runs one of these jobs, the job runs twice"
                .to_owned(),
            "the named queue of a job is unlocked with it, and its other jobs run again".to_owned(),
        ],
        ..RescueWrite::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::packages::layout;
    use crate::queue::{
        CatalogColumn, CatalogIndex, Instance, NaiveTimes, Package, Relation, StateColumnEvidence,
        TableCatalog,
    };

    #[test]
    fn advised_index_serves_its_state_once_it_exists() {
        let column =
            |name: &&str| CatalogColumn { name: (*name).to_owned(), r#type: None, not_null: true };
        let mut table = CatalogTable {
            relation: Relation {
                schema: "graphile_worker".to_owned(),
                name: "_private_jobs".to_owned(),
            },
            columns: definition(&CatalogTable::default()).needs.iter().map(column).collect(),
            is_table: true,
            can_select: true,
            ..CatalogTable::default()
        };
        let instance = Instance {
            package: Package::GraphileWorker,
            schema: "graphile_worker".to_owned(),
            version: Some(20),
            sees_pauses: None,
        };
        let is_served = |table: &CatalogTable, state: &str| {
            let catalog = TableCatalog {
                jobs: Some(table.clone()),
                events: None,
                evidence: StateColumnEvidence::default(),
                naive_times: NaiveTimes::default(),
                in_recovery: false,
                server_time: String::new(),
                block_size: 8192.0,
            };
            let layout = layout(&catalog, &instance).unwrap();
            // The indexes do not serve all figures: the option that counts them is another.
            assert_eq!(layout.not_counted(), "time limit (queue --exact)");
            layout.has_partial_index(&[state.to_owned()], &["kind", "updated"])
        };
        assert!(!is_served(&table, FAILED) && !is_served(&table, LOCKED));
        table.indexes.push(CatalogIndex {
            columns: vec![Some("task_id".to_owned())],
            predicate: Some("((locked_at IS NULL) AND (attempts >= max_attempts))".to_owned()),
        });
        assert!(is_served(&table, FAILED) && !is_served(&table, LOCKED));
    }
}
