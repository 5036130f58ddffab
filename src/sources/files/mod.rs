//! Files: the history, plans, operation records and journals, contracts, saved triages, reports,
//! and the schema, env and source files that `env` reads. Files that cliplyctl writes are private.

use std::path::Path;

pub mod access_report;
pub(crate) mod config_file;
pub mod contract;
pub mod env_file;
pub mod history;
pub mod ids;
pub(crate) mod local_store;
pub(crate) mod old_keys;
pub(crate) mod operation_lock;
pub(crate) mod private_file;
pub(crate) mod read_limited;
pub mod saved_triage;
pub mod schema;
pub(crate) mod source_tree;

/// Whether an operator means standard input or output by a path.
pub(crate) fn is_stdio(path: &Path) -> bool {
    path == Path::new("-")
}
