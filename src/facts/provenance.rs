//! Provenance: which systems a run read, and when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Origin of a report, the same for every command of one run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Name of the context, if one was selected.
    pub context: Option<String>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Protected context that this database belongs to.
    pub protected: Option<String>,
    /// `user@host:port/db`, never with a password.
    pub database: Option<String>,
    /// Whether the server is a standby; `None` until it was queried.
    pub standby: Option<bool>,
    /// Base URL, never with credentials.
    pub base_url: Option<String>,
    /// URL of the runbook. Never read from a file, because terminals turn it into a link.
    #[serde(skip)]
    pub runbook_url: Option<String>,
    /// When the command started.
    pub started_at: Timestamp,
    /// Duration in milliseconds.
    pub duration_ms: u64,
}
