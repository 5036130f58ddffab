//! River (<https://riverqueue.com>): one table `river_job`, an enum of states, deaths by an index.

use std::collections::BTreeMap;

use super::{Definition, refused_jobs, texts};
use crate::queue::declaration::{DeclaredRequeue, Field, Value};
use crate::queue::package::{
    DEAD_SINCE, DELETED_AT, OVERDUE, PackageTraits, QUEUE, RescueWrite, Rescuer,
};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the version of the migrations. Extensions, such as River Pro, have lines of their own; before version 5 there
/// is no such column.
pub(super) const VERSION: &str = "select max(version)::bigint as version from {schema}.river_migration migration \
     where coalesce(to_jsonb(migration) ->> 'line', 'main') = 'main'";

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, "available"),
    (Lifecycle::Queued, "scheduled"),
    (Lifecycle::Blocked, "pending"),
    (Lifecycle::Claimed, "running"),
    (Lifecycle::Failed, "retryable"),
    (Lifecycle::Finished, "completed"),
    (Lifecycle::Canceled, "cancelled"),
    (Lifecycle::Dead, "discarded"),
];

/// The last error. River counts an attempt when a job is claimed, and adds an error when it fails.
const ERROR: &str = "errors[array_upper(errors, 1)] ->> 'error'";

/// Keys of the metadata by which River Pro orders jobs among each other.
const PRO: &str =
    "metadata ?| array['seq_key', 'river:seq_key', 'workflow_id', 'river:workflow_id']";

/// Whether the server guarantees that each dead letter has a time: River's own CHECK. The index on that time holds
/// only rows that have one, and serves a query only if it says so.
fn deaths_have_times(table: &CatalogTable) -> bool {
    table.checks.iter().any(|check| {
        check.contains("finalized_at IS NOT NULL")
            && check.contains("'discarded'")
            && !check.ends_with("NOT VALID")
    })
}

pub(super) fn definition(table: &CatalogTable) -> Definition {
    Definition {
        tested: &[6, 7],
        fields: vec![
            (Field::Id, "id", "bigint"),
            // The enum is compared as it is, so that the index on the state serves.
            (Field::State, "state", "text"),
            (Field::Kind, "kind", "text"),
            (Field::Due, "scheduled_at", "timestamp with time zone"),
            (Field::Worker, "attempted_by[array_upper(attempted_by, 1)]", "text"),
            (Field::LockedAt, "attempted_at", "timestamp with time zone"),
            (
                Field::Attempts,
                "greatest(attempt - (state in ('running', 'completed'))::int, 0)",
                "integer",
            ),
            (Field::MaxAttempts, "max_attempts", "smallint"),
            (Field::Error, ERROR, "text"),
            (Field::Created, "created_at", "timestamp with time zone"),
            (Field::Updated, "attempted_at", "timestamp with time zone"),
            (Field::DeadSince, "finalized_at", "timestamp with time zone"),
            (Field::Payload, "args", "jsonb"),
            (Field::Result, "metadata -> 'output'", "jsonb"),
        ],
        needs: &[
            "id",
            "state",
            "kind",
            "queue",
            "args",
            "scheduled_at",
            "attempted_by",
            "attempted_at",
            "attempt",
            "max_attempts",
            "errors",
            "created_at",
            "finalized_at",
            "metadata",
        ],
        states: STATES,
        derived_states: &[],
        requeue: Some(DeclaredRequeue {
            set: BTreeMap::from([("state".to_owned(), Value::Text("available".to_owned()))]),
            now: vec!["scheduled_at".to_owned()],
            null: vec!["finalized_at".to_owned()],
        }),
        traits: PackageTraits {
            conditions: match deaths_have_times(table) {
                true => BTreeMap::from([("discarded".to_owned(), DISCARDED.to_owned())]),
                false => BTreeMap::new(),
            },
            ..traits()
        },
    }
}

/// Dead letters, with the predicate of the index on their time.
const DISCARDED: &str = "(\"state\" = 'discarded' and \"dead_since\" is not null)";

/// A due job of a paused queue. Clients do not fetch jobs of it until it is resumed.
const PAUSED: &str = "queue_paused";
/// The states of jobs that a pause holds up when they are due: the leader makes all of them available then.
const FETCHED: [&str; 3] = ["available", "scheduled", "retryable"];

/// Jobs of paused queues are blocked, if this role sees which queues are.
pub(super) fn with_pauses(definition: &mut Definition, sees_pauses: Option<bool>) {
    match sees_pauses {
        None => return,
        Some(false) => {
            return definition.traits.unknowable.push(
                "which queues are paused is not known: this role cannot read all of river_queue, and due jobs of a \
                 paused queue count as due"
                    .to_owned(),
            );
        }
        Some(true) => {}
    }
    for (field, sql, _) in &mut definition.fields {
        if *field == Field::State {
            *sql = STATE_OR_PAUSED;
        }
    }
    definition.states = STATES_AND_PAUSED;
    definition.derived_states = &[PAUSED];
    let traits = &mut definition.traits;
    traits.joins = "left join (select name as paused_queue from {schema}.river_queue where paused_at is not null) paused \
                    on paused_queue = queue"
        .to_owned();
    traits.columns.insert("raw_state".to_owned(), "state".to_owned());
    traits.columns.insert("is_paused".to_owned(), IS_PAUSED.to_owned());
    let has_index = traits.conditions.contains_key("discarded");
    for (_, state) in STATES {
        let condition = match *state {
            "discarded" if has_index => DISCARDED.replace("\"state\"", "\"raw_state\""),
            state if FETCHED.contains(&state) => {
                format!("(\"raw_state\" = '{state}' and not \"is_paused\")")
            }
            state => format!("\"raw_state\" = '{state}'"),
        };
        traits.conditions.insert((*state).to_owned(), condition);
    }
    let fetched = format!("'{}'", FETCHED.join("', '"));
    let paused = format!("(\"raw_state\" in ({fetched}) and \"is_paused\")");
    traits.conditions.insert(PAUSED.to_owned(), paused);
    traits.also_requeued.push(PAUSED.to_owned());
    traits.paused_state = Some(PAUSED.to_owned());
    traits.held_up = Some(
        "select 'queue ' || paused.name || ' is paused' from {schema}.river_queue paused \
          where paused.name = job.queue and paused.paused_at is not null"
            .to_owned(),
    );
}

const IS_PAUSED: &str = "(paused_queue is not null and scheduled_at <= now())";

const STATE_OR_PAUSED: &str = "case when paused_queue is not null and scheduled_at <= now() \
     and state in ('available', 'scheduled', 'retryable') then 'queue_paused' else state::text end";

const STATES_AND_PAUSED: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, "available"),
    (Lifecycle::Queued, "scheduled"),
    (Lifecycle::Blocked, "pending"),
    (Lifecycle::Blocked, PAUSED),
    (Lifecycle::Claimed, "running"),
    (Lifecycle::Failed, "retryable"),
    (Lifecycle::Finished, "completed"),
    (Lifecycle::Canceled, "cancelled"),
    (Lifecycle::Dead, "discarded"),
];

fn traits() -> PackageTraits {
    PackageTraits {
        columns: texts(&[
            (QUEUE, "queue"),
            (DEAD_SINCE, "finalized_at"),
            // The default of the cleaner: nothing in the database tells another one.
            (OVERDUE, "state = 'running' and attempted_at < now() - interval '1 hour'"),
            (DELETED_AT, "finalized_at + case state when 'discarded' then interval '7 days' else interval '1 day' end"),
        ]),
        // What the rescuer takes by default; a longer stuck_after counts.
        stuck: "\"locked_at\" < (select now() - make_interval(secs => greatest({after}, 3600)))"
            .to_owned(),
        stuck_text: "claimed more than {after} ago".to_owned(),
        stuck_least: 3_600,
        assignments: texts(&[
            ("max_attempts", "least(greatest(max_attempts, attempt + 1), 32767)"),
            (
                "metadata",
                "case when jsonb_typeof(metadata) = 'object' \
                 then metadata || jsonb_build_object('cliplyctl', {event} || jsonb_build_object('at', now())) \
                 else metadata end",
            ),
        ]),
        refused: refused_jobs(&[
            (PRO, "it belongs to a sequence or workflow of River Pro: retry it there"),
            // The columns are smallint.
            ("attempt >= 32767", "its column cannot hold one more attempt"),
        ]),
        requeue_notes: vec![
            "each job gets one more attempt if its attempts are used up, otherwise those that are left".to_owned(),
            "workers find requeued jobs when they poll, every second by default".to_owned(),
            "the metadata of each job gets the key \"cliplyctl\": operation, operator and reason".to_owned(),
        ],
        unknowable: vec![
            "River keeps no heartbeats: a running job counts as stuck one hour after its claim (or stuck_after, if \
             that is longer), as for River's own rescuer"
                .to_owned(),
            "River deletes dead letters after 7 days by default: the number shown excludes deleted ones".to_owned(),
        ],
        rescue: Some(rescue()),
        ..PackageTraits::default()
    }
}

/// The leader takes running jobs by `attempted_at`, and leaves those alone whose worker has a longer timeout.
fn rescue() -> RescueWrite {
    RescueWrite {
        after: Some(3600),
        set: texts(&[(
            "attempted_at",
            "least(attempted_at, now() - make_interval(secs => {age}))",
        )]),
        rescuer: Some(Rescuer {
            name: "River's leader".to_owned(),
            within: 30,
            unless: "no client runs, RescueStuckJobsAfter is more than 1h, or the worker of the job has a longer timeout"
                .to_owned(),
            active: None,
        }),
        notes: vec![
            "River's leader makes a job retryable, or discarded after its last attempt or if no worker of its kind is \
             registered"
                .to_owned(),
            "warning: River keeps no heartbeats: if a worker still runs one of these jobs, the job runs twice".to_owned(),
        ],
        ..RescueWrite::default()
    }
}
