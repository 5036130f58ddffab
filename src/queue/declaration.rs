//! A jobs table that the configuration describes: `[context.NAME.queue]`.
//!
//! Its texts come from a file, perhaps of a checkout. Expressions are used only in read-only transactions
//! ([`super::declared`]); writes use the names of columns and bound values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Counting, StateNames};

/// A declared jobs table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Declaration {
    /// Schema; found by the search_path of the connection if `None`.
    pub(crate) schema: Option<String>,
    /// Table or view.
    pub(crate) table: String,
    /// Zone of times without one; UTC if `None`.
    pub(crate) time_zone: Option<String>,
    /// When an attempt is counted.
    pub(crate) counting: Counting,
    /// The name of a column or a SQL expression for each field.
    pub(crate) columns: BTreeMap<Field, String>,
    /// The values of each role, as text.
    pub(crate) states: StateNames,
    /// What a requeue sets; without it, nothing is written.
    pub(crate) requeue: Option<DeclaredRequeue>,
}

/// The columns that a requeue sets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeclaredRequeue {
    /// Columns with a fixed value.
    pub(crate) set: BTreeMap<String, Value>,
    /// Columns that get the time from which the job can be claimed.
    pub(crate) now: Vec<String>,
    /// Columns that become NULL.
    pub(crate) null: Vec<String>,
}

impl DeclaredRequeue {
    /// The names of all columns, each once.
    pub(crate) fn columns(&self) -> Vec<String> {
        self.set.keys().chain(&self.now).chain(&self.null).cloned().collect()
    }
}

/// A value that a requeue sets. The server converts it to the type of its column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Number(i64),
    /// Any other value, as text.
    Text(String),
}

/// A fact about a job that a declaration can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Field {
    /// The primary key.
    Id,
    /// The state, which the roles refer to.
    State,
    /// The kind of job.
    Kind,
    /// The workspace.
    Workspace,
    /// The time from which the job can be claimed.
    Due,
    /// The worker that locked it.
    Worker,
    /// When it was locked.
    LockedAt,
    /// The last heartbeat of the worker.
    Heartbeat,
    /// The number of attempts.
    Attempts,
    /// The maximum number of attempts.
    MaxAttempts,
    /// The last error, as text or JSON.
    Error,
    /// When the job was inserted.
    Created,
    /// When it was last changed.
    Updated,
    /// When it became a dead letter.
    DeadSince,
    /// The input.
    Payload,
    /// The output.
    Result,
}

/// What the server must make of the expression of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A type of [`super::IdType`].
    Id,
    /// A whole number.
    Number,
    /// A time.
    Time,
    /// Any type, shown as text.
    Text,
}

impl Field {
    /// All fields, in the order of a declaration.
    pub(crate) const ALL: [Self; 16] = [
        Self::Id,
        Self::State,
        Self::Kind,
        Self::Workspace,
        Self::Due,
        Self::Worker,
        Self::LockedAt,
        Self::Heartbeat,
        Self::Attempts,
        Self::MaxAttempts,
        Self::Error,
        Self::Created,
        Self::Updated,
        Self::DeadSince,
        Self::Payload,
        Self::Result,
    ];

    /// Its key in a declaration, which is also the name of its column in [`super::Layout::rows_as`].
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::State => "state",
            Self::Kind => "kind",
            Self::Workspace => "workspace",
            Self::Due => "due",
            Self::Worker => "worker",
            Self::LockedAt => "locked_at",
            Self::Heartbeat => "heartbeat",
            Self::Attempts => "attempts",
            Self::MaxAttempts => "max_attempts",
            Self::Error => "error",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::DeadSince => "dead_since",
            Self::Payload => "payload",
            Self::Result => "result",
        }
    }

    /// What its expression must be.
    pub(crate) fn expected(self) -> Expected {
        match self {
            Self::Id => Expected::Id,
            Self::Attempts | Self::MaxAttempts => Expected::Number,
            Self::Due
            | Self::LockedAt
            | Self::Heartbeat
            | Self::Created
            | Self::Updated
            | Self::DeadSince => Expected::Time,
            Self::State
            | Self::Kind
            | Self::Workspace
            | Self::Worker
            | Self::Error
            | Self::Payload
            | Self::Result => Expected::Text,
        }
    }
}
