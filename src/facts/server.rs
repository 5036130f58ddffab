//! How the server is that holds the queue.

use serde::{Deserialize, Serialize};

/// What the server's own statistics say. Ages in seconds, by its clock.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Client connections, of all databases.
    pub connections: u64,
    /// Connections that roles without privilege may use in all.
    pub max_connections: u64,
    /// Sessions on this database besides our own.
    pub sessions: u64,
    /// Of these, sessions of other roles whose doings this role may not see.
    pub hidden_sessions: u64,
    /// The oldest open transaction on this database that this role may see.
    pub oldest_transaction: Option<OpenTransaction>,
    /// Sessions that wait for a lock and hold or want one on jobs; at most [`MAX_WAITS`], the
    /// longest wait first.
    pub waits: Vec<LockWait>,
    /// The rows of jobs; `None` where the table does not exist.
    pub jobs: Option<TableRows>,
    /// Set on a hot standby.
    pub standby: Option<Standby>,
}

/// Waits that are looked at: finding who blocks costs the server a moment each.
pub const MAX_WAITS: usize = 20;

/// A transaction that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpenTransaction {
    /// Seconds since it began.
    pub age: u64,
    /// The server's process, or the name of a prepared transaction.
    pub name: String,
    /// Whose it is.
    pub user: Option<String>,
    /// `idle in transaction`, `active`, `prepared`, …
    pub state: Option<String>,
}

/// A session that waits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LockWait {
    /// The server's process that waits.
    pub pid: i64,
    /// Seconds since it began to wait; servers before 14 do not tell.
    pub age: Option<u64>,
    /// The processes it waits for; 0 is a prepared transaction.
    pub blockers: Vec<i64>,
}

/// The rows of a table, as the server's statistics have them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TableRows {
    /// Rows that can be seen.
    pub live: u64,
    /// Versions that nobody can see and that vacuum has not removed yet.
    pub dead: u64,
    /// Seconds since the last vacuum, by hand or not; `None`: never.
    pub vacuum_age: Option<f64>,
}

/// How far a standby is behind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Standby {
    /// Whether it is connected to its primary.
    pub receiving: bool,
    /// Seconds behind; 0 when all that was received is replayed, `None` when nothing ever was.
    pub lag: Option<f64>,
}
