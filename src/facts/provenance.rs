//! What a run looked at, and when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a report comes from: the same for every command of one run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the context, where one was chosen.
    pub context: Option<String>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// The protected context that this database belongs to.
    pub protected: Option<String>,
    /// `user@host:port/db`, never with a password.
    pub database: Option<String>,
    /// Whether that server only replays another one; `None` while nothing asked it.
    pub standby: Option<bool>,
    /// The base URL, never with credentials.
    pub base_url: Option<String>,
    /// Where the runbook is read in a browser. Never taken from a file: a terminal is told to open it.
    #[serde(skip)]
    pub runbook_url: Option<String>,
    /// When the command began.
    pub started_at: Timestamp,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
}
