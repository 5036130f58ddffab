//! The jobs table: which columns it has, and what they mean.
//!
//! The backend has had several incompatible schemas, and a database can contain any of them. [`recognize()`]
//! converts the [`TableCatalog`], which describes the tables, into a [`Layout`], which describes their
//! meaning. Every query is built from a layout, so that no query assumes a column.

use serde::{Deserialize, Serialize};

pub(crate) mod allowed_values;
mod catalog;
mod claim;
mod claims;
mod conditions;
mod declaration;
pub(crate) mod declared;
pub(crate) mod draft;
mod error_column;
mod naive_times;
pub(crate) mod package;
pub(crate) mod packages;
mod recognize;
mod relation;
mod retries;
pub(crate) mod sql;
mod state_column;
mod state_names;
mod time_column;
mod unread;

pub(crate) use catalog::{
    CatalogColumn, CatalogFunction, CatalogIndex, CatalogTable, NaiveColumn, NaiveTimes,
    NewestTime, Partition, StateColumnEvidence, Storage, TableCatalog,
};
pub(crate) use claims::{Claims, Counting};
pub(crate) use declaration::{Declaration, DeclaredRequeue, Field, Value as DeclaredValue};
pub(crate) use declared::Declared;
pub(crate) use naive_times::undecided_zone;
use package::PackageTraits;
pub(crate) use package::{Instance, Package};
pub(crate) use packages::{Found, InstanceChoice, QueueChoice};
pub(crate) use recognize::{LayoutError, recognize, role_of_row};
pub(crate) use relation::Relation;
pub(crate) use retries::{Fate, LONGEST_WAIT, Retries};
pub(crate) use state_column::{STATE_COLUMNS, decide, has_both};
pub(crate) use state_names::{Lifecycle, StateNames};
pub(crate) use time_column::TimeColumn;
pub(crate) use unread::{Meaning, UnreadColumn, unread_columns};

/// Estimated number of rows up to which a sequential scan of the jobs is fast.
pub(crate) const SMALL_TABLE: f64 = 100_000.0;

/// Type of the job ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdType {
    /// `uuid`
    Uuid,
    /// `bigint`
    BigInt,
    /// `text`, in declared tables
    Text,
}

impl IdType {
    /// The SQL type, for casts.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::BigInt => "bigint",
            Self::Text => "text",
        }
    }
}

/// Column with the last error in structured form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErrorColumn {
    /// Name.
    pub(crate) name: String,
    /// Whether its type is `json` or `jsonb`; otherwise it is text.
    pub(crate) json: bool,
    /// Whether its type is `json`, which stores escapes that no text can hold.
    #[serde(default)]
    pub(crate) unchecked: bool,
}

/// Layout of `job_events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Events {
    /// The table.
    #[serde(default = "job_events")]
    pub(crate) relation: Relation,
    /// Whether ids grow (integers from a sequence), so that the primary key orders events by time.
    pub(crate) ids_grow: bool,
    /// Column with the name of the event: `stage` or `event`.
    pub(crate) stage: String,
    /// Column with the details: `data` or `details`.
    pub(crate) data: Option<String>,
    /// Column with the time.
    pub(crate) at: Option<TimeColumn>,
    /// Whether there is a `workspace_id` column.
    pub(crate) workspace: bool,
    /// Values that a CHECK allows for `stage`, if there is one.
    pub(crate) stages: Option<Vec<String>>,
    /// Whether an index starts with `job_id`.
    pub(crate) indexed_by_job: bool,
}

/// A second state column that claim functions read. It is not shown, but a write that makes a job queued has to set
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlsoClaimedBy {
    /// Name.
    pub(crate) column: String,
    /// Its value for queued jobs.
    pub(crate) queued: String,
}

/// Why a role does not see the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EventsUnseen {
    /// It has no SELECT privilege.
    NoSelect,
    /// Row-level security hides rows.
    HiddenByRls,
}

/// Layout of the jobs table. Names are unquoted: quote them in SQL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Layout {
    /// The table or view.
    #[serde(default = "jobs")]
    pub(crate) relation: Relation,
    /// Type of the primary key.
    pub(crate) id: IdType,
    /// Column with the kind of job: `kind` or `type`.
    pub(crate) kind: Option<String>,
    /// Column that the worker maintains: `state` or `status`.
    pub(crate) state_column: String,
    /// Whether `state_column` is assumed: nothing decides between the two, and they agree in the rows that were
    /// seen. Such a table is read, but not written.
    #[serde(default)]
    pub(crate) state_column_assumed: bool,
    /// The other of the two, if it exists. It is shown, but not used.
    pub(crate) other_state_column: Option<String>,
    /// The other column too, if claim functions require a value of both.
    #[serde(default)]
    pub(crate) also_claimed_by: Option<AlsoClaimedBy>,
    /// Meaning of the values of `state_column`.
    pub(crate) state_names: StateNames,
    /// Whether it is proven that every row has one of these values and each of them is known, so that no job can
    /// be in an unknown state.
    #[serde(default)]
    pub(crate) states_closed: bool,
    /// Values without a known meaning that were seen in rows or statistics.
    #[serde(default)]
    pub(crate) unknown_states: Vec<String>,
    /// Columns with the time from which a job can be claimed; the latest applies. Empty if there is none.
    pub(crate) due: Vec<TimeColumn>,
    /// Whether a job can have no due time: then it can be claimed at once.
    #[serde(default)]
    pub(crate) due_optional: bool,
    /// Column with the worker that locked the job.
    pub(crate) locked_by: Option<String>,
    /// Column with the time when it was locked.
    pub(crate) locked_at: Option<TimeColumn>,
    /// Column with the last heartbeat of that worker.
    pub(crate) heartbeat: Option<TimeColumn>,
    /// Column with the number of failed attempts.
    pub(crate) attempts: Option<String>,
    /// Column with the maximum number of attempts.
    pub(crate) max_attempts: Option<String>,
    /// Column with the last error as text.
    pub(crate) last_error: Option<String>,
    /// Column with the last error in structured form.
    pub(crate) error: Option<ErrorColumn>,
    /// A column that seems to hold the last error and is not read, if none is read.
    #[serde(default)]
    pub(crate) unread_error: Option<String>,
    /// Column with the workspace.
    pub(crate) workspace: Option<String>,
    /// Column with the priority; larger values are claimed first.
    pub(crate) priority: Option<String>,
    /// Column with the input.
    pub(crate) payload: Option<String>,
    /// Column with the output.
    pub(crate) result: Option<String>,
    /// Column with the time when the job was inserted.
    pub(crate) created: Option<TimeColumn>,
    /// Column with the time of the last change.
    pub(crate) updated: Option<TimeColumn>,
    /// Whether `updated` can be NULL.
    pub(crate) updated_nullable: bool,
    /// Kinds that a CHECK allows, if there is one.
    pub(crate) kinds: Option<Vec<String>>,
    /// Events table, if it exists and this role sees it.
    pub(crate) events: Option<Events>,
    /// Why this role does not see the events, if there is such a table.
    #[serde(default)]
    pub(crate) events_unseen: Option<EventsUnseen>,
    /// Indexes on jobs.
    pub(crate) indexes: Vec<CatalogIndex>,
    /// Partitions of jobs, parents first; empty if it is not partitioned.
    #[serde(default)]
    pub(crate) partitions: Vec<Partition>,
    /// Estimated number of rows.
    pub(crate) estimated_rows: f64,
    /// Whether the server is a standby.
    pub(crate) in_recovery: bool,
    /// When the layout was read, by the clock of the server, RFC 3339 UTC.
    pub(crate) server_time: String,
    /// Assumptions about the schema, in words.
    pub(crate) assumptions: Vec<String>,
    /// Columns that are not read and may change what the jobs mean.
    #[serde(default)]
    pub(crate) unread: Vec<UnreadColumn>,
    /// Why the zone of the times without one is not known.
    #[serde(default)]
    pub(crate) zone_doubt: Option<String>,
    /// How a declared table is read and written; `None` for a layout that was recognized.
    #[serde(default)]
    pub(crate) declared: Option<Declared>,
}

/// The table in layouts that were stored without it.
fn jobs() -> Relation {
    Relation::public("jobs")
}

/// The events table in layouts that were stored without it.
fn job_events() -> Relation {
    Relation::public("job_events")
}

impl Layout {
    /// The rows as `alias`, for use in `from` of a read-only transaction: the table, or the subquery of a declared
    /// one, whose expressions must not run in a transaction that may write.
    pub(crate) fn rows_as(&self, alias: &str) -> String {
        match &self.declared {
            Some(declared) => format!("{} {alias}", declared.subquery(&self.relation)),
            None => format!("{} {alias}", self.relation),
        }
    }

    /// What only the table of a package has.
    pub(crate) fn package(&self) -> Option<&PackageTraits> {
        self.declared.as_ref()?.package.as_ref()
    }

    /// Whether claimed jobs show which workers are active: only a heartbeat does, the time of a claim does not. In a
    /// package's table they have to name the worker as well.
    pub(crate) fn shows_active_workers(&self) -> bool {
        self.heartbeat.is_some() && (self.package().is_none() || self.locked_by.is_some())
    }

    /// Whether the table has what workers write: attempts, locks, heartbeats, errors or events.
    pub(crate) fn is_worked(&self) -> bool {
        let columns = [&self.attempts, &self.locked_by, &self.last_error];
        let times = [&self.locked_at, &self.heartbeat];
        columns.iter().any(|column| column.is_some())
            || times.iter().any(|column| column.is_some())
            || self.error.is_some()
            || self.events.is_some()
            || self.events_unseen.is_some()
    }

    /// Whether workers claim a failed job as soon as its time has come, without another state in between: it is due
    /// then, and retrying only until then. All packages do; of other tables it is not known.
    pub(crate) fn claims_retries(&self) -> bool {
        self.package().is_some()
    }

    /// The role of a job with this state that has been due for this many seconds; negative until then.
    pub(crate) fn role(&self, state: &str, due_age: Option<f64>) -> Lifecycle {
        match self.state_names.role(state) {
            Lifecycle::Failed if self.claims_retries() && due_age.is_none_or(|age| age >= 0.0) => {
                Lifecycle::Queued
            }
            role => role,
        }
    }

    /// The values that the state of a job with this role can have.
    pub(crate) fn states_of(&self, role: Lifecycle) -> Vec<String> {
        let mut states = self.state_names.values(role).to_vec();
        if role == Lifecycle::Queued && self.claims_retries() {
            states.extend(self.state_names.failed.iter().cloned());
        }
        states
    }

    /// What is not known about jobs of a role because of a column that is not read and has one of these meanings.
    /// So it is if it depends on times whose zone is not known.
    pub(crate) fn unread(&self, role: Lifecycle, meanings: &[Meaning]) -> Option<String> {
        let depends_on_time = |meaning: &Meaning| matches!(meaning, Meaning::Due | Meaning::Claim);
        if let Some(doubt) = &self.zone_doubt
            && meanings.iter().any(depends_on_time)
        {
            return Some(doubt.clone());
        }
        let decides = |column: &&UnreadColumn| {
            meanings.contains(&column.meaning) && column.roles.contains(&role)
        };
        Some(self.unread.iter().find(decides)?.reason(self))
    }

    /// Why stuck jobs of a package, of a declared table, or of one whose claims are not known are not rescued.
    pub(crate) fn rescue_refused(&self) -> Option<String> {
        let Some(declared) = &self.declared else {
            let decide = [Meaning::Claim, Meaning::Removal, Meaning::Attempts];
            return self.unread(Lifecycle::Claimed, &decide);
        };
        match &declared.package {
            None => Some(
                "a declared queue has no rescue: its workers or the app must unlock stuck jobs"
                    .to_owned(),
            ),
            Some(package) => package.rescue.is_none().then(|| package.no_rescue.clone()),
        }
    }

    /// Whether a column tells since when a job is dead: its last change, or the declared time. The creation does not.
    pub(crate) fn dates_deaths(&self) -> bool {
        let is_declared = |declared: &Declared| declared.has_column(package::DEAD_SINCE);
        self.updated.is_some() || self.declared.as_ref().is_some_and(is_declared)
    }

    /// Whether jobs have an error.
    pub(crate) fn has_errors(&self) -> bool {
        self.last_error.is_some() || self.error.is_some()
    }

    /// The column with the queue of a job: of a package that knows no kinds, the queue takes their place.
    pub(crate) fn queue_column(&self) -> Option<&str> {
        let package = self.package()?;
        if package.columns.contains_key(package::QUEUE) {
            return Some(package::QUEUE);
        }
        self.kind.as_deref()
    }

    /// Why the schema has no dead letters; `None` if it has.
    pub(crate) fn no_dead_letters(&self) -> Option<String> {
        if !self.state_names.dead.is_empty() {
            return None;
        }
        Some(format!(
            "this database's jobs have no dead letters: \"{}\" knows {}, and none of these means given up",
            self.state_column,
            self.state_names.all().join(", "),
        ))
    }

    /// Why figures of a large table were not counted, and what counts them: the indexes that `--advise` suggests for the
    /// backend's own table make all of them countable, those for other tables do not.
    pub(crate) fn not_counted(&self) -> &'static str {
        match self.declared {
            Some(_) => "time limit (queue --exact)",
            None => "no index (queue --advise)",
        }
    }

    /// Why there may have been more dead letters than the table has: the package deletes them soon. An empty list is
    /// no sign of health then.
    pub(crate) fn dead_letters_not_kept(&self) -> Option<&str> {
        self.package()?.short_lived.as_ref().map(|short_lived| short_lived.why.as_str())
    }

    /// Whether a sequential scan of the jobs is fast.
    pub(crate) fn is_small(&self) -> bool {
        self.estimated_rows <= SMALL_TABLE
    }

    /// The zone in which times without one are read, if the table has such columns.
    pub(crate) fn naive_zone(&self) -> Option<&str> {
        let times = [&self.heartbeat, &self.locked_at, &self.created, &self.updated];
        let mut times = times.into_iter().flatten().chain(&self.due);
        times.find_map(|column| column.zone.as_deref())
    }

    /// Whether claimed jobs have a heartbeat or lock time.
    pub(crate) fn has_heartbeats(&self) -> bool {
        self.heartbeat.is_some() || self.locked_at.is_some()
    }

    /// Whether a partial index on these values of `state_column` contains these columns, so that counting
    /// does not read the table.
    pub(crate) fn has_partial_index(&self, values: &[String], columns: &[&str]) -> bool {
        !values.is_empty()
            && self.indexes.iter().any(|index| {
                index.is_partial_on(&self.state_column, values) && index.has_all(columns)
            })
    }
}
