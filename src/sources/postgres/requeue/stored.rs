//! Whether a write is stored as it was meant: triggers, rules and policies can change a row back or drop an
//! event. Such a transaction is not committed.
//!
//! BEGIN, the write and COMMIT are sent in one round trip, so the client cannot decide before COMMIT. The write
//! counts its refused rows in a setting that is local to the transaction, and [`GUARD`], which is sent before
//! COMMIT, fails if there are any; COMMIT then acts as ROLLBACK. What deferred triggers do at COMMIT is read after
//! it ([`Stored::after_commit`]).

use crate::queue::sql::{ident, literals};
use crate::queue::{Layout, Lifecycle};

/// Setting with the number of rows that must not be committed.
pub(crate) const REFUSED: &str = "cliplyctl.refused";
/// Setting with the ids of the written jobs and of their events: `JOB:EVENT,…`.
pub(crate) const WRITTEN: &str = "cliplyctl.written";

/// Fails (22012) if a row must not be committed. An unset or reset setting is NULL or empty.
pub(crate) const GUARD: &str = "select 1 / case when coalesce(nullif(pg_catalog.current_setting(\
     'cliplyctl.refused', true), ''), '0') = '0' then 1 else 0 end";

/// Setting with the number of written jobs.
pub(crate) const COUNT: &str = "cliplyctl.count";

/// Fails (22012) also if not this many jobs were written.
pub(crate) fn guard_all(jobs: usize) -> String {
    format!(
        "{GUARD}; select 1 / case when coalesce(nullif(pg_catalog.current_setting('{COUNT}', true), ''), '0') \
         = '{jobs}' then 1 else 0 end"
    )
}

/// Runs deferred triggers now, so that their errors are known without a COMMIT.
pub(crate) const RUN_DEFERRED: &str = "set constraints all immediate";

/// Why a written row must not be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotStored {
    /// A trigger changed the state back.
    Reverted,
    /// A deferred trigger changed the state back at COMMIT.
    RevertedAtCommit,
    /// The event was not stored.
    NoEvent,
}

impl NotStored {
    /// The value of the column `refused`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reverted => "reverted",
            Self::RevertedAtCommit => "reverted_at_commit",
            Self::NoEvent => "no_event",
        }
    }

    /// Reads the column `refused`.
    pub(crate) fn parse(text: &str) -> Self {
        if text == Self::NoEvent.as_str() { Self::NoEvent } else { Self::Reverted }
    }

    /// The message for the operator.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Reverted => {
                "refused by the database: a trigger or rule changes the state of the job back; nothing was written"
            }
            Self::RevertedAtCommit => {
                "refused by the database: a deferred trigger changes the state of the job back at COMMIT; only its \
                 event is stored"
            }
            Self::NoEvent => {
                "refused: the database did not store the event (a trigger, rule or policy of job_events \
                 drops it), and no job is written without its event"
            }
        }
    }
}

/// What the tables of a database allow to rely on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TableTraits {
    /// Whether triggers or rules that run after a statement can change its rows or drop its events.
    pub(crate) changes_later: bool,
    /// Whether deferred triggers, which run at COMMIT, can do so.
    pub(crate) changes_at_commit: bool,
    /// Whether each row of jobs and events tells the transaction that wrote it (`xmin`), as views do not.
    pub(crate) has_transactions: bool,
    /// The column by which jobs are partitioned, so that a job's partition is found without searching all.
    pub(crate) partition_key: Option<PartitionKey>,
}

/// The first column of a partition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionKey {
    /// Name of the column, unquoted.
    pub(crate) column: String,
    /// Its type, as SQL.
    pub(crate) sql_type: String,
}

/// What a stored row must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Condition on the row `job`.
    pub(crate) condition: String,
    /// What the tables allow to rely on.
    pub(crate) traits: TableTraits,
}

impl Stored {
    /// Rows of which the state has this role.
    pub(crate) fn with_role(layout: &Layout, role: Lifecycle, traits: &TableTraits) -> Self {
        let traits = traits.clone();
        let values = literals(layout.state_names.values(role));
        let condition = format!("job.{}::text in ({values})", ident(&layout.state_column));
        Self { condition, traits }
    }

    /// Rows of which the state does not have this role.
    pub(crate) fn without_role(layout: &Layout, role: Lifecycle, traits: &TableTraits) -> Self {
        let Self { condition, traits } = Self::with_role(layout, role, traits);
        Self { condition: format!("not {condition}"), traits }
    }

    /// Returns the statement that finds the jobs (`$1`) that the transaction (`$2`) itself left otherwise; `None`
    /// if nothing can have changed them at COMMIT. A job that a worker wrote since has another transaction.
    pub(crate) fn after_commit(&self, layout: &Layout) -> Option<String> {
        (self.traits.changes_at_commit && self.traits.has_transactions).then(|| {
            format!(
                "select job.id::text as id from {jobs} job
                  where job.id = any($1::text[]::{id}[]) and ({stored}) is not true
                    and job.xmin::text = ($2::numeric % 4294967296)::text",
                jobs = layout.relation,
                id = layout.id.sql(),
                stored = self.condition,
            )
        })
    }

    /// Returns the statement that reads the written rows and events again, in the same transaction; `None` if
    /// nothing can have changed them. `has_events` says whether the write stores events.
    pub(crate) fn verify(&self, layout: &Layout, has_events: bool) -> Option<String> {
        if !self.traits.changes_later {
            return None;
        }
        let (jobs, id) = (&layout.relation, layout.id.sql());
        let (join, no_event) = match layout.events.as_ref().filter(|_| has_events) {
            Some(events) => (
                format!(
                    "left join {relation} e on e.id = ours.event::{id}",
                    relation = events.relation,
                    id = if events.ids_grow { "bigint" } else { "uuid" },
                ),
                format!("when e.id is null then '{}'", NotStored::NoEvent.as_str()),
            ),
            None => (String::new(), String::new()),
        };
        Some(format!(
            "with ours as materialized (
               select split_part(entry, ':', 1)::{id} as job, nullif(split_part(entry, ':', 2), '') as event
                 from unnest(string_to_array(
                   nullif(pg_catalog.current_setting('{WRITTEN}', true), ''), ',')) entry
             ), outcome as materialized (
               select ours.job::text as id,
                      case when ({stored}) is not true then '{reverted}' {no_event} end as refused
                 from ours left join {jobs} job on job.id = ours.job {join}
             ), noted as materialized (
               -- What the write refused stays refused: its rows without an event are not in the list.
               select pg_catalog.set_config('{REFUSED}', (count(refused) + coalesce(nullif(
                   pg_catalog.current_setting('{REFUSED}', true), ''), '0')::bigint)::text, true) from outcome
             )
             select id, refused from outcome, noted where refused is not null",
            stored = self.condition,
            reverted = NotStored::Reverted.as_str(),
        ))
    }
}
