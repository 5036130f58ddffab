//! Oban (<https://oban.pro>): one table `oban_jobs`, of the Elixir and of the Python package, with times in UTC without
//! a zone. Both have the same states; they differ in the type of the errors, in what deletes and rescues jobs, and in
//! what a retry does to uniqueness.

use std::collections::BTreeMap;

use super::{Definition, refused_jobs, texts};
use crate::queue::declaration::{DeclaredRequeue, Field, Value};
use crate::queue::package::{
    DEAD_SINCE, DELETED_AT, HOLDER, OVERDUE, PackageTraits, QUEUE, RescueWrite, Rescuer, ShortLived,
};
use crate::queue::{CatalogTable, Lifecycle};

/// Reads the version: Elixir writes it into the comment of the table. The Python package wrote `1` at first, and no
/// comment since; the type of the errors and its other tables identify it.
pub(super) const VERSION: &str = "select case \
       when comment ~ '^[0-9]{1,9}$' then comment::bigint \
       when comment is null and is_python and others = 2 then 1::bigint end as version \
  from (select pg_catalog.obj_description(c.oid, 'pg_class') as comment, \
               exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = 'errors' \
                          and a.atttypid = 'pg_catalog.jsonb'::pg_catalog.regtype) as is_python, \
               (select count(*) from pg_catalog.pg_class o where o.relnamespace = c.relnamespace \
                   and o.relname in ('oban_leaders', 'oban_producers')) as others \
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where c.relname = 'oban_jobs' and n.nspname = {schema_name}) as jobs";

const STATES: &[(Lifecycle, &str)] = &[
    (Lifecycle::Queued, "available"),
    (Lifecycle::Queued, "scheduled"),
    (Lifecycle::Blocked, "suspended"),
    (Lifecycle::Claimed, "executing"),
    (Lifecycle::Failed, "retryable"),
    (Lifecycle::Finished, "completed"),
    (Lifecycle::Canceled, "cancelled"),
    (Lifecycle::Dead, "discarded"),
];

/// Workers claim an available job whatever its time is.
const DUE: &str = "case state when 'available' then least(scheduled_at, timezone('UTC', now())) else scheduled_at end";

/// When a job ended.
const ENDED: &str = "case state when 'completed' then completed_at when 'cancelled' then cancelled_at \
     when 'discarded' then discarded_at end";

/// Keys of the metadata by which Oban Pro orders jobs among each other.
const PRO: &str = "meta ?| array['workflow_id', 'chain_id', 'batch_id']";

/// What differs between the packages.
struct Edition {
    tested: &'static [i64],
    error: &'static str,
    /// The largest number of attempts that the column holds.
    most_attempts: i64,
    /// The metadata without a claim to uniqueness, as the package's own retry leaves them.
    meta: &'static str,
    /// Seconds after which jobs are rescued by default.
    rescue_after: u32,
    /// When the Pruner with its default deletes a dead letter. A row that is much older is evidently kept for longer.
    deleted_at: &'static str,
    /// Condition for rows that the Pruner with its default deletes, and what it means if there is none.
    short_lived: Option<(&'static str, &'static str)>,
    refused: &'static [(&'static str, &'static str)],
    unknowable: &'static [&'static str],
    /// Why its Lifeline may not act.
    unless: &'static str,
    /// Condition over the subquery for jobs whose producer has a recent heartbeat.
    active: Option<&'static str>,
    /// Tables that it reads.
    also_reads: &'static [&'static str],
    rescue_notes: &'static [&'static str],
}

const ELIXIR: Edition = Edition {
    tested: &[12, 13, 14, 15],
    error: "errors[array_upper(errors, 1)] ->> 'error'",
    most_attempts: i32::MAX as i64,
    meta: "meta",
    rescue_after: 3600,
    deleted_at: "case when state = 'discarded' and discarded_at > timezone('UTC', now()) - interval '2 minutes' \
         then (discarded_at + interval '60 s') at time zone 'UTC' end",
    short_lived: Some((KEPT, NOT_KEPT)),
    refused: &[(
        "meta ? 'uniq_bmp'",
        "it is a unique job of Oban Pro, which decides whether another job holds its key: retry it there",
    )],
    unknowable: &[
        "Oban's Pruner deletes a dead letter after 60 seconds by default (max_age): the number shown excludes \
         deleted ones",
        "Oban keeps no heartbeats: a running job counts as stuck one hour after its claim (or stuck_after, if that is \
         longer), as for its Lifeline",
    ],
    unless: "the plugin is not configured, no node runs, or rescue_after is more than 60 minutes",
    active: None,
    also_reads: &[],
    rescue_notes: &[
        "Oban's Lifeline is a plugin that is off by default, and whether it is configured is not in the database: \
         without it, nothing frees the jobs",
        "Lifeline makes a job available, or discarded after its last attempt",
        "warning: Oban keeps no heartbeats: if a node still runs one of these jobs, the job runs twice",
    ],
};

/// The Pruner deletes all that ended a minute ago, every 30 seconds.
const KEPT: &str = "state = 'discarded' and discarded_at < timezone('UTC', now()) - interval '5 minutes' \
     or state = 'cancelled' and cancelled_at < timezone('UTC', now()) - interval '5 minutes' \
     or state = 'completed' and completed_at < timezone('UTC', now()) - interval '5 minutes'";

const NOT_KEPT: &str = "dead letters may not be kept here: no job that ended more than 5 minutes ago is in the table, and \
     Oban's Pruner deletes dead letters 60 seconds after they were dead-lettered by default";

const PYTHON: Edition = Edition {
    tested: &[1],
    error: "errors -> -1 ->> 'error'",
    most_attempts: i16::MAX as i64,
    meta: "jsonb_set(meta, '{uniq_bmp}', '[]'::jsonb)",
    rescue_after: 300,
    deleted_at: "case when state = 'discarded' and discarded_at > timezone('UTC', now()) - interval '25 hours' \
         then (discarded_at + interval '1 day') at time zone 'UTC' end",
    short_lived: None,
    refused: &[],
    unknowable: &[
        "Oban's pruner deletes dead letters after one day by default: the number shown excludes deleted ones (pruner: \
         max_age)",
        "a running job counts as stuck five minutes after its claim (or stuck_after, if that is longer), as for Oban's \
         lifeline, which rescues by time alone: its worker may still run it",
    ],
    unless: "no instance runs, or rescue_after of its lifeline is more than 5 minutes",
    active: Some(
        "exists (select from {schema}.oban_producers producer where producer.uuid::text = \"producer_uuid\" \
         and producer.updated_at > timezone('UTC', now()) - interval '60 s')",
    ),
    also_reads: &["oban_producers"],
    rescue_notes: &["Oban's lifeline makes a job available, or discarded after its last attempt"],
};

pub(super) fn definition(table: &CatalogTable) -> Definition {
    let is_python = table.column("errors").is_some_and(|errors| errors.is_any(&["jsonb"]));
    let edition = if is_python { PYTHON } else { ELIXIR };
    Definition {
        tested: edition.tested,
        fields: fields(&edition),
        needs: &[
            "id",
            "state",
            "worker",
            "queue",
            "args",
            "meta",
            "errors",
            "attempt",
            "max_attempts",
            "inserted_at",
            "scheduled_at",
            "attempted_at",
            "attempted_by",
            "completed_at",
            "cancelled_at",
            "discarded_at",
        ],
        states: STATES,
        derived_states: &[],
        requeue: Some(DeclaredRequeue {
            set: BTreeMap::from([("state".to_owned(), Value::Text("available".to_owned()))]),
            now: vec!["scheduled_at".to_owned()],
            null: ["completed_at", "cancelled_at", "discarded_at"].map(str::to_owned).to_vec(),
        }),
        traits: PackageTraits {
            // Oban Pro can partition the table by state: a requeue would move rows between partitions.
            read_only: (!table.partitions.is_empty()).then(|| {
                "the table is partitioned by Oban Pro, and writes were tested without: it is only read".to_owned()
            }),
            ..traits(&edition)
        },
    }
}

fn fields(edition: &Edition) -> Vec<(Field, &'static str, &'static str)> {
    const NAIVE: &str = "timestamp without time zone";
    vec![
        (Field::Id, "id", "bigint"),
        // The enum is compared as it is, so that the index on the state serves.
        (Field::State, "state", "text"),
        (Field::Kind, "worker", "text"),
        (Field::Due, DUE, NAIVE),
        (Field::Worker, "attempted_by[1]", "text"),
        (Field::LockedAt, "attempted_at", NAIVE),
        // Oban counts an attempt when a job is claimed.
        (
            Field::Attempts,
            "greatest(attempt - (state in ('executing', 'completed'))::int, 0)",
            "integer",
        ),
        (Field::MaxAttempts, "max_attempts", "integer"),
        (Field::Error, edition.error, "text"),
        (Field::Created, "inserted_at", NAIVE),
        (Field::Updated, "attempted_at", NAIVE),
        (Field::DeadSince, ENDED, NAIVE),
        (Field::Payload, "args", "jsonb"),
        (Field::Result, "meta -> 'return'", "jsonb"),
    ]
}

fn traits(edition: &Edition) -> PackageTraits {
    let Edition { meta, most_attempts, rescue_after, .. } = edition;
    let most = format!("attempt >= {most_attempts}");
    let overdue = format!(
        "state = 'executing' and attempted_at < timezone('UTC', now()) - make_interval(secs => {rescue_after})"
    );
    let shared = [
        (PRO, "it belongs to a workflow, chain or batch of Oban Pro: retry it there"),
        (most.as_str(), "its column cannot hold one more attempt"),
    ];
    PackageTraits {
        columns: texts(&[
            (QUEUE, "queue"),
            (DEAD_SINCE, "coalesce(discarded_at, attempted_at, inserted_at) at time zone 'UTC'"),
            (DELETED_AT, edition.deleted_at),
            // Name of the node, and id of its producer of the queue, which each start makes anew.
            (HOLDER, "nullif(array_to_string(attempted_by, ' '), '')"),
            ("producer_uuid", "attempted_by[2]"),
            (OVERDUE, overdue.as_str()),
        ]),
        also_reads: edition.also_reads.iter().map(|table| (*table).to_owned()).collect(),
        stuck: format!(
            "(\"locked_at\" at time zone 'UTC') < (select now() - make_interval(secs => greatest({{after}}, \
             {rescue_after})))"
        ),
        stuck_text: "claimed more than {after} ago".to_owned(),
        stuck_least: *rescue_after,
        assignments: BTreeMap::from([
            (
                "max_attempts".to_owned(),
                format!("least(greatest(max_attempts, attempt::bigint + 1), {most_attempts})"),
            ),
            (
                "meta".to_owned(),
                format!(
                    "case when jsonb_typeof(meta) = 'object' \
                     then {meta} || jsonb_build_object('cliplyctl', {{event}} || jsonb_build_object('at', now())) \
                     else meta end"
                ),
            ),
        ]),
        short_lived: edition.short_lived.map(|(kept_if, why)| ShortLived {
            kept_if: kept_if.to_owned(),
            why: why.to_owned(),
        }),
        state_if_later: Some("scheduled".to_owned()),
        refused: refused_jobs(&[edition.refused, &shared].concat()),
        requeue_notes: vec![
            "each job gets one more attempt if its attempts are used up, otherwise those that are left".to_owned(),
            "workers find requeued jobs when Oban's stager tells them, every second by default".to_owned(),
            "the metadata of each job gets the key \"cliplyctl\": operation, operator and reason; a worker whose unique \
             jobs compare the metadata does not find this job"
                .to_owned(),
            "no index keeps jobs unique: another job with the same arguments can wait or run".to_owned(),
        ],
        unknowable: edition.unknowable.iter().map(|text| (*text).to_owned()).collect(),
        rescue: Some(rescue(edition)),
        ..PackageTraits::default()
    }
}

/// Lifeline takes executing jobs by `attempted_at` alone.
fn rescue(edition: &Edition) -> RescueWrite {
    RescueWrite {
        after: Some(edition.rescue_after),
        set: texts(&[(
            "attempted_at",
            "least(attempted_at, timezone('UTC', now()) - make_interval(secs => {age}))",
        )]),
        rescuer: Some(Rescuer {
            name: "Oban's Lifeline".to_owned(),
            within: 60,
            unless: edition.unless.to_owned(),
            active: edition.active.map(str::to_owned),
        }),
        notes: edition.rescue_notes.iter().map(|text| (*text).to_owned()).collect(),
        ..RescueWrite::default()
    }
}
