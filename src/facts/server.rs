//! Status of the database server.

use serde::{Deserialize, Serialize};

/// Statistics of the database server. Ages are in seconds, by its clock.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct ServerStatus {
    /// Number of client connections to all databases, without those of this tool.
    pub(crate) connections: u64,
    /// Maximum number of connections of unprivileged roles.
    pub(crate) max_connections: u64,
    /// Connection limits of connected roles and of this database, most connections first; at most
    /// [`MAX_CONNECTION_LIMITS`].
    #[serde(default)]
    pub(crate) connection_limits: Vec<ConnectionLimit>,
    /// Number of sessions on this database, without our own.
    pub(crate) sessions: u64,
    /// Number of these sessions whose activity this role cannot see.
    pub(crate) hidden_sessions: u64,
    /// Oldest open transaction on this database that this role can see.
    pub(crate) oldest_transaction: Option<OpenTransaction>,
    /// Sessions that wait for a lock and have or request one on jobs; at most [`MAX_WAITS`], longest
    /// wait first.
    pub(crate) waits: Vec<LockWait>,
    /// Row counts of jobs; `None` if the table does not exist.
    pub(crate) jobs: Option<TableRows>,
    /// Replication status, on a hot standby.
    pub(crate) standby: Option<Standby>,
}

/// Maximum number of lock waits: the search for the blocking sessions takes time for each.
pub(crate) const MAX_WAITS: usize = 20;

/// Maximum number of connection limits.
pub(crate) const MAX_CONNECTION_LIMITS: usize = 100;

/// The `CONNECTION LIMIT` of a role or of the database, and its use by other clients.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct ConnectionLimit {
    /// The role; `None` for the database.
    pub(crate) role: Option<String>,
    /// The limit.
    pub(crate) limit: u64,
    /// Number of connections.
    pub(crate) used: u64,
}

/// An open transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct OpenTransaction {
    /// Seconds since it started.
    pub(crate) age: u64,
    /// Process id on the server, or the name of a prepared transaction.
    pub(crate) name: String,
    /// Role of the session.
    pub(crate) user: Option<String>,
    /// `idle in transaction`, `active`, `prepared`, …
    pub(crate) state: Option<String>,
}

/// A session that waits for a lock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct LockWait {
    /// Its process id on the server.
    pub(crate) pid: i64,
    /// Seconds since it started to wait; not available before PostgreSQL 14.
    pub(crate) age: Option<u64>,
    /// Process ids that it waits for; 0 is a prepared transaction.
    pub(crate) blockers: Vec<i64>,
}

/// Row counts of a table, from the statistics of the server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct TableRows {
    /// Number of live rows.
    pub(crate) live: u64,
    /// Number of row versions that no transaction can see and vacuum has not removed yet.
    pub(crate) dead: u64,
    /// Seconds since the last vacuum, manual or automatic; `None` if there was none.
    pub(crate) vacuum_age: Option<f64>,
}

/// Replication status of a standby.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Standby {
    /// Whether it is connected to its primary.
    pub(crate) receiving: bool,
    /// Replay lag in seconds; 0 if everything received was replayed, `None` if nothing was.
    pub(crate) lag: Option<f64>,
}
