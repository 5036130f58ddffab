//! Which variant of the backend's schema this database holds.
//!
//! The history of the backend has several incompatible branches; an operator may meet any of them.
//! A [`Catalog`] is what the server said, a [`Layout`] is what it means; every query is built from
//! a layout, so that no query assumes a column.

use serde::{Deserialize, Serialize};

mod catalog;
mod recognize;
pub mod sql;
mod state_names;

pub use catalog::{
    CatalogColumn, CatalogIndex, CatalogTable, LiveEvidence, Partition, Storage, TableCatalog,
};
pub(crate) use recognize::{LayoutError, recognize};
pub use state_names::{Lifecycle, StateNames};

/// Estimated rows up to which a plain scan of the jobs is cheap.
pub const SMALL_TABLE: f64 = 100_000.0;

/// What the jobs table's ids look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdType {
    /// `uuid`
    Uuid,
    /// `bigint`
    BigInt,
}

impl IdType {
    /// The SQL type to cast a text to.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::BigInt => "bigint",
        }
    }
}

/// The column that keeps the last failure in structured form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorColumn {
    /// Its name.
    pub name: String,
    /// Whether it is `json` or `jsonb`; text otherwise.
    pub json: bool,
}

/// The shape of `job_events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Whether ids grow (`bigint` from a sequence), so that "newest first" is the primary key.
    pub ids_grow: bool,
    /// The column that says what happened: `stage` or `event`.
    pub stage: String,
    /// The column with the details: `data` or `details`.
    pub data: Option<String>,
    /// The column with the time.
    pub at: Option<String>,
    /// Whether an event must name its workspace.
    pub workspace: bool,
    /// The values a CHECK allows, where there is one.
    pub stages: Option<Vec<String>>,
    /// Whether an index leads with `job_id`.
    pub indexed_by_job: bool,
}

/// The jobs table as this tool understands it. Names are bare: quote them in SQL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Type of the primary key.
    pub id: IdType,
    /// The column that says what a job does: `kind` or `type`.
    pub kind: Option<String>,
    /// The column that the worker maintains: `state` or `status`.
    #[serde(rename = "live")]
    pub state_column: String,
    /// The other of the two, where it exists: shown, never trusted.
    #[serde(rename = "stale")]
    pub other_state_column: Option<String>,
    /// What the values of the live column mean.
    pub vocabulary: StateNames,
    /// When a job may be claimed; the latest of these counts. Empty: always.
    pub due: Vec<String>,
    /// Who holds the job.
    pub locked_by: Option<String>,
    /// Since when.
    pub locked_at: Option<String>,
    /// The holder's last sign of life.
    pub heartbeat: Option<String>,
    /// Attempts made.
    pub attempts: Option<String>,
    /// Attempts allowed.
    pub max_attempts: Option<String>,
    /// The last failure as text.
    pub last_error: Option<String>,
    /// The last failure in structured form.
    pub error: Option<ErrorColumn>,
    /// The tenant.
    pub workspace: Option<String>,
    /// Claimed first, where larger.
    pub priority: Option<String>,
    /// The job's input.
    pub payload: Option<String>,
    /// The job's output.
    pub result: Option<String>,
    /// When it was inserted.
    pub created: Option<String>,
    /// When it was last changed.
    pub updated: Option<String>,
    /// Whether `updated` may be NULL.
    pub updated_nullable: bool,
    /// The kinds that a CHECK allows, where there is one.
    pub kinds: Option<Vec<String>>,
    /// The events table, where it exists.
    pub events: Option<Events>,
    /// Indexes on jobs, as the server describes them.
    pub indexes: Vec<CatalogIndex>,
    /// Partitions of jobs, parents first; none where it is one table.
    #[serde(default)]
    pub partitions: Vec<Partition>,
    /// Rows as the planner estimates them.
    pub estimated_rows: f64,
    /// Whether this server only replays another one.
    pub in_recovery: bool,
    /// The server's clock when the layout was read, RFC 3339 UTC.
    pub server_time: String,
    /// What had to be assumed to read this schema, in words.
    pub assumptions: Vec<String>,
}

impl Layout {
    /// Why this schema has no dead-letter queue, or `None` where it has one.
    #[must_use]
    pub fn no_dead_letters(&self) -> Option<String> {
        if !self.vocabulary.dead.is_empty() {
            return None;
        }
        Some(format!(
            "this database's jobs have no dead letters: \"{}\" knows {}, and none of these means given up",
            self.state_column,
            self.vocabulary.all().join(", "),
        ))
    }

    /// Whether a plain scan of the jobs is cheap.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.estimated_rows <= SMALL_TABLE
    }

    /// The events and the column of their time, where "the newest" can be asked for.
    #[must_use]
    pub fn events_in_order(&self) -> Option<(&Events, &str)> {
        let events = self.events.as_ref().filter(|events| events.ids_grow)?;
        Some((events, events.at.as_deref()?))
    }

    /// Whether jobs in progress show signs of life at all.
    #[must_use]
    pub fn has_heartbeats(&self) -> bool {
        self.heartbeat.is_some() || self.locked_at.is_some()
    }

    /// Whether a partial index holds these values of the live column together with these columns,
    /// so that counting them touches no table.
    #[must_use]
    pub fn has_partial_index(&self, values: &[String], columns: &[&str]) -> bool {
        !values.is_empty()
            && self.indexes.iter().any(|index| {
                index.is_partial_on(&self.state_column, values) && index.has_all(columns)
            })
    }
}
